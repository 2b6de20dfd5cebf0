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
    let wanted = WantedWords::of(query);
    let mut found = Vec::new();
    let mut before = query.before.unwrap_or(i64::MAX);
    loop {
        let rows = candidates(pool, query, &wanted, before).await?;
        let is_last = i64::try_from(rows.len()).unwrap_or(i64::MAX) < query.limit;
        before = rows.last().map_or(before, |row| row.seq);
        found.extend(rows.into_iter().filter(|row| wanted.are_in(row)));
        let most = usize::try_from(query.limit).unwrap_or(usize::MAX);
        if is_last || found.len() >= most {
            found.truncate(most);
            return Ok(found);
        }
    }
}

/// What entries are searched for, in lower case. SQLite knows the case of the letters A to Z only: it finds the candidates.
struct WantedWords {
    who: Option<String>,
    what: Option<String>,
    /// Actions in whose label `what` stands.
    labelled: Vec<&'static str>,
    objects: Option<Vec<String>>,
}

impl WantedWords {
    fn of(query: &AuditQuery) -> Self {
        Self {
            who: query.who.as_deref().map(str::to_lowercase),
            what: query.what.as_deref().map(str::to_lowercase),
            labelled: query.what.as_deref().map(labelled).unwrap_or_default(),
            objects: query.object.as_deref().map(objects),
        }
    }

    fn are_in(&self, item: &AuditItem) -> bool {
        let has = |text: &str, wanted: &Option<String>| {
            wanted.as_ref().is_none_or(|wanted| text.to_lowercase().contains(wanted))
        };
        let what = || {
            let optional = [&item.address, &item.object].map(|text| text.as_deref().unwrap_or_default());
            [&*item.action, &item.sentence, &item.who, optional[0], optional[1]].join(" ")
        };
        let object = item.object.as_deref().map(str::to_lowercase);
        let is_about = |wanted: &Vec<String>| {
            // One of an earlier version was found by its sentence.
            object.as_ref().is_none_or(|object| wanted.iter().any(|wanted| object.contains(&wanted.to_lowercase())))
        };
        has(&item.who, &self.who)
            && (self.labelled.iter().any(|name| *name == item.action) || has(&what(), &self.what))
            && self.objects.as_ref().is_none_or(is_about)
    }
}

/// The next entries that may match.
async fn candidates(
    pool: &SqlitePool,
    query: &AuditQuery,
    wanted: &WantedWords,
    before: i64,
) -> Result<Vec<AuditItem>, sqlx::Error> {
    let json = |list: &[String]| serde_json::to_string(list).expect("texts always serialize");
    let each = |of: fn(&str) -> String| {
        wanted.objects.as_deref().map(|objects| json(&objects.iter().map(|object| of(object)).collect::<Vec<_>>()))
    };
    let actions = query.action.as_deref().map(|word| (word.trim_end_matches('.'), meant(word)));
    sqlx::query_as(
        "SELECT seq, at, who, origin, address, action, sentence, outcome, object FROM audit
         WHERE seq < ?1 AND (?2 IS NULL OR who LIKE ?2 ESCAPE '\\')
           AND (?3 IS NULL
             OR concat_ws(' ', action, sentence, who, address, object) LIKE ?3 ESCAPE '\\'
             OR action IN (SELECT value FROM json_each(?4)))
           AND (?5 IS NULL OR action IN (SELECT value FROM json_each(?6)) OR substr(action, 1, length(?5) + 1) = ?5 || '.')
           AND (?7 IS NULL OR ?7 = CASE
             WHEN origin = 'command line' THEN 'command-line' WHEN origin = 'reporting api' THEN 'reporting-api'
             WHEN origin IN ('outside', 'system') THEN origin WHEN who LIKE 'token %' THEN 'token' ELSE 'user' END)
           AND (?8 IS NULL OR EXISTS (SELECT 1 FROM json_each(?8) WHERE object LIKE value ESCAPE '\\')
             OR (object IS NULL AND EXISTS (SELECT 1 FROM json_each(?9) WHERE ' ' || sentence || ' ' GLOB value)))
           AND (?10 IS NULL OR at >= ?10) AND (?11 IS NULL OR at < ?11)
         ORDER BY seq DESC LIMIT ?12",
    )
    .bind(before)
    .bind(wanted.who.as_deref().map(within))
    .bind(wanted.what.as_deref().map(within))
    .bind(serde_json::to_string(&wanted.labelled).expect("texts always serialize"))
    .bind(actions.as_ref().map(|(area, _)| *area))
    .bind(actions.as_ref().map(|(_, names)| serde_json::to_string(names).expect("texts always serialize")))
    .bind(query.by.map(ActorKind::as_str))
    .bind(each(within))
    .bind(each(as_word))
    .bind(query.from)
    .bind(query.until)
    .bind(query.limit)
    .fetch_all(pool)
    .await
}

/// A pattern for `LIKE` that a text with `wanted` in it matches, whatever the case of its letters.
fn within(wanted: &str) -> String {
    let literal = |c: char| match c {
        '%' | '_' | '\\' => format!("\\{c}"),
        c if c.is_ascii() => c.to_string(),
        _ => "%".to_owned(),
    };
    format!("%{}%", wanted.chars().map(literal).collect::<String>())
}

/// Entries looked through when words are searched.
const SEARCHED: i64 = 2_000;

/// The newest `most` of the last entries with all of these words, which are in lower case.
///
/// # Errors
/// [`sqlx::Error`] when the database does not respond.
pub(super) async fn find(pool: &SqlitePool, words: &[String], most: i64) -> Result<Vec<AuditItem>, sqlx::Error> {
    let newest: Vec<AuditItem> = sqlx::query_as(
        "SELECT seq, at, who, origin, address, action, sentence, outcome, object FROM audit ORDER BY seq DESC LIMIT ?",
    )
    .bind(SEARCHED)
    .fetch_all(pool)
    .await?;
    let has_all = |item: &AuditItem| {
        let text = [&*item.who, &item.sentence, item.object.as_deref().unwrap_or_default()].join(" ").to_lowercase();
        words.iter().all(|word| text.contains(word))
    };
    Ok(newest.into_iter().filter(has_all).take(usize::try_from(most).unwrap_or(0)).collect())
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
