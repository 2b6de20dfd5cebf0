//! RLM's report log, in its three forms.

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::UnreadLines;
use super::date;
use super::flexnet_log::{LogEvent, LogEventKind};
use super::text::{self, name};

/// A longer line is no line of a log, bytes.
const LONGEST_LINE: usize = 64 * 1024;

/// Reads a report log piece by piece. Its state can be kept.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ReportLogReader {
    rest: Vec<u8>,
    line: u64,
    /// 0 standard, 1 small, 2 detailed.
    format: u8,
    vendor: String,
    /// The last date and time told with a year.
    dated: Option<DateTime>,
    /// What each handle of the small form holds.
    handles: std::collections::HashMap<String, (String, String, String)>,
    /// Records that are no use: notes, products, signatures.
    pub other: u64,
    /// Denials after which the application goes on to another server: they are none.
    pub not_last: u64,
    #[serde(skip)]
    /// What could not be read.
    pub unread: UnreadLines,
}

impl ReportLogReader {
    /// Reads on. Events come in the order of the log.
    pub fn feed(&mut self, mut bytes: &[u8], zone: &TimeZone, take: &mut impl FnMut(LogEvent)) {
        while let Some(end) = bytes.iter().position(|byte| *byte == b'\n') {
            let (line, rest) = bytes.split_at(end);
            bytes = &rest[1..];
            let mut whole = std::mem::take(&mut self.rest);
            whole.extend_from_slice(line);
            self.one(&whole, zone, take);
        }
        let room = (LONGEST_LINE + 1).saturating_sub(self.rest.len());
        self.rest.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }

    /// Another file goes on where this one ended: of a line that was cut off the rest will not come.
    pub fn turn_over(&mut self) {
        self.rest.clear();
    }

    /// Ends the log: its last line may lack its end.
    pub fn finish(&mut self, zone: &TimeZone, take: &mut impl FnMut(LogEvent)) {
        let rest = std::mem::take(&mut self.rest);
        if !rest.is_empty() {
            self.one(&rest, zone, take);
        }
    }

    fn one(&mut self, line: &[u8], zone: &TimeZone, take: &mut impl FnMut(LogEvent)) {
        self.line += 1;
        let decoded = text::lines(&line[..line.len().min(LONGEST_LINE)]).next();
        let decoded = decoded.map(|(_, text)| text.into_owned()).unwrap_or_default();
        let at = usize::try_from(self.line).unwrap_or(usize::MAX);
        if line.len() > LONGEST_LINE {
            self.unread.add(at, &decoded, "it is longer than 64 KiB");
            return;
        }
        match self.read(&decoded, zone) {
            Ok(Some(event)) => take(event),
            Ok(None) => self.other += 1,
            Err(reason) => self.unread.add(at, &decoded, reason),
        }
    }

    fn read(&mut self, line: &str, zone: &TimeZone) -> Result<Option<LogEvent>, &'static str> {
        if let Some(rest) = line.strip_prefix("RLM Report Log Format ") {
            self.format = rest.bytes().next().map_or(0, |digit| digit.wrapping_sub(b'0').min(2));
            return Ok(None);
        }
        if let Some(rest) = line.strip_prefix("ISV: ") {
            self.vendor = name(rest.split(',').next().unwrap_or_default().trim());
            return Ok(None);
        }
        let fields = fields(line);
        let field = |at: usize| fields.get(at).map(String::as_str).unwrap_or_default();
        match field(0) {
            "START" => {
                self.dated =
                    Some(full(&fields[fields.len().saturating_sub(2)..]).ok_or("it has no date that can be read")?);
                self.handles.clear();
                self.restarted(zone)
            }
            "END" => {
                self.dated = full(&fields[1..]).or(self.dated);
                self.restarted(zone)
            }
            "OUT" if self.format == 1 => {
                let when = self.at(&fields, 9)?;
                let count = number(field(6))?;
                let what = (name(field(1)), name(field(3)), name(field(4)));
                self.handles.insert(field(7).to_owned(), what.clone());
                self.event(LogEventKind::Out, what, count, field(7), when, zone)
            }
            "OUT" => {
                // The time may have extra fields behind it; it is found by its form.
                let when = self.at(&fields, 15)?;
                let what = (name(field(1)), name(field(4)), name(field(5)));
                self.event(LogEventKind::Out, what, number(field(7))?, field(10), when, zone)
            }
            "IN" if self.format == 1 => {
                let when = self.at(&fields, 4)?;
                let Some(what) = self.handles.remove(field(3)) else {
                    return Err("it returns a handle that was not taken in this log");
                };
                self.event(LogEventKind::In, what, number(field(2))?, field(3), when, zone)
            }
            "IN" => {
                let when = self.at(&fields, 11)?;
                let what = (name(field(2)), name(field(4)), name(field(5)));
                self.event(LogEventKind::In, what, number(field(7))?, field(10), when, zone)
            }
            "DENY" => {
                let why: i32 = field(7).parse().map_err(|_| "its reason is no number")?;
                let when = self.at(&fields, 9)?;
                if field(8) == "0" {
                    self.not_last += 1;
                    return Ok(None);
                }
                let what = (name(field(1)), name(field(3)), name(field(4)));
                // RLM's number for “all in use” is its own; here it is FlexNet's.
                let code = match why {
                    -22 => Some(-4),
                    -14..=-10 | -39 | -45 => Some(-38),
                    other => Some(other).filter(|code| !matches!(code, -4 | -101 | -38 | -39 | -73)).or(Some(0)),
                };
                let kind = LogEventKind::Denied { code, reason: format!("RLM {why}") };
                self.event(kind, what, number(field(6))?, "", when, zone)
            }
            "SHUTDOWN" => self.restarted(zone),
            "PRODUCT" | "INUSE" | "QUE" | "DEQUE" | "ROAM_EXTEND" | "DYNRES" | "METER_DEC" | "log" | "REREAD"
            | "TIMEJUMP" | "SWITCH" | "AUTH" | "TIMEZONE" | "LICENSE" | "" => {
                if field(0) == "SWITCH" || field(0) == "TIMEJUMP" {
                    self.handles.shrink_to_fit();
                }
                Ok(None)
            }
            word if word.starts_with("TEMP") || word.starts_with("[REPROCESSED") => Ok(None),
            _ => {
                if let Some(at) = full(&fields) {
                    self.dated = Some(at);
                    return Ok(None);
                }
                // Text of the head stands before the first record.
                if self.dated.is_none() { Ok(None) } else { Err("it is no record of a report log that is known") }
            }
        }
    }

    /// The date and time from a field on.
    fn at(&mut self, fields: &[String], from: usize) -> Result<DateTime, &'static str> {
        const REASON: &str = "its time can't be read";
        let rest = fields.get(from.min(fields.len())..).unwrap_or_default();
        let is_time = |text: &String| date::clock(text).is_some() && text.contains(':');
        let found = rest.iter().position(is_time).map(|at| at + from).or_else(|| fields.iter().rposition(is_time));
        let found = found.ok_or(REASON)?;
        let time: Time = date::clock(&fields[found]).ok_or(REASON)?;
        let before = self.dated.ok_or("no line before it tells the year")?;
        let day = found.checked_sub(1).and_then(|at| date::slashed(&fields[at]));
        let date = match day {
            Some((month, day, year)) => {
                let this = Date::new(year.unwrap_or(before.year()), month, day).map_err(|_| REASON)?;
                // Shortly after New Year's midnight the year is only told by the next dated line.
                let next = before.month() == 12 && month == 1 && year.is_none();
                if next { Date::new(before.year() + 1, month, day).map_err(|_| REASON)? } else { this }
            }
            None if time < before.time() && before.time().hour() - time.hour() > 12 => {
                before.date().tomorrow().map_err(|_| REASON)?
            }
            None => before.date(),
        };
        let at = date.to_datetime(time);
        if at > before {
            self.dated = Some(at);
        }
        Ok(at)
    }

    fn restarted(&self, zone: &TimeZone) -> Result<Option<LogEvent>, &'static str> {
        let at = self.dated.ok_or("no line before it tells the date")?;
        self.event(LogEventKind::Restarted, Default::default(), 0, "", at, zone)
    }

    fn event(
        &self,
        kind: LogEventKind,
        (feature, user, host): (String, String, String),
        count: u64,
        handle: &str,
        at: DateTime,
        zone: &TimeZone,
    ) -> Result<Option<LogEvent>, &'static str> {
        let at = date::instant(at, zone).ok_or("its time can't be read")?;
        let (daemon, handle) = (self.vendor.clone(), name(handle));
        Ok(Some(LogEvent { at, line: self.line, daemon, kind, feature, user, host, count, handle }))
    }
}

fn number(text: &str) -> Result<u64, &'static str> {
    text.parse().map_err(|_| "its number of licenses is no number")
}

/// `mm/dd/yyyy hh:mm[:ss]`.
fn full(fields: &[String]) -> Option<DateTime> {
    let [day, time, ..] = fields else { return None };
    let (month, day, year) = date::slashed(day)?;
    Some(Date::new(year?, month, day).ok()?.to_datetime(date::clock(time)?))
}

/// Fields separated by blanks; quoted ones may have blanks and be empty.
fn fields(line: &str) -> Vec<String> {
    let mut fields = Vec::new();
    let mut chars = line.trim().chars().peekable();
    while let Some(&c) = chars.peek() {
        if c.is_whitespace() {
            chars.next();
        } else if c == '"' {
            chars.next();
            fields.push(chars.by_ref().take_while(|c| *c != '"').collect());
        } else {
            let mut field = String::new();
            while let Some(c) = chars.next_if(|c| !c.is_whitespace()) {
                field.push(c);
            }
            fields.push(field);
        }
    }
    fields
}

#[cfg(test)]
mod tests;
