use std::{fmt::Display, str::FromStr};

use jiff::{Timestamp, civil::DateTime, tz::TimeZone};

use super::{super::LONGEST_NAME, super::Passphrase, super::TextError, fields::Field};
use crate::{canonical::members::unreadable, contact::Millis};

/// Maximum number of digits.
const MOST_DIGITS: usize = 19;

impl Field<'_> {
    /// An error about this value; `problem` is a clause.
    pub(super) fn wrong(&self, problem: impl Into<String>) -> TextError {
        TextError::Value { line: self.line, key: self.shown.to_owned(), problem: problem.into() }
    }

    pub(super) fn unusable(&self, error: &impl Display) -> TextError {
        self.wrong(unreadable(error))
    }

    pub(super) fn parsed<T: FromStr<Err: Display>>(&self) -> Result<T, TextError> {
        self.value.parse().map_err(|error: T::Err| self.unusable(&error))
    }

    /// A passphrase; an invalid one is not quoted.
    pub(super) fn secret(&self) -> Result<Passphrase, TextError> {
        self.parsed()
    }

    pub(super) fn name(&self) -> Result<String, TextError> {
        if self.value.is_empty() { Err(self.wrong("is empty")) } else { self.name_or_nothing() }
    }

    pub(super) fn name_or_nothing(&self) -> Result<String, TextError> {
        match self.value.chars().count() <= LONGEST_NAME {
            true => Ok(self.value.to_string()),
            false => Err(self.wrong(format!("has more than {LONGEST_NAME} characters"))),
        }
    }

    pub(super) fn whole(&self, least: u64, most: u64) -> Result<u64, TextError> {
        self.number(&self.value, least, most, "")
    }

    fn number(&self, digits: &str, least: u64, most: u64, unit: &str) -> Result<u64, TextError> {
        let plain = (1..=MOST_DIGITS).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
        let number = if plain { digits.parse().ok() } else { None };
        number
            .filter(|number| (least..=most).contains(number))
            .ok_or_else(|| self.wrong(format!("must be a whole number{unit} from {least} to {most}")))
    }

    /// The number before one of these words, or alone.
    fn counted(&self, words: &[&str], least: u64, most: u64, unit: &str) -> Result<u64, TextError> {
        let lower = self.value.to_ascii_lowercase();
        let digits = words.iter().find_map(|word| lower.strip_suffix(word)).unwrap_or(&lower);
        self.number(digits.trim_end(), least, most, unit)
    }

    pub(super) fn hours(&self, least: u64, most: u64) -> Result<u64, TextError> {
        self.counted(&["hour(s)", "hours", "hour"], least, most, " of hours")
    }

    pub(super) fn minutes(&self, least: u32, most: u32) -> Result<u32, TextError> {
        let words = ["minute(s)", "minutes", "minute"];
        let minutes = self.counted(&words, least.into(), most.into(), " of minutes")?;
        Ok(u32::try_from(minutes).unwrap_or(most))
    }

    /// `4096MB`, or the number alone.
    pub(super) fn megabytes(&self) -> Result<u64, TextError> {
        self.counted(&["mb"], 1, u64::from(u32::MAX), " of MB")
    }

    /// `2021-12-22 23:55:00` (UTC), Unix seconds, or RFC 3339.
    pub(super) fn instant(&self) -> Result<Millis, TextError> {
        let text = self.value.as_ref();
        let text = text.strip_suffix("UTC").unwrap_or(text).trim_end();
        let read = if text.bytes().all(|byte| byte.is_ascii_digit()) {
            text.parse().ok().and_then(|seconds| Timestamp::from_second(seconds).ok())
        } else if let Ok(at) = text.parse::<Timestamp>() {
            Some(at)
        } else {
            let civil = text.parse::<DateTime>().ok();
            civil.and_then(|civil| civil.to_zoned(TimeZone::UTC).ok()).map(|zoned| zoned.timestamp())
        };
        // Whole seconds, the precision of license texts, so that instants are written as read.
        let whole = read.map(|at| at.as_second().saturating_mul(1000)).filter(|ms| *ms >= 0);
        whole.ok_or_else(|| self.wrong("must be a time like 2027-12-31 23:59:59 (UTC) or 1830297599 (Unix seconds)"))
    }

    /// The end of one product. Other software's viewer repeats the license's hours there.
    pub(super) fn product_end(&self) -> Result<Option<Millis>, TextError> {
        if self.value.to_ascii_lowercase().contains("hour") { Ok(None) } else { self.instant().map(Some) }
    }
}
