//! What the page of Leasehold's own settings shows.

/// Leasehold's own settings, read only.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    pub rows: Vec<OwnSetting>,
    /// Path of `leasehold.toml`, the one read or the one that would be.
    pub file: String,
    pub file_exists: bool,
}

/// One of our own settings.
#[derive(Clone, Debug, PartialEq)]
pub struct OwnSetting {
    /// As it is written in `leasehold.toml`.
    pub name: String,
    /// What counts now; secrets are never put here.
    pub value: String,
    pub source: Source,
    /// What it does, in a sentence.
    pub help: String,
    pub default: String,
    /// The variable that would set it: `LEASEHOLD_DATA`.
    pub variable: String,
    /// The flag that would set it: `--data`.
    pub flag: Option<String>,
}

/// Where a value came from; the later one wins.
#[derive(Clone, Debug, PartialEq)]
pub enum Source {
    Default,
    File { line: Option<usize> },
    Environment,
    Flag,
}
