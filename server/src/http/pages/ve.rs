//! The license of this machine: its request as a file, and installing what came back.

use app::pages::licenses::{LICENSE_FILE as FILE, LICENSE_KEY as KEY, LICENSE_TEXT as TEXT};
use app::paths;
use app::request::FlashKind;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use engine::actor::Origin;
use engine::ve::InstallError;
use licensing::vendor_key::Fingerprint;

use super::exchange::attachment;
use super::form::{Form, wrong};
use super::render::{Drawing, draw};
use super::{error, flash};
use crate::http::state::App;

/// `GET /licenses/machine/request.json`
pub async fn request(State(app): State<App>, request: Request) -> Response {
    match app.engine.ve_request().await {
        Ok(made) => attachment("application/json", "leasehold-license-request.json", made.to_json().into_bytes()),
        Err(failed) => error::internal(&app, &request.into_parts().0, &failed).await,
    }
}

/// `POST /licenses/machine`
pub async fn install(State(app): State<App>, form: Form) -> Response {
    let (typed, file, key) = (form.value(TEXT).trim(), form.value(FILE).trim(), form.value(KEY).trim());
    let (field, text) = if typed.is_empty() && !file.is_empty() { (FILE, file) } else { (TEXT, typed) };
    let named = match Some(key).filter(|key| !key.is_empty()).map(str::parse::<Fingerprint>).transpose() {
        Ok(named) => named,
        Err(unreadable) => return refuse(&app, &form, KEY, unreadable.to_string()).await,
    };
    match app.engine.install_ve(text.as_bytes(), named, &form.caller().actor(Origin::Console)).await {
        Ok(now) => {
            let id = &now.installed.license().license_id;
            let said = match now.unchanged {
                true => format!("The license {id} was in place already. Nothing was changed."),
                false => format!("The license {id} is installed."),
            };
            flash::leave(&form.session(), FlashKind::Success, said).await;
            Redirect::to(paths::LICENSES).into_response()
        }
        Err(InstallError::Sql(failed)) => error::internal(&app, &form.parts, &failed).await,
        Err(refused @ InstallError::OtherKey { .. }) => refuse(&app, &form, KEY, refused.to_string()).await,
        Err(refused) => refuse(&app, &form, field, refused.to_string()).await,
    }
}

async fn refuse(app: &App, form: &Form, field: &str, sentence: String) -> Response {
    let mut state = form.state(vec![wrong(Some(field), sentence)]);
    // A file is chosen again; what it held is not shown.
    state.values.retain(|(name, _)| name != FILE);
    let (path, status) = (Some(paths::LICENSES.to_owned()), Some(StatusCode::UNPROCESSABLE_ENTITY));
    draw(app, &form.parts, Drawing { form: Some(state), path, status, answer: None }).await
}
