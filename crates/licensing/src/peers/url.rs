use std::{fmt, net::IpAddr, str::FromStr};

use serde::{Deserialize, Serialize};

/// A console's address: `http://host[:port]` or `https://host[:port]`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PeerUrl(String);

/// Not a console's address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PeerUrlError {
    /// No scheme.
    #[error("Start the console's address with https:// or http://, as in https://lic-01.example.com:8084.")]
    Scheme,
    /// No host, or one that cannot be.
    #[error(
        "The address has no server. Write it like https://lic-01.example.com:8084, with brackets around an IPv6 address."
    )]
    Host,
    /// A port that cannot be.
    #[error("The port must be a number from 1 to 65535, as in https://lic-01.example.com:8084.")]
    Port,
    /// More than an address.
    #[error("Write the address only up to the port, as in https://lic-01.example.com:8084: no path, no user name.")]
    TooMuch,
}

impl PeerUrl {
    /// Without a slash at the end.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Its host: a name, or an address without brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        let place = self.0.split_once("://").map_or("", |(_, place)| place);
        match place.strip_prefix('[') {
            Some(rest) => rest.split(']').next().unwrap_or_default(),
            None => place.split(':').next().unwrap_or_default(),
        }
    }

    /// Whether it is a loopback address.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        let host = self.host();
        let named = host.trim_end_matches('.').eq_ignore_ascii_case("localhost");
        named || host.parse::<IpAddr>().is_ok_and(|address| address.to_canonical().is_loopback())
    }
}

impl FromStr for PeerUrl {
    type Err = PeerUrlError;

    fn from_str(text: &str) -> Result<PeerUrl, PeerUrlError> {
        let (scheme, rest) = text.trim().split_once("://").ok_or(PeerUrlError::Scheme)?;
        let scheme = scheme.to_ascii_lowercase();
        if !matches!(scheme.as_str(), "http" | "https") {
            return Err(PeerUrlError::Scheme);
        }
        let place = rest.strip_suffix('/').unwrap_or(rest);
        if place.contains(['/', '?', '#', '@', '\\']) {
            return Err(PeerUrlError::TooMuch);
        }
        let (host, port) = match place.strip_prefix('[') {
            Some(bracketed) => {
                let (host, after) = bracketed.split_once(']').ok_or(PeerUrlError::Host)?;
                host.parse::<std::net::Ipv6Addr>().map_err(|_| PeerUrlError::Host)?;
                match after.strip_prefix(':') {
                    Some(port) => (host, Some(port)),
                    None if after.is_empty() => (host, None),
                    None => return Err(PeerUrlError::Host),
                }
            }
            None => match place.split_once(':') {
                Some((_, port)) if port.contains(':') => return Err(PeerUrlError::Host),
                Some((host, port)) => (host, Some(port)),
                None => (place, None),
            },
        };
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':');
        if host.is_empty() || host.len() > 255 || !host.chars().all(allowed) {
            return Err(PeerUrlError::Host);
        }
        let number = |port: &str| {
            port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok_and(|port| port != 0)
        };
        if port.is_some_and(|port| !number(port)) {
            return Err(PeerUrlError::Port);
        }
        Ok(PeerUrl(format!("{scheme}://{place}")))
    }
}

impl fmt::Display for PeerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl From<PeerUrl> for String {
    fn from(url: PeerUrl) -> String {
        url.0
    }
}

impl TryFrom<String> for PeerUrl {
    type Error = PeerUrlError;

    fn try_from(text: String) -> Result<PeerUrl, PeerUrlError> {
        text.parse()
    }
}

/// The address of this server for a peer: the one given, else the console's own if it works there: a loopback address
/// works only for a server on the same machine.
#[must_use]
pub fn own_url(said: Option<&PeerUrl>, console: Option<&PeerUrl>, other: Option<&PeerUrl>) -> Option<PeerUrl> {
    let same_machine = other.is_some_and(PeerUrl::is_loopback);
    said.or_else(|| console.filter(|console| !console.is_loopback() || same_machine)).cloned()
}
