//! Two-step sign-in of the own account.

use app::drawn::Draw;
use app::pages::account::{TwoStep, TwoStepPage, TwoStepView};
use app::paths;
use engine::accounts::users::{AccountError, User};
use engine::exchange::qr_svg;
use leptos::prelude::*;
use licensing::permission::Role;

use super::form::Form;
use super::{Console, Page, PageError};
use crate::api::issuer;

/// `GET /account/two-step`
pub async fn page(console: Console) -> Result<Page, PageError> {
    show(&console, Vec::new()).await
}

/// Who is signed in.
async fn own(console: &Console) -> Result<User, PageError> {
    let Some((id, _)) = console.signed_in() else { return Err(PageError::Elsewhere(paths::LOGIN)) };
    console.engine.user(id).await.map_err(PageError::internal)?.ok_or(PageError::Elsewhere(paths::LOGIN))
}

async fn show(console: &Console, codes: Vec<String>) -> Result<Page, PageError> {
    let user = own(console).await?;
    let engine = &console.engine;
    let state = match engine.pending_totp(user.id).await.map_err(PageError::internal)? {
        _ if user.totp => TwoStep::On { left: engine.recovery_codes_left(user.id).await.map_err(PageError::internal)? },
        // Who has found an open browser must not copy the secret into an app of their own.
        Some(_) if !console.is_password_confirmed().await => TwoStep::Waiting { secret: None, qr_svg: None },
        Some(secret) => {
            let uri = secret.uri(&issuer(&engine.server_name()), &user.name);
            TwoStep::Waiting { secret: Some(secret.text()), qr_svg: qr_svg(&uri) }
        }
        None => TwoStep::Off,
    };
    let required = console.require_totp && user.role == Role::Administrator;
    let data = TwoStepPage { state, required, codes };
    Ok(Page::new("Two-step sign-in", || view! { <TwoStepView data=data /> }.drawn()))
}

/// `POST /account/two-step/start`
pub async fn start(form: Form) -> Result<Page, PageError> {
    if let Some(page) = form.ask_password(paths::ACCOUNT_TOTP).await? {
        return Ok(page);
    }
    match form.engine.begin_totp(&form.actor(), own(&form).await?.id).await {
        Ok(_) => Ok(Page::to(paths::ACCOUNT_TOTP)),
        Err(refused) => refuse(&form, refused).await,
    }
}

/// `POST /account/two-step/confirm`: the recovery codes are in the answer itself and nowhere else.
pub async fn confirm(form: Form) -> Result<Page, PageError> {
    if let Some(page) = form.ask_password(paths::ACCOUNT_TOTP).await? {
        return Ok(page);
    }
    match form.engine.confirm_totp(&form.actor(), own(&form).await?.id, form.value("code")).await {
        Ok(codes) => Ok(show(&form, codes).await?.at(paths::ACCOUNT_TOTP)),
        Err(refused) => refuse(&form, refused).await,
    }
}

/// `POST /account/two-step/codes`: as [`confirm`].
pub async fn codes(form: Form) -> Result<Page, PageError> {
    if let Some(page) = form.ask_password(paths::ACCOUNT_TOTP).await? {
        return Ok(page);
    }
    match form.engine.new_recovery_codes(&form.actor(), own(&form).await?.id).await {
        Ok(codes) => Ok(show(&form, codes).await?.at(paths::ACCOUNT_TOTP)),
        Err(refused) => refuse(&form, refused).await,
    }
}

/// `POST /account/two-step/off`
pub async fn off(form: Form) -> Result<Page, PageError> {
    if let Some(page) = form.ask_password(paths::ACCOUNT_TOTP).await? {
        return Ok(page);
    }
    match form.engine.end_totp(&form.actor(), own(&form).await?.id).await {
        Ok(()) => Ok(form.done("Two-step sign-in is off.", paths::ACCOUNT_TOTP).await),
        Err(refused) => refuse(&form, refused).await,
    }
}

async fn refuse(form: &Form, refused: AccountError) -> Result<Page, PageError> {
    form.refused(&refused, paths::ACCOUNT_TOTP, show(form, Vec::new())).await
}
