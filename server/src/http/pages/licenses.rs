//! The licenses as a file.

use app::load::licenses as load;
use app::request::RequestContext;
use axum::extract::{Request, State};
use axum::response::Response;

use super::exchange::attachment;
use super::form::pairs;
use crate::http::state::App;

/// `GET /licenses.csv`: what the page with the same query shows.
pub async fn csv(State(app): State<App>, request: Request) -> Response {
    let query = pairs(request.uri().query().unwrap_or_default().as_bytes());
    let context = RequestContext { query, ..RequestContext::default() };
    let rows = load::rows(app.engine.licenses().as_ref(), &load::filter(&context), app.engine.now_ms());
    attachment("text/csv; charset=utf-8", "leasehold-licenses.csv", load::csv(&rows).into_bytes())
}
