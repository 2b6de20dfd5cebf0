use super::DIGITS;
use crate::excerpt::named_first;

/// Why an entry is not a GUID. Each message says what to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum GuidError {
    /// Nothing but blanks, quotes or braces.
    #[error("Enter the GUID from your vendor's registration. It looks like {{DF9960A1-7BD5-633B-F0F4-B1470BBD0B8E}}.")]
    Empty,
    /// An unreplaced placeholder of an installation script.
    #[error("“{word}” is an unreplaced placeholder. Enter the GUID from your vendor's registration.")]
    Placeholder {
        /// The placeholder, as it is usually written.
        word: &'static str,
    },
    /// More than one GUID.
    #[error("There is more than one GUID. Keep this server's GUID and remove the rest.")]
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
        /// Its position in the entry, from 1.
        position: usize,
    },
    /// A hyphen at an unusual place.
    #[error(
        "The hyphen at position {position} is misplaced. Put hyphens after 8, 12, 16 and 20 digits, or leave them out."
    )]
    MisplacedHyphen {
        /// Its position in the entry, from 1.
        position: usize,
    },
    /// All digits zero.
    #[error("A GUID of only zeros identifies no server. Enter the GUID from your vendor's registration.")]
    Nil,
}

fn count(found: usize) -> String {
    if found == 1 { "there is 1".to_owned() } else { format!("there are {found}") }
}

fn lookalike(character: char) -> &'static str {
    match character {
        'O' | 'o' => "; did you mean a zero?",
        'l' | 'I' | 'i' => "; did you mean a one?",
        _ => "",
    }
}
