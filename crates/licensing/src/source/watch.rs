use std::collections::{BTreeMap, HashMap, HashSet};

use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::flexnet_log::{
    CHAIN_MS, DenialFilter, DenialKind, LogEvent, LogEventKind, LogReader, Session, Sessions, denial_kind,
};
use super::rlm_log::ReportLogReader;
use super::{Feature, HeldLicense, Picture, SourceKind, UnreadLines, flexnet_license, lmstat, rlmstat};
use crate::contact::Millis;

/// How much a text told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct ReadCounts {
    /// Features.
    pub features: usize,
    /// Licenses in somebody's hands; of a log: check-outs.
    pub checkouts: usize,
    /// Denials, without those that are none.
    pub denials: usize,
    /// Lines of reservations.
    pub reservations: usize,
    /// Requests that wait.
    pub queued: usize,
}

/// Denials of one feature, by kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Denials {
    /// There were not enough licenses.
    pub shortage: u64,
    /// A rule of the administrator.
    pub policy: u64,
    /// Not served here, expired, another version.
    pub configuration: u64,
}

/// What a text changed.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Reading {
    /// How much it told.
    pub counts: ReadCounts,
    /// How things stand.
    pub picture: Picture,
    /// Licenses that came back, as lines of 13 fields, and denials for want of licenses, as lines of 7.
    pub lines: String,
    /// What could not be read.
    pub unread: UnreadLines,
}

/// What is known of a license that is out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Out {
    vendor: String,
    feature: String,
    held: HeldLicense,
    /// When it was first seen, Unix milliseconds.
    first: Millis,
}

/// Whose license it is: what stays the same from one picture to the next.
type Holder<'a> = (&'a str, &'a str, &'a str, &'a str, &'a str, &'a str, Option<Millis>);

fn holder<'a>(vendor: &'a str, feature: &'a str, held: &'a HeldLicense) -> Holder<'a> {
    (vendor, feature, &held.user, &held.host, &held.display, &held.handle, held.since)
}

/// Lines of a log that came at the same instant, and how often: the second of two that are alike is another check-out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct AlikeLines {
    at: Millis,
    lines: HashMap<String, u32>,
}

impl AlikeLines {
    /// The number of a line among those of its instant that are alike, from 1.
    fn number(&mut self, at: Millis, line: String) -> u32 {
        if self.at != at {
            self.at = at;
            self.lines.clear();
        }
        let number = self.lines.entry(line).or_default();
        *number += 1;
        *number
    }
}

/// Reads the texts of one source, one after another. Its state can be kept.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SourceWatch {
    out: Vec<Out>,
    /// When what is out was last seen, Unix milliseconds. It changes with each picture, so it is kept apart.
    #[serde(skip)]
    pub seen: Option<Millis>,
    alike: AlikeLines,
    flexnet: LogReader,
    rlm: ReportLogReader,
    sessions: Sessions,
    filter: DenialFilter,
    /// Denials by vendor and feature, of a log.
    denials: BTreeMap<String, Denials>,
    last_event: Option<Millis>,
}

impl SourceWatch {
    /// Reads a picture of now, received at `now`.
    #[must_use]
    pub fn picture(&mut self, kind: SourceKind, tag: &str, bytes: &[u8], zone: &TimeZone, now: Millis) -> Reading {
        let mut picture = match kind {
            SourceKind::Rlmstat => rlmstat::read(bytes, zone, now),
            SourceKind::FlexnetLicense => flexnet_license::read(bytes, zone),
            SourceKind::Lmstat | SourceKind::FlexnetLog | SourceKind::RlmLog => lmstat::read(bytes, zone, now),
        };
        let unread = std::mem::take(&mut picture.unread);
        let sum = |of: fn(&Feature) -> usize| picture.features.iter().map(of).sum();
        let counts = ReadCounts {
            features: picture.features.len(),
            checkouts: sum(|feature| feature.held.len()),
            denials: 0,
            reservations: sum(|feature| feature.reserved.len()),
            queued: sum(|feature| feature.queued.len()),
        };
        // A text that only tells an error says nothing of who holds what.
        let lines = if picture.problem.is_some() { String::new() } else { self.returned(tag, &picture, now) };
        Reading { counts, picture, lines, unread }
    }

    /// Licenses that are out no longer, each as one line; the others are remembered.
    fn returned(&mut self, tag: &str, picture: &Picture, now: Millis) -> String {
        let at = picture.at.unwrap_or(now).min(now);
        let last = self.seen.replace(at).unwrap_or(at);
        let before = std::mem::take(&mut self.out);
        let mut known: HashMap<(Holder<'_>, u64), Vec<usize>> = HashMap::with_capacity(before.len());
        for (place, out) in before.iter().enumerate().rev() {
            let holder = holder(&out.vendor, &out.feature, &out.held);
            known.entry((holder, out.held.count)).or_default().push(place);
        }
        let out = |feature: &Feature, held: &HeldLicense, first: Millis| {
            let (vendor, feature) = (feature.vendor.clone(), feature.name.clone());
            Out { vendor, feature, held: held.clone(), first }
        };
        let (mut stays, mut fresh) = (vec![false; before.len()], Vec::new());
        for feature in &picture.features {
            for held in &feature.held {
                let holder = holder(&feature.vendor, &feature.name, held);
                match known.get_mut(&(holder, held.count)).and_then(Vec::pop) {
                    Some(place) => {
                        stays[place] = true;
                        self.out.push(out(feature, held, before[place].first));
                    }
                    None => fresh.push((feature, held)),
                }
            }
        }
        drop(known);
        // The same holder with another number of licenses: what was before ends, and this begins now.
        let ended = before.iter().zip(&stays).filter(|(_, stays)| !**stays);
        let ended: HashSet<Holder<'_>> = ended.map(|(out, _)| holder(&out.vendor, &out.feature, &out.held)).collect();
        for (feature, held) in fresh {
            let changed = ended.contains(&holder(&feature.vendor, &feature.name, held));
            let first = held.since.filter(|_| !changed).unwrap_or(at).min(at);
            self.out.push(out(feature, held, first));
        }
        drop(ended);
        let gone = before.into_iter().zip(stays).filter(|(_, stays)| !*stays);
        let mut gone: Vec<Out> = gone.map(|(out, _)| out).collect();
        gone.sort_by(|a, b| (a.first, &a.feature, &a.held.user).cmp(&(b.first, &b.feature, &b.held.user)));
        let line = |out: Out| {
            let HeldLicense { user, host, display, version, handle, count, pid, .. } = &out.held;
            let pid = pid.map(|pid| pid.to_string()).unwrap_or_default();
            let fields: [&str; 10] =
                [tag, &out.feature, "", user, host, handle, display, version, &count.to_string(), &pid];
            checkout(fields, out.first, last.max(out.first))
        };
        gone.into_iter().map(line).collect()
    }

    /// The log goes on in another file, or was cut off and begins anew.
    pub fn turn_over(&mut self) {
        self.flexnet.turn_over();
        self.rlm.turn_over();
    }

    /// Reads on in a log. `ends` says that the text is whole: its last line may lack its end.
    #[must_use]
    pub fn log(&mut self, kind: SourceKind, tag: &str, bytes: &[u8], zone: &TimeZone, ends: bool) -> Reading {
        let mut events = Vec::new();
        let unread = if kind == SourceKind::RlmLog {
            self.rlm.feed(bytes, zone, &mut |event| events.push(event));
            if ends {
                self.rlm.finish(zone, &mut |event| events.push(event));
            }
            std::mem::take(&mut self.rlm.unread)
        } else {
            self.flexnet.feed(bytes, zone, &mut |event| events.push(event));
            if ends {
                self.flexnet.finish(zone, &mut |event| events.push(event));
            }
            std::mem::take(&mut self.flexnet.unread)
        };
        let mut reading = Reading { unread, ..Reading::default() };
        for event in &events {
            reading.counts.checkouts += usize::from(event.kind == LogEventKind::Out);
            self.last_event = self.last_event.max(Some(event.at));
            for session in self.sessions.next(event) {
                let number = self.alike.number(event.at, session_line(tag, &session, ""));
                let handle = if number > 1 { format!("#{number}") } else { String::new() };
                reading.lines.push_str(&session_line(tag, &session, &handle));
            }
            let certain = self.filter.next(event, CHAIN_MS);
            self.denied(tag, certain, &mut reading);
        }
        if ends {
            let certain = self.filter.finish();
            self.denied(tag, certain, &mut reading);
        }
        reading.picture = self.of_log();
        reading.counts.features = reading.picture.features.len();
        reading
    }

    fn denied(&mut self, tag: &str, certain: Vec<LogEvent>, reading: &mut Reading) {
        for event in certain {
            let LogEventKind::Denied { code, .. } = &event.kind else { continue };
            let of = self.denials.entry(format!("{}\t{}", event.daemon, event.feature)).or_default();
            reading.counts.denials += 1;
            match denial_kind(*code) {
                DenialKind::Shortage => {
                    of.shortage += 1;
                    let fields = [
                        &seconds(event.at),
                        tag,
                        &event.feature,
                        "",
                        &event.user,
                        &event.host,
                        &event.count.to_string(),
                    ];
                    reading.lines.push_str(&fields.join("\t"));
                    reading.lines.push('\n');
                }
                DenialKind::Policy => of.policy += 1,
                DenialKind::Configuration => of.configuration += 1,
            }
        }
    }

    /// Denials of a feature by kind, of a log.
    #[must_use]
    pub fn denials(&self, vendor: &str, feature: &str) -> Denials {
        self.denials.get(&format!("{vendor}\t{feature}")).copied().unwrap_or_default()
    }

    /// What is out by the log.
    fn of_log(&self) -> Picture {
        let mut features: BTreeMap<(String, String), Feature> = BTreeMap::new();
        let feature = |vendor: &str, name: &str| Feature {
            name: name.to_owned(),
            vendor: vendor.to_owned(),
            in_use: Some(0),
            ..Feature::default()
        };
        for key in self.denials.keys() {
            if let Some((vendor, name)) = key.split_once('\t') {
                features.insert((vendor.to_owned(), name.to_owned()), feature(vendor, name));
            }
        }
        for session in self.sessions.open() {
            let key = (session.daemon.clone(), session.feature.clone());
            let of = features.entry(key).or_insert_with(|| feature(&session.daemon, &session.feature));
            of.in_use = of.in_use.map(|count| count.saturating_add(session.count));
            of.held.push(HeldLicense {
                user: session.user.clone(),
                host: session.host.clone(),
                display: String::new(),
                extra: String::new(),
                version: String::new(),
                handle: String::new(),
                count: session.count,
                since: Some(session.from),
                pid: None,
                linger_s: None,
            });
        }
        for feature in features.values_mut() {
            feature.held.sort_by(|a, b| (a.since, &a.user, &a.host).cmp(&(b.since, &b.user, &b.host)));
        }
        Picture { at: self.last_event, features: features.into_values().collect(), ..Picture::default() }
    }
}

fn session_line(tag: &str, session: &Session, handle: &str) -> String {
    let Session { feature, user, host, count, from, to, .. } = session;
    checkout([tag, feature, "", user, host, handle, "", "", &count.to_string(), ""], *from, to.unwrap_or(*from))
}

/// A line of 13 fields; what was requested and what was taken at the same time.
fn checkout(fields: [&str; 10], from: Millis, to: Millis) -> String {
    let from = seconds(from);
    format!("{}\t{from}\t{from}\t{}\n", fields.join("\t"), seconds(to))
}

/// Unix seconds, with a fraction where there is one.
fn seconds(at: Millis) -> String {
    let (whole, rest) = (at.div_euclid(1000), at.rem_euclid(1000));
    if rest == 0 { whole.to_string() } else { format!("{whole}.{rest:03}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LMSTAT: &str = "Flexible License Manager status on Thu 1/2/2031 0:10\nLicense server status: 1@a\na: license server UP v11\nVendor daemon status (on a):\n acmed: UP v11\nFeature usage info:\nUsers of f:  (Total of 2 licenses issued;  Total of 1 license in use)\n";
    const ANN: &str = "    ann ws-1 ws-1 (v1.0) (a/1 7), start Thu 1/2 0:05\n";

    fn at(text: &str) -> Millis {
        text.parse::<jiff::Timestamp>().unwrap().as_millisecond()
    }

    #[test]
    fn a_license_that_is_gone_from_the_next_picture_becomes_one_line() {
        let mut watch = SourceWatch::default();
        let first = format!("{LMSTAT}{ANN}");
        let now = at("2031-01-02T00:10:30Z");
        let reading = watch.picture(SourceKind::Lmstat, "site", first.as_bytes(), &TimeZone::UTC, now);
        assert_eq!((reading.counts.checkouts, reading.lines.as_str()), (1, ""));
        let again = watch.picture(SourceKind::Lmstat, "site", first.as_bytes(), &TimeZone::UTC, now);
        assert_eq!(again.lines, "");
        let error = "Error getting status: Cannot connect to license server system. (-15,570)\n";
        let down = watch.picture(SourceKind::Lmstat, "site", error.as_bytes(), &TimeZone::UTC, now);
        assert_eq!(down.lines, "", "nothing is known while the daemon is down");
        let gone = watch.picture(SourceKind::Lmstat, "site", LMSTAT.as_bytes(), &TimeZone::UTC, now + 60_000);
        let (from, to) = (at("2031-01-02T00:05:00Z") / 1000, at("2031-01-02T00:10:00Z") / 1000);
        assert_eq!(gone.lines, format!("site\tf\t\tann\tws-1\t7\tws-1\t1.0\t1\t\t{from}\t{from}\t{to}\n"));
    }

    #[test]
    fn a_log_gives_lines_of_what_came_back_and_of_real_shortage() {
        let log = " 0:00:01 (a) TIMESTAMP 1/1/2031\n 0:00:10 (a) OUT: \"f\" bo@h  (2 licenses)\n 0:00:20 (a) DENIED: \"f\" cy@h  (All in use. (-4,342))\n 0:00:21 (a) DENIED: \"f\" di@h  (Excluded. (-38,1))\n 0:00:40 (a) IN: \"f\" bo@h  (2 licenses)\n 0:00:50 (a) OUT: \"f\" bo@h\n";
        let mut watch = SourceWatch::default();
        let reading = watch.log(SourceKind::FlexnetLog, "site", log.as_bytes(), &TimeZone::UTC, true);
        let from = at("2031-01-01T00:00:10Z") / 1000;
        let lines: Vec<&str> = reading.lines.lines().collect();
        assert_eq!(lines[0], format!("site\tf\t\tbo\th\t\t\t\t2\t\t{from}\t{from}\t{}", from + 30));
        assert_eq!(lines[1], format!("{}\tsite\tf\t\tcy\th\t1", from + 10));
        assert_eq!(lines.len(), 2);
        assert_eq!(watch.denials("a", "f"), Denials { shortage: 1, policy: 1, configuration: 0 });
        assert_eq!((reading.counts.checkouts, reading.counts.denials), (2, 2));
        assert_eq!(reading.picture.features[0].in_use, Some(1));
    }

    fn picture(counts: impl IntoIterator<Item = u64>, at: Millis) -> Picture {
        let held = |(number, count): (usize, u64)| HeldLicense {
            user: "ann".to_owned(),
            host: "ws-1".to_owned(),
            display: String::new(),
            extra: String::new(),
            version: String::new(),
            handle: number.to_string(),
            count,
            since: Some(1_000),
            pid: None,
            linger_s: None,
        };
        let held = counts.into_iter().enumerate().map(held).collect();
        let feature = Feature { name: "f".to_owned(), held, ..Feature::default() };
        Picture { at: Some(at), features: vec![feature], ..Picture::default() }
    }

    #[test]
    fn another_number_of_licenses_ends_what_was_held_and_begins_anew() {
        let mut watch = SourceWatch::default();
        assert_eq!(watch.returned("site", &picture([2], 60_000), 60_000), "");
        let two = watch.returned("site", &picture([3], 120_000), 120_000);
        assert_eq!(two, "site\tf\t\tann\tws-1\t0\t\t\t2\t\t1\t1\t60\n");
        let three = watch.returned("site", &picture([], 180_000), 180_000);
        assert_eq!(three, "site\tf\t\tann\tws-1\t0\t\t\t3\t\t120\t120\t120\n");
    }

    #[test]
    fn a_hundred_thousand_holders_are_found_again_without_a_search_for_each() {
        let mut watch = SourceWatch::default();
        let many = picture(std::iter::repeat_n(1, 100_000), 60_000);
        let begin = std::time::Instant::now();
        for _ in 0..3 {
            assert_eq!(watch.returned("site", &many, 60_000), "");
        }
        assert_eq!(watch.out.len(), 100_000);
        // 200 ms where it is optimized; a search for each would take minutes.
        assert!(begin.elapsed() < std::time::Duration::from_secs(20), "{:?}", begin.elapsed());
    }

    #[test]
    fn check_outs_that_are_alike_within_a_second_are_told_apart_however_the_log_comes() {
        let log = " 0:00:01 (a) TIMESTAMP 1/1/2031\n 0:00:10 (a) OUT: \"f\" bo@h\n 0:00:10 (a) OUT: \"f\" bo@h\n 0:00:40 (a) IN: \"f\" bo@h\n 0:00:40 (a) IN: \"f\" bo@h\n";
        let from = at("2031-01-01T00:00:10Z") / 1000;
        let line = |handle: &str| format!("site\tf\t\tbo\th\t{handle}\t\t\t1\t\t{from}\t{from}\t{}\n", from + 30);
        let whole = || {
            let mut watch = SourceWatch::default();
            watch.log(SourceKind::FlexnetLog, "site", log.as_bytes(), &TimeZone::UTC, true).lines
        };
        assert_eq!(whole(), [line(""), line("#2")].concat());
        assert_eq!(whole(), whole(), "the same text has the same numbers");
        let mut watch = SourceWatch::default();
        let mut kept = String::new();
        for part in log.split_inclusive('\n') {
            let stored = serde_json::to_string(&watch).unwrap();
            watch = serde_json::from_str(&stored).unwrap();
            kept += &watch.log(SourceKind::FlexnetLog, "site", part.as_bytes(), &TimeZone::UTC, false).lines;
        }
        assert_eq!(kept, whole(), "read in parts, with the state stored in between");
    }
}
