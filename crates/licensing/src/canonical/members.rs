//! Reading JSON objects member by member, strict on types, so that an error names the member and what it should be.

use std::{fmt::Display, str::FromStr};

use serde_json::{Map, Value};

use super::{LARGEST_INTEGER, instant};
use crate::contact::Millis;

/// What is wrong with one member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FieldError {
    /// Its path: `deployments[0].license_guid`.
    pub(crate) field: String,
    /// A clause that follows the name: `must be text`.
    pub(crate) problem: String,
}

impl FieldError {
    pub(crate) fn new(field: impl Into<String>, problem: impl Into<String>) -> FieldError {
        FieldError { field: field.into(), problem: problem.into() }
    }
}

/// The members of one JSON object.
pub(crate) struct Members<'a> {
    path: String,
    object: &'a Map<String, Value>,
}

impl<'a> Members<'a> {
    /// The object at `path`, which is empty for the whole document.
    pub(crate) fn of(value: &'a Value, path: impl Into<String>) -> Result<Members<'a>, FieldError> {
        let path = path.into();
        match value {
            Value::Object(object) => Ok(Members { path, object }),
            _ => Err(FieldError::new(path, "must be an object")),
        }
    }

    /// The path of a member.
    pub(crate) fn at(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }

    /// An error about a member.
    pub(crate) fn error(&self, name: &str, problem: impl Into<String>) -> FieldError {
        FieldError::new(self.at(name), problem)
    }

    /// A member that must be there; it may be null.
    pub(crate) fn value(&self, name: &str) -> Result<&'a Value, FieldError> {
        self.object.get(name).ok_or_else(|| self.error(name, "is missing"))
    }

    /// A member that may be absent or null.
    pub(crate) fn optional(&self, name: &str) -> Option<&'a Value> {
        self.object.get(name).filter(|value| !value.is_null())
    }

    pub(crate) fn object(&self, name: &str) -> Result<Members<'a>, FieldError> {
        Members::of(self.value(name)?, self.at(name))
    }

    /// Names and values, in the order of the names.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (&'a String, &'a Value)> {
        self.object.iter()
    }

    pub(crate) fn text(&self, name: &str) -> Result<&'a str, FieldError> {
        self.value(name)?.as_str().ok_or_else(|| self.error(name, "must be text"))
    }

    pub(crate) fn optional_text(&self, name: &str) -> Result<Option<&'a str>, FieldError> {
        self.optional(name).map(|_| self.text(name)).transpose()
    }

    pub(crate) fn flag(&self, name: &str) -> Result<bool, FieldError> {
        self.value(name)?.as_bool().ok_or_else(|| self.error(name, "must be true or false"))
    }

    pub(crate) fn whole(&self, name: &str) -> Result<u64, FieldError> {
        let number = self.value(name)?.as_u64().filter(|number| *number <= LARGEST_INTEGER);
        number.ok_or_else(|| self.error(name, format!("must be a whole number from 0 to {LARGEST_INTEGER}")))
    }

    pub(crate) fn optional_whole(&self, name: &str) -> Result<Option<u64>, FieldError> {
        self.optional(name).map(|_| self.whole(name)).transpose()
    }

    pub(crate) fn instant(&self, name: &str) -> Result<Millis, FieldError> {
        let read = instant::from_text(self.text(name)?);
        read.ok_or_else(|| self.error(name, "must be a time like 2026-11-22T00:41:42.000Z"))
    }

    pub(crate) fn optional_instant(&self, name: &str) -> Result<Option<Millis>, FieldError> {
        self.optional(name).map(|_| self.instant(name)).transpose()
    }

    /// Text parsed by one of our types; its error becomes the problem.
    pub(crate) fn parsed<T: FromStr<Err: Display>>(&self, name: &str) -> Result<T, FieldError> {
        self.text(name)?.parse().map_err(|error: T::Err| self.error(name, unreadable(&error)))
    }

    pub(crate) fn list(&self, name: &str) -> Result<&'a [Value], FieldError> {
        match self.value(name)? {
            Value::Array(items) => Ok(items),
            _ => Err(self.error(name, "must be a list")),
        }
    }

    pub(crate) fn texts(&self, name: &str) -> Result<Vec<String>, FieldError> {
        let text = |(index, item): (usize, &Value)| {
            item.as_str().map(str::to_owned).ok_or_else(|| self.error(&format!("{name}[{index}]"), "must be text"))
        };
        self.list(name)?.iter().enumerate().map(text).collect()
    }
}

/// The clause for an error whose own message is a sentence.
pub(crate) fn unreadable(error: &impl Display) -> String {
    format!("is invalid: {}", error.to_string().trim_end_matches('.'))
}
