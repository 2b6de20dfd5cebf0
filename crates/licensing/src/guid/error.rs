use super::DIGITS;
use crate::excerpt::named_first;

/// Why something typed is not a GUID. Each message is a sentence that says what to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum GuidError {
    /// Nothing but blanks, quotes or braces.
    #[error(
        "No GUID was entered. It looks like {{DF9960A1-7BD5-633B-F0F4-B1470BBD0B8E}} and comes with the registration from your vendor."
    )]
    Empty,
    /// An unreplaced placeholder of an installation script.
    #[error(
        "“{word}” is a placeholder that was never replaced. The real GUID comes with the registration from your vendor; enter it here."
    )]
    Placeholder {
        /// The placeholder, as it is usually written.
        word: &'static str,
    },
    /// More than one GUID.
    #[error(
        "More than one GUID was entered. A server has exactly one: keep the one of this server and remove the rest."
    )]
    Several,
    /// Not 32 digits.
    #[error("A GUID has {DIGITS} hexadecimal digits; {} here. Copy it again, from the first digit to the last.", count(*.found))]
    WrongLength {
        /// Digits found.
        found: usize,
    },
    /// A character that is no digit.
    #[error("{} at position {position} is not a hexadecimal digit (0–9, A–F){}.", named_first(*.character), lookalike(*.character))]
    WrongCharacter {
        /// The first such character.
        character: char,
        /// Where it stands in what was typed; the first character is 1.
        position: usize,
    },
    /// A hyphen at an unusual place.
    #[error(
        "The hyphen at position {position} is misplaced. Hyphens stand after 8, 12, 16 and 20 digits, or can be left out."
    )]
    MisplacedHyphen {
        /// Where it stands in what was typed; the first character is 1.
        position: usize,
    },
    /// All digits zero.
    #[error(
        "A GUID of only zeros identifies no server. The real GUID comes with the registration from your vendor; enter it here."
    )]
    Nil,
}

fn count(found: usize) -> String {
    if found == 1 { "there is 1".to_owned() } else { format!("there are {found}") }
}

fn lookalike(character: char) -> &'static str {
    match character {
        'O' | 'o' => "; perhaps a zero was meant",
        'l' | 'I' | 'i' => "; perhaps a one was meant",
        _ => "",
    }
}
