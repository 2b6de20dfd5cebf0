//! Redaction of logs for sharing: hosts, addresses, users, GUIDs and ids become `host-1`, `address-1` …, consistently,
//! so that the log can still be followed.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::ops::Range;

use super::secrets::without_secrets;

/// The kind of a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RedactedKind {
    /// The name of a machine or of a client.
    Host,
    /// An IP address.
    Address,
    /// A person.
    User,
    /// A server's GUID, or any other UUID.
    Guid,
    /// An identifying number or fingerprint.
    Id,
}

impl RedactedKind {
    fn word(self) -> &'static str {
        match self {
            RedactedKind::Host => "host",
            RedactedKind::Address => "address",
            RedactedKind::User => "user",
            RedactedKind::Guid => "guid",
            RedactedKind::Id => "id",
        }
    }
}

/// Fields whose whole value is of one kind.
const FIELDS: [(RedactedKind, &[&str]); 4] = [
    (RedactedKind::User, &["user", "who", "holder", "by", "account"]),
    (RedactedKind::Host, &["host", "hostname", "server_name", "client", "name", "sni"]),
    (RedactedKind::Address, &["peer", "remote", "ip", "address"]),
    (
        RedactedKind::Id,
        &[
            "id",
            "request",
            "request_id",
            "status_id",
            "deployment",
            "deployment_id",
            "operator",
            "operator_id",
            "session",
            "instance",
            "instance_uuid",
            "customer",
            "fingerprint",
            "finger",
        ],
    ),
];
/// Endings of file names, which are not hosts.
const FILES: [&str; 21] = [
    "log", "conf", "toml", "json", "db", "sock", "pem", "crt", "key", "csv", "txt", "rs", "head", "gz", "wal", "lic",
    "lm", "service", "so", "js", "css",
];
/// Maximum number of words remembered; further ones are not numbered.
const MOST: u32 = 100_000;
/// Shorter known names are not replaced, bytes: they would match in too many words.
const SHORTEST_KNOWN: usize = 3;
/// Minimum hexadecimal digits of an id.
const HEX_ID: usize = 16;

/// Replaces identifying words. Use one for a whole file: it remembers replacements.
#[derive(Debug, Default)]
pub struct Redactor {
    given: HashMap<(RedactedKind, String), u32>,
    counts: HashMap<RedactedKind, u32>,
    /// Known names, by first word; longest first.
    known: HashMap<String, Vec<(String, RedactedKind)>>,
}

impl Redactor {
    /// With known names, besides those recognized by their form.
    pub fn new(known: impl IntoIterator<Item = (RedactedKind, String)>) -> Self {
        let mut redactor = Self::default();
        for (kind, name) in known {
            let name = name.trim().to_lowercase();
            let first = &name[..name.bytes().take_while(|byte| is_word(*byte)).count()];
            if name.len() >= SHORTEST_KNOWN && !first.is_empty() {
                redactor.known.entry(first.to_owned()).or_default().push((name, kind));
            }
        }
        for names in redactor.known.values_mut() {
            names.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
        }
        redactor
    }

    /// The line without identifying words and secrets.
    pub fn redact(&mut self, line: &str) -> String {
        let line = without_secrets(line);
        let mut safe = String::with_capacity(line.len());
        let bytes = line.as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            if !is_word(bytes[at]) {
                // Up to the next word, at a character boundary.
                let gap = bytes[at..].iter().take_while(|byte| !is_word(**byte)).count();
                safe.push_str(&line[at..at + gap]);
                at += gap;
                continue;
            }
            at = self.word(&line, at, &mut safe);
        }
        safe
    }

    /// Writes the replacement of the word at `at`; returns the start of the next.
    fn word(&mut self, line: &str, at: usize, safe: &mut String) -> usize {
        if let Some((length, kind)) = self.known_at(line, at) {
            safe.push_str(&self.token(kind, &line[at..at + length]));
            return at + length;
        }
        let end = at + line.as_bytes()[at..].iter().take_while(|byte| is_word(**byte)).count();
        let word = &line[at..end];
        if let Some((kind, value)) = field_at(line, word, end) {
            safe.push_str(&line[at..value.start]);
            let text = line[value.clone()].to_owned();
            let replaced = self.classified(&text).unwrap_or_else(|| self.token(kind, &text));
            safe.push_str(&replaced);
            return value.end;
        }
        if line[end..].starts_with('=') {
            safe.push_str(word);
            return end;
        }
        if line[..at].ends_with("/home/") {
            safe.push_str(&self.token(RedactedKind::User, word));
            return end;
        }
        // A period or colon at its end belongs to the sentence.
        let core = word.trim_end_matches(['.', ':', '-']);
        match self.classified(core) {
            Some(replaced) => safe.push_str(&replaced),
            None => safe.push_str(core),
        }
        safe.push_str(&word[core.len()..]);
        end
    }

    /// The known name at this position: one or more whole words.
    fn known_at(&self, line: &str, at: usize) -> Option<(usize, RedactedKind)> {
        if self.known.is_empty() {
            return None;
        }
        let end = at + line.as_bytes()[at..].iter().take_while(|byte| is_word(**byte)).count();
        let first = line[at..end].to_lowercase();
        // A name may be followed by a port, or by the period of the sentence.
        let candidates =
            [first.as_str(), first.trim_end_matches(['.', ':', '-']), first.split(':').next().unwrap_or_default()];
        candidates.into_iter().find_map(|first| {
            self.known.get(first)?.iter().find_map(|(name, kind)| {
                let found = line.get(at..at + name.len())?;
                let next = line[at + name.len()..].bytes().next();
                let whole = next.is_none_or(|byte| !(byte.is_ascii_alphanumeric() || byte == b'_'));
                (whole && found.to_lowercase() == *name).then_some((name.len(), *kind))
            })
        })
    }

    /// The replacement of a word recognized by its form.
    fn classified(&mut self, word: &str) -> Option<String> {
        if let Some(kind) = kind_of(word) {
            return Some(self.token(kind, word));
        }
        if let Some((user, host)) = word.split_once('@').filter(|(user, host)| !user.is_empty() && !host.is_empty()) {
            let (user, host) = (self.token(RedactedKind::User, user), self.token(RedactedKind::Host, host));
            return Some(format!("{user}@{host}"));
        }
        let (name, port) = word.rsplit_once(':')?;
        let kind = kind_of(name.trim_matches(['[', ']']))?;
        port.bytes().all(|digit| digit.is_ascii_digit()).then(|| format!("{}:{port}", self.token(kind, name)))
    }

    fn token(&mut self, kind: RedactedKind, text: &str) -> String {
        let word = kind.word();
        let key = (kind, text.trim_matches(['[', ']']).to_lowercase());
        if let Some(number) = self.given.get(&key) {
            return format!("{word}-{number}");
        }
        let count = self.counts.entry(kind).or_default();
        if *count >= MOST {
            return format!("{word}-more");
        }
        *count += 1;
        self.given.insert(key, *count);
        format!("{word}-{count}")
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b':' | b'@') || byte >= 0x80
}

/// The value of an identifying field: `who=ann`, `host="vm 7"`.
fn field_at(line: &str, word: &str, end: usize) -> Option<(RedactedKind, Range<usize>)> {
    let value = line[end..].strip_prefix('=')?;
    let name = word.rsplit('.').next().unwrap_or(word).to_ascii_lowercase();
    let (kind, _) = FIELDS.iter().find(|(_, names)| names.contains(&name.as_str()))?;
    let quoted = usize::from(value.starts_with('"'));
    let stop: &[char] = if quoted == 1 { &['"'] } else { &[' ', ',', ';', ')', '}'] };
    let length = value[quoted..].find(stop).unwrap_or(value.len() - quoted);
    let begin = end + 1 + quoted;
    (length > 0).then_some((*kind, begin..begin + length))
}

fn kind_of(word: &str) -> Option<RedactedKind> {
    if is_uuid(word) {
        return Some(RedactedKind::Guid);
    }
    if word.parse::<Ipv4Addr>().is_ok()
        || (word.contains("::") || word.matches(':').count() == 7) && word.parse::<Ipv6Addr>().is_ok()
    {
        // Loopback identifies nothing.
        return (!word.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback() || ip.is_unspecified()))
            .then_some(RedactedKind::Address);
    }
    let hex = word.bytes().all(|byte| byte.is_ascii_hexdigit());
    if word.len() >= HEX_ID && hex && word.bytes().any(|byte| byte.is_ascii_digit()) {
        return Some(RedactedKind::Id);
    }
    let labels: Vec<&str> = word.split('.').collect();
    if labels.len() >= 4
        && labels.iter().all(|label| !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_digit()))
    {
        return Some(RedactedKind::Id);
    }
    is_host(&labels).then_some(RedactedKind::Host)
}

fn is_uuid(word: &str) -> bool {
    let parts: Vec<usize> = word.split('-').map(str::len).collect();
    parts == [8, 4, 4, 4, 12] && word.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit())
}

/// Labels separated by dots that end like a domain, not like a file.
fn is_host(labels: &[&str]) -> bool {
    let Some((last, before)) = labels.split_last() else { return false };
    let label = |text: &&str| {
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte >= 0x80)
    };
    !before.is_empty()
        && labels.iter().all(label)
        && last.len() >= 2
        && last.bytes().all(|byte| byte.is_ascii_alphabetic() || byte >= 0x80)
        && !FILES.contains(&last.to_ascii_lowercase().as_str())
        // Not an abbreviation.
        && (before.len() > 1 || before[0].len() > 1)
}
