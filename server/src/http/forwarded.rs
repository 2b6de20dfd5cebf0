//! Where a request comes from and how the browser addressed it, when proxies are in between. What a proxy says counts
//! only if it is one of `trusted-proxies`: anybody can send these headers.

use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, Request, State};
use axum::http::{Extensions, HeaderMap, HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;
use ipnet::IpNet;

use super::state::App;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
/// Headers that proxies add. A request with one of them was not made on this machine, whatever its connection says.
const ADDED_BY_PROXIES: [HeaderName; 6] = [
    FORWARDED_FOR,
    FORWARDED_PROTO,
    FORWARDED_HOST,
    header::FORWARDED,
    header::VIA,
    HeaderName::from_static("x-real-ip"),
];

/// What the proxies say of a request that came through them.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Proxied {
    /// The proxy it came from is trusted.
    trusted: bool,
    /// It named the client, and no header says otherwise.
    is_named: bool,
    /// The name the browser asked a trusted proxy for, port included.
    host: Option<HeaderValue>,
}

/// Puts the address of the client in the place of the connection's, so that sessions, audit log, waits and logs all
/// name the same. Behind a trusted proxy that speaks TLS, cookies are for TLS only.
pub async fn forwarded(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let headers = request.headers();
    let mut over_tls = false;
    let through_proxy = ADDED_BY_PROXIES.iter().any(|name| headers.contains_key(name));
    let connection = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(address)| *address);
    if let Some(connection) = connection {
        let named = client(connection.ip(), headers, &app.trusted_proxies);
        let ip = named.unwrap_or(connection.ip().to_canonical());
        let trusted = is_trusted(connection.ip().to_canonical(), &app.trusted_proxies);
        let host = headers.get(FORWARDED_HOST).filter(|_| trusted).and_then(first);
        over_tls = trusted && !app.secure && is_https(headers);
        // The port is the proxy's, if there is one.
        let port = if ip == connection.ip().to_canonical() { connection.port() } else { 0 };
        let extensions = request.extensions_mut();
        extensions.insert(ConnectInfo(SocketAddr::new(ip, port)));
        if through_proxy {
            extensions.insert(Proxied { trusted, is_named: named.is_some(), host });
        }
    }
    let mut response = next.run(request).await;
    if over_tls {
        only_over_tls(response.headers_mut());
    }
    response
}

/// The address of the client, as [`forwarded`] found it; `None` for a call within the process.
pub fn address(extensions: &Extensions) -> Option<IpAddr> {
    extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(address)| address.ip().to_canonical())
}

/// The name the browser asked a trusted proxy for.
pub fn host(extensions: &Extensions) -> Option<&HeaderValue> {
    extensions.get::<Proxied>()?.host.as_ref()
}

/// Whether the request was made on this machine over loopback, without a proxy.
pub fn is_direct_and_local(extensions: &Extensions) -> bool {
    extensions.get::<Proxied>().is_none() && address(extensions).is_some_and(|ip| ip.is_loopback())
}

/// Whether the person who asks is at this machine: over loopback, through no proxy or a trusted one that says so. Addresses of
/// other networks prove nothing: some hosts and containers show visitors under their own.
pub fn is_at_this_machine(extensions: &Extensions) -> bool {
    extensions.get::<Proxied>().is_none_or(|proxied| proxied.trusted && proxied.is_named)
        && address(extensions).is_none_or(|ip| ip.is_loopback())
}

fn is_trusted(ip: IpAddr, trusted: &[IpNet]) -> bool {
    trusted.iter().any(|network| network.contains(&ip))
}

/// The right-most hop that is not a trusted proxy; `None` where no proxy names one. Where the two kinds of headers disagree, one of
/// them is not the proxy's, and neither counts.
fn client(connection: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> Option<IpAddr> {
    let connection = connection.to_canonical();
    let lists = [values(headers, &FORWARDED_FOR).map(hop).collect(), forwarded_for(headers)];
    let mut found: Option<IpAddr> = None;
    for list in lists.iter().filter(|list: &&Vec<Option<IpAddr>>| !list.is_empty()) {
        let (mut ip, mut is_named) = (connection, false);
        let mut hops = list.iter().rev();
        while is_trusted(ip, trusted)
            && let Some(Some(hop)) = hops.next()
        {
            (ip, is_named) = (*hop, true);
        }
        if !is_named || found.is_some_and(|before| before != ip) {
            return None;
        }
        found = Some(ip);
    }
    found
}

/// The parts of a header that is a list, in order, over all lines of that name.
fn values<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'a str> {
    // A line that is no text is one part that says nothing.
    headers.get_all(name).into_iter().flat_map(|line| line.to_str().unwrap_or("-").split(',')).map(str::trim)
}

/// The pairs of one element of `Forwarded` with this name.
fn pair<'a>(element: &'a str, name: &str) -> Option<&'a str> {
    let pairs = element.split(';').filter_map(|pair| pair.split_once('='));
    let mut named = pairs.filter(|(key, _)| key.trim().eq_ignore_ascii_case(name));
    named.next().map(|(_, value)| value.trim().trim_matches('"'))
}

fn forwarded_for(headers: &HeaderMap) -> Vec<Option<IpAddr>> {
    values(headers, &header::FORWARDED).map(|element| pair(element, "for").and_then(hop)).collect()
}

/// An address with or without port; `None` for anything else, such as `unknown`.
fn hop(text: &str) -> Option<IpAddr> {
    let plain = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    let ip = plain.parse::<IpAddr>().or_else(|_| text.parse::<SocketAddr>().map(|address| address.ip()));
    ip.ok().map(|ip| ip.to_canonical())
}

/// Whether the browser spoke TLS with the proxy.
fn is_https(headers: &HeaderMap) -> bool {
    values(headers, &FORWARDED_PROTO).next().is_some_and(|proto| proto.eq_ignore_ascii_case("https"))
        || values(headers, &header::FORWARDED)
            .next()
            .and_then(|element| pair(element, "proto"))
            .is_some_and(|proto| proto.eq_ignore_ascii_case("https"))
}

fn first(list: &HeaderValue) -> Option<HeaderValue> {
    let name = list.to_str().ok()?.split(',').next()?.trim();
    HeaderValue::from_str(name).ok().filter(|name| !name.is_empty())
}

/// Makes the browser send these cookies over TLS only.
fn only_over_tls(headers: &mut HeaderMap) {
    let cookies: Vec<HeaderValue> = headers.get_all(header::SET_COOKIE).into_iter().cloned().collect();
    headers.remove(header::SET_COOKIE);
    for cookie in cookies {
        let secure = cookie.to_str().ok().filter(|text| !text.to_ascii_lowercase().contains("; secure"));
        let secure = secure.and_then(|text| HeaderValue::from_str(&format!("{text}; Secure")).ok());
        headers.append(header::SET_COOKIE, secure.unwrap_or(cookie));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(connection: &str, lines: &[(&'static str, &str)]) -> String {
        let trusted: Vec<IpNet> = vec!["127.0.0.1/32".parse().unwrap(), "10.0.0.0/8".parse().unwrap()];
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(*name, value.parse().unwrap());
        }
        let connection: IpAddr = connection.parse().unwrap();
        client(connection, &headers, &trusted).unwrap_or(connection.to_canonical()).to_string()
    }

    #[rstest::rstest]
    #[case("192.0.2.1", &[], "192.0.2.1")]
    #[case("192.0.2.1", &[("x-forwarded-for", "198.51.100.7")], "192.0.2.1")]
    #[case("127.0.0.1", &[("x-forwarded-for", "198.51.100.7")], "198.51.100.7")]
    #[case("::ffff:127.0.0.1", &[("x-forwarded-for", "198.51.100.7")], "198.51.100.7")]
    #[case("127.0.0.1", &[("x-forwarded-for", "203.0.113.9, 198.51.100.7, 10.1.2.3")], "198.51.100.7")]
    #[case("127.0.0.1", &[("x-forwarded-for", "203.0.113.9"), ("x-forwarded-for", "198.51.100.7")], "198.51.100.7")]
    #[case("127.0.0.1", &[("x-forwarded-for", "10.1.1.1, 10.2.2.2")], "10.1.1.1")]
    #[case("127.0.0.1", &[("x-forwarded-for", "203.0.113.9, unknown, 10.1.2.3")], "10.1.2.3")]
    #[case("127.0.0.1", &[("x-forwarded-for", "198.51.100.7:4711")], "198.51.100.7")]
    #[case("127.0.0.1", &[("x-forwarded-for", "[2001:db8::7]:4711")], "2001:db8::7")]
    #[case("127.0.0.1", &[("x-forwarded-for", "2001:db8::7")], "2001:db8::7")]
    #[case("127.0.0.1", &[("forwarded", "for=203.0.113.9, For=\"[2001:db8::7]:4711\";proto=https")], "2001:db8::7")]
    #[case("127.0.0.1", &[("forwarded", "proto=https;for=198.51.100.7")], "198.51.100.7")]
    #[case("127.0.0.1", &[("forwarded", "for=_hidden")], "127.0.0.1")]
    #[case("127.0.0.1", &[("forwarded", "for=198.51.100.7"), ("x-forwarded-for", "198.51.100.7")], "198.51.100.7")]
    #[case("127.0.0.1", &[("forwarded", "for=203.0.113.9"), ("x-forwarded-for", "198.51.100.7")], "127.0.0.1")]
    fn the_right_most_hop_that_is_no_trusted_proxy_is_the_client(
        #[case] connection: &str,
        #[case] lines: &[(&'static str, &str)],
        #[case] client: &str,
    ) {
        assert_eq!(found(connection, lines), client);
    }
}
