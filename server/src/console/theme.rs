//! The colour theme: a cookie, so that every page (the login page too) is drawn in it at once.

use app::request::Theme;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Redirect, Response};

use super::form::{Form, next};

const COOKIE: &str = "theme";

/// The theme a browser asks for.
pub fn of(headers: &HeaderMap) -> Theme {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|v| v.to_str().ok()).flat_map(|v| v.split(';'));
    let word = cookies
        .filter_map(|c| c.trim().split_once('='))
        .find(|(name, _)| *name == COOKIE)
        .map_or("", |(_, value)| value);
    Theme::from_word(word)
}

/// `POST /theme`
pub async fn choose(form: Form) -> Response {
    let theme = Theme::from_word(form.value("theme"));
    let secure = if form.secure { "; Secure" } else { "" };
    let cookie = format!("{COOKIE}={}; Path=/; Max-Age=31536000; SameSite=Lax; HttpOnly{secure}", theme.word());
    let mut response = Redirect::to(next(form.value("next"))).into_response();
    if let Ok(value) = HeaderValue::from_str(&cookie) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
    response
}
