//! Answers only for known host names, so that no foreign page can reach the console through its own name (DNS
//! rebinding). Addresses are always fine: a page can't make the browser send one for its own name.

use std::net::IpAddr;

use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::console::PageError;
use crate::http::state::App;

/// Refuses a request for a name that is not ours with 421.
pub async fn host(State(app): State<App>, request: Request, next: Next) -> Response {
    let named = request.headers().get(header::HOST).and_then(|h| h.to_str().ok()).or_else(|| request.uri().host());
    // Peers may use any name that leads here; their addresses have nothing for browsers.
    if request.uri().path().starts_with("/peer/") {
        return next.run(request).await;
    }
    match named {
        Some(name) if is_ours(name, &app.hosts) => next.run(request).await,
        named => {
            let shown: String = named.unwrap_or("no name").chars().filter(|c| c.is_ascii_graphic()).take(80).collect();
            let sentence = format!(
                "This console has no name “{shown}”. Use its address, or add the name to `hosts` in leasehold.toml."
            );
            PageError::Said(StatusCode::MISDIRECTED_REQUEST, "Unknown name".into(), sentence.into()).into_response()
        }
    }
}

fn is_ours(host: &str, known: &[String]) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.rsplit_once(':').map_or(host, |(name, _)| name),
    };
    name.parse::<IpAddr>().is_ok() || known.iter().any(|known| known.eq_ignore_ascii_case(name.trim_end_matches('.')))
}

#[cfg(test)]
mod tests {
    use super::is_ours;

    #[rstest::rstest]
    #[case("127.0.0.1:8084", true)]
    #[case("[::1]:8084", true)]
    #[case("LOCALHOST:1", true)]
    #[case("lic-01", true)]
    #[case("evil.example:8084", false)]
    #[case("127.0.0.1.evil.example", false)]
    #[case("", false)]
    fn only_addresses_and_known_names(#[case] host: &str, #[case] ours: bool) {
        assert_eq!(is_ours(host, &["localhost".into(), "lic-01".into()]), ours);
    }
}
