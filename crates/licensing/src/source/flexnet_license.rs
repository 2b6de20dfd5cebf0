//! FlexNet license files: what there is, and until when. Signatures and keys are never kept.

use jiff::tz::TimeZone;

use super::date::End;
use super::text::{lines, name};
use super::{Binding, Daemon, Feature, Picture, Pool, UNLIMITED};

/// Reads a license file. `zone` is that of the machine it counts on.
#[must_use]
pub fn read(bytes: &[u8], zone: &TimeZone) -> Picture {
    let mut reader = Reader { zone, picture: Picture::default(), first_feature_only: Vec::new() };
    let mut whole: Option<(usize, String)> = None;
    for (number, line) in lines(bytes) {
        let trimmed = line.trim();
        // A continued line may lack its backslash: what begins with no word of a license file belongs to the line before.
        let goes_on = whole.as_ref().is_some_and(|(_, before)| before.ends_with('\\') || is_open(before));
        let goes_on = goes_on || (whole.is_some() && is_continuation(&line));
        if !goes_on && let Some((number, line)) = whole.take() {
            reader.line(number, &line);
        }
        match &mut whole {
            Some((_, before)) => {
                if before.ends_with('\\') {
                    before.pop();
                }
                before.push(' ');
                before.push_str(trimmed);
            }
            None if trimmed.is_empty() || trimmed.starts_with('#') => {}
            None => whole = Some((number, trimmed.to_owned())),
        }
    }
    if let Some((number, line)) = whole {
        reader.line(number, &line);
    }
    reader.picture
}

/// Whether a quoted value has no end yet.
fn is_open(line: &str) -> bool {
    line.matches('"').count() % 2 == 1
}

/// Whether a line is indented and begins with `KEY=`: its predecessor lacked the backslash.
fn is_continuation(line: &str) -> bool {
    let indented = line.starts_with([' ', '\t']);
    let first = line.split_ascii_whitespace().next().unwrap_or_default();
    let key = first.split_once('=').map(|(key, _)| key);
    indented
        && key.is_some_and(|key| {
            !key.is_empty()
                && key.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_' || byte.is_ascii_digit())
        })
}

struct Reader<'a> {
    zone: &'a TimeZone,
    picture: Picture,
    /// Features that `FEATURE` lines named: the first counts.
    first_feature_only: Vec<String>,
}

impl Reader<'_> {
    fn line(&mut self, number: usize, line: &str) {
        if let Err(reason) = self.read(line) {
            // What could be a signature or key is not shown.
            let shown: String = line.split_ascii_whitespace().take(7).collect::<Vec<_>>().join(" ");
            self.picture.unread.add(number, &shown, reason);
        }
    }

    fn read(&mut self, line: &str) -> Result<(), &'static str> {
        let words = quoted_words(line);
        let first = words.first().map(String::as_str).unwrap_or_default().to_ascii_uppercase();
        match first.as_str() {
            "SERVER" => {
                let host = words.get(1).ok_or("it names no machine")?;
                self.picture.servers.push(Daemon { name: name(host), up: true, version: None, problem: None });
                Ok(())
            }
            "VENDOR" | "DAEMON" => {
                let vendor = words.get(1).ok_or("it names no vendor")?;
                self.picture.vendors.push(Daemon { name: name(vendor), up: true, version: None, problem: None });
                Ok(())
            }
            "USE_SERVER" | "PACKAGE" => Ok(()),
            "FEATURE" => self.feature(&words, true),
            "INCREMENT" => self.feature(&words, false),
            "UPGRADE" => self.upgrade(&words),
            // Of the administrator: lower-case settings between the lines.
            _ if line
                .split_once('=')
                .is_some_and(|(key, _)| key.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')) =>
            {
                Ok(())
            }
            _ => Err("it is no line of a license file that is known"),
        }
    }

    fn feature(&mut self, words: &[String], first_counts: bool) -> Result<(), &'static str> {
        let [_, feature, vendor, version, end, count, ..] = words else { return Err("it has fewer than six fields") };
        let end = End::parse(end).ok_or("its end is no date that can be read")?;
        let (issued, binding) = counted(count, &words[6..])?;
        let pool = self.pool(version, end, issued, binding);
        if first_counts {
            let key = format!("{vendor}\t{feature}");
            if self.first_feature_only.contains(&key) {
                return Ok(());
            }
            self.first_feature_only.push(key);
        }
        self.add(feature, vendor, pool);
        Ok(())
    }

    /// Takes licenses of an older version away and gives as many of a newer one.
    fn upgrade(&mut self, words: &[String]) -> Result<(), &'static str> {
        let [_, feature, vendor, from, to, end, count, ..] = words else {
            return Err("it has fewer than seven fields");
        };
        let end = End::parse(end).ok_or("its end is no date that can be read")?;
        let (issued, binding) = counted(count, &words[7..])?;
        let pool = self.pool(to, end, issued, binding);
        let (feature, vendor) = (name(feature), name(vendor));
        let known = self.picture.features.iter_mut().find(|known| known.name == feature && known.vendor == vendor);
        let Some(known) = known else { return Err("there is nothing before it that it could upgrade") };
        // The closest line before it with a version from the one up to the other gives them.
        let number = |version: &str| version.parse::<f64>().ok();
        let (from, to) = (number(from), number(to));
        let gives = |pool: &&mut Pool| {
            let version = pool.version.as_deref().and_then(number);
            version.zip(from).zip(to).is_some_and(|((version, from), to)| version >= from && version < to)
        };
        let older = known.pools.iter_mut().rev().find(gives);
        if let (Some(older), Some(issued)) = (older, issued) {
            older.issued = older.issued.map(|before| before.saturating_sub(issued));
        }
        known.pools.push(pool);
        Ok(())
    }

    fn pool(&self, version: &str, end: End, issued: Option<u64>, binding: Option<Binding>) -> Pool {
        Pool {
            version: Some(name(version)),
            issued,
            expires: end.instant(self.zone),
            permanent: end == End::Permanent,
            binding,
        }
    }

    fn add(&mut self, feature: &str, vendor: &str, pool: Pool) {
        let (feature, vendor) = (name(feature), name(vendor));
        let known = self.picture.features.iter_mut().find(|known| known.name == feature && known.vendor == vendor);
        match known {
            Some(known) => {
                known.uncounted |= pool.issued.is_none();
                known.issued = known.issued.zip(pool.issued).map(|(before, more)| before.saturating_add(more));
                known.pools.push(pool);
            }
            None => self.picture.features.push(Feature {
                name: feature,
                vendor,
                issued: pool.issued,
                uncounted: pool.issued.is_none(),
                pools: vec![pool],
                ..Feature::default()
            }),
        }
    }
}

/// The number of licenses; `None` for uncounted ones.
fn counted(count: &str, rest: &[String]) -> Result<(Option<u64>, Option<Binding>), &'static str> {
    let issued = match count.to_ascii_lowercase().as_str() {
        "uncounted" => 0,
        number => number.parse().map_err(|_| "its number of licenses is no number")?,
    };
    let locked = rest.iter().any(|word| word.starts_with("HOSTID="));
    Ok(match issued {
        0 => (None, Some(Binding::Uncounted)),
        UNLIMITED.. => (None, Some(Binding::Floating)),
        issued => (Some(issued), Some(if locked { Binding::NodeLocked } else { Binding::Floating })),
    })
}

/// Words separated by blanks; a quoted value belongs to its key. Signatures and keys are left out.
fn quoted_words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let (mut word, mut quoted) = (String::new(), false);
    for c in line.chars() {
        match c {
            '"' => quoted = !quoted,
            c if c.is_whitespace() && !quoted => {
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
            }
            c => word.push(c),
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words.retain(|word| !word.starts_with("SIGN"));
    words
}

#[cfg(test)]
mod tests;
