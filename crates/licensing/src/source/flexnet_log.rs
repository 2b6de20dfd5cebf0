//! FlexNet's debug log: a time of day on each line, a date only now and then.
//!
//! [`LogReader`] is fed the log in pieces and gives events with their instants; [`Sessions`] pairs check-outs with
//! returns.

mod sessions;

use std::collections::HashMap;

use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::lmstat::code;
use super::text::{self, leading_number, name};
use super::{UnreadLines, date};
use crate::contact::Millis;
pub use sessions::{Session, Sessions};

/// A longer line is no line of a log, bytes.
const LONGEST_LINE: usize = 64 * 1024;

/// How many events wait for the first date.
const MOST_UNDATED: usize = 1_000_000;

/// A time of day so much earlier than the one before is the next day, seconds; a smaller step back is a clock.
const MIDNIGHT_STEP: i64 = 12 * 3600;

/// Why somebody got no license.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DenialKind {
    /// There were not enough licenses.
    Shortage,
    /// A rule of the administrator.
    Policy,
    /// What was asked for is not served, has expired, or has another version.
    Configuration,
}

/// The kind of a FlexNet code; what is not known counts as configuration, as it is no proof of a shortage.
#[must_use]
pub fn denial_kind(code: Option<i32>) -> DenialKind {
    match code {
        Some(-4 | -101) => DenialKind::Shortage,
        Some(-38 | -39 | -73) => DenialKind::Policy,
        // Old logs name no code: they are written when all are in use.
        None => DenialKind::Shortage,
        Some(_) => DenialKind::Configuration,
    }
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LogEventKind {
    /// Licenses were taken.
    Out,
    /// Licenses came back.
    In,
    /// None were given.
    Denied {
        /// FlexNet's code.
        code: Option<i32>,
        /// As printed.
        reason: String,
    },
    /// Somebody waits.
    Queued,
    /// Somebody waits no longer.
    Dequeued,
    /// The vendor's daemon started or ended: nothing of it is out any more.
    Restarted,
}

/// One event of a log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogEvent {
    /// When, Unix milliseconds.
    pub at: Millis,
    /// The line's number in what was fed.
    pub line: u64,
    /// The vendor's daemon.
    pub daemon: String,
    /// What.
    pub kind: LogEventKind,
    /// The feature; empty for a restart.
    pub feature: String,
    /// Who.
    pub user: String,
    /// Where.
    pub host: String,
    /// How many licenses.
    pub count: u64,
    /// The daemon's handle, where it is told.
    pub handle: String,
}

/// Reads a log piece by piece. Its state can be kept, so that reading goes on where it ended.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct LogReader {
    /// The last line, as far as it has come.
    rest: Vec<u8>,
    line: u64,
    date: Option<Date>,
    last: Option<Time>,
    undated: Vec<(Time, LogEvent)>,
    /// Lines that are no event: notes, lists, statistics.
    pub other: u64,
    /// Requests for what is not served here: products probe at every start.
    pub unsupported: u64,
    #[serde(skip)]
    /// What could not be read.
    pub unread: UnreadLines,
}

impl LogReader {
    /// Reads on. Events come in the order of the log.
    pub fn feed(&mut self, mut bytes: &[u8], zone: &TimeZone, take: &mut impl FnMut(LogEvent)) {
        while let Some(end) = bytes.iter().position(|byte| *byte == b'\n') {
            let (line, rest) = bytes.split_at(end);
            bytes = &rest[1..];
            if self.rest.is_empty() {
                self.line(line, zone, take);
            } else {
                let mut whole = std::mem::take(&mut self.rest);
                whole.extend_from_slice(line);
                self.line(&whole, zone, take);
            }
        }
        let room = (LONGEST_LINE + 1).saturating_sub(self.rest.len());
        self.rest.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }

    /// Another file goes on where this one ended: of a line that was cut off the rest will not come.
    pub fn turn_over(&mut self) {
        self.rest.clear();
    }

    /// Ends the log: its last line may lack its end, and events before any date have none.
    pub fn finish(&mut self, zone: &TimeZone, take: &mut impl FnMut(LogEvent)) {
        let rest = std::mem::take(&mut self.rest);
        if !rest.is_empty() {
            self.line(&rest, zone, take);
        }
        for (_, event) in std::mem::take(&mut self.undated) {
            let line = usize::try_from(event.line).unwrap_or(usize::MAX);
            self.unread.add(line, &event.feature, "the log has no date before or after it");
        }
    }

    fn line(&mut self, line: &[u8], zone: &TimeZone, take: &mut impl FnMut(LogEvent)) {
        self.line += 1;
        if line.len() > LONGEST_LINE {
            let at = usize::try_from(self.line).unwrap_or(usize::MAX);
            self.unread.add(at, &String::from_utf8_lossy(&line[..200]), "it is longer than 64 KiB");
            return;
        }
        let Some((time, rest)) = time_of(line) else {
            self.other += 1;
            return;
        };
        let Some((daemon, said)) = daemon_of(rest) else {
            self.other += 1;
            return;
        };
        self.at(time);
        if let Some(date) = date_in(daemon, said) {
            self.dated(date, time, zone, take);
            if !said.starts_with(b"Server started") {
                self.other += 1;
                return;
            }
        }
        match event(daemon, said) {
            Ok(Some(event)) => self.told(time, LogEvent { line: self.line, ..event }, zone, take),
            Ok(None) if said.starts_with(b"UNSUPPORTED:") => self.unsupported += 1,
            Ok(None) => self.other += 1,
            Err(reason) => {
                let at = usize::try_from(self.line).unwrap_or(usize::MAX);
                let decoded = text::lines(line).next().map(|(_, text)| text.into_owned()).unwrap_or_default();
                self.unread.add(at, &decoded, reason);
            }
        }
    }

    /// Moves the day on when the time of day jumps back.
    fn at(&mut self, time: Time) {
        let before = self.last.replace(time);
        if let (Some(before), Some(date)) = (before, self.date)
            && seconds(before) - seconds(time) > MIDNIGHT_STEP
        {
            self.date = date.tomorrow().ok();
        }
    }

    /// A line tells the date.
    fn dated(&mut self, date: Date, time: Time, zone: &TimeZone, take: &mut impl FnMut(LogEvent)) {
        let first = self.date.is_none();
        self.date = Some(date);
        if !first {
            return;
        }
        // Backwards from here: where the time of day is later than on the line after it, that was the day before.
        let (mut day, mut next) = (date, time);
        let mut undated = std::mem::take(&mut self.undated);
        let mut dates = Vec::with_capacity(undated.len());
        for (time, _) in undated.iter().rev() {
            if seconds(*time) - seconds(next) > MIDNIGHT_STEP {
                day = day.yesterday().unwrap_or(day);
            }
            next = *time;
            dates.push(day);
        }
        for ((time, event), day) in undated.drain(..).zip(dates.into_iter().rev()) {
            emit(event, day, time, zone, take);
        }
    }

    fn told(&mut self, time: Time, event: LogEvent, zone: &TimeZone, take: &mut impl FnMut(LogEvent)) {
        match self.date {
            Some(date) => emit(event, date, time, zone, take),
            None if self.undated.len() < MOST_UNDATED => self.undated.push((time, event)),
            None => {
                let at = usize::try_from(event.line).unwrap_or(usize::MAX);
                self.unread.add(at, &event.feature, "a million events came before the first date");
            }
        }
    }
}

fn emit(mut event: LogEvent, date: Date, time: Time, zone: &TimeZone, take: &mut impl FnMut(LogEvent)) {
    event.at = date::instant(date.to_datetime(time), zone).unwrap_or_default();
    take(event);
}

fn seconds(time: Time) -> i64 {
    i64::from(time.hour()) * 3600 + i64::from(time.minute()) * 60 + i64::from(time.second())
}

/// ` 9:49:51 ` at the beginning; the hour may be padded with a blank.
fn time_of(line: &[u8]) -> Option<(Time, &[u8])> {
    let line = line.trim_ascii_start();
    let space = line.iter().position(|byte| *byte == b' ').filter(|at| *at <= 8)?;
    let two = |digits: &[u8]| match digits {
        [one] if one.is_ascii_digit() => Some(i8::try_from(one - b'0').ok()?),
        [ten, one] if ten.is_ascii_digit() && one.is_ascii_digit() => {
            Some(i8::try_from((ten - b'0') * 10 + (one - b'0')).ok()?)
        }
        _ => None,
    };
    let mut parts = line[..space].split(|byte| *byte == b':');
    let (hour, minute, second) = (two(parts.next()?)?, two(parts.next()?)?, two(parts.next()?)?);
    let time = Time::new(hour, minute, second.min(59), 0).ok()?;
    parts.next().is_none().then_some((time, &line[space + 1..]))
}

/// `(daemon) text`.
fn daemon_of(rest: &[u8]) -> Option<(&str, &[u8])> {
    let rest = rest.trim_ascii_start().strip_prefix(b"(")?;
    let end = rest.iter().position(|byte| *byte == b')')?;
    let daemon = std::str::from_utf8(&rest[..end]).ok()?;
    Some((daemon, rest[end + 1..].trim_ascii()))
}

/// The date a line tells, if it does.
fn date_in(daemon: &str, said: &[u8]) -> Option<Date> {
    if let Some(rest) = said.strip_prefix(b"TIMESTAMP ") {
        return slashed(rest);
    }
    if let Some(rest) = said.strip_prefix(b"Server's System Date and Time: ") {
        return spelled(rest);
    }
    if said.first() == Some(&b'(') && said.get(1) == Some(&b'@') {
        let at = said.iter().position(|byte| *byte == b')')?;
        let rest = said[at + 1..].trim_ascii();
        return rest.strip_prefix(b"Start-Date: ").or_else(|| rest.strip_prefix(b"Time: ")).and_then(spelled);
    }
    if daemon == "lmgrd" && said.ends_with(b")") && said.starts_with(b"FlexNet Licensing ") {
        let at = said.iter().rposition(|byte| *byte == b'(')?;
        return slashed(&said[at + 1..said.len() - 1]);
    }
    None
}

fn slashed(text: &[u8]) -> Option<Date> {
    let (month, day, year) = date::slashed(std::str::from_utf8(text).ok()?.trim())?;
    Date::new(year?, month, day).ok()
}

/// `Thu Jun 08 2017 09:49:41 EDT`; the zone may be in any language.
fn spelled(text: &[u8]) -> Option<Date> {
    let text = String::from_utf8_lossy(text);
    let mut words = text.split_ascii_whitespace().skip(1);
    let (month, day, year) = (words.next()?, words.next()?, words.next()?);
    Date::new(year.parse().ok()?, date::month(month)?, day.parse().ok()?).ok()
}

/// The event a line tells, without its time; `None` for lines that tell none.
fn event(daemon: &str, said: &[u8]) -> Result<Option<LogEvent>, &'static str> {
    let restarted = || {
        let kind = LogEventKind::Restarted;
        let empty = String::new;
        let of = LogEvent {
            at: 0,
            line: 0,
            daemon: name(daemon),
            kind,
            feature: empty(),
            user: empty(),
            host: empty(),
            count: 0,
            handle: empty(),
        };
        Ok(Some(of))
    };
    if said.starts_with(b"Server started on ") || said.starts_with(b"EXITING DUE TO ") {
        return restarted();
    }
    let (kind, rest) = if let Some(rest) = said.strip_prefix(b"OUT: ") {
        (LogEventKind::Out, rest)
    } else if let Some(rest) = said.strip_prefix(b"IN: ") {
        (LogEventKind::In, rest)
    } else if let Some(rest) = said.strip_prefix(b"DENIED: ") {
        (LogEventKind::Denied { code: None, reason: String::new() }, rest)
    } else if let Some(rest) = said.strip_prefix(b"QUEUED: ") {
        (LogEventKind::Queued, rest)
    } else if let Some(rest) = said.strip_prefix(b"DEQUEUED: ") {
        (LogEventKind::Dequeued, rest)
    } else {
        return Ok(None);
    };
    let decoded = text::lines(rest).next().map(|(_, text)| text).unwrap_or_default();
    let told = head(&decoded)?;
    let kind = match kind {
        LogEventKind::Denied { .. } => {
            let reason = told.groups.trim();
            let reason = reason.strip_prefix('(').and_then(|inner| inner.strip_suffix(')')).unwrap_or(reason);
            LogEventKind::Denied { code: code(reason), reason: name(reason) }
        }
        other => other,
    };
    Ok(Some(LogEvent {
        at: 0,
        line: 0,
        daemon: name(daemon),
        kind,
        feature: name(told.feature),
        user: name(told.user),
        host: name(told.host),
        count: told.count,
        handle: name(told.handle),
    }))
}

/// What follows the word of an event.
struct Head<'a> {
    feature: &'a str,
    user: &'a str,
    host: &'a str,
    count: u64,
    handle: &'a str,
    /// What stands behind the host.
    groups: &'a str,
}

fn head(text: &str) -> Result<Head<'_>, &'static str> {
    const REASON: &str = "it names no feature, user and host";
    let Some(rest) = text.strip_prefix('"') else { return old_denial(text).ok_or(REASON) };
    let (feature, rest) = rest.split_once('"').ok_or(REASON)?;
    let rest = rest.trim_start();
    // A user may have blanks, even an @: the host ends at the first blank after the first @.
    let at = rest.find('@').ok_or(REASON)?;
    let end = rest[at..].find(char::is_whitespace).map_or(rest.len(), |length| at + length);
    let (whose, groups) = rest.split_at(end);
    let (user, host) = whose.rsplit_once('@').ok_or(REASON)?;
    let mut told = Head { feature, user: user.trim(), host, count: 1, handle: "", groups: groups.trim() };
    if let Some((_, verbose)) = groups.split_once("^^^") {
        let words: Vec<&str> = verbose.trim().trim_end_matches('^').split_ascii_whitespace().collect();
        let [_, user, _, _, handle, ..] = words[..] else { return Err("what stands between ^^^ is not known") };
        (told.user, told.handle) = (user, handle);
    }
    if let Some(count) = count_in(groups) {
        told.count = count;
    }
    if told.host.is_empty() || feature.is_empty() { Err(REASON) } else { Ok(told) }
}

/// `(5 licenses)`, or `(5)` of the verbose form.
fn count_in(groups: &str) -> Option<u64> {
    groups.match_indices('(').find_map(|(at, _)| {
        let (number, rest) = leading_number(&groups[at + 1..])?;
        (rest.starts_with(" license") || (rest.starts_with(')') && groups.contains("^^^"))).then_some(number)
    })
}

/// `5 router_pro to ann`, of old daemons.
fn old_denial(text: &str) -> Option<Head<'_>> {
    let (count, rest) = leading_number(text)?;
    let (feature, user) = rest.trim().split_once(" to ")?;
    let user = user.trim();
    Some(Head { feature: feature.trim(), user, host: "", count, handle: "", groups: "" })
}

/// Denials that are none, by the rule of usage monitors: each of a chain but the last, and those that were served at once.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct DenialFilter {
    waiting: HashMap<String, LogEvent>,
}

/// Denials of one user, host and feature within so many milliseconds are one, the last.
pub const CHAIN_MS: Millis = 10_000;

/// A check-out within so many milliseconds after a denial takes it back.
pub const SERVED_MS: Millis = 1_000;

impl DenialFilter {
    /// Takes the next event of the log and gives the denials that are certain now.
    pub fn next(&mut self, event: &LogEvent, chain_ms: Millis) -> Vec<LogEvent> {
        let certain = |held: &LogEvent| event.at - held.at > chain_ms.max(SERVED_MS);
        let mut told: Vec<LogEvent> = Vec::new();
        self.waiting.retain(|_, held| {
            let keep = !certain(held);
            if !keep {
                told.push(held.clone());
            }
            keep
        });
        told.sort_by_key(|event| (event.at, event.line));
        let key = sessions::key(event);
        match event.kind {
            LogEventKind::Denied { .. } => {
                self.waiting.insert(key, event.clone());
            }
            LogEventKind::Out if self.waiting.get(&key).is_some_and(|held| event.at - held.at <= SERVED_MS) => {
                self.waiting.remove(&key);
            }
            _ => {}
        }
        told
    }

    /// Those that are left at the end.
    pub fn finish(&mut self) -> Vec<LogEvent> {
        let mut left: Vec<LogEvent> = std::mem::take(&mut self.waiting).into_values().collect();
        left.sort_by_key(|event| (event.at, event.line));
        left
    }
}

#[cfg(test)]
mod tests;
