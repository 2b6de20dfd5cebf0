//! Text from a file, a paste or the network, in its usual encodings.

/// Position of the first unreadable byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unreadable {
    /// Counted from 1.
    pub line: usize,
    /// Counted from 1, in characters.
    pub column: usize,
    /// Whether the text only ends in the middle of a character.
    pub cut: bool,
}

/// UTF-8 or UTF-16 (Windows shells and editors write it), with or without a byte order mark.
///
/// # Errors
/// The place of the first byte that is neither.
pub fn decode(bytes: &[u8]) -> Result<String, Unreadable> {
    match bytes {
        [0xFF, 0xFE, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xFE, 0xFF, rest @ ..] => utf16(rest, u16::from_be_bytes),
        // Without a mark: two ASCII characters, each with the zero byte that no text in UTF-8 has.
        [1..=255, 0, 1..=255, 0, ..] => utf16(bytes, u16::from_le_bytes),
        [0, 1..=255, 0, 1..=255, ..] => utf16(bytes, u16::from_be_bytes),
        _ => utf8(bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes)),
    }
}

fn utf8(bytes: &[u8]) -> Result<String, Unreadable> {
    let readable = |error: std::str::Utf8Error| {
        after(&String::from_utf8_lossy(&bytes[..error.valid_up_to()]), error.error_len().is_none())
    };
    std::str::from_utf8(bytes).map(str::to_owned).map_err(readable)
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<String, Unreadable> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let mut text = String::with_capacity(bytes.len());
    let mut units = char::decode_utf16(pairs.iter().map(|pair| unit(*pair))).peekable();
    while let Some(read) = units.next() {
        match read {
            Ok(character) => text.push(character),
            Err(_) => return Err(after(&text, units.peek().is_none())),
        }
    }
    if rest.is_empty() { Ok(text) } else { Err(after(&text, true)) }
}

/// The position that follows `text`.
fn after(text: &str, cut: bool) -> Unreadable {
    let last = text.rsplit('\n').next().unwrap_or_default();
    Unreadable { line: text.matches('\n').count() + 1, column: last.chars().count() + 1, cut }
}

#[cfg(test)]
mod tests;
