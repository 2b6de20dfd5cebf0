//! FlexNet's `lmutil lmstat -a` and `lmstat -i`.

use jiff::civil::{DateTime, Time};
use jiff::tz::TimeZone;

use super::date::{self, End};
use super::text::{leading_number, lines, name, words};
use super::{Binding, Daemon, Feature, HeldLicense, Picture, Pool, QueuedRequest, Reservation, UNLIMITED};

/// Reads what lmstat printed. `zone` is that of the machine it ran on; `fallback` the time the text was received, for
/// texts without a head.
#[must_use]
pub fn read(bytes: &[u8], zone: &TimeZone, fallback: i64) -> Picture {
    let now = jiff::Timestamp::from_millisecond(fallback).unwrap_or_default().to_zoned(zone.clone()).datetime();
    let mut reader =
        Reader { zone, now, picture: Picture::default(), section: Section::default(), table: None, hosts: Vec::new() };
    for (number, line) in lines(bytes) {
        reader.line(number, &line);
    }
    reader.picture
}

/// The columns of `lmstat -i`: whether the vendor stands before the end.
#[derive(Debug, Clone, Copy)]
struct TableColumns {
    vendor_first: bool,
}

/// What belongs to one license system.
#[derive(Debug, Default)]
struct Section {
    /// The ports and hosts asked, as printed.
    servers: String,
    /// The vendor named last before the features.
    vendor: Option<String>,
    in_vendors: bool,
    /// The index of its first feature.
    first_feature: usize,
    /// Whether a feature's block is open.
    open: bool,
}

struct Reader<'a> {
    zone: &'a TimeZone,
    now: DateTime,
    picture: Picture,
    section: Section,
    table: Option<TableColumns>,
    /// Hosts known from lines that can be read in one way only.
    hosts: Vec<String>,
}

impl Reader<'_> {
    fn line(&mut self, number: usize, line: &str) {
        let trimmed = line.trim();
        if trimmed.is_empty() || trimmed == "[Detecting lmgrd processes...]" || is_banner(trimmed) {
            return;
        }
        if let Err(reason) = self.read(trimmed) {
            self.picture.unread.add(number, line, reason);
        }
    }

    fn read(&mut self, line: &str) -> Result<(), &'static str> {
        if line.bytes().all(|byte| byte == b'-') && line.len() >= 20 {
            self.section = Section { first_feature: self.picture.features.len(), ..Section::default() };
            return Ok(());
        }
        if let Some(rest) = line.strip_prefix("Users of ") {
            return self.feature(rest);
        }
        if let Some(rest) = line.strip_prefix("Flexible License Manager status on ") {
            return self.head(rest);
        }
        if let Some(rest) = line.strip_prefix("License server status:") {
            let (servers, first_feature) = (name(rest.trim()), self.picture.features.len());
            self.section = Section { servers, first_feature, ..Section::default() };
            return Ok(());
        }
        if line.starts_with("License file(s) on ") || line.starts_with("vendor_string:") {
            return Ok(());
        }
        if line.starts_with("Vendor daemon status (on ") {
            (self.section.in_vendors, self.section.open) = (true, false);
            return Ok(());
        }
        if line == "Feature usage info:" {
            self.section.in_vendors = false;
            return Ok(());
        }
        if let Some(rest) = line.strip_prefix("Error getting status:") {
            self.picture.problem.get_or_insert_with(|| name(rest.trim()));
            return Ok(());
        }
        if let Some(columns) = table_head(line) {
            self.table = Some(columns);
            return Ok(());
        }
        if let Some(columns) = self.table {
            return self.row(line, columns);
        }
        if self.section.open {
            return self.of_feature(line);
        }
        self.daemon(line)
    }

    fn head(&mut self, rest: &str) -> Result<(), &'static str> {
        const REASON: &str = "it has no date that can be read";
        let words = words(rest);
        let [_, day, time] = words[..] else { return Err(REASON) };
        let (month, day, year) = date::slashed(day).ok_or(REASON)?;
        let date = jiff::civil::Date::new(year.ok_or(REASON)?, month, day).map_err(|_| REASON)?;
        self.now = date.to_datetime(date::clock(time).ok_or(REASON)?);
        self.picture.at = date::instant(self.now, self.zone);
        Ok(())
    }

    /// `host: license server UP (MASTER) v11.19.6`, `acmed: UP v11.19.6`, `host: Cannot connect … (-15,570)`.
    fn daemon(&mut self, line: &str) -> Result<(), &'static str> {
        let (whose, rest) = line.split_once(": ").ok_or("it is no line of lmstat that is known")?;
        let rest = rest.trim();
        let (is_server, state) = match rest.strip_prefix("license server ") {
            Some(state) => (true, state),
            None => (!self.section.in_vendors, rest),
        };
        let state_words = words(state);
        let up = state_words.first() == Some(&"UP");
        let told = up || state_words.first() == Some(&"DOWN") || code(state).is_some();
        if !told || whose.contains('"') {
            return Err("it is no line of lmstat that is known");
        }
        let version = state_words.last().filter(|word| word.starts_with('v') && state_words.len() > 1);
        let daemon = Daemon {
            name: name(whose),
            up,
            version: version.filter(|_| code(state).is_none()).map(|word| name(word)),
            problem: (!up).then(|| name(state)),
        };
        if is_server {
            self.picture.servers.push(daemon);
        } else {
            self.section.vendor = Some(daemon.name.clone());
            self.picture.vendors.push(daemon);
        }
        Ok(())
    }

    fn feature(&mut self, rest: &str) -> Result<(), &'static str> {
        const REASON: &str = "it names a feature without its number";
        let at = ["(Total of ", "(Uncounted", "(Error:"].iter().filter_map(|mark| rest.rfind(mark)).max();
        let (head, told) = rest.split_at(at.ok_or(REASON)?);
        let feature = head.trim_end().strip_suffix(':').ok_or(REASON)?;
        let mut found = Feature {
            name: name(feature),
            vendor: self.section.vendor.clone().unwrap_or_default(),
            server: self.section.servers.clone(),
            ..Feature::default()
        };
        let told = told.trim_start_matches('(').trim_end_matches(')');
        if let Some(numbers) = told.strip_prefix("Total of ") {
            let (issued, numbers) = leading_number(numbers).ok_or(REASON)?;
            let used = numbers.split_once("Total of ").map(|(_, used)| used).ok_or(REASON)?;
            found.issued = Some(issued).filter(|issued| *issued < UNLIMITED);
            found.in_use = Some(leading_number(used).ok_or(REASON)?.0);
        } else if told.starts_with("Uncounted") {
            found.uncounted = true;
        } else {
            found.problem = Some(name(told.trim_start_matches("Error:").trim()));
        }
        self.section.open = true;
        self.picture.features.push(found);
        Ok(())
    }

    /// A line within the block of a feature.
    fn of_feature(&mut self, line: &str) -> Result<(), &'static str> {
        if let Some(binding) = binding(line) {
            if let Some(pool) = self.last().and_then(|feature| feature.pools.last_mut()) {
                pool.binding = Some(binding);
            }
            return Ok(());
        }
        if let Some(at) = line.rfind("), start ") {
            return self.held(&line[..=at], &line[at + "), start ".len()..]);
        }
        if let Some(at) = line.rfind(") queued for ") {
            return self.queued(&line[..=at], &line[at + ") queued for ".len()..]);
        }
        if line.contains(" RESERVATION") {
            return self.reserved(line);
        }
        if line.starts_with('"') {
            return self.pool(line);
        }
        // The next license system begins with its machines.
        self.daemon(line).map_err(|_| "it is no line of a feature that is known")
    }

    fn last(&mut self) -> Option<&mut Feature> {
        self.picture.features.last_mut()
    }

    fn pool(&mut self, line: &str) -> Result<(), &'static str> {
        const REASON: &str = "it is no part of a feature that can be read";
        let (_, rest) = line[1..].rsplit_once("\" v").ok_or(REASON)?;
        let (version, rest) = rest.split_once(", vendor: ").unwrap_or((rest, ""));
        let (vendor, end) = match rest.split_once(", expiry: ") {
            Some((vendor, end)) => (vendor, Some(End::parse(end).ok_or("its end is no date that can be read")?)),
            None => (rest, None),
        };
        let pool = Pool {
            version: Some(name(version.trim())),
            issued: None,
            expires: end.and_then(|end| end.instant(self.zone)),
            permanent: end == Some(End::Permanent),
            binding: None,
        };
        let vendor = name(vendor.trim());
        let feature = self.last().ok_or(REASON)?;
        feature.pools.push(pool);
        if !vendor.is_empty() {
            feature.vendor = vendor;
        }
        Ok(())
    }

    fn reserved(&mut self, line: &str) -> Result<(), &'static str> {
        const REASON: &str = "it is no reservation that can be read";
        let (count, rest) = leading_number(line).ok_or(REASON)?;
        let rest = rest.trim_start().strip_prefix("RESERVATION").ok_or(REASON)?;
        let rest = rest.strip_prefix('s').unwrap_or(rest).trim_start().strip_prefix("for ").ok_or(REASON)?;
        let (kind, rest) = rest.split_once(' ').ok_or(REASON)?;
        // The server and its port stand last, in parentheses.
        let whom = rest.rfind(" (").map_or(rest, |at| &rest[..at]);
        let kept = Reservation { kind: name(kind), name: name(whom.trim()), count };
        self.last().ok_or(REASON)?.reserved.push(kept);
        Ok(())
    }

    fn held(&mut self, head: &str, tail: &str) -> Result<(), &'static str> {
        let Person { user, host, display, extra, version, handle } = self.person(head)?;
        let Told { count, since, pid, linger_s } = self.told(tail)?;
        let held = HeldLicense { user, host, display, extra, version, handle, count, since, pid, linger_s };
        self.last().ok_or("it belongs to no feature")?.held.push(held);
        Ok(())
    }

    fn queued(&mut self, head: &str, tail: &str) -> Result<(), &'static str> {
        let Person { user, host, display, .. } = self.person(head)?;
        let (count, _) = leading_number(tail).ok_or("it says for how many licenses in no number that can be read")?;
        self.last().ok_or("it belongs to no feature")?.queued.push(QueuedRequest { user, host, display, count });
        Ok(())
    }

    /// `user host display words (v11.0) (server/port handle)`.
    fn person(&mut self, head: &str) -> Result<Person, &'static str> {
        const REASON: &str = "it has no version and no handle in parentheses";
        let at = head.rfind(" (").ok_or(REASON)?;
        let inner = head[at + 2..].strip_suffix(')').ok_or(REASON)?;
        let (place, handle) = inner.rsplit_once(' ').ok_or(REASON)?;
        if !place.contains('/') {
            return Err(REASON);
        }
        let rest = head[..at].trim_end();
        let at = rest.rfind("(v").ok_or(REASON)?;
        let version = rest[at + 2..].strip_suffix(')').ok_or(REASON)?;
        let words = words(&rest[..at]);
        let (user, host, display, extra) = self.split(&words).ok_or("it has no user and no host")?;
        Ok(Person {
            user: name(&user),
            host: name(&host),
            display: name(&display),
            extra: name(&extra),
            version: name(version),
            handle: name(handle),
        })
    }

    /// User, host, display and the rest. A user may have blanks, and there may be no display: the display that repeats
    /// its host tells them apart, then hosts known from other lines; else the first word is the user.
    fn split(&mut self, words: &[&str]) -> Option<(String, String, String, String)> {
        let parts = |host: usize, display: bool| {
            let rest = if display { host + 2 } else { host + 1 };
            (
                words[..host].join(" "),
                words[host].to_owned(),
                if display { words[host + 1].to_owned() } else { String::new() },
                words.get(rest..).unwrap_or_default().join(" "),
            )
        };
        match words.len() {
            0 | 1 => return None,
            2 => return Some(parts(1, false)),
            _ => {}
        }
        let repeats = |host: &usize| {
            let (host, display) = (words[*host].to_lowercase(), words[*host + 1].to_lowercase());
            display.starts_with(&host) && (host.len() > 1)
        };
        if let Some(host) = (1..words.len() - 1).find(repeats) {
            self.know(words[host]);
            return Some(parts(host, true));
        }
        let device = |host: &usize| words[*host + 1].starts_with("/dev/") || words[*host + 1].starts_with(':');
        if let Some(host) = (1..words.len() - 1).find(device) {
            self.know(words[host]);
            return Some(parts(host, true));
        }
        let known = |host: &usize| self.hosts.iter().any(|known| known.eq_ignore_ascii_case(words[*host]));
        if let Some(host) = (1..words.len()).find(known) {
            return Some(parts(host, host + 1 < words.len()));
        }
        Some(parts(1, true))
    }

    fn know(&mut self, host: &str) {
        if self.hosts.len() < 10_000 && !self.hosts.iter().any(|known| known == host) {
            self.hosts.push(host.to_owned());
        }
    }

    /// `Tue 12/31 23:58, 5 licenses (linger: 86340 / 86400), PID: 20114`, read from the right.
    fn told(&self, tail: &str) -> Result<Told, &'static str> {
        let mut told = Told { count: 1, since: None, pid: None, linger_s: None };
        let mut rest = tail.trim();
        if let Some((before, pid)) = rest.rsplit_once(", PID: ") {
            told.pid = Some(pid.trim().parse().map_err(|_| "its process is no number")?);
            rest = before.trim_end();
        }
        if let Some((before, linger)) = rest.rsplit_once("(linger: ") {
            let left = leading_number(linger.trim()).ok_or("the time it lingers is no number")?;
            told.linger_s = Some(left.0);
            rest = before.trim_end().trim_end_matches(',').trim_end();
        }
        if let Some((before, count)) = rest.rsplit_once(", ") {
            let (count, word) =
                leading_number(count.trim()).ok_or("it has words after its beginning that are unknown")?;
            if !word.trim().starts_with("license") {
                return Err("it has words after its beginning that are unknown");
            }
            told.count = count;
            rest = before.trim_end();
        }
        const REASON: &str = "its beginning is no date that can be read";
        let (weekday, day, time) = match words(rest)[..] {
            [weekday, day, time] => (Some(date::weekday(weekday).ok_or(REASON)?), day, time),
            [day, time] => (None, day, time),
            _ => return Err(REASON),
        };
        let (month, day, year) = date::slashed(day).ok_or(REASON)?;
        let time: Time = date::clock(time).ok_or(REASON)?;
        let at = match year {
            Some(year) => jiff::civil::Date::new(year, month, day).ok().map(|date| date.to_datetime(time)),
            None => date::latest(month, day, time, weekday, self.now),
        };
        told.since = date::instant(at.ok_or(REASON)?, self.zone);
        Ok(told)
    }

    /// A row of `lmstat -i`.
    fn row(&mut self, line: &str, columns: TableColumns) -> Result<(), &'static str> {
        const REASON: &str = "it is no row of the table that can be read";
        if line.bytes().all(|byte| matches!(byte, b'_' | b' ' | b'\t' | b'-')) {
            return Ok(());
        }
        let line = line.replace("permanent(no expiration date)", "permanent");
        let words = words(&line);
        // The feature may have blanks; the four columns after it have none.
        let Some(last_four) = words.len().checked_sub(4).filter(|at| *at > 0) else { return Err(REASON) };
        let (feature, columns_of) = (words[..last_four].join(" "), &words[last_four..]);
        let (end, vendor) = if columns.vendor_first { (3, 2) } else { (2, 3) };
        let end = End::parse(columns_of[end]).ok_or("its end is no date that can be read")?;
        let issued = match columns_of[1].to_ascii_lowercase().as_str() {
            "uncounted" | "unlimited" => None,
            number => Some(number.parse().map_err(|_| "its number of licenses is no number")?),
        };
        let counted = issued.filter(|issued| *issued > 0 && *issued < UNLIMITED);
        let pool = Pool {
            version: Some(name(columns_of[0])),
            issued: counted,
            expires: end.instant(self.zone),
            permanent: end == End::Permanent,
            binding: issued.is_none_or(|issued| issued == 0).then_some(Binding::Uncounted),
        };
        let (feature, vendor) = (name(&feature), name(columns_of[vendor]));
        let first = self.section.first_feature;
        let known =
            self.picture.features[first..].iter_mut().find(|known| known.name == feature && known.vendor == vendor);
        match known {
            Some(known) => {
                known.issued = known.issued.zip(counted).map(|(before, more)| before.saturating_add(more));
                known.uncounted |= counted.is_none();
                known.pools.push(pool);
            }
            None => self.picture.features.push(Feature {
                name: feature,
                vendor,
                issued: counted,
                uncounted: counted.is_none(),
                pools: vec![pool],
                ..Feature::default()
            }),
        }
        Ok(())
    }
}

/// Who holds or waits.
struct Person {
    user: String,
    host: String,
    display: String,
    extra: String,
    version: String,
    handle: String,
}

/// What stands after `start`.
struct Told {
    count: u64,
    since: Option<i64>,
    pid: Option<u64>,
    linger_s: Option<u64>,
}

fn is_banner(line: &str) -> bool {
    line.starts_with("lmutil - Copyright")
        || line.starts_with("lmstat - Copyright")
        || line.starts_with("NOTE: lmstat -i does not give information")
        || line.starts_with("but only reads the license file.")
        || line.starts_with("lmstat -a is recommended")
}

fn table_head(line: &str) -> Option<TableColumns> {
    let words = words(line);
    match words[..] {
        ["Feature", "Version", "#licenses", "Expires", "Vendor"] => Some(TableColumns { vendor_first: false }),
        ["Feature", "Version", "#licenses", "Vendor", "Expires"] => Some(TableColumns { vendor_first: true }),
        _ => None,
    }
}

fn binding(line: &str) -> Option<Binding> {
    if line == "floating license" {
        Some(Binding::Floating)
    } else if line.starts_with("uncounted nodelocked license") {
        Some(Binding::Uncounted)
    } else if line.starts_with("nodelocked license") {
        Some(Binding::NodeLocked)
    } else {
        None
    }
}

/// FlexNet's code in `… (-15,570:115 "Operation now in progress")`.
pub(super) fn code(text: &str) -> Option<i32> {
    let at = text.rfind("(-")?;
    let inner = &text[at + 1..];
    let end = inner.find([',', ')', ':']).unwrap_or(inner.len());
    inner[..end].parse().ok()
}

#[cfg(test)]
mod tests;
