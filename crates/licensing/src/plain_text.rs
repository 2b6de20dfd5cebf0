//! Characters not allowed in foreign text on one line: names, reasons, sentences of other servers.

/// Whether a character breaks a line or changes the direction of text: controls, line and paragraph separators, and
/// the marks of bidirectional text (U+200E/F, U+202A to E, U+2066 to 9). With those a name can be made to look like
/// another one.
#[must_use]
pub fn breaks_a_line(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Whether a character is invisible: those that break a line, unusual spaces, and zero-width marks.
#[must_use]
pub fn is_invisible(c: char) -> bool {
    breaks_a_line(c)
        || (c.is_whitespace() && c != ' ')
        || matches!(c, '\u{ad}' | '\u{200b}'..='\u{200d}' | '\u{2060}'..='\u{2065}' | '\u{206a}'..='\u{206f}' | '\u{feff}')
}

/// Whether a character is a space of any kind or a mark without width that changes nothing: no control, none that
/// turns the text.
#[must_use]
pub fn is_blank(c: char) -> bool {
    c.is_whitespace() || (is_invisible(c) && !breaks_a_line(c))
}

/// Whether a character is what copying leaves around a value: blanks, and quotes of any kind.
#[must_use]
pub fn wraps_a_value(c: char) -> bool {
    is_blank(c)
        || matches!(c, '"' | '\'' | '`' | '´' | '“' | '”' | '„' | '‟' | '‘' | '’' | '‚' | '‛' | '«' | '»' | '‹' | '›')
}

/// Whether a character is a hyphen, or one of its substitutes in word processors.
#[must_use]
pub fn is_hyphen(c: char) -> bool {
    matches!(c, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}')
}

/// The text as one trimmed line of at most `most` characters, without characters that break a line.
#[must_use]
pub fn one_line(text: &str, most: usize) -> String {
    let line: String = text.trim().chars().filter(|c| !breaks_a_line(*c)).take(most).collect();
    line.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The marks of bidirectional text (Unicode, UAX 9).
    const TURNING: [char; 11] = [
        '\u{200e}', '\u{200f}', '\u{202a}', '\u{202b}', '\u{202c}', '\u{202d}', '\u{202e}', '\u{2066}', '\u{2067}',
        '\u{2068}', '\u{2069}',
    ];

    #[test]
    fn marks_that_turn_the_text_are_left_out_and_letters_of_all_scripts_stay() {
        for mark in TURNING {
            assert_eq!(one_line(&format!("lic{mark}-02"), 64), "lic-02", "U+{:04X}", u32::from(mark));
            assert!(is_invisible(mark));
        }
        // A joiner without a width is part of the words of some languages.
        for text in ["Wartung für München", "تحديث الخادم", "می\u{200c}خواهم", "👩\u{200d}🔧 works"]
        {
            assert_eq!(one_line(text, 64), text);
        }
        assert_eq!(one_line(" a\r\nb\u{2028}c\0 ", 64), "abc");
        assert_eq!(one_line("abcdef", 3), "abc");
    }

    #[test]
    fn what_cannot_be_seen_is_known() {
        for hidden in ['\u{ad}', '\u{200b}', '\u{200d}', '\u{2028}', '\u{2060}', '\u{206f}', '\u{feff}', '\u{a0}', '\t']
        {
            assert!(is_invisible(hidden), "U+{:04X}", u32::from(hidden));
        }
        assert!(!"aé ط…".chars().any(is_invisible));
    }
}
