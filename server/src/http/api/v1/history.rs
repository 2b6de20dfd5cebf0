use axum::Json;
use axum::extract::State;
use licensing::conf::diff;
use serde::{Deserialize, Serialize};

use super::json::Query;
use crate::http::problem::Problem;
use crate::http::state::App;
use crate::time::rfc3339;

/// Revisions on one page.
const PAGE: i64 = 50;

/// Which revisions.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
pub struct Cursor {
    /// Older than this revision: the `next` of the page before.
    before: Option<i64>,
}

/// One page, newest first.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct History {
    items: Vec<Item>,
    /// The `before` of the next page; none when this is the last.
    next: Option<i64>,
}

/// One revision.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Item {
    revision: i64,
    author: String,
    /// `console`, `api`, `command line`, `outside` or `system`.
    origin: String,
    at: String,
    comment: String,
    sha256: String,
    /// Unified diff against the revision before.
    diff: String,
}

/// Every version of the file that was ever saved or seen.
#[utoipa::path(get, path = "/api/v1/config/history", tag = "config", params(Cursor), responses((status = 200, description = "One page, newest first", body = History)))]
pub async fn get(State(app): State<App>, Query(cursor): Query<Cursor>) -> Result<Json<History>, Problem> {
    let failed = |error| Problem::internal(&error);
    let revisions = app.engine.conf_history(cursor.before, PAGE + 1).await.map_err(failed)?;
    let mut items = Vec::new();
    for (place, revision) in revisions.iter().take(PAGE as usize).enumerate() {
        let text =
            app.engine.conf_revision(revision.number).await.map_err(failed)?.map(|r| r.bytes).unwrap_or_default();
        let (before, name) = match revisions.get(place + 1) {
            Some(older) => {
                let found = app.engine.conf_revision(older.number).await.map_err(failed)?;
                (found.map(|r| r.bytes).unwrap_or_default(), format!("revision {}", older.number))
            }
            None => (Vec::new(), "nothing".to_owned()),
        };
        items.push(Item {
            diff: diff::lines(&before, &text).to_unified(&name, &format!("revision {}", revision.number)),
            revision: revision.number,
            author: revision.author.clone(),
            origin: revision.origin.clone(),
            at: rfc3339(revision.at),
            comment: revision.comment.clone(),
            sha256: revision.sha256.clone(),
        });
    }
    let more = revisions.len() > PAGE as usize;
    let next = items.last().filter(|_| more).map(|i| i.revision);
    Ok(Json(History { items, next }))
}
