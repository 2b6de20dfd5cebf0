//! The use of licenses as files.

use app::load::usage::{Kind, file};
use app::request::RequestContext;
use axum::extract::{Request, State};
use axum::response::Response;

use super::error;
use super::exchange::attachment;
use super::form::pairs;
use crate::http::state::App;

/// `GET /usage.csv`: what the page with the same query shows under its tab.
pub async fn csv(State(app): State<App>, request: Request) -> Response {
    download(&app, request, Kind::Csv, "text/csv; charset=utf-8").await
}

/// `GET /usage.json`: the same as JSON.
pub async fn json(State(app): State<App>, request: Request) -> Response {
    download(&app, request, Kind::Json, "application/json").await
}

async fn download(app: &App, request: Request, kind: Kind, media: &str) -> Response {
    let query = pairs(request.uri().query().unwrap_or_default().as_bytes());
    let context = RequestContext { query, now_ms: app.engine.now_ms(), ..RequestContext::default() };
    match file(&app.engine, &context, kind).await {
        Ok((name, content)) => attachment(media, &name, content),
        Err(failed) => error::internal(app, &request.into_parts().0, &failed).await,
    }
}
