//! The log: a page that looks again by itself, and its lines as a file.

use app::load::logs as load;
use app::paths;
use app::request::RequestContext;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use engine::leases::ClientView;
use engine::logs::{Lines, LogQuery, LogsError};
use licensing::log_line::{Kind, Redactor};
use tokio::sync::mpsc;

use super::form::pairs;
use super::{error, render};
use crate::http::state::App;

/// Sent at a time, bytes.
const CHUNK: usize = 64 * 1024;

fn context(request: &Request) -> RequestContext {
    let query = pairs(request.uri().query().unwrap_or_default().as_bytes());
    RequestContext { query, ..RequestContext::default() }
}

/// `GET /logs`: with `every=2`, `10` or `60` the browser is told to come back after so many seconds; no script is needed.
pub async fn page(State(app): State<App>, request: Request) -> Response {
    let filter = load::filter(&context(&request));
    let every = load::pace(&filter.every).filter(|_| filter.at.is_empty() && filter.before.is_empty());
    let mut response = render::page(State(app), request).await;
    if let Some(seconds) = every.filter(|_| response.status() == StatusCode::OK) {
        response.headers_mut().insert(header::REFRESH, HeaderValue::from(seconds));
    }
    response
}

/// `GET /logs.txt`: the lines that match, oldest first; with `file=` a whole file; with `redacted=1` without what tells who and where.
pub async fn text(State(app): State<App>, request: Request) -> Response {
    let asked = context(&request);
    let (query, refused) = load::query(&load::filter(&asked));
    let file = asked.query("file").map(str::parse);
    if !refused.is_empty() || matches!(file, Some(Err(_))) {
        return Redirect::to(
            &request.uri().query().map_or_else(|| paths::LOGS.to_owned(), |query| format!("{}?{query}", paths::LOGS)),
        )
        .into_response();
    }
    let redacted = asked.query("redacted").is_some();
    let file = file.and_then(Result::ok);
    let name = match (file, redacted) {
        (None, false) => "leasehold-log.txt",
        (None, true) => "leasehold-log-redacted.txt",
        (Some(_), false) => "leasehold-log-file.txt",
        (Some(_), true) => "leasehold-log-file-redacted.txt",
    };
    let query = if file.is_some() { LogQuery::default() } else { query };
    let parts = request.into_parts().0;
    let lines = match app.engine.logs.lines(query, file) {
        Ok(lines) => lines,
        Err(LogsError::Off) => return Redirect::to(paths::LOGS).into_response(),
        Err(failed) => return error::internal(&app, &parts, &failed).await,
    };
    let redactor = if redacted { Some(Redactor::new(known(&app).await)) } else { None };
    let disposition = format!("attachment; filename=\"{name}\"");
    let headers =
        [(header::CONTENT_TYPE, "text/plain; charset=utf-8".to_owned()), (header::CONTENT_DISPOSITION, disposition)];
    (headers, streamed(lines, redactor)).into_response()
}

/// The lines as they are read: the largest file is never in memory.
fn streamed(lines: Lines, mut redactor: Option<Redactor>) -> Body {
    let (sender, receiver) = mpsc::channel::<std::io::Result<Bytes>>(2);
    tokio::task::spawn_blocking(move || {
        let mut chunk = String::with_capacity(CHUNK);
        for line in lines {
            let line = match line {
                Ok(item) => item.line,
                Err(failed) => {
                    tracing::error!(error = %failed, "the log could not be read to its end");
                    let _ = sender.blocking_send(Err(failed));
                    return;
                }
            };
            match &mut redactor {
                Some(redactor) => chunk.push_str(&redactor.redact(&line)),
                None => chunk.push_str(&line),
            }
            chunk.push('\n');
            if chunk.len() >= CHUNK && sender.blocking_send(Ok(Bytes::from(std::mem::take(&mut chunk)))).is_err() {
                // Whoever asked is gone.
                return;
            }
        }
        let _ = sender.blocking_send(Ok(Bytes::from(chunk)));
    });
    Body::from_stream(futures::stream::unfold(receiver, |mut receiver| async move {
        receiver.recv().await.map(|chunk| (chunk, receiver))
    }))
}

/// Names that are known to be names: of this machine, of clients and their hosts, of the people of the console.
async fn known(app: &App) -> Vec<(Kind, String)> {
    let mut known = vec![(Kind::Host, app.server_name.clone())];
    for ClientView { name, host, .. } in app.engine.clients() {
        known.push((Kind::Host, name));
        known.push((Kind::Host, host));
    }
    // Without the database, names are still found by how they are written.
    known.extend(app.engine.users().await.unwrap_or_default().into_iter().map(|user| (Kind::User, user.name)));
    known.extend(app.engine.audit.people().await.unwrap_or_default().into_iter().map(|name| (Kind::User, name)));
    known.retain(|(_, name)| !name.eq_ignore_ascii_case("leasehold") && !name.eq_ignore_ascii_case("localhost"));
    known
}
