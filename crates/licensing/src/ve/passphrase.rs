use std::{fmt, hint::black_box, str::FromStr};

use crate::plain_text::{is_hyphen, wraps_a_value};

/// Digits of a passphrase.
const DIGITS: usize = 16;

/// The passphrase of a product of a VE license: 16 digits, written `1111-2222-3333-4444`. Secret: shown only on
/// request, never logged. Comparison takes constant time.
#[derive(Clone, Copy)]
pub struct Passphrase([u8; DIGITS]);

impl Passphrase {
    /// From random bytes, each giving one digit. Bytes of 250 and more are skipped, so that all digits are equally
    /// likely; `None` if too few are left (draw again).
    pub fn from_random(bytes: impl IntoIterator<Item = u8>) -> Option<Passphrase> {
        let mut digits = bytes.into_iter().filter(|byte| *byte < 250).map(|byte| b'0' + byte % 10);
        let mut passphrase = [0; DIGITS];
        for digit in &mut passphrase {
            *digit = digits.next()?;
        }
        Some(Passphrase(passphrase))
    }
}

/// Not a passphrase. The text is not quoted, because it may be most of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "A passphrase must have 16 digits in groups of four, like 1111-2222-3333-4444. Copy it again from the license."
)]
pub struct PassphraseError;

impl FromStr for Passphrase {
    type Err = PassphraseError;

    /// With or without hyphens between the groups.
    fn from_str(text: &str) -> Result<Passphrase, PassphraseError> {
        // Word processors make other hyphens of it, and copying leaves quotes and invisible marks.
        let text = text.trim_matches(wraps_a_value).replace(is_hyphen, "-");
        let grouped = text.len() == DIGITS + 3 && text.split('-').all(|group| group.len() == 4);
        if !grouped && text.len() != DIGITS {
            return Err(PassphraseError);
        }
        let mut digits = [0; DIGITS];
        let mut given = text.bytes().filter(|byte| *byte != b'-');
        for digit in &mut digits {
            *digit = given.next().filter(u8::is_ascii_digit).ok_or(PassphraseError)?;
        }
        if given.next().is_some() { Err(PassphraseError) } else { Ok(Passphrase(digits)) }
    }
}

impl fmt::Display for Passphrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let groups: Vec<&str> = self.0.chunks(4).filter_map(|group| std::str::from_utf8(group).ok()).collect();
        f.pad(&groups.join("-"))
    }
}

impl fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Passphrase(…)")
    }
}

impl PartialEq for Passphrase {
    fn eq(&self, other: &Passphrase) -> bool {
        self.0.iter().zip(other.0).fold(0, |found, (a, b)| black_box(found | (a ^ b))) == 0
    }
}

impl Eq for Passphrase {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_passphrase_is_sixteen_digits_in_fours() {
        for text in [
            "1111-2222-3333-4444",
            " 1111222233334444\n",
            "“1111–2222–3333–4444”",
            "\u{a0}1111\u{2011}2222\u{2011}3333\u{2011}4444\u{200b}",
        ] {
            assert_eq!(text.parse::<Passphrase>().unwrap().to_string(), "1111-2222-3333-4444");
        }
        for text in [
            "",
            "1111-2222-3333",
            "1111-2222-3333-444a",
            "11112-222-3333-4444",
            "1111 2222 3333 4444",
            "----------------",
            "1111-2222-3333-4444-",
            "١١١١-2222",
        ] {
            assert_eq!(text.parse::<Passphrase>(), Err(PassphraseError), "{text}");
        }
    }

    #[test]
    fn every_digit_counts_and_none_is_shown_by_accident() {
        let one: Passphrase = "1111222233334444".parse().unwrap();
        for index in 0..DIGITS {
            let mut other = one;
            other.0[index] ^= 1;
            assert_ne!(one, other, "digit {index}");
        }
        assert_eq!(format!("{one:?}"), "Passphrase(…)");
    }

    #[test]
    fn random_bytes_give_digits_without_a_bias() {
        let given = [250, 255, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 249, 19, 28, 37, 46, 55];
        assert_eq!(Passphrase::from_random(given).unwrap().to_string(), "0123-4567-8999-8765");
        assert_eq!(Passphrase::from_random([1; 15]), None);
    }
}
