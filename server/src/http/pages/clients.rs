//! The clients: a list that looks again by itself, the list as a file, and releasing what a client has.

use app::components::absolute;
use app::load::clients as load;
use app::paths;
use app::request::{FlashKind, RequestContext};
use axum::extract::{Path, Request, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Redirect, Response};
use engine::actor::Origin;
use engine::leases::{ReleaseError, Released};

use super::exchange::attachment;
use super::form::{Form, pairs};
use super::{error, flash, render};
use crate::http::state::App;

fn context(request: &Request) -> RequestContext {
    let query = pairs(request.uri().query().unwrap_or_default().as_bytes());
    RequestContext { query, ..RequestContext::default() }
}

/// `GET /clients`: with `every=10` or `every=60` the browser is told to come back after so many seconds; no script is needed.
pub async fn page(State(app): State<App>, request: Request) -> Response {
    let every = load::pace(&load::filter(&context(&request)).every);
    let mut response = render::page(State(app), request).await;
    if let Some(seconds) = every {
        response.headers_mut().insert(header::REFRESH, HeaderValue::from(seconds));
    }
    response
}

/// `GET /clients.csv`: what the page with the same query shows.
pub async fn csv(State(app): State<App>, request: Request) -> Response {
    let rows = load::rows(&app.engine, &load::filter(&context(&request)));
    attachment("text/csv; charset=utf-8", "leasehold-clients.csv", load::csv(&rows).into_bytes())
}

/// `POST /clients/{id}/release`
pub async fn release(State(app): State<App>, Path(id): Path<String>, form: Form) -> Response {
    let Ok(id) = id.parse::<i64>() else { return Redirect::to(paths::CLIENTS).into_response() };
    match app.engine.release_client(&form.caller().actor(Origin::Console), id).await {
        Ok(released) => {
            flash::leave(&form.session(), FlashKind::Success, sentence(&released)).await;
            Redirect::to(&paths::client(id)).into_response()
        }
        Err(unknown @ ReleaseError::Unknown) => {
            flash::leave(&form.session(), FlashKind::Warning, unknown.to_string()).await;
            Redirect::to(paths::CLIENTS).into_response()
        }
        Err(nothing @ ReleaseError::Nothing(_)) => {
            flash::leave(&form.session(), FlashKind::Info, nothing.to_string()).await;
            Redirect::to(&paths::client(id)).into_response()
        }
        Err(ReleaseError::Sql(failed)) => error::internal(&app, &form.parts, &failed).await,
    }
}

/// What happens now: "Released: 2 of TTS3 go back …".
fn sentence(released: &Released) -> String {
    let back: Vec<String> = released
        .products
        .iter()
        .filter(|(_, count)| *count > 0)
        .map(|(product, count)| format!("{count} of {product}"))
        .collect();
    let name = &released.name;
    if back.is_empty() {
        return format!("{name} gets no new license for a minute. What it has in use goes back when it is returned.");
    }
    format!(
        "{name} gets no new license for a minute. Back in the pool as soon as it agrees, at the latest {}: {}.",
        absolute(released.counted_until_ms),
        back.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_names_what_goes_back_and_until_when() {
        let released = |products: &[(&str, u32)]| Released {
            name: "gw".into(),
            products: products.iter().map(|(product, count)| ((*product).to_owned(), *count)).collect(),
            counted_until_ms: 1_795_354_200_000,
        };
        let said = sentence(&released(&[("TTS3", 2), ("VAD", 0)]));
        assert!(said.contains("22 Nov 2026") && said.ends_with(": 2 of TTS3."), "{said}");
        assert!(sentence(&released(&[("VAD", 0)])).contains("in use goes back when it is returned"));
    }
}
