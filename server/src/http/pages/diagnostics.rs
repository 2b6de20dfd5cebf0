//! The reachability of the nodes.

use app::load::diagnostics as load;
use app::paths;
use app::request::FlashKind;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use engine::actor::Origin;
use engine::audit::Outcome;
use engine::conf::{Base, Change, SaveError};

use super::exchange::attachment;
use super::form::{Form, wrong};
use super::{error, flash};
use crate::http::state::App;

/// `POST /diagnostics/probe`
pub async fn probe(State(app): State<App>, form: Form) -> Response {
    if app.engine.check_reachability() {
        let actor = form.caller().actor(Origin::Console);
        let sentence = "Asked all licensing nodes at all their ports.".to_owned();
        if let Err(failed) = app.engine.audit.note(&actor, "diagnostics.probe", sentence, Outcome::Done).await {
            return error::internal(&app, &form.parts, &failed).await;
        }
    }
    Redirect::to(paths::DIAGNOSTICS).into_response()
}

/// The values that use a port of a protocol; none when it is not among the allowed.
pub fn port_values(https: bool, port: &str) -> Option<Vec<(String, String)>> {
    let port: u16 = port.parse().ok()?;
    if !engine::diagnostics::allowed_ports(https).contains(&port) {
        return None;
    }
    let key = if https { "FLEX_REPORTING_PORT_HTTPS" } else { "FLEX_REPORTING_PORT" };
    let protocol = ("USE_FLEX_REPORTING_HTTPS".to_owned(), if https { "1" } else { "0" }.to_owned());
    Some(vec![protocol, (key.to_owned(), port.to_string())])
}

/// `POST /diagnostics/port`: uses the port that works.
pub async fn port(State(app): State<App>, form: Form) -> Response {
    let https = form.value("https") == "1";
    let Some(values) = port_values(https, form.value("port")) else {
        let message = "The licensing nodes do not listen at this port. Choose one of the list.";
        let errors = vec![wrong(None, message)];
        return form.refuse(&app, paths::DIAGNOSTICS, StatusCode::UNPROCESSABLE_ENTITY, errors).await;
    };
    let words = format!("{}, port {}", if https { "HTTPS" } else { "HTTP" }, form.value("port"));
    let actor = form.caller().actor(Origin::Console);
    let comment = format!("Found to work by Diagnostics: {words}.");
    match app.engine.save_conf(&actor, &Base::Newest, &Change::Values(values), &comment).await {
        Ok(saved) => {
            let text = format!("The licensing nodes are now reached by {words} (revision {}).", saved.revision.number);
            flash::leave(&form.session(), FlashKind::Success, text).await;
            Redirect::to(paths::DIAGNOSTICS).into_response()
        }
        Err(SaveError::Sql(failed)) => error::internal(&app, &form.parts, &failed).await,
        Err(refused) => {
            let errors = vec![wrong(None, refused)];
            form.refuse(&app, paths::DIAGNOSTICS, StatusCode::UNPROCESSABLE_ENTITY, errors).await
        }
    }
}

/// `GET /diagnostics/firewall.txt`
pub async fn firewall_text(State(app): State<App>) -> Response {
    let rows = load::firewall_rows(&app.engine);
    let text = load::firewall_text(&rows, &app.server_name, app.engine.now_ms());
    attachment("text/plain; charset=utf-8", "leasehold-firewall-request.txt", text.into_bytes())
}

/// `GET /diagnostics/firewall.csv`
pub async fn firewall_csv(State(app): State<App>) -> Response {
    let csv = engine::diagnostics::firewall_csv(&load::firewall_rows(&app.engine));
    attachment("text/csv; charset=utf-8", "leasehold-firewall-request.csv", csv.into_bytes())
}
