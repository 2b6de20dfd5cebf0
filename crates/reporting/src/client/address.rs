use std::fmt;
use std::net::Ipv6Addr;
use std::str::FromStr;

/// Host and port of an API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    host: String,
    port: u16,
}

/// Why a text is no address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// `http://…`.
    #[error("Write the address as host:port, without “{scheme}://”; TLS is a separate option.")]
    Scheme {
        /// As given.
        scheme: String,
    },
    /// No port, or none between 1 and 65535.
    #[error("The address needs a port from 1 to 65535 after the host, as in reporting.example.com:443.")]
    Port,
    /// No host, or characters that no host has.
    #[error(
        "The address needs a host name or an IP address before the port; put an IPv6 address in brackets: [::1]:5000."
    )]
    Host,
}

impl Address {
    /// Host name or IP address, the latter without brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Port.
    pub fn port(&self) -> u16 {
        self.port
    }
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let text = text.trim();
        if let Some((scheme, _)) = text.split_once("://") {
            let scheme = scheme.chars().filter(char::is_ascii_alphanumeric).take(10).collect();
            return Err(AddressError::Scheme { scheme });
        }
        let (host, port) = text.rsplit_once(':').ok_or(AddressError::Port)?;
        let port = match port.parse() {
            Ok(port) if port != 0 && !text.ends_with("::") => port,
            _ => return Err(AddressError::Port),
        };
        let host = match host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            Some(inside) => inside.parse::<Ipv6Addr>().map(|ip| ip.to_string()).map_err(|_| AddressError::Host)?,
            None => host.to_owned(),
        };
        let usual = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
        if host.is_empty() || !(host.chars().all(usual) || host.parse::<Ipv6Addr>().is_ok() && text.starts_with('[')) {
            return Err(AddressError::Host);
        }
        Ok(Self { host, port })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_host_and_port() {
        for text in ["127.0.0.1:5000", "reporting-api.example.com:443", "[::1]:65535", "localhost:1"] {
            assert_eq!(text.parse::<Address>().unwrap().to_string(), text);
        }
        let scheme = |s: &str| AddressError::Scheme { scheme: s.into() };
        for (text, error) in [
            ("https://example.com:443", scheme("https")),
            ("example.com", AddressError::Port),
            ("example.com:", AddressError::Port),
            ("example.com:0", AddressError::Port),
            ("example.com:65536", AddressError::Port),
            ("example.com:443/path", AddressError::Port),
            (":443", AddressError::Host),
            ("::1:443", AddressError::Host),
            ("[::1:443", AddressError::Host),
            ("[x]:443", AddressError::Host),
            ("a b:443", AddressError::Host),
            ("user@host:443", AddressError::Host),
            ("", AddressError::Port),
        ] {
            assert_eq!(text.parse::<Address>(), Err(error), "{text}");
        }
    }
}
