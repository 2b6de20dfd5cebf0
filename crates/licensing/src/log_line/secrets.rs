//! Removes secrets from logs: passwords, passphrases, tokens, recognized by their form in any line.

use std::borrow::Cow;
use std::ops::Range;

/// Replaces a secret.
pub const HIDDEN: &str = "[hidden]";

/// Parts of names of secret fields.
const ANYWHERE: [&str; 4] = ["password", "passphrase", "passwd", "secret"];
/// The same at the end of a name.
const AT_END: [&str; 8] =
    ["token", "auth", "auth_string", "authstring", "authorization", "cookie", "api_key", "private_key"];
/// Minimum length of a value after `Bearer` or `Basic`, so that ordinary words stay, bytes.
const SHORTEST_CREDENTIAL: usize = 8;

/// The text with [`HIDDEN`] in place of each secret: API tokens, values of fields and options named like a secret, the
/// passphrase of a `VE://` address, the password in a URL.
#[must_use]
pub fn without_secrets(text: &str) -> Cow<'_, str> {
    let mut safe = String::new();
    let (mut copied, mut at) = (0, 0);
    let bytes = text.as_bytes();
    while at < bytes.len() {
        if !is_name(bytes[at]) {
            at += 1;
            continue;
        }
        let end = at + bytes[at..].iter().take_while(|byte| is_name(**byte)).count();
        match secret_at(text, at..end).filter(|secret| !secret.is_empty()) {
            Some(secret) => {
                safe.push_str(&text[copied..secret.start]);
                safe.push_str(HIDDEN);
                (copied, at) = (secret.end, secret.end);
            }
            None => at = end,
        }
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    safe.push_str(&text[copied..]);
    Cow::Owned(safe)
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
}

/// The secret at this position, or introduced by the word here.
fn secret_at(text: &str, word: Range<usize>) -> Option<Range<usize>> {
    let (name, rest) = (&text[word.clone()], &text[word.end..]);
    if name.starts_with("lhk_") {
        return Some(word.start + 4..word.end);
    }
    if name.starts_with("-----BEGIN") || name == "-----BEGIN" {
        return rest.contains("PRIVATE KEY-----").then_some(word.end..text.len());
    }
    if let Some(address) = rest.strip_prefix("://") {
        return in_address(name, address, word.end + 3);
    }
    if matches!(name.to_ascii_lowercase().as_str(), "bearer" | "basic") && rest.starts_with(' ') {
        let value = value_at(text, word.end + 1);
        return (value.len() >= SHORTEST_CREDENTIAL).then_some(value);
    }
    if !names_a_secret(name) {
        return None;
    }
    let after = rest.trim_start_matches(['"', '\'', '\\']).trim_start_matches(' ');
    if let Some(value) = after.strip_prefix([':', '=']) {
        let begin = text.len() - value.trim_start_matches(' ').len();
        return Some(value_at(text, begin));
    }
    (name.starts_with('-') && rest.starts_with(' ')).then(|| value_at(text, word.end + 1))
}

/// `VE://host:port/passphrase`, and `scheme://user:password@host`.
fn in_address(scheme: &str, address: &str, begin: usize) -> Option<Range<usize>> {
    let length = address.find(|c: char| c.is_whitespace() || "\"'<>,;)".contains(c)).unwrap_or(address.len());
    let address = &address[..length];
    if scheme.eq_ignore_ascii_case("ve") {
        let slash = address.find('/')? + 1;
        return Some(begin + slash..begin + length);
    }
    let authority = &address[..address.find(['/', '?', '#']).unwrap_or(length)];
    let at = authority.rfind('@')?;
    let colon = authority[..at].find(':')? + 1;
    Some(begin + colon..begin + at)
}

fn names_a_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase().replace('-', "_");
    ANYWHERE.iter().any(|part| name.contains(part))
        || AT_END.iter().any(|end| {
            name.strip_suffix(end).is_some_and(|before| before.is_empty() || before.ends_with('_') || *end == "token")
        })
}

/// The value that begins here: in quotes, or up to the next blank or separator. Includes the word after `Bearer` or
/// `Basic`.
fn value_at(text: &str, begin: usize) -> Range<usize> {
    let value = &text[begin..];
    if value.starts_with(HIDDEN) {
        return begin..begin;
    }
    let escaped = usize::from(value.starts_with('\\'));
    if let Some(quote) = value[escaped..].chars().next().filter(|first| matches!(first, '"' | '\'')) {
        let inside = begin + escaped + 1;
        let length = closing(&text[inside..], quote, escaped == 1);
        return inside..inside + length;
    }
    let length = value.find(|c: char| c.is_whitespace() || "&,;\"')}]<>".contains(c)).unwrap_or(value.len());
    let word = &value[..length];
    if ["bearer", "basic", "digest"].iter().any(|kind| word.eq_ignore_ascii_case(kind))
        && value[length..].starts_with(' ')
    {
        return begin..value_at(text, begin + length + 1).end;
    }
    begin..begin + length
}

/// The closing quote, or else the end of the text.
fn closing(text: &str, quote: char, escaped: bool) -> usize {
    let mut before = ' ';
    for (at, character) in text.char_indices() {
        if character == quote && (before == '\\') == escaped {
            return if escaped { at - 1 } else { at };
        }
        before = if before == '\\' && character == '\\' { ' ' } else { character };
    }
    text.len()
}
