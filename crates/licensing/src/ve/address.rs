use std::{fmt, net::Ipv6Addr, str::FromStr};

use super::{Passphrase, PassphraseError};

/// The default port of a VE address.
pub const DEFAULT_PORT: u16 = 8083;

/// A VE client's license address: `VE://host[:port]/passphrase`, an IPv6 address in brackets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VeAddress {
    /// A name or an address, without brackets.
    pub host: String,
    /// The port.
    pub port: u16,
    /// The product's passphrase.
    pub passphrase: Passphrase,
}

/// Why a VE address is invalid. The text is not quoted, because it may contain a passphrase.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// Does not begin with the scheme.
    #[error("Not a VE address. It starts with VE://, as in VE://10.1.1.1:8083/1111-2222-3333-4444; copy it again.")]
    Scheme,
    /// No host, or characters no host has.
    #[error(
        "The address has no server. Put a host name or address after VE://, and an IPv6 address in brackets, as in VE://[2001:db8::1]:8083/1111-2222-3333-4444."
    )]
    Host,
    /// Not a port.
    #[error("The port of a VE address must be a number from 1 to 65535 (default: {DEFAULT_PORT}).")]
    Port,
    /// No passphrase follows.
    #[error("The address has no passphrase. Put it after the server, as in VE://10.1.1.1:8083/1111-2222-3333-4444.")]
    NoPassphrase,
    /// Not a passphrase.
    #[error(transparent)]
    Passphrase(#[from] PassphraseError),
}

impl FromStr for VeAddress {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<VeAddress, AddressError> {
        let (scheme, rest) = text.trim().split_once("://").ok_or(AddressError::Scheme)?;
        if !scheme.eq_ignore_ascii_case("ve") {
            return Err(AddressError::Scheme);
        }
        let (place, passphrase) = rest.split_once('/').ok_or(AddressError::NoPassphrase)?;
        let (host, port) = match place.strip_prefix('[') {
            Some(bracketed) => {
                let (host, after) = bracketed.split_once(']').ok_or(AddressError::Host)?;
                host.parse::<Ipv6Addr>().map_err(|_| AddressError::Host)?;
                match after.strip_prefix(':') {
                    Some(port) => (host, Some(port)),
                    None if after.is_empty() => (host, None),
                    None => return Err(AddressError::Port),
                }
            }
            None => match place.split_once(':') {
                Some((_, port)) if port.contains(':') => return Err(AddressError::Host),
                Some((host, port)) => (host, Some(port)),
                None => (place, None),
            },
        };
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':');
        if host.is_empty() || host.len() > 255 || !host.chars().all(allowed) {
            return Err(AddressError::Host);
        }
        let number = |digits: &str| {
            let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
            digits.parse::<u16>().ok().filter(|port| plain && *port != 0).ok_or(AddressError::Port)
        };
        let port = port.map_or(Ok(DEFAULT_PORT), number)?;
        if passphrase.is_empty() {
            return Err(AddressError::NoPassphrase);
        }
        Ok(VeAddress { host: host.to_owned(), port, passphrase: passphrase.parse()? })
    }
}

impl fmt::Display for VeAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let VeAddress { host, port, passphrase } = self;
        if host.contains(':') {
            write!(f, "VE://[{host}]:{port}/{passphrase}")
        } else {
            write!(f, "VE://{host}:{port}/{passphrase}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ve_address_names_server_port_and_passphrase() {
        for (text, host, port) in [
            ("VE://10.1.1.1:8083/1111-2222-3333-4444", "10.1.1.1", 8083),
            ("ve://lic.example.com/1111-2222-3333-4444", "lic.example.com", DEFAULT_PORT),
            (" VE://[2001:db8::1]:99/1111222233334444 ", "2001:db8::1", 99),
            ("VE://[::1]/1111-2222-3333-4444", "::1", DEFAULT_PORT),
        ] {
            let address: VeAddress = text.parse().unwrap();
            assert_eq!((address.host.as_str(), address.port), (host, port), "{text}");
            assert_eq!(address.to_string().parse(), Ok(address), "{text}");
        }
    }

    #[test]
    fn anything_else_is_refused_in_a_sentence_without_the_passphrase() {
        use AddressError::*;
        for (text, error) in [
            ("", Scheme),
            ("10.1.1.1/1111-2222-3333-4444", Scheme),
            ("http://10.1.1.1/1111-2222-3333-4444", Scheme),
            ("VE://10.1.1.1", NoPassphrase),
            ("VE://10.1.1.1/", NoPassphrase),
            ("VE:///1111-2222-3333-4444", Host),
            ("VE://a b/1111-2222-3333-4444", Host),
            ("VE://2001:db8::1/1111-2222-3333-4444", Host),
            ("VE://[nonsense]/1111-2222-3333-4444", Host),
            ("VE://[::1/1111-2222-3333-4444", Host),
            ("VE://[::1]8083/1111-2222-3333-4444", Port),
            ("VE://lic:0/1111-2222-3333-4444", Port),
            ("VE://lic:+1/1111-2222-3333-4444", Port),
            ("VE://lic:70000/1111-2222-3333-4444", Port),
            ("VE://lic:/1111-2222-3333-4444", Port),
            ("VE://lic/1111-2222", Passphrase(PassphraseError)),
            ("VE://lic/1111-2222-3333-4444/", Passphrase(PassphraseError)),
        ] {
            assert_eq!(text.parse::<VeAddress>(), Err(error), "{text}");
            assert!(error.to_string().ends_with('.'));
        }
    }
}
