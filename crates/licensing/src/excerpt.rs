//! Short, printable quotations of input, for sentences.

use crate::plain_text::is_invisible;

/// Maximum length of a quotation, characters.
const LONGEST: usize = 32;

/// `text` in typographic quotes, shortened to [`LONGEST`] characters, without unprintable characters.
pub(crate) fn quoted(text: &str) -> String {
    let mut characters = text.chars();
    let mut short: String = characters.by_ref().take(LONGEST).map(printable).collect();
    if characters.next().is_some() {
        short.push('…');
    }
    format!("“{short}”")
}

/// One character inside a sentence: quoted, or named if invisible.
pub(crate) fn named(character: char) -> String {
    match character {
        ' ' => "a space".to_owned(),
        '\t' => "a tab".to_owned(),
        '\n' | '\r' => "a line break".to_owned(),
        c if is_invisible(c) => format!("the invisible character U+{:04X}", u32::from(c)),
        c => format!("“{c}”"),
    }
}

/// The same at the beginning of a sentence.
pub(crate) fn named_first(character: char) -> String {
    let name = named(character);
    name.replacen("a ", "A ", 1).replacen("the ", "The ", 1)
}

fn printable(c: char) -> char {
    if is_invisible(c) { char::REPLACEMENT_CHARACTER } else { c }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_text_is_cut_and_controls_are_replaced() {
        assert_eq!(quoted("a\0b"), "“a\u{fffd}b”");
        assert_eq!(quoted(&"x".repeat(10_000)).chars().count(), LONGEST + 3);
    }

    #[test]
    fn invisible_characters_are_named() {
        assert_eq!(named('G'), "“G”");
        assert_eq!(named('\0'), "the invisible character U+0000");
        assert_eq!(named('\u{202e}'), "the invisible character U+202E");
    }
}
