//! Anything by words.

use axum::Json;
use axum::extract::State;
use licensing::permission::Permission::View;
use serde::{Deserialize, Serialize};
use utoipa_axum::routes;

use super::request::{By, Query};
use super::{Api, Operations};
use crate::http::access::Access::May;
use crate::http::problem::Problem;
use crate::search::search;

pub fn operations(all: Operations) -> Operations {
    all.add(routes!(find), May(View), &[])
}

/// What is looked for.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
struct Words {
    /// Words that must all be there.
    #[serde(default)]
    #[param(example = "port")]
    q: String,
}

/// What was found, best first; 40 at most.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct SearchResults {
    items: Vec<SearchResult>,
}

/// One result.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct SearchResult {
    /// `Page`, `Action`, `Setting`, `Product`, `Server`, `Client`, `User` or `Audit`.
    kind: String,
    label: String,
    /// What tells it from others of its name; may be empty.
    hint: String,
    /// Where the console shows it.
    href: String,
    /// It is done by sending a form with this one field to `href`: its name and value.
    post: Option<(String, String)>,
}

/// Finds pages, actions, settings, products, servers, clients, users and audit entries: only what the caller may see.
#[utoipa::path(get, path = "/api/v1/search", tag = "status", params(Words), responses(
    (status = 200, description = "What was found, best first", body = SearchResults)))]
async fn find(
    State(Api { engine, .. }): State<Api>,
    by: By,
    Query(asked): Query<Words>,
) -> Result<Json<SearchResults>, Problem> {
    let found = search(&engine, |permission| by.may(permission), &asked.q).await?;
    let items = found.into_iter().map(|found| SearchResult {
        kind: found.kind.to_owned(),
        label: found.label,
        hint: found.hint,
        href: found.href,
        post: found.post.map(|(name, value)| (name.to_owned(), value.to_owned())),
    });
    Ok(Json(SearchResults { items: items.collect() }))
}
