//! Two-step sign-in of the person who asks: set-up, recovery codes, turning it off.

use axum::Json as Answer;
use axum::extract::State;
use axum::http::StatusCode;
use licensing::permission::Permission::OwnAccount;
use serde::{Deserialize, Serialize};
use utoipa_axum::routes;

use super::accounts::Named;
use super::request::{By, Json};
use super::{Api, Operations};
use crate::http::access::Access::Person;
use crate::http::problem::Problem;

pub fn operations(all: Operations) -> Operations {
    all.add(routes!(begin_totp), Person(OwnAccount), &["user.totp-begin"])
        .add(routes!(confirm_totp), Person(OwnAccount), &["user.totp-on"])
        .add(routes!(end_totp), Person(OwnAccount), &["user.totp-off"])
        .add(routes!(new_recovery_codes), Person(OwnAccount), &["user.recovery-codes"])
}

/// Number and name of the signed-in user.
fn own(by: &By) -> Result<(i64, &str), Problem> {
    let session = by.user().zip(by.session().map(|(name, _)| name));
    session.ok_or_else(|| {
        Problem::new(
            StatusCode::CONFLICT,
            "Sign in to the console: a command on this machine has no account of its own.",
        )
    })
}

/// What an authenticator app needs, shown only now.
#[derive(Serialize, utoipa::ToSchema)]
struct TotpSetup {
    /// Base32, in groups of four.
    secret: String,
    /// The same as `otpauth://` address, for a QR code.
    uri: String,
}

/// Begins the set-up of two-step sign-in (RFC 6238: SHA-1, 6 digits, 30 s). It is on when its first code is confirmed, within 30 minutes.
#[utoipa::path(post, path = "/api/v1/account/totp", tag = "users", responses(
    (status = 200, description = "Begun", body = TotpSetup),
    (status = 409, description = "It is already on")))]
async fn begin_totp(State(Api { engine, .. }): State<Api>, by: By) -> Result<Answer<TotpSetup>, Problem> {
    let (user, name) = own(&by)?;
    let secret = engine.begin_totp(&by.actor(), user).await?;
    Ok(Answer(TotpSetup { secret: secret.text(), uri: secret.uri(&issuer(&engine.server_name()), name) }))
}

/// What an app shows above a code: this server.
pub fn issuer(server_name: &str) -> String {
    format!("Leasehold {server_name}").trim_end().to_owned()
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "code": "492039" }))]
struct FirstCode {
    /// What the app shows now.
    #[schema(write_only)]
    code: String,
}

/// Ten codes that each work once in place of the app, shown only now.
#[derive(Serialize, utoipa::ToSchema)]
struct RecoveryCodes {
    recovery_codes: Vec<String>,
}

/// Turns two-step sign-in on with the first code of the app, and returns the recovery codes once.
#[utoipa::path(post, path = "/api/v1/account/totp/confirm", tag = "users", request_body = FirstCode, responses(
    (status = 200, description = "On", body = RecoveryCodes),
    (status = 409, description = "The set-up was not begun, or has expired")))]
async fn confirm_totp(
    State(Api { engine, .. }): State<Api>,
    by: By,
    Json(FirstCode { code }): Json<FirstCode>,
) -> Result<Answer<RecoveryCodes>, Problem> {
    let (user, _) = own(&by)?;
    let recovery_codes = engine.confirm_totp(&by.actor(), user, &code).await?;
    Ok(Answer(RecoveryCodes { recovery_codes }))
}

/// Replaces the recovery codes and returns the new ones once.
#[utoipa::path(post, path = "/api/v1/account/totp/recovery-codes", tag = "users", responses(
    (status = 200, description = "Replaced", body = RecoveryCodes),
    (status = 409, description = "Two-step sign-in is not on")))]
async fn new_recovery_codes(State(Api { engine, .. }): State<Api>, by: By) -> Result<Answer<RecoveryCodes>, Problem> {
    let (user, _) = own(&by)?;
    let recovery_codes = engine.new_recovery_codes(&by.actor(), user).await?;
    Ok(Answer(RecoveryCodes { recovery_codes }))
}

/// Turns two-step sign-in off: the password alone is asked for again.
#[utoipa::path(delete, path = "/api/v1/account/totp", tag = "users", responses(
    (status = 200, description = "Off", body = Named),
    (status = 409, description = "It is not on")))]
async fn end_totp(State(Api { engine, .. }): State<Api>, by: By) -> Result<Answer<Named>, Problem> {
    let (user, name) = own(&by)?;
    engine.end_totp(&by.actor(), user).await?;
    Ok(Answer(Named { name: name.to_owned() }))
}
