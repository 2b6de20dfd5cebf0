//! All routes, and what wraps them.

use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::StatusCode;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use licensing::permission::Permission::{
    EditConfiguration, Exchange, HandOver, ManageServers, OwnAccount, Register, RestoreConfiguration, View, ViewAudit,
    ViewLogs,
};
use tower::ServiceBuilder;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::csrf::{CsrfLayer, ProtectionError};
use tower_sessions::cookie::SameSite;
use tower_sessions::cookie::time::Duration as CookieDuration;
use tower_sessions::{Expiry, SessionManagerLayer};

use super::access::Access::{May, Open, Person, Unclaimed, Wizard};
use super::api;
use super::middleware::{claim, headers, host, request_id};
use super::pages::{
    account, alerts, clients, clusters, configuration, diagnostics, error, exchange, licenses, login, logs, render,
    servers, setup, theme, usage, ve,
};
use super::peer;
use super::problem::Problem;
use super::state::App;
use super::table::Table;
use super::{events, health, identity, metrics};
use crate::assets;

/// Largest body of a request, bytes: the largest conf file as a form, each of its bytes written as `%XX`, and some room.
pub const MAX_BODY: usize = 3 * licensing::conf::MAX_BYTES + 64 * 1024;
/// The same where the answer of a licensing node comes in, as a form or as it is.
pub const MAX_ANSWER: usize = 3 * licensing::status_response::MAX_RESPONSE + 64 * 1024;
/// A request must be answered within this time; open streams excepted.
const TIMEOUT: Duration = Duration::from_secs(30);

/// All routes with their access.
pub fn table(app: App) -> Table {
    api::routes(pages(Table::new(app)))
        .get("/events", May(View), events::events)
        .post("/peer/v1/join", Open, &["peer.join"], peer::join)
        .post("/peer/v1/poll", Open, &[], peer::poll)
        .get("/metrics", Open, metrics::get)
}

/// The console.
fn pages(table: Table) -> Table {
    table
        .get("/login", Open, render::page)
        .post("/login", Open, &["session.login"], login::log_in)
        .post("/logout", Open, &["session.logout"], login::log_out)
        .post("/theme", Open, &[], theme::choose)
        .get("/setup", Unclaimed, setup::token_page)
        .post("/setup", Unclaimed, &[], setup::token)
        .get("/setup/administrator", Unclaimed, setup::administrator_page)
        .post("/setup/administrator", Unclaimed, &["user.add"], setup::administrator)
        .get("/setup/guid", Wizard, render::page)
        .post("/setup/guid", Wizard, &[], setup::guid)
        .get("/setup/connection", Wizard, setup::connection_page)
        .post("/setup/connection", Wizard, &[], setup::connection)
        .get("/setup/key", Wizard, setup::key_page)
        .post("/setup/key", Wizard, &[], setup::key)
        .get("/setup/review", Wizard, setup::review_page)
        .post("/setup/review", Wizard, &["conf.save", "server.register"], setup::review)
        .get("/setup/done", Wizard, setup::done_page)
        .get("/", Person(View), render::page)
        .get("/configuration", Person(View), render::page)
        .post("/configuration", Person(EditConfiguration), &[], configuration::review_form)
        .get("/configuration/text", Person(View), render::page)
        .post("/configuration/text", Person(EditConfiguration), &[], configuration::review_text)
        .post("/configuration/save", Person(EditConfiguration), &["conf.save"], configuration::save)
        .get("/configuration/history", Person(View), render::page)
        .get("/configuration/history/{number}", Person(View), render::page)
        .post("/configuration/restore", Person(RestoreConfiguration), &["conf.save"], configuration::restore)
        .get("/configuration/outside", Person(View), render::page)
        .post("/configuration/outside", Person(EditConfiguration), &["conf.keep"], configuration::keep_outside)
        .get("/licenses", Person(View), render::page)
        .get("/licenses.csv", Person(View), licenses::csv)
        .get("/licenses/machine/request.json", Person(Exchange), ve::request)
        .post("/licenses/machine", Person(EditConfiguration), &["ve.install"], ve::install)
        .get("/usage", Person(View), render::page)
        .get("/usage.csv", Person(View), usage::csv)
        .get("/usage.json", Person(View), usage::json)
        .get("/clients", Person(View), clients::page)
        .get("/clients.csv", Person(View), clients::csv)
        .get("/clients/{id}", Person(View), render::page)
        .post("/clients/{id}/release", Person(Exchange), &["client.release"], clients::release)
        .get("/servers", Person(View), servers::page)
        .post("/servers/handover", Person(HandOver), &["server.handover"], servers::hand_over)
        .post("/servers/rehearse", Person(HandOver), &["server.rehearse"], servers::rehearse)
        .post("/servers/take-back", Person(HandOver), &["server.take_back"], servers::take_back)
        .post("/servers/invite", Person(ManageServers), &["peer.invite"], servers::invite)
        .post("/servers/join", Person(ManageServers), &["peer.join"], servers::join)
        .post("/servers/remove", Person(ManageServers), &["peer.remove"], servers::remove)
        .get("/exchange", Person(View), render::page)
        .post("/exchange/sync", Person(Exchange), &["exchange.sync"], exchange::sync)
        .post("/exchange/registration", Person(Register), &["server.register"], exchange::registration)
        .get("/exchange/hand", Person(View), render::page)
        .post("/exchange/hand/report", Person(Exchange), &["exchange.report"], exchange::report)
        .post("/exchange/hand/response", Person(Exchange), &["exchange.push"], exchange::response)
        .get("/exchange/report/{id}/download", Person(Exchange), exchange::download)
        .get("/exchange/receipt/{id}", Person(View), render::page)
        .get("/exchange/ledger", Person(View), render::page)
        .get("/exchange/clusters", Person(View), render::page)
        .post("/exchange/clusters", Person(EditConfiguration), &["cluster.add"], clusters::add)
        .get("/exchange/clusters/{id}", Person(View), render::page)
        .post("/exchange/clusters/{id}/report", Person(Exchange), &[], clusters::report)
        .post("/exchange/clusters/{id}/pull", Person(Exchange), &["cluster.pull"], clusters::pull)
        .post("/exchange/clusters/{id}/push", Person(Exchange), &["cluster.push"], clusters::push)
        .post("/exchange/clusters/{id}/remove", Person(EditConfiguration), &["cluster.remove"], clusters::remove)
        .get("/diagnostics", Person(View), render::page)
        .post("/diagnostics/probe", Person(Exchange), &["diagnostics.probe"], diagnostics::probe)
        .post("/diagnostics/port", Person(EditConfiguration), &["conf.save"], diagnostics::port)
        .get("/diagnostics/firewall.txt", Person(View), diagnostics::firewall_text)
        .get("/diagnostics/firewall.csv", Person(View), diagnostics::firewall_csv)
        .get("/logs", Person(ViewLogs), logs::page)
        .get("/logs.txt", Person(ViewLogs), logs::text)
        .get("/audit", Person(ViewAudit), render::page)
        .get("/account", Person(OwnAccount), render::page)
        .post("/account/password", Person(OwnAccount), &["user.password"], account::password)
        .post("/account/sessions/revoke", Person(OwnAccount), &["session.end"], account::revoke)
        .post("/account/sessions/revoke-others", Person(OwnAccount), &["session.end"], account::revoke_others)
        .get("/settings", Person(View), render::page)
        .get("/settings/alerts", Person(View), render::page)
        .get("/settings/alerts/rules/new", Person(View), render::page)
        .get("/settings/alerts/rules/{id}", Person(View), render::page)
        .post("/settings/alerts/rules/review", Person(EditConfiguration), &[], alerts::review)
        .post("/settings/alerts/rules", Person(EditConfiguration), &["alert.add", "alert.change"], alerts::save_rule)
        .post("/settings/alerts/rules/{id}/disable", Person(EditConfiguration), &["alert.disable"], alerts::disable)
        .post("/settings/alerts/rules/{id}/remove", Person(EditConfiguration), &["alert.remove"], alerts::remove_rule)
        .get("/settings/alerts/channels/new", Person(View), render::page)
        .get("/settings/alerts/channels/{id}", Person(View), render::page)
        .post(
            "/settings/alerts/channels",
            Person(EditConfiguration),
            &["alert.channel.add", "alert.channel.change"],
            alerts::save_channel,
        )
        .post("/settings/alerts/channels/{id}/test", Person(EditConfiguration), &["alert.test"], alerts::test)
        .post(
            "/settings/alerts/channels/{id}/remove",
            Person(EditConfiguration),
            &["alert.channel.remove"],
            alerts::remove_channel,
        )
}

/// The whole service.
pub fn router(app: App) -> Router {
    let sessions = SessionManagerLayer::new(app.engine.session_store())
        .with_name(app.cookie_name())
        .with_secure(app.secure)
        .with_same_site(SameSite::Lax)
        .with_path("/")
        .with_expiry(Expiry::OnInactivity(CookieDuration::hours(12)))
        .with_signed(app.cookie_key.clone());
    let inner =
        table(app.clone()).into_router().fallback(fallback).method_not_allowed_fallback(method_not_allowed).layer(
            ServiceBuilder::new()
                .layer(from_fn_with_state(app.clone(), cross_origin))
                .layer(CsrfLayer::new())
                .layer(sessions)
                .layer(from_fn_with_state(app.clone(), identity::identify))
                .layer(from_fn_with_state(app.clone(), claim::claim))
                // Handlers keep to a smaller limit wherever no answer of a node comes in.
                .layer(DefaultBodyLimit::max(MAX_ANSWER)),
        );
    let open = Router::new()
        .route("/livez", axum::routing::get(health::livez))
        .route("/readyz", axum::routing::get(health::readyz))
        .route("/pkg/{name}", axum::routing::get(assets::serve));
    Router::new()
        .merge(inner)
        .merge(open)
        .layer(
            ServiceBuilder::new()
                .layer(from_fn(request_id::request_id))
                .layer(from_fn_with_state(app.clone(), headers::headers))
                .layer(CatchPanicLayer::custom(panicked))
                .layer(from_fn_with_state(app.clone(), host::host))
                .layer(from_fn(timeout)),
        )
        .route_layer(from_fn(metrics::measure))
        .with_state(app)
}

/// Explains a refused cross-origin request.
async fn cross_origin(State(app): State<App>, request: Request, next: axum::middleware::Next) -> Response {
    let (parts, body) = request.into_parts();
    let again = Request::from_parts(parts.clone(), axum::body::Body::empty());
    let response = next.run(Request::from_parts(parts, body)).await;
    if response.extensions().get::<ProtectionError>().is_none() {
        return response;
    }
    let sentence =
        "This request came from another site and was not carried out. Open the console itself and try there.";
    if again.uri().path().starts_with("/api/") {
        Problem::new(StatusCode::FORBIDDEN, sentence).into_response()
    } else {
        error::page(&app, &again, StatusCode::FORBIDDEN, "From another site", sentence).await
    }
}

async fn timeout(request: Request, next: axum::middleware::Next) -> Response {
    // An exchange asks many nodes, each with its own limit of time.
    if request.uri().path() == "/api/v1/exchange/sync" {
        return next.run(request).await;
    }
    match tokio::time::timeout(TIMEOUT, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Problem::new(StatusCode::REQUEST_TIMEOUT, "The request took longer than 30 s and was given up.")
            .into_response(),
    }
}

async fn fallback(State(app): State<App>, request: Request) -> Response {
    if request.uri().path().starts_with("/api/") {
        return Problem::new(StatusCode::NOT_FOUND, "There is nothing at this address.").into_response();
    }
    error::not_found(&app, &request).await
}

async fn method_not_allowed(State(app): State<App>, request: Request) -> Response {
    let sentence = format!("{} is not possible at this address.", request.method());
    if request.uri().path().starts_with("/api/") {
        return Problem::new(StatusCode::METHOD_NOT_ALLOWED, sentence).into_response();
    }
    error::page(&app, &request, StatusCode::METHOD_NOT_ALLOWED, "Not possible here", &sentence).await
}

fn panicked(_: Box<dyn std::any::Any + Send + 'static>) -> Response {
    tracing::error!("a handler panicked; the request was answered with 500");
    Problem::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        "Leasehold could not do this; the server's log says why, under the request id.",
    )
    .into_response()
}
