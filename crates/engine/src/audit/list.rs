//! Reading the chain, newest first.

use licensing::audit::{ActorKind, labelled, meant};
use licensing::conf::setting::SETTINGS;
use serde::{Deserialize, Serialize};
use sqlx::{FromRow, SqlitePool};

use super::query::AuditQuery;

/// One entry as shown.
#[derive(Debug, Clone, PartialEq, Eq, FromRow, Serialize, Deserialize)]
pub struct AuditItem {
    /// Number in the chain.
    pub seq: i64,
    /// Unix milliseconds.
    pub at: i64,
    /// Who.
    pub who: String,
    /// The channel.
    pub origin: String,
    /// Network address.
    pub address: Option<String>,
    /// `area.verb`.
    pub action: String,
    /// What, in a sentence.
    pub sentence: String,
    /// `done`, `refused` or `failed`.
    pub outcome: String,
    /// What it is about, each on a line of its own; none in entries of earlier versions.
    pub object: Option<String>,
}

impl AuditItem {
    /// What it is about.
    pub fn objects(&self) -> impl Iterator<Item = &str> {
        self.object.as_deref().unwrap_or_default().lines()
    }
}

/// The entries that match, newest first.
///
/// Entries of earlier versions don't say what they are about: of those, an object matches where it stands in the sentence as a word.
///
/// # Errors
/// [`sqlx::Error`] when the database does not respond.
pub(super) async fn list(pool: &SqlitePool, query: &AuditQuery) -> Result<Vec<AuditItem>, sqlx::Error> {
    let objects = query.object.as_deref().map(objects);
    let json = |list: &[String]| serde_json::to_string(list).expect("texts always serialize");
    let actions = query.action.as_deref().map(|word| (word.trim_end_matches('.'), meant(word)));
    sqlx::query_as(
        "SELECT seq, at, who, origin, address, action, sentence, outcome, object FROM audit
         WHERE seq < ?1 AND (?2 IS NULL OR instr(lower(who), lower(?2)) > 0)
           AND (?3 IS NULL
             OR instr(lower(concat_ws(' ', action, sentence, who, address, object)), lower(?3)) > 0
             OR action IN (SELECT value FROM json_each(?4)))
           AND (?5 IS NULL OR action IN (SELECT value FROM json_each(?6)) OR substr(action, 1, length(?5) + 1) = ?5 || '.')
           AND (?7 IS NULL OR ?7 = CASE
             WHEN origin = 'command line' THEN 'command-line' WHEN origin = 'reporting api' THEN 'reporting-api'
             WHEN origin IN ('outside', 'system') THEN origin WHEN who LIKE 'token %' THEN 'token' ELSE 'user' END)
           AND (?8 IS NULL OR EXISTS (SELECT 1 FROM json_each(?8) WHERE instr(lower(object), lower(value)) > 0)
             OR (object IS NULL AND EXISTS (SELECT 1 FROM json_each(?9) WHERE ' ' || sentence || ' ' GLOB value)))
           AND (?10 IS NULL OR at >= ?10) AND (?11 IS NULL OR at < ?11)
         ORDER BY seq DESC LIMIT ?12",
    )
    .bind(query.before.unwrap_or(i64::MAX))
    .bind(&query.who)
    .bind(&query.what)
    .bind(query.what.as_deref().map(|text| serde_json::to_string(&labelled(text)).expect("texts always serialize")))
    .bind(actions.as_ref().map(|(area, _)| *area))
    .bind(actions.as_ref().map(|(_, names)| serde_json::to_string(names).expect("texts always serialize")))
    .bind(query.by.map(ActorKind::as_str))
    .bind(objects.as_deref().map(json))
    .bind(objects.as_deref().map(|objects| json(&objects.iter().map(|object| as_word(object)).collect::<Vec<_>>())))
    .bind(query.from)
    .bind(query.until)
    .bind(query.limit)
    .fetch_all(pool)
    .await
}

/// Entries looked through when words are searched.
const SEARCHED: i64 = 2_000;

/// The newest `most` of the last entries with all of these words.
///
/// # Errors
/// [`sqlx::Error`] when the database does not respond.
pub(super) async fn find(pool: &SqlitePool, words: &[String], most: i64) -> Result<Vec<AuditItem>, sqlx::Error> {
    let words = serde_json::to_string(words).expect("words always serialize");
    sqlx::query_as(
        "SELECT seq, at, who, origin, address, action, sentence, outcome, object
         FROM (SELECT * FROM audit ORDER BY seq DESC LIMIT ?1) AS newest
         WHERE NOT EXISTS (SELECT 1 FROM json_each(?2) WHERE instr(lower(concat_ws(' ', who, sentence, object)), value) = 0)
         ORDER BY seq DESC LIMIT ?3",
    )
    .bind(SEARCHED)
    .bind(words)
    .bind(most)
    .fetch_all(pool)
    .await
}

/// The text, and the keys of the settings in whose key or label it stands.
fn objects(text: &str) -> Vec<String> {
    let wanted = text.to_lowercase();
    let settings = SETTINGS.iter().filter(|setting| {
        setting.key.to_lowercase().contains(&wanted) || setting.label.to_lowercase().contains(&wanted)
    });
    std::iter::once(text.to_owned()).chain(settings.map(|setting| setting.key.to_owned())).collect()
}

/// A pattern for `GLOB` that finds the text where it is no part of a longer word.
fn as_word(text: &str) -> String {
    let literal: String =
        text.chars().map(|c| if "*?[".contains(c) { format!("[{c}]") } else { c.to_string() }).collect();
    format!("*[^A-Za-z0-9_-]{literal}[^A-Za-z0-9_-]*")
}
