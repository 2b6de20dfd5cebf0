//! RLM's `rlmstat -a`.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::date::{self, End};
use super::text::{leading_number, lines, name, words};
use super::{Binding, Daemon, Feature, HeldLicense, Picture, Pool, Reservation, UNLIMITED};

/// Reads what rlmstat printed. `zone` is that of the machine it ran on; `received` the time the text was received, as
/// it tells no year.
#[must_use]
pub fn read(bytes: &[u8], zone: &TimeZone, received: i64) -> Picture {
    let now = jiff::Timestamp::from_millisecond(received).unwrap_or_default().to_zoned(zone.clone()).datetime();
    let mut reader =
        Reader { zone, now, picture: Picture::default(), part: Part::Head, vendor: String::new(), pool: None };
    for (number, line) in lines(bytes) {
        let trimmed = line.trim();
        if trimmed.is_empty() || trimmed.bytes().all(|byte| byte == b'-') {
            continue;
        }
        if let Err(reason) = reader.line(trimmed) {
            reader.picture.unread.add(number, &line, reason);
        }
    }
    reader.picture
}

/// The part of the text a line lies in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// Banner and status of the RLM server.
    Head,
    /// The table of vendors' servers.
    Vendors,
    /// Status and statistics of one vendor's server.
    Status,
    /// Its pools.
    Pools,
    /// Its users.
    Users,
}

struct Reader<'a> {
    zone: &'a TimeZone,
    now: DateTime,
    picture: Picture,
    part: Part,
    vendor: String,
    /// The feature of the pool whose numbers come next.
    pool: Option<usize>,
}

impl Reader<'_> {
    fn line(&mut self, line: &str) -> Result<(), &'static str> {
        if line.contains("ISV servers") && line.starts_with('-') {
            self.part = Part::Vendors;
            return Ok(());
        }
        for (mark, part) in [
            (" ISV server status on ", Part::Status),
            (" license pool status on ", Part::Pools),
            (" license usage status on ", Part::Users),
        ] {
            if let Some((vendor, _)) = line.split_once(mark) {
                (self.vendor, self.part, self.pool) = (name(vendor), part, None);
                return Ok(());
            }
        }
        if let Some(rest) = line.strip_prefix("rlm status on ") {
            let host = rest.split([' ', ',']).next().unwrap_or_default();
            self.picture.servers.push(Daemon { name: name(host), up: true, version: None, problem: None });
            self.part = Part::Head;
            return Ok(());
        }
        if line.starts_with("Error connecting to ") || line.starts_with("Connection attempted to host") {
            let problem = self.picture.problem.get_or_insert_with(String::new);
            if !problem.is_empty() {
                problem.push_str(". ");
            }
            problem.push_str(&name(line));
            return Ok(());
        }
        match self.part {
            Part::Head | Part::Status => Ok(()),
            Part::Vendors => self.vendor(line),
            Part::Pools => self.pool(line),
            Part::Users => self.user(line),
        }
    }

    fn vendor(&mut self, line: &str) -> Result<(), &'static str> {
        let words = words(line);
        if words.first() == Some(&"Name") {
            return Ok(());
        }
        let [vendor, _, running, ..] = words[..] else { return Err("it is no row of vendors that can be read") };
        let up = running.eq_ignore_ascii_case("yes");
        let problem = (!up).then(|| "is not running".to_owned());
        self.picture.vendors.push(Daemon { name: name(vendor), up, version: None, problem });
        Ok(())
    }

    /// `render_i v2031.0331, pool: 3`, and below it its numbers.
    fn pool(&mut self, line: &str) -> Result<(), &'static str> {
        let Some(index) = self.pool else { return self.product(line) };
        let numbers = line.starts_with("count:") || line.starts_with("UNCOUNTED") || line.starts_with("Token-based");
        if !numbers {
            return if line.starts_with("obsolete:") { Ok(()) } else { self.product(line) };
        }
        let feature = &mut self.picture.features[index];
        let Some(pool) = feature.pools.last_mut() else { return Err("it belongs to no product") };
        if line.starts_with("Token-based") {
            (pool.binding, feature.uncounted) = (Some(Binding::Token), true);
            return Ok(());
        }
        let told = |key: &str| line.split(", ").find_map(|part| part.strip_prefix(key)).map(str::trim);
        if let Some(end) = told("exp:") {
            let end = End::parse(end).ok_or("its end is no date that can be read")?;
            (pool.expires, pool.permanent) = (end.instant(self.zone), end == End::Permanent);
        }
        let in_use = told("inuse:").map(str::parse::<u64>).transpose().map_err(|_| "what is in use is no number")?;
        if let Some(in_use) = in_use {
            feature.in_use = Some(feature.in_use.unwrap_or(0).saturating_add(in_use));
        }
        let count = told("count:").filter(|count| *count != "unlimited");
        let count = count.map(str::parse::<u64>).transpose().map_err(|_| "its count is no number")?;
        let count = count.filter(|count| *count < UNLIMITED);
        if let Some(kept) = told("# reservations:") {
            let kept = kept.parse().map_err(|_| "its reservations are no number")?;
            if kept > 0 {
                feature.reserved.push(Reservation { kind: "POOL".to_owned(), name: String::new(), count: kept });
            }
        }
        pool.issued = count;
        let before = if feature.pools.len() == 1 { Some(0) } else { feature.issued };
        feature.issued = before.zip(count).map(|(before, more)| before.saturating_add(more));
        feature.uncounted = feature.issued.is_none();
        if let Some(pool) = feature.pools.last_mut() {
            pool.binding = Some(if count.is_none() { Binding::Uncounted } else { Binding::Floating });
        }
        Ok(())
    }

    fn product(&mut self, line: &str) -> Result<(), &'static str> {
        const REASON: &str = "it is no product with its version";
        let head = line.split_once(", pool:").map_or(line, |(head, _)| head);
        let (product, version) = head.rsplit_once(" v").ok_or(REASON)?;
        let pool = Pool { version: Some(name(version)), issued: None, expires: None, permanent: false, binding: None };
        let index = self.feature(&name(product.trim()));
        self.picture.features[index].pools.push(pool);
        self.pool = Some(index);
        Ok(())
    }

    fn feature(&mut self, product: &str) -> usize {
        let features = &mut self.picture.features;
        let known = features.iter().position(|known| known.name == product && known.vendor == self.vendor);
        known.unwrap_or_else(|| {
            features.push(Feature { name: product.to_owned(), vendor: self.vendor.clone(), ..Feature::default() });
            features.len() - 1
        })
    }

    /// `render_i v2031.0331: ann@ws-12 1/0 at 01/05 08:44  (handle: 36a5)`.
    fn user(&mut self, line: &str) -> Result<(), &'static str> {
        const REASON: &str = "it is no use of a product that can be read";
        let at = line.rfind(" at ").ok_or(REASON)?;
        let (head, tail) = (&line[..at], &line[at + 4..]);
        let (product, whose) = head.split_once(": ").ok_or(REASON)?;
        let (product, version) = product.rsplit_once(" v").ok_or(REASON)?;
        let (whose, numbers) = whose.trim().rsplit_once(' ').ok_or(REASON)?;
        let (count, _) = leading_number(numbers).ok_or(REASON)?;
        let (user, host) = whose.trim().rsplit_once('@').ok_or(REASON)?;
        let (when, handle) = tail.split_once("(handle:").unwrap_or((tail, ")"));
        let [day, time] = words(when)[..] else { return Err("its beginning is no date that can be read") };
        let since = || {
            let (month, day, _) = date::slashed(day)?;
            date::instant(date::latest(month, day, date::clock(time)?, None, self.now)?, self.zone)
        };
        let held = HeldLicense {
            user: name(user),
            host: name(host),
            display: String::new(),
            extra: String::new(),
            version: name(version),
            handle: name(handle.split(')').next().unwrap_or_default().trim()),
            count,
            since: Some(since().ok_or("its beginning is no date that can be read")?),
            pid: None,
            linger_s: None,
        };
        let index = self.feature(&name(product.trim()));
        self.picture.features[index].held.push(held);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
