//! Sources as they stand.

use std::str::FromStr;

use licensing::source::{Denials, Feature, Picture, SourceKind, UnreadLines};
use sqlx::FromRow;

use super::reading::KeptState;
use super::{SourceError, SourceInput};
use crate::Engine;

/// A source and what is known of it.
#[derive(Debug, Clone)]
pub struct Source {
    /// Its name.
    pub tag: String,
    /// How its text is read.
    pub kind: SourceKind,
    /// Where it comes from.
    pub input: SourceInput,
    /// How often it is looked at, seconds.
    pub every_s: u32,
    /// Time zone; empty for this machine's.
    pub zone: String,
    /// The last look, Unix milliseconds.
    pub tried_at: Option<i64>,
    /// The last good answer, Unix milliseconds.
    pub last_good: Option<i64>,
    /// Why the last look told nothing.
    pub problem: Option<String>,
    /// The last good picture.
    pub picture: Picture,
    /// Its features, with denials.
    pub features: Vec<SourceFeature>,
    /// What could not be read.
    pub unread: UnreadLines,
}

/// A source in a list, without what it tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedSource {
    /// Its name.
    pub tag: String,
    /// How its text is read.
    pub kind: SourceKind,
    /// Where it comes from.
    pub input: SourceInput,
    /// How often it is looked at, seconds.
    pub every_s: u32,
    /// Time zone; empty for this machine's.
    pub zone: String,
    /// The last look, Unix milliseconds.
    pub tried_at: Option<i64>,
    /// The last good answer, Unix milliseconds.
    pub last_good: Option<i64>,
    /// Why the last look told nothing.
    pub problem: Option<String>,
    /// How many features it has.
    pub features: u32,
    /// How many lines could not be read.
    pub unread: u32,
}

impl ListedSource {
    /// One word for its state, as that of a [`Source`].
    #[must_use]
    pub fn state(&self) -> &'static str {
        state(self.problem.as_ref(), self.last_good)
    }
}

fn state(problem: Option<&String>, last_good: Option<i64>) -> &'static str {
    match (problem, last_good) {
        (Some(_), _) => "down",
        (None, Some(_)) => "up",
        (None, None) => "waiting",
    }
}

/// A feature with its denials, where a log tells them.
#[derive(Debug, Clone)]
pub struct SourceFeature {
    /// The feature.
    pub feature: Feature,
    /// Since the log is read.
    pub denials: Denials,
}

impl Source {
    /// One word for its state: `up`, `down`, or `waiting` before the first answer.
    #[must_use]
    pub fn state(&self) -> &'static str {
        state(self.problem.as_ref(), self.last_good)
    }
}

/// A row, its texts read.
pub(super) struct SourceRow {
    pub tag: String,
    pub kind: SourceKind,
    pub input: SourceInput,
    pub every_s: u32,
    pub zone: String,
    pub tried_at: Option<i64>,
    last_good: Option<i64>,
    problem: Option<String>,
    pub picture: Picture,
    pub state: KeptState,
}

#[derive(FromRow)]
struct StoredRow {
    tag: String,
    kind: String,
    input: String,
    every_s: u32,
    zone: String,
    tried_at: Option<i64>,
    last_good: Option<i64>,
    picture_at: Option<i64>,
    seen_at: Option<i64>,
    problem: Option<String>,
    picture: Option<String>,
    state: Option<String>,
}

fn damaged<E: std::error::Error + Send + Sync + 'static>(error: E) -> sqlx::Error {
    sqlx::Error::Decode(error.into())
}

impl StoredRow {
    fn read(self) -> Result<SourceRow, sqlx::Error> {
        // Before the first answer there is none.
        let picture = self.picture.as_deref().map(serde_json::from_str::<Picture>).transpose();
        // A state of another version is no loss: reading begins anew.
        let state = self.state.as_deref().map(serde_json::from_str::<KeptState>);
        let mut state = state.and_then(Result::ok).unwrap_or_default();
        state.watch.seen = self.seen_at;
        Ok(SourceRow {
            kind: SourceKind::from_str(&self.kind).map_err(damaged)?,
            input: serde_json::from_str(&self.input).map_err(damaged)?,
            picture: Picture { at: self.picture_at, ..picture.map_err(damaged)?.unwrap_or_default() },
            state,
            tag: self.tag,
            every_s: self.every_s,
            zone: self.zone,
            tried_at: self.tried_at,
            last_good: self.last_good,
            problem: self.problem,
        })
    }
}

#[derive(FromRow)]
struct ListedRow {
    tag: String,
    kind: String,
    input: String,
    every_s: u32,
    zone: String,
    tried_at: Option<i64>,
    last_good: Option<i64>,
    problem: Option<String>,
    feature_count: u32,
    unread_count: u32,
}

impl ListedRow {
    fn read(self) -> Result<ListedSource, sqlx::Error> {
        Ok(ListedSource {
            kind: SourceKind::from_str(&self.kind).map_err(damaged)?,
            input: serde_json::from_str(&self.input).map_err(damaged)?,
            tag: self.tag,
            every_s: self.every_s,
            zone: self.zone,
            tried_at: self.tried_at,
            last_good: self.last_good,
            problem: self.problem,
            features: self.feature_count,
            unread: self.unread_count,
        })
    }
}

impl From<Source> for ListedSource {
    fn from(source: Source) -> Self {
        Self {
            features: u32::try_from(source.features.len()).unwrap_or(u32::MAX),
            unread: u32::try_from(source.unread.count).unwrap_or(u32::MAX),
            tag: source.tag,
            kind: source.kind,
            input: source.input,
            every_s: source.every_s,
            zone: source.zone,
            tried_at: source.tried_at,
            last_good: source.last_good,
            problem: source.problem,
        }
    }
}

impl From<SourceRow> for Source {
    fn from(row: SourceRow) -> Self {
        let watch = &row.state.watch;
        let with_denials = |feature: &Feature| SourceFeature {
            denials: watch.denials(&feature.vendor, &feature.name),
            feature: feature.clone(),
        };
        Self {
            features: row.picture.features.iter().map(with_denials).collect(),
            unread: row.state.unread.clone(),
            tag: row.tag,
            kind: row.kind,
            input: row.input,
            every_s: row.every_s,
            zone: row.zone,
            tried_at: row.tried_at,
            last_good: row.last_good,
            problem: row.problem,
            picture: row.picture,
        }
    }
}

impl Engine {
    /// All sources by tag, without what each tells: that may be megabytes.
    ///
    /// # Errors
    /// [`sqlx::Error`] when the database does not respond.
    pub async fn listed_sources(&self) -> Result<Vec<ListedSource>, sqlx::Error> {
        let rows: Vec<ListedRow> = sqlx::query_as(
            "SELECT tag, kind, input, every_s, zone, tried_at, last_good, problem, feature_count, unread_count
             FROM sources ORDER BY tag",
        )
        .fetch_all(self.store.read())
        .await?;
        rows.into_iter().map(ListedRow::read).collect()
    }

    /// One source.
    ///
    /// # Errors
    /// [`SourceError`]
    pub async fn source(&self, tag: &str) -> Result<Source, SourceError> {
        Ok(self.source_row(tag).await?.into())
    }

    pub(super) async fn source_row(&self, tag: &str) -> Result<SourceRow, SourceError> {
        let row: Option<StoredRow> =
            sqlx::query_as("SELECT * FROM sources WHERE tag = ?").bind(tag).fetch_optional(self.store.read()).await?;
        Ok(row.ok_or_else(|| SourceError::Unknown(tag.to_owned()))?.read()?)
    }
}
