//! The own account: password, sessions, colour theme.

use super::form::{Form, next, wrong};
use super::{Console, Page, PageError};
use app::drawn::Draw;
use app::pages::account::{Account, AccountPage, SessionItem};
use app::paths;
use app::request::Theme;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Redirect, Response};
use engine::DatabaseError;
use engine::accounts::password;
use engine::accounts::session_store::{SessionItem as StoredSession, WhichSessions};
use engine::accounts::users::AccountError;
use leptos::prelude::*;

/// `GET /account`
pub async fn page(console: Console) -> Result<Page, PageError> {
    show(&console).await
}

async fn show(console: &Console) -> Result<Page, PageError> {
    let data = load(console).await?;
    Ok(Page::new("Account", || view! { <AccountPage data=data /> }.drawn()))
}

/// `POST /account/password`
pub async fn password(form: Form) -> Result<Page, PageError> {
    let Some((_, handle)) = form.signed_in() else { return Ok(Page::to(paths::LOGIN)) };
    let (actor, name) = (form.actor(), form.name());
    let refuse =
        |field: &'static str, error: String| form.refuse(paths::ACCOUNT, vec![wrong(Some(field), error)], show(&form));
    match form.confirm(form.value("current")).await {
        Ok(()) => {}
        Err(AccountError::Sql(error)) => return Err(error.into()),
        Err(AccountError::Wrong) => return refuse("current", "This is not your current password.".to_owned()).await,
        Err(error) => return refuse("current", error.to_string()).await,
    }
    if form.value("password") != form.value("password_again") {
        return refuse("password_again", "The new passwords do not match.".to_owned()).await;
    }
    match form.engine.set_password(&actor, name, form.value("password"), Some(handle)).await {
        Ok(()) => Ok(form.done("Password changed. Your other sessions are signed out.", paths::ACCOUNT).await),
        Err(AccountError::Sql(error)) => Err(error.into()),
        Err(error) => refuse("password", error.to_string()).await,
    }
}

/// `POST /account/sessions/revoke`
pub async fn revoke(form: Form) -> Result<Page, PageError> {
    end(&form, WhichSessions::One(form.value("id"))).await
}

/// `POST /account/sessions/revoke-others`
pub async fn revoke_others(form: Form) -> Result<Page, PageError> {
    match form.signed_in() {
        Some((_, handle)) => end(&form, WhichSessions::AllBut(handle)).await,
        None => Ok(Page::to(paths::LOGIN)),
    }
}

async fn end(form: &Form, which: WhichSessions<'_>) -> Result<Page, PageError> {
    let Some((user, handle)) = form.signed_in() else { return Ok(Page::to(paths::LOGIN)) };
    let own = matches!(which, WhichSessions::One(ended) if ended == handle);
    let text = match form.engine.end_sessions(&form.actor(), user, which).await? {
        _ if own => return Ok(Page::to(paths::LOGIN)),
        0 => "This session has already ended.".to_owned(),
        1 => "Signed out 1 session.".to_owned(),
        n => format!("Signed out {n} sessions."),
    };
    Ok(form.done(text, paths::ACCOUNT).await)
}

/// The account of the viewer; an API token has no sessions.
async fn load(console: &Console) -> Result<Account, DatabaseError> {
    let current = console.signed_in();
    let (sessions, user) = match current {
        Some((user, _)) => {
            let known = console.engine.user(user).await.map_err(|error| match error {
                AccountError::Sql(error) => error,
                _ => DatabaseError::RowNotFound,
            })?;
            (console.engine.sessions(user).await?, known)
        }
        None => (Vec::new(), None),
    };
    let handle = current.map(|(_, handle)| handle);
    Ok(Account {
        name: console.name().to_owned(),
        role: console.caller.known.as_ref().ok_or(DatabaseError::RowNotFound)?.role(),
        password_changed_ms: user.as_ref().map(|user| user.password_at),
        totp: user.is_some_and(|user| user.totp),
        sessions: sessions.into_iter().map(|session| session_item(session, handle)).collect(),
        password_min: password::MIN_CHARACTERS,
    })
}

/// A session as it is shown; `current` is the handle of the viewer's own.
pub fn session_item(session: StoredSession, current: Option<&str>) -> SessionItem {
    SessionItem {
        current: current == Some(session.handle.as_str()),
        id: session.handle,
        device: device(session.agent.as_deref().unwrap_or_default()),
        address: session.address.unwrap_or_else(|| "unknown".to_owned()),
        started_ms: session.created_at,
        last_seen_ms: session.seen_at,
    }
}

/// Where the viewer is signed in, this browser included.
pub async fn own_sessions(console: &Console) -> Result<usize, DatabaseError> {
    match console.signed_in() {
        Some((user, _)) => Ok(console.engine.sessions(user).await?.len()),
        None => Ok(0),
    }
}

/// "Firefox on Linux" from what a browser says of itself; its own words, shortened, when it is none of the known.
fn device(agent: &str) -> String {
    const BROWSERS: &[(&str, &str)] = &[
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
        ("curl/", "curl"),
    ];
    const SYSTEMS: &[(&str, &str)] = &[
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Mac OS", "macOS"),
        ("Linux", "Linux"),
    ];
    let find =
        |known: &[(&str, &'static str)]| known.iter().find(|(mark, _)| agent.contains(mark)).map(|(_, name)| *name);
    match (find(BROWSERS), find(SYSTEMS)) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(browser), None) => browser.to_owned(),
        _ if agent.is_empty() => "Unknown browser".to_owned(),
        _ => agent.chars().filter(|c| !c.is_control()).take(40).collect(),
    }
}

/// The colour theme: a cookie, so that every page (the login page too) is drawn in it at once.
const THEME_COOKIE: &str = "theme";

/// The theme a browser asks for.
pub fn theme_of(headers: &HeaderMap) -> Theme {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|v| v.to_str().ok()).flat_map(|v| v.split(';'));
    let word = cookies
        .filter_map(|c| c.trim().split_once('='))
        .find(|(name, _)| *name == THEME_COOKIE)
        .map_or("", |(_, value)| value);
    Theme::from_word(word)
}

/// `POST /theme`
pub async fn choose_theme(form: Form) -> Response {
    let theme = Theme::from_word(form.value("theme"));
    let secure = if form.secure { "; Secure" } else { "" };
    let cookie = format!("{THEME_COOKIE}={}; Path=/; Max-Age=31536000; SameSite=Lax; HttpOnly{secure}", theme.word());
    let mut response = Redirect::to(next(form.value("next"))).into_response();
    if let Ok(value) = HeaderValue::from_str(&cookie) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_are_named_in_two_words() {
        assert_eq!(
            device("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"),
            "Firefox on Linux"
        );
        assert_eq!(device("curl/8.0"), "curl");
        assert_eq!(device(""), "Unknown browser");
    }
}
