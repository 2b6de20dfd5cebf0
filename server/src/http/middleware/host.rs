//! Answers only for known host names, so that no foreign page can reach the console through its own name (DNS
//! rebinding). Addresses are always fine: a page can't make the browser send one for its own name.

use std::net::{Ipv4Addr, Ipv6Addr};

use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::console::PageError;
use crate::http::forwarded;
use crate::http::state::App;

/// Refuses a request for a name that is not ours with 421.
pub async fn host(State(app): State<App>, mut request: Request, next: Next) -> Response {
    // Peers may use any name that leads here; their addresses have nothing for browsers.
    if request.uri().path().starts_with("/peer/") {
        return next.run(request).await;
    }
    let headers = request.headers();
    let named = headers.get(header::HOST).and_then(|h| h.to_str().ok()).or_else(|| request.uri().host());
    // A request that names two hosts means one that we don't see.
    let is_one = headers.get_all(header::HOST).iter().count() <= 1
        && request.uri().authority().is_none_or(|uri| is_ours(uri.as_str(), &app.hosts));
    let asked = forwarded::host(request.extensions()).cloned();
    // A page can add headers, so the name a proxy tells replaces the other one, but excuses nothing.
    let through = asked.as_ref().map(|asked| asked.to_str().unwrap_or_default());
    let named = named.unwrap_or("no name");
    let unknown = [Some(named), through].into_iter().flatten().find(|name| !is_one || !is_ours(name, &app.hosts));
    match unknown {
        None => {
            if let Some(asked) = asked {
                request.headers_mut().insert(header::HOST, asked);
            }
            next.run(request).await
        }
        Some(name) => {
            let shown: String = name.chars().filter(|c| c.is_ascii_graphic() || *c == ' ').take(80).collect();
            let sentence = format!(
                "This console has no name “{shown}”. Use its address, or add the name to `hosts` in leasehold.toml."
            );
            PageError::Said(StatusCode::MISDIRECTED_REQUEST, "Unknown name".into(), sentence.into()).into_response()
        }
    }
}

/// A name or an address, and perhaps a port; nothing else.
fn is_ours(host: &str, known: &[String]) -> bool {
    let is_number = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok();
    let is_port = |rest: &str| rest.is_empty() || rest.strip_prefix(':').is_some_and(is_number);
    if let Some((address, rest)) = host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        return address.parse::<Ipv6Addr>().is_ok() && is_port(rest);
    }
    let (name, rest) = host.split_at(host.find(':').unwrap_or(host.len()));
    let is_known = |name: &str| known.iter().any(|known| known.eq_ignore_ascii_case(name));
    is_port(rest) && (name.parse::<Ipv4Addr>().is_ok() || is_known(name.strip_suffix('.').unwrap_or(name)))
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
    #[case("lic-01.:8084", true)]
    #[case("[::1]", true)]
    #[case("127.0.0.1:8084@evil.example", false)]
    #[case("127.0.0.1@evil.example", false)]
    #[case("user@127.0.0.1:8084", false)]
    #[case("[::1]@evil.example", false)]
    #[case("[::1]:80@evil.example:80", false)]
    #[case("[::1", false)]
    #[case("[127.0.0.1]", false)]
    #[case("127.0.0.1:", false)]
    #[case("127.0.0.1:80:80", false)]
    #[case("127.0.0.1:+80", false)]
    #[case("127.0.0.1:99999", false)]
    #[case("127.0.0.1 :80", false)]
    #[case("localhost:80/evil.example", false)]
    fn only_addresses_and_known_names(#[case] host: &str, #[case] ours: bool) {
        assert_eq!(is_ours(host, &["localhost".into(), "lic-01".into()]), ours);
    }
}
