use licensing::plain_text::is_invisible;

/// Maximum length of foreign text shown, characters.
const LONGEST: usize = 100;

/// Text from the network, made safe for a sentence: short, one line, without invisible characters and direction marks.
pub(super) fn shown(text: &str) -> String {
    let mut characters = text.trim().chars();
    let mut short: String =
        characters.by_ref().take(LONGEST).map(|c| if is_invisible(c) { '\u{fffd}' } else { c }).collect();
    if characters.next().is_some() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_text_is_cut_and_cannot_break_the_line() {
        assert_eq!(shown(" a\r\nb\u{202e}c "), "a\u{fffd}\u{fffd}b\u{fffd}c");
        assert_eq!(shown(&"x".repeat(10_000)).chars().count(), LONGEST + 1);
    }
}
