use std::collections::BTreeMap;
use std::{fmt, str::FromStr};

use super::{Component, ComponentName, ComponentReading, digest};
use crate::canonical::hex;

/// Digits of a digest shown in place of a hidden value.
const SHORT: usize = 8;

/// SHA-256. Written as 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Digest(pub [u8; 32]);

impl Digest {
    /// The first eight digits: enough to distinguish two.
    #[must_use]
    pub fn short(&self) -> String {
        self.to_string()[..SHORT].to_owned()
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&hex(&self.0))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl FromStr for Digest {
    type Err = MarkError;

    fn from_str(text: &str) -> Result<Digest, MarkError> {
        let mut bytes = [0; 32];
        if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(MarkError::Digest);
        }
        for (index, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&text[2 * index..2 * index + 2], 16).map_err(|_| MarkError::Digest)?;
        }
        Ok(Digest(bytes))
    }
}

/// A component's mark in a license, written `absent`, `sha256:…`, or `sha256:… value`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ComponentMark {
    /// The machine had none.
    Absent,
    /// It had one.
    Value {
        /// SHA-256 of the value.
        digest: Digest,
        /// The value, if it is not secret ([`ComponentName::is_open`]).
        open: Option<String>,
    },
}

/// Why a mark is invalid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MarkError {
    /// Not 64 digits.
    #[error("A SHA-256 must have 64 hexadecimal digits.")]
    Digest,
    /// Not a mark.
    #[error("It must be “absent”, or “sha256:” with 64 hexadecimal digits.")]
    Mark,
    /// The value does not match its digest.
    #[error("The value does not match the SHA-256 written beside it.")]
    Mismatch,
    /// A value that must stay hidden.
    #[error("The value of this component must not be in the file.")]
    NotOpen,
}

impl ComponentMark {
    /// The mark of this component; `None` if it could not be read.
    #[must_use]
    pub fn of(component: &Component) -> Option<ComponentMark> {
        match (component.reading.value(), &component.reading) {
            (Some(value), _) => Some(ComponentMark::Value {
                digest: Digest(digest(value.as_bytes())),
                open: component.name.is_open().then(|| value.to_owned()),
            }),
            (None, ComponentReading::Unknown(_)) => None,
            (None, _) => Some(ComponentMark::Absent),
        }
    }

    /// From a digest and, for open components, the value.
    ///
    /// # Errors
    /// [`MarkError::Mismatch`], [`MarkError::NotOpen`].
    pub fn new(name: ComponentName, digest_of: Digest, open: Option<String>) -> Result<ComponentMark, MarkError> {
        match &open {
            Some(_) if !name.is_open() => Err(MarkError::NotOpen),
            Some(value) if digest(value.as_bytes()) != digest_of.0 => Err(MarkError::Mismatch),
            _ => Ok(ComponentMark::Value { digest: digest_of, open }),
        }
    }

    /// Reads it as [`fmt::Display`] writes it.
    ///
    /// # Errors
    /// [`MarkError`].
    pub fn parse(name: ComponentName, text: &str) -> Result<ComponentMark, MarkError> {
        if text == "absent" {
            return Ok(ComponentMark::Absent);
        }
        let rest = text.strip_prefix("sha256:").ok_or(MarkError::Mark)?;
        let (digits, open) = match rest.split_once(' ') {
            Some((digits, open)) => (digits, Some(open.trim().to_owned())),
            None => (rest, None),
        };
        ComponentMark::new(name, digits.parse()?, open)
    }

    /// The value for display: itself, the beginning of its digest, or `none`.
    #[must_use]
    pub fn shown(&self) -> String {
        match self {
            ComponentMark::Absent => "none".to_owned(),
            ComponentMark::Value { open: Some(value), .. } => value.clone(),
            ComponentMark::Value { digest, open: None } => digest.short(),
        }
    }

    /// Its digest, when there was a value.
    #[must_use]
    pub fn digest(&self) -> Option<&Digest> {
        match self {
            ComponentMark::Absent => None,
            ComponentMark::Value { digest, .. } => Some(digest),
        }
    }
}

impl fmt::Display for ComponentMark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ComponentMark::Absent => f.write_str("absent"),
            ComponentMark::Value { digest, open: None } => write!(f, "sha256:{digest}"),
            ComponentMark::Value { digest, open: Some(value) } => write!(f, "sha256:{digest} {value}"),
        }
    }
}

/// A license's machine, component by component, without components that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BoundMachine(BTreeMap<ComponentName, ComponentMark>);

impl BoundMachine {
    /// SHA-256 over the sorted lines `name=hex(sha256(value))\n` of the hard components that had a value.
    #[must_use]
    pub fn fingerprint(&self) -> Digest {
        let hard = self.0.iter().filter(|(name, _)| name.is_hard());
        let mut lines: Vec<String> =
            hard.filter_map(|(name, mark)| Some(format!("{name}={}\n", mark.digest()?))).collect();
        lines.sort_unstable();
        Digest(digest(lines.concat().as_bytes()))
    }

    /// The mark of one component.
    #[must_use]
    pub fn mark(&self, name: ComponentName) -> Option<&ComponentMark> {
        self.0.get(&name)
    }

    /// All marks, in fixed order.
    pub fn marks(&self) -> impl Iterator<Item = (ComponentName, &ComponentMark)> {
        self.0.iter().map(|(name, mark)| (*name, mark))
    }

    /// Whether it has no marks.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether it identifies a machine.
    #[must_use]
    pub fn is_unique(&self) -> bool {
        self.0.iter().any(|(name, mark)| name.is_unique() && mark.digest().is_some())
    }
}

impl FromIterator<(ComponentName, ComponentMark)> for BoundMachine {
    fn from_iter<T: IntoIterator<Item = (ComponentName, ComponentMark)>>(marks: T) -> BoundMachine {
        BoundMachine(marks.into_iter().collect())
    }
}
