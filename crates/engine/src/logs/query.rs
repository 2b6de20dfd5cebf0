//! Filter of lines.

use licensing::log_line::{LogLevel, LogLine, STAMP, begins_with_stamp, without_secrets};

/// A filter; unset values match all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LogQuery {
    /// Minimum level.
    pub level: Option<LogLevel>,
    /// Component, in capital letters.
    pub component: Option<String>,
    /// Earliest local time.
    pub from: Option<LineTime>,
    /// Latest local time.
    pub to: Option<LineTime>,
    /// Text in the line, ignoring the case of A to Z.
    pub text: Option<String>,
}

impl LogQuery {
    /// Parses a filter as entered, with empty text for unset values. Returns the invalid fields with a sentence each.
    #[must_use]
    pub fn read(level: &str, component: &str, from: &str, to: &str, text: &str) -> (Self, Vec<(&'static str, String)>) {
        fn good<T, E: ToString>(
            field: &'static str,
            text: &str,
            read: impl FnOnce(&str) -> Result<T, E>,
            refused: &mut Vec<(&'static str, String)>,
        ) -> Option<T> {
            let read = (!text.is_empty()).then(|| read(text))?;
            read.map_err(|error| refused.push((field, error.to_string()))).ok()
        }
        let given = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        let mut refused = Vec::new();
        let query = Self {
            level: good("level", level, str::parse, &mut refused),
            component: given(&component.to_uppercase()),
            from: good("from", from, |text| LineTime::parse(text, false), &mut refused),
            to: good("to", to, |text| LineTime::parse(text, true), &mut refused),
            text: given(text),
        };
        (query, refused)
    }
}

/// A local time as in log lines.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct LineTime(String);

/// Text that isn't a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Not a time. Write it like 2026-11-22 or 2026-11-22 07:24, in this server's local time.")]
pub struct LogTimeError;

impl LineTime {
    /// A day or a time: `2026-11-22`, `2026-11-22T07:24`, `2026-11-22 07:24:16`. Fills in missing parts with the first
    /// matching moment, or the `last` one.
    ///
    /// # Errors
    /// [`LogTimeError`]
    pub fn parse(text: &str, last: bool) -> Result<Self, LogTimeError> {
        let mut text = text.trim().replacen('T', " ", 1);
        let missing = match (text.len(), last) {
            (10, true) => " 23:59:59",
            (10, false) => " 00:00:00",
            (16, true) => ":59",
            (16, false) => ":00",
            _ => "",
        };
        text.push_str(missing);
        if text.len() == STAMP && begins_with_stamp(text.as_bytes()) { Ok(Self(text)) } else { Err(LogTimeError) }
    }

    /// As written in the log.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// This many days later.
    pub(super) fn days_later(&self, days: i64) -> String {
        const FORM: &str = "%Y-%m-%d %H:%M:%S";
        jiff::civil::DateTime::strptime(FORM, &self.0)
            .and_then(|time| time.checked_add(jiff::Span::new().days(days)))
            .map_or_else(|_| self.0.clone(), |time| time.strftime(FORM).to_string())
    }
}

impl LogQuery {
    /// Whether it filters at all.
    pub fn filters(&self) -> bool {
        *self != Self::default()
    }

    /// Whether a line matches. One without the log's format has no time, level or component.
    pub(super) fn wants(&self, bytes: &[u8]) -> bool {
        let text = String::from_utf8_lossy(bytes);
        if self.level.is_some() || self.component.is_some() || self.from.is_some() || self.to.is_some() {
            let Some(line) = LogLine::parse(&text) else { return false };
            let wanted = self.level.is_none_or(|level| line.level >= level)
                && self.component.as_deref().is_none_or(|component| line.component == component)
                && self.from.as_ref().is_none_or(|from| line.stamp >= from.as_str())
                && self.to.as_ref().is_none_or(|to| line.stamp <= to.as_str());
            if !wanted {
                return false;
            }
        }
        // Matches again without secrets: searching for one must not reveal whether it is there.
        self.text.as_deref().is_none_or(|wanted| {
            contains(text.as_bytes(), wanted.as_bytes())
                && contains(without_secrets(&text).as_bytes(), wanted.as_bytes())
        })
    }
}

/// Whether it contains `wanted`, ignoring the case of A to Z.
fn contains(text: &[u8], wanted: &[u8]) -> bool {
    let Some((first, rest)) = wanted.split_first() else { return true };
    let (lower, upper) = (first.to_ascii_lowercase(), first.to_ascii_uppercase());
    let mut left = text;
    while let Some(at) = left.iter().position(|byte| *byte == lower || *byte == upper) {
        left = &left[at + 1..];
        if left.get(..rest.len()).is_some_and(|found| found.eq_ignore_ascii_case(rest)) {
            return true;
        }
    }
    false
}
