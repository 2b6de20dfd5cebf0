use super::{DIGITS, GuidError};
use crate::plain_text::{is_hyphen, wraps_a_value};

/// Placeholders that installation scripts leave behind, each with the part that identifies it.
const PLACEHOLDERS: [(&str, &str); 2] = [("$LV_LIC", "LV_LIC"), ("GET-CLUSTER-GUID-FROM-LUMENVOX", "GET-CLUSTER-GUID")];

/// The prefix of a copied conf line.
const PREFIX: &str = "LICENSE_SERVER_GUID";

/// Numbers of digits that a hyphen may follow.
const HYPHENS_AFTER: [usize; 4] = [8, 12, 16, 20];

pub(super) fn read(input: &str) -> Result<[u8; 16], GuidError> {
    let body = without_braces(without_prefix(without_wrapping(input)));
    if body.is_empty() {
        return Err(GuidError::Empty);
    }
    if let Some(word) = placeholder(body) {
        return Err(GuidError::Placeholder { word });
    }
    if several(body) {
        return Err(GuidError::Several);
    }
    let typed_before = input[..body.as_ptr() as usize - input.as_ptr() as usize].chars().count();
    digits(body, typed_before)
}

fn digits(body: &str, typed_before: usize) -> Result<[u8; 16], GuidError> {
    let mut bytes = [0_u8; 16];
    let mut found = 0;
    let mut misplaced = None;
    let mut after_hyphen = false;
    for (index, character) in body.chars().enumerate() {
        let position = typed_before + index + 1;
        if is_hyphen(character) {
            if after_hyphen || !HYPHENS_AFTER.contains(&found) {
                misplaced.get_or_insert(position);
            }
            after_hyphen = true;
            continue;
        }
        after_hyphen = false;
        let Some(value) = character.to_digit(16) else {
            return Err(GuidError::WrongCharacter { character, position });
        };
        if let Some(byte) = bytes.get_mut(found / 2) {
            *byte = (*byte << 4) | value as u8;
        }
        found += 1;
    }
    match misplaced {
        _ if found != DIGITS => Err(GuidError::WrongLength { found }),
        Some(position) => Err(GuidError::MisplacedHyphen { position }),
        None => Ok(bytes),
    }
}

fn without_wrapping(text: &str) -> &str {
    text.trim_start_matches(wraps_a_value).trim_end_matches(|c| wraps_a_value(c) || matches!(c, ',' | ';'))
}

fn without_prefix(text: &str) -> &str {
    let Some(head) = text.get(..PREFIX.len()) else { return text };
    if !head.eq_ignore_ascii_case(PREFIX) {
        return text;
    }
    let rest = text[PREFIX.len()..].trim_start_matches(wraps_a_value);
    let rest = rest.strip_prefix(['=', ':']).unwrap_or(rest);
    rest.trim_start_matches(wraps_a_value)
}

/// One brace may be missing; quotes and blanks may be inside the braces too.
fn without_braces(text: &str) -> &str {
    let text = text.strip_prefix('{').unwrap_or(text);
    let text = text.strip_suffix('}').unwrap_or(text);
    without_wrapping(text)
}

fn placeholder(body: &str) -> Option<&'static str> {
    if body.len() > 64 {
        return None;
    }
    let upper = body.to_ascii_uppercase();
    PLACEHOLDERS.iter().find(|(_, mark)| upper.contains(mark)).map(|(word, _)| *word)
}

fn several(body: &str) -> bool {
    let digits_in = |piece: &str| piece.chars().filter(char::is_ascii_hexdigit).count();
    let mut pieces = body.split(|c: char| !c.is_ascii_hexdigit() && !is_hyphen(c)).map(digits_in);
    let whole = pieces.clone().filter(|found| *found == DIGITS).nth(1).is_some();
    whole || pieces.any(|found| found == 2 * DIGITS)
}
