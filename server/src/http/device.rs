//! The device cookie: a browser in which somebody signed in shows it when that person signs in again, and then has attempts of its own,
//! which no stranger can use up. It opens nothing: without the password it is worth nothing.

use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;
use tower_sessions::cookie::time::Duration;
use tower_sessions::cookie::{Cookie, CookieJar, SameSite};

use super::state::App;

/// A browser is known for this long after the last time somebody signed in.
const LIFE: Duration = Duration::days(365);
/// Begins the value, so that no other cookie signed with the same key is taken for one.
const PREFIX: &str = "device:";

/// The cookie that the answer to a request brings.
#[derive(Clone, Debug, Default)]
pub struct NewDevice(Arc<Mutex<Option<String>>>);

impl NewDevice {
    /// Makes this browser known as one in which the user `name` signed in.
    pub fn make(&self, app: &App, name: &str) {
        let number = engine::secret::hex(&engine::secret::random::<16>());
        let cookie = Cookie::build((cookie_name(app), format!("{PREFIX}{number}:{}", name.to_lowercase())))
            .path("/")
            .max_age(LIFE)
            .http_only(true)
            .secure(app.secure)
            .same_site(SameSite::Lax);
        let mut jar = CookieJar::new();
        jar.signed_mut(&app.cookie_key).add(cookie);
        let made = jar.delta().next().map(|cookie| cookie.encoded().to_string());
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = made;
    }
}

fn cookie_name(app: &App) -> String {
    format!("{}-device", app.cookie_name())
}

/// Hands the cookie to the browser, after that of the session.
pub async fn hand_out(mut request: Request, next: Next) -> Response {
    let device = NewDevice::default();
    request.extensions_mut().insert(device.clone());
    let mut response = next.run(request).await;
    let made = device.0.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(value) = made.and_then(|made| HeaderValue::from_str(&made).ok()) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
    response
}

/// The value of a cookie that this server signed.
fn signed(app: &App, headers: &HeaderMap, name: &str) -> Option<String> {
    let mut jar = CookieJar::new();
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    for cookie in lines.flat_map(|line| Cookie::split_parse_encoded(line.to_owned())).flatten() {
        if cookie.name() == name {
            jar.add_original(cookie);
        }
    }
    jar.signed(&app.cookie_key).get(name).map(|cookie| cookie.value().to_owned())
}

/// The number of the browser, if the user `name` signed in with it.
pub fn number(app: &App, headers: &HeaderMap, name: &str) -> Option<String> {
    let value = signed(app, headers, &cookie_name(app))?;
    let (number, of) = value.strip_prefix(PREFIX)?.split_once(':')?;
    (of == name.trim().to_lowercase()).then(|| number.to_owned())
}

/// Whether the request comes with the cookie of a session, which may have ended.
pub fn had_session(app: &App, headers: &HeaderMap) -> bool {
    signed(app, headers, app.cookie_name()).is_some()
}

/// Whether somebody signed in with this browser before.
pub fn is_known(app: &App, headers: &HeaderMap) -> bool {
    had_session(app, headers) || signed(app, headers, &cookie_name(app)).is_some_and(|value| value.starts_with(PREFIX))
}
