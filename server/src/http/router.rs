//! All routes and their middleware.

use std::sync::Arc;
use std::time::Duration;

use app::paths;
use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::{Method, StatusCode};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use licensing::permission::Permission::{
    Drain, EditConfiguration, Exchange, HandleAlerts, ImportUsage, ManageBackups, ManageServers, ManageSources,
    ManageTokens, ManageUsers, OwnAccount, Register, RestoreConfiguration, UnlockRecords, View, ViewAudit, ViewLogs,
};
use tower::ServiceBuilder;
use tower_http::CompressionLevel;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::csrf::{CsrfLayer, ProtectionError};
use tower_sessions::cookie::SameSite;
use tower_sessions::cookie::time::Duration as CookieDuration;
use tower_sessions::{Expiry, SessionManagerLayer};

use super::access::Access::{May, Open, Person, Unclaimed, Wizard};
use super::middleware::{claim, headers, host, request_id};
use super::peers;
use super::state::App;
use super::table::Table;
use super::{caller, device, downloads, events, forwarded, health, metrics};
use crate::api::goes_on;
use crate::assets;
use crate::console::exchange::{by_hand, registration};
use crate::console::page::is_api;
use crate::console::{
    Page, PageError, account, alerts, audit, clients, clusters, conf, database, diagnostics, draw, exchange, invite,
    licenses, login, logs, overview, search, servers, setup, sources, tokens, two_step, usage, users,
};

/// Largest body of a request, bytes: the largest conf file as a form, each of its bytes written as `%XX`, and some
/// room.
pub const MAX_BODY: usize = 3 * licensing::conf::MAX_BYTES + 64 * 1024;
/// The same where the answer of a licensing node comes in, as a form or as it is.
pub const MAX_ANSWER: usize = 3 * licensing::status_response::MAX_RESPONSE + 64 * 1024;
/// The same of a form from a browser in which nobody has signed in: a name, a password and a token.
pub const MAX_STRANGER: usize = 16 * 1024;
/// Compression level of brotli and gzip: more saves too little for the time.
const COMPRESSION: i32 = 4;
/// A request must be answered within this time; open streams excepted.
const TIMEOUT: Duration = Duration::from_secs(30);

/// All routes with their access.
pub fn table(app: App) -> Table {
    pages(Table::new(app))
        .api()
        .get("/events", May(View), events::events)
        .post("/peer/v1/join", Open, &["peer.join"], peers::join)
        .post("/peer/v1/poll", Open, &[], peers::poll)
        .get("/metrics", Open, metrics::get)
}

/// The pages of the console and their forms.
fn pages(table: Table) -> Table {
    table
        .get(paths::LOGIN, Open, login::page)
        .post(paths::LOGIN, Open, &["session.login"], login::log_in)
        .get(paths::LOGIN_CODE, Open, login::code_form)
        .post(paths::LOGIN_CODE, Open, &["session.login"], login::code)
        .get(paths::INVITE_PATTERN, Open, invite::page)
        .post(paths::INVITE_PATTERN, Open, &["user.add", "user.password"], invite::accept)
        .post(paths::LOGOUT, Open, &["session.logout"], login::log_out)
        .post(paths::THEME, Open, &[], account::choose_theme)
        .get(paths::SETUP, Unclaimed, setup::token_page)
        .post(paths::SETUP, Unclaimed, &[], setup::token)
        .get(paths::SETUP_ADMINISTRATOR, Unclaimed, setup::administrator_page)
        .post(paths::SETUP_ADMINISTRATOR, Unclaimed, &["user.add"], setup::administrator)
        .get(paths::SETUP_GUID, Wizard, setup::guid_page)
        .post(paths::SETUP_GUID, Wizard, &[], setup::guid)
        .get(paths::SETUP_CONNECTION, Wizard, setup::connection_page)
        .post(paths::SETUP_CONNECTION, Wizard, &[], setup::connection)
        .get(paths::SETUP_KEY, Wizard, setup::key_page)
        .post(paths::SETUP_KEY, Wizard, &[], setup::key)
        .get(paths::SETUP_REVIEW, Wizard, setup::review_page)
        .post(paths::SETUP_REVIEW, Wizard, &["conf.save", "server.register"], setup::review)
        .get(paths::SETUP_DONE, Wizard, setup::done_page)
        .get(paths::OVERVIEW, Person(View), overview::page)
        .post(paths::CHECKLIST, Person(EditConfiguration), &["checklist.mark"], overview::mark_checklist)
        .get(paths::SEARCH, Person(View), search::page)
        .get(paths::CONFIGURATION, Person(View), conf::page)
        .post(paths::CONFIGURATION, Person(EditConfiguration), &[], conf::review_form)
        .get(paths::CONFIGURATION_TEXT, Person(View), conf::text_page)
        .post(paths::CONFIGURATION_TEXT, Person(EditConfiguration), &[], conf::review_text)
        .post(paths::CONFIGURATION_SAVE, Person(EditConfiguration), &["conf.save"], conf::save)
        .get(paths::CONFIGURATION_HISTORY, Person(View), conf::history_page)
        .get(paths::CONFIGURATION_REVISION_PATTERN, Person(View), conf::revision_page)
        .get(paths::CONFIGURATION_RESTORE_PATTERN, Person(RestoreConfiguration), conf::restore_page)
        .post(paths::CONFIGURATION_RESTORE, Person(RestoreConfiguration), &["conf.save"], conf::restore)
        .get(paths::CONFIGURATION_UNDO_PATTERN, Person(RestoreConfiguration), conf::undo_page)
        .post(paths::CONFIGURATION_UNDO, Person(RestoreConfiguration), &["conf.save"], conf::undo)
        .get(paths::CONFIGURATION_OUTSIDE, Person(View), conf::outside_page)
        .post(paths::CONFIGURATION_OUTSIDE, Person(EditConfiguration), &["conf.keep"], conf::keep_outside)
        .get(paths::LICENSES, Person(View), licenses::page)
        .get(paths::LICENSES_CSV, Person(View), licenses::file)
        .get(paths::LICENSE_REQUEST, Person(Exchange), licenses::request)
        .post(paths::LICENSE_INSTALL, Person(EditConfiguration), &["ve.install"], licenses::install)
        .get(paths::USAGE, Person(View), usage::page)
        .get(paths::USAGE_CSV, Person(View), usage::csv)
        .get(paths::USAGE_JSON, Person(View), usage::json)
        .get(paths::CLIENTS, Person(View), clients::page)
        .get(paths::CLIENTS_CSV, Person(View), clients::file)
        .get(paths::CLIENTS_RELEASE, Person(Exchange), clients::release_selected_page)
        .post(paths::CLIENTS_RELEASE, Person(Exchange), &["client.release"], clients::release_selected)
        .get("/clients/{id}", Person(View), clients::one)
        .post("/clients/{id}/release", Person(Exchange), &["client.release"], clients::release)
        .get(paths::SERVERS, Person(View), servers::page)
        .post(paths::SERVERS_DRAIN, Person(Drain), &["server.handover"], servers::start_drain)
        .post(paths::SERVERS_DRILL, Person(Drain), &["server.rehearse"], servers::start_drill)
        .post(paths::SERVERS_TAKE_BACK, Person(Drain), &["server.take_back"], servers::take_back)
        .post(paths::SERVERS_INVITE, Person(ManageServers), &["peer.invite"], servers::invite)
        .post(paths::SERVERS_JOIN, Person(ManageServers), &["peer.join"], servers::join)
        .post(paths::SERVERS_REMOVE, Person(ManageServers), &["peer.remove"], servers::remove)
        .get(paths::SOURCES, Person(View), sources::page)
        .post(paths::SOURCES, Person(ManageSources), &["source.add"], sources::add)
        .get(paths::SOURCE_PATTERN, Person(View), sources::one)
        .post("/sources/{id}/look", Person(ImportUsage), &["source.try"], sources::look)
        .post("/sources/{id}/text", Person(ImportUsage), &["source.push"], sources::push)
        .post("/sources/{id}/remove", Person(ManageSources), &["source.remove"], sources::remove)
        .get(paths::EXCHANGE, Person(View), exchange::page)
        .post(paths::EXCHANGE_SYNC, Person(Exchange), &["exchange.sync"], exchange::sync)
        .post(paths::EXCHANGE_REGISTRATION, Person(Register), &["server.register"], registration::register)
        .post(paths::EXCHANGE_REGISTRATION_CORRECT, Person(Register), &["server.register"], registration::correct)
        .get(paths::EXCHANGE_HAND, Person(View), by_hand::page)
        .post(paths::EXCHANGE_HAND_REPORT, Person(Exchange), &["exchange.report"], by_hand::report)
        .post(paths::EXCHANGE_HAND_RESPONSE, Person(Exchange), &["exchange.push"], by_hand::response)
        .get(paths::EXCHANGE_REPORT_DOWNLOAD_PATTERN, Person(Exchange), by_hand::download)
        .get(paths::EXCHANGE_RECEIPT_PATTERN, Person(View), exchange::receipt)
        .get(paths::EXCHANGE_LEDGER, Person(View), exchange::ledger_page)
        .get(paths::EXCHANGE_CLUSTERS, Person(View), clusters::page)
        .post(paths::EXCHANGE_CLUSTERS, Person(EditConfiguration), &["cluster.add"], clusters::add)
        .get(paths::EXCHANGE_CLUSTER_PATTERN, Person(View), clusters::one)
        .post("/exchange/clusters/{id}/report", Person(Exchange), &[], clusters::report)
        .post("/exchange/clusters/{id}/pull", Person(Exchange), &["cluster.pull"], clusters::pull)
        .post("/exchange/clusters/{id}/push", Person(Exchange), &["cluster.push"], clusters::push)
        .post("/exchange/clusters/{id}/remove", Person(EditConfiguration), &["cluster.remove"], clusters::remove)
        .get(paths::DIAGNOSTICS, Person(View), diagnostics::page)
        .post(paths::DIAGNOSTICS_PROBE, Person(Exchange), &["diagnostics.probe"], diagnostics::probe)
        .post(paths::DIAGNOSTICS_PORT, Person(EditConfiguration), &["conf.save"], diagnostics::port)
        .get(paths::DIAGNOSTICS_FIREWALL_TEXT, Person(View), diagnostics::firewall_as_text)
        .get(paths::DIAGNOSTICS_FIREWALL_CSV, Person(View), diagnostics::firewall_as_csv)
        .get(paths::DATABASE, Person(View), database::page)
        .post(paths::DATABASE_LOCKED_CHECK, Person(UnlockRecords), &[], database::locked::check)
        .post(paths::DATABASE_LOCKED_UNLOCK, Person(UnlockRecords), &["locked.unlock"], database::locked::unlock)
        .post(paths::DATABASE_BACK_UP, Person(ManageBackups), &["backup.create"], database::back_up)
        .post(paths::DATABASE_CHECK, Person(ManageBackups), &["database.check"], database::check)
        .post(paths::DATABASE_DOWNLOAD, Person(ManageBackups), &["backup.download"], database::download)
        .post(paths::DATABASE_DELETE, Person(ManageBackups), &["backup.delete"], database::delete)
        .get(paths::LOGS, Person(ViewLogs), logs::page)
        .get(paths::LOGS_TEXT, Person(ViewLogs), logs::text)
        .get(paths::AUDIT, Person(ViewAudit), audit::page)
        .get(paths::AUDIT_CSV, Person(ViewAudit), audit::csv)
        .get(paths::AUDIT_JSON, Person(ViewAudit), audit::json)
        .get(paths::ACCOUNT, Person(OwnAccount), account::page)
        .post(paths::ACCOUNT_PASSWORD, Person(OwnAccount), &["user.password"], account::password)
        .post(paths::ACCOUNT_SESSIONS_REVOKE, Person(OwnAccount), &["session.end"], account::revoke)
        .post(paths::ACCOUNT_SESSIONS_REVOKE_OTHERS, Person(OwnAccount), &["session.end"], account::revoke_others)
        .get(paths::ACCOUNT_TOTP, Person(OwnAccount), two_step::page)
        .post(paths::ACCOUNT_TOTP_START, Person(OwnAccount), &["user.totp-begin"], two_step::start)
        .post(paths::ACCOUNT_TOTP_CONFIRM, Person(OwnAccount), &["user.totp-on"], two_step::confirm)
        .post(paths::ACCOUNT_TOTP_CODES, Person(OwnAccount), &["user.recovery-codes"], two_step::codes)
        .post(paths::ACCOUNT_TOTP_OFF, Person(OwnAccount), &["user.totp-off"], two_step::off)
        .get(paths::USERS, Person(ManageUsers), users::page)
        .post(paths::USERS_INVITE, Person(ManageUsers), &["user.invite"], users::invite)
        .post(paths::USERS_WITHDRAW, Person(ManageUsers), &["user.withdraw"], users::withdraw)
        .get(paths::USER_PATTERN, Person(ManageUsers), users::one)
        .post("/users/{id}/role", Person(ManageUsers), &["user.role"], users::set_role)
        .post("/users/{id}/disable", Person(ManageUsers), &["user.disable"], users::disable)
        .post("/users/{id}/enable", Person(ManageUsers), &["user.enable"], users::enable)
        .post("/users/{id}/password-link", Person(ManageUsers), &["user.reset-link"], users::password_link)
        .post("/users/{id}/reset-two-step", Person(ManageUsers), &["user.totp-reset"], users::reset_two_step)
        .post("/users/{id}/end-sessions", Person(ManageUsers), &["session.end"], users::end_sessions)
        .post("/users/{id}/remove", Person(ManageUsers), &["user.remove"], users::remove)
        .get(paths::TOKENS, Person(ManageTokens), tokens::page)
        .post(paths::TOKENS, Person(ManageTokens), &["token.create"], tokens::create)
        .post(paths::TOKENS_REVOKE, Person(ManageTokens), &["token.revoke"], tokens::revoke)
        .get(paths::SETTINGS, Person(View), alerts::settings)
        .get(paths::ALERTS, Person(View), alerts::page)
        .get(paths::ALERTS_BEFORE, Person(View), alerts::moved)
        .get(paths::ALERTS_BEFORE_PATTERN, Person(View), alerts::moved)
        .post(paths::ALERTS_SUGGESTED, Person(EditConfiguration), &["alert.add"], alerts::add_suggested)
        .get(paths::ALERT_RULE_NEW, Person(View), alerts::new_rule)
        .get(paths::ALERT_RULE_PATTERN, Person(View), alerts::rule)
        .post(paths::ALERT_REVIEW, Person(EditConfiguration), &[], alerts::review)
        .post(paths::ALERT_RULES, Person(EditConfiguration), &["alert.add", "alert.change"], alerts::save_rule)
        .post("/alerts/rules/{id}/acknowledge", Person(HandleAlerts), &["alert.acknowledge"], alerts::acknowledge)
        .post("/alerts/rules/{id}/silence", Person(HandleAlerts), &["alert.silence"], alerts::silence)
        .post("/alerts/rules/{id}/disable", Person(EditConfiguration), &["alert.disable"], alerts::disable)
        .post("/alerts/rules/{id}/remove", Person(EditConfiguration), &["alert.remove"], alerts::remove_rule)
        .get(paths::ALERT_CHANNEL_NEW, Person(View), alerts::new_channel)
        .get(paths::ALERT_CHANNEL_PATTERN, Person(View), alerts::channel)
        .post(
            paths::ALERT_CHANNELS,
            Person(EditConfiguration),
            &["alert.channel.add", "alert.channel.change"],
            alerts::save_channel,
        )
        .post("/alerts/channels/{id}/test", Person(EditConfiguration), &["alert.test"], alerts::test)
        .post(
            "/alerts/channels/{id}/remove",
            Person(EditConfiguration),
            &["alert.channel.remove"],
            alerts::remove_channel,
        )
}

/// The whole service.
pub fn router(app: App) -> Router {
    let sessions = SessionManagerLayer::new(app.engine.session_store())
        .with_name(app.cookie_name().to_owned())
        .with_secure(app.secure)
        .with_same_site(SameSite::Lax)
        .with_path("/")
        .with_expiry(Expiry::OnInactivity(CookieDuration::hours(12)))
        .with_signed(app.cookie_key.clone());
    let table = table(app.clone());
    let pages: Arc<[&'static str]> =
        table.routes.iter().filter(|route| route.method == "GET").map(|route| route.path).collect();
    let inner = table
        .into_router()
        .fallback(fallback)
        .method_not_allowed_fallback(move |request| method_not_allowed(pages.clone(), request))
        .layer(
            ServiceBuilder::new()
                .layer(from_fn(device::hand_out))
                .layer(from_fn(caller::attend))
                .layer(sessions)
                .layer(from_fn_with_state(app.clone(), caller::identify))
                .layer(from_fn_with_state(app.clone(), draw))
                .layer(from_fn_with_state(app.clone(), downloads::pump))
                .layer(CatchPanicLayer::custom(panicked))
                .layer(from_fn_with_state(app.clone(), host::host))
                .layer(from_fn(timeout))
                .layer(from_fn(cross_origin))
                .layer(forms_from(&app.own_origins))
                .layer(from_fn_with_state(app.clone(), claim::claim))
                // Handlers that don't take an answer of a node apply a smaller limit.
                .layer(DefaultBodyLimit::max(MAX_ANSWER)),
        );
    let assets = axum::routing::get(assets::serve).layer(from_fn_with_state(app.clone(), host::host));
    let open = Router::new()
        // Balancers ask without a name, or with one of their own.
        .route("/livez", axum::routing::get(health::livez))
        .route("/readyz", axum::routing::get(health::readyz))
        .route("/pkg/{name}", assets);
    Router::new()
        .merge(inner)
        .merge(open)
        .layer(
            ServiceBuilder::new()
                .layer(CompressionLayer::new().quality(CompressionLevel::Precise(COMPRESSION)))
                .layer(from_fn_with_state(app.clone(), forwarded::forwarded))
                .layer(from_fn(request_id::request_id))
                .layer(from_fn_with_state(app.clone(), headers::headers))
                .layer(CatchPanicLayer::custom(panicked)),
        )
        .route_layer(from_fn(metrics::measure))
        .with_state(app)
}

/// Lets forms through that come from the console itself, by its address or by one of these names.
fn forms_from(origins: &[String]) -> CsrfLayer {
    origins.iter().fold(CsrfLayer::new(), |layer, origin| {
        // A name that no browser sends as it is written (not in ASCII) adds nothing.
        layer.clone().add_trusted_origin(origin).unwrap_or(layer)
    })
}

/// Explains a refused cross-origin request.
async fn cross_origin(request: Request, next: axum::middleware::Next) -> Response {
    let response = next.run(request).await;
    if response.extensions().get::<ProtectionError>().is_none() {
        return response;
    }
    let sentence = "This request came from another site, so nothing was done. Open the console and try there.";
    PageError::Said(StatusCode::FORBIDDEN, "From another site".into(), sentence.into()).into_response()
}

async fn timeout(request: Request, next: axum::middleware::Next) -> Response {
    // Operations of the API have limits of their own.
    if request.uri().path().starts_with("/api/") {
        return next.run(request).await;
    }
    let goes_on = goes_on(request.method());
    tokio::time::timeout(TIMEOUT, next.run(request)).await.unwrap_or_else(|_| {
        let sentence = format!("The request timed out after {} s.{goes_on}", TIMEOUT.as_secs());
        PageError::Said(StatusCode::REQUEST_TIMEOUT, "Timed out".into(), sentence.into()).into_response()
    })
}

async fn fallback() -> PageError {
    PageError::NOWHERE
}

/// A GET of an address that only takes forms leads to the page of the form.
async fn method_not_allowed(pages: Arc<[&'static str]>, request: Request) -> Response {
    let path = request.uri().path();
    if [Method::GET, Method::HEAD].contains(request.method()) && !is_api(path) {
        return Page::to(page_above(&pages, path)).into_response();
    }
    let sentence = format!("This address does not accept {}.", request.method());
    PageError::Said(StatusCode::METHOD_NOT_ALLOWED, "Method not allowed".into(), sentence.into()).into_response()
}

/// The nearest page above an address.
fn page_above<'a>(pages: &[&str], path: &'a str) -> &'a str {
    let is_page = |path: &str| {
        pages.iter().any(|page| {
            page.split('/').count() == path.split('/').count()
                && page.split('/').zip(path.split('/')).all(|(page, part)| page.starts_with('{') || page == part)
        })
    };
    let mut above = path;
    while let Some((rest, _)) = above.rsplit_once('/').filter(|(rest, _)| !rest.is_empty()) {
        if is_page(rest) {
            return rest;
        }
        above = rest;
    }
    paths::OVERVIEW
}

fn panicked(_: Box<dyn std::any::Any + Send + 'static>) -> Response {
    PageError::internal("a handler panicked").into_response()
}
