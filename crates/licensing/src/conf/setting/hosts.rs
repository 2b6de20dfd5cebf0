use std::{
    fmt,
    net::{Ipv4Addr, Ipv6Addr},
};

use crate::excerpt::{named, named_first, quoted};

/// Maximum number of hosts in a node list.
pub const MAX_HOSTS: usize = 64;

/// Maximum length of a host name, and of a part between dots, characters (RFC 1123).
const MAX_NAME: usize = 253;
const MAX_LABEL: usize = 63;

/// A licensing node from a node list.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct NodeHost {
    /// Host name, IPv4 address, or IPv6 address without its brackets.
    pub host: String,
    /// Its own port, which overrides the file's port (an extension of Leasehold).
    pub port: Option<u16>,
}

impl NodeHost {
    /// `host:port`, with `port` unless it has its own.
    #[must_use]
    pub fn authority(&self, port: u16) -> String {
        NodeHost { host: self.host.clone(), port: self.port.or(Some(port)) }.to_string()
    }
}

/// As written in the file, IPv6 addresses in brackets.
impl fmt::Display for NodeHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]", self.host)?;
        } else {
            f.write_str(&self.host)?;
        }
        self.port.map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}

/// Why a node list is not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HostsError {
    /// White space in the list.
    #[error("{} at position {position} is not allowed. Separate hosts with semicolons only.", named_first(*.character))]
    WhiteSpace {
        /// The first such character.
        character: char,
        /// Its position in what was typed; the first character is 1.
        position: usize,
    },
    /// Two semicolons in a row, or one at an end.
    #[error("Entry {entry} is empty. Remove the extra semicolon, or enter a host.")]
    Empty {
        /// Its place in the list; the first is 1.
        entry: usize,
    },
    /// More than [`MAX_HOSTS`].
    #[error("The list has {found} entries; the maximum is {MAX_HOSTS}. Remove some.")]
    TooMany {
        /// Entries found.
        found: usize,
    },
    /// A URL instead of a host.
    #[error("Entry {entry}, {}, is a URL. Enter only the host, without “http://” or “https://” and without a path.", quoted(.typed))]
    Url {
        /// Its place in the list; the first is 1.
        entry: usize,
        /// What was typed, shortened.
        typed: String,
    },
    /// Not a host.
    #[error("Entry {entry}, {}, is not a host: {reason}.", quoted(.typed))]
    Host {
        /// Its place in the list; the first is 1.
        entry: usize,
        /// What was typed, shortened.
        typed: String,
        /// What is wrong and what to do.
        reason: String,
    },
    /// The same host twice.
    #[error("Entry {entry}, {}, is the same as entry {first}. Remove one of them.", quoted(.typed))]
    Duplicate {
        /// Its place in the list; the first is 1.
        entry: usize,
        /// The place of the earlier one.
        first: usize,
        /// What was typed, shortened.
        typed: String,
    },
}

/// Reads a `;`-separated list. Positions count from the first character of `input`.
pub(crate) fn parse(input: &str) -> Result<Vec<NodeHost>, HostsError> {
    let skipped = input.chars().take_while(|c| c.is_whitespace()).count();
    let list = input.trim();
    if let Some((index, character)) = list.chars().enumerate().find(|(_, c)| c.is_whitespace()) {
        return Err(HostsError::WhiteSpace { character, position: skipped + index + 1 });
    }
    let found = list.split(';').count();
    if let Some(index) = list.split(';').position(str::is_empty) {
        return Err(HostsError::Empty { entry: index + 1 });
    }
    if found > MAX_HOSTS {
        return Err(HostsError::TooMany { found });
    }
    let mut hosts: Vec<NodeHost> = Vec::with_capacity(found);
    for (index, entry) in list.split(';').enumerate() {
        let typed = || entry.chars().take(64).collect();
        if entry.contains("://") {
            return Err(HostsError::Url { entry: index + 1, typed: typed() });
        }
        let host = node(entry).map_err(|reason| HostsError::Host { entry: index + 1, typed: typed(), reason })?;
        let same = |other: &NodeHost| other.port == host.port && other.host.eq_ignore_ascii_case(&host.host);
        if let Some(first) = hosts.iter().position(same) {
            return Err(HostsError::Duplicate { entry: index + 1, first: first + 1, typed: typed() });
        }
        hosts.push(host);
    }
    Ok(hosts)
}

fn node(entry: &str) -> Result<NodeHost, String> {
    if let Some(rest) = entry.strip_prefix('[') {
        let (address, behind) = rest.split_once(']').ok_or("the closing bracket is missing")?;
        let address: Ipv6Addr =
            address.parse().map_err(|_| "brackets must contain an IPv6 address such as [2001:db8::1]")?;
        let port = match behind {
            "" => None,
            _ => Some(port(behind.strip_prefix(':').ok_or("only :port may follow the bracket")?)?),
        };
        return Ok(NodeHost { host: address.to_string(), port });
    }
    if entry.parse::<Ipv6Addr>().is_ok() {
        return Err(format!("put an IPv6 address in brackets, as in [{entry}]"));
    }
    let (host, port) = match entry.split_once(':') {
        Some((host, digits)) => (host, Some(port(digits)?)),
        None => (entry, None),
    };
    name(host)?;
    Ok(NodeHost { host: host.to_owned(), port })
}

fn port(digits: &str) -> Result<u16, String> {
    let all_digits = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    match digits.parse() {
        Ok(port) if all_digits && port > 0 => Ok(port),
        _ => Err("the port after the colon must be a whole number from 1 to 65535".to_owned()),
    }
}

/// A host name by RFC 1123, underscores tolerated, or an IPv4 address.
fn name(host: &str) -> Result<(), String> {
    if host.is_empty() {
        return Err("the name before the colon is missing".to_owned());
    }
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if let Some(character) = host.chars().find(|c| !allowed(*c)) {
        return Err(format!("names contain only letters, digits, hyphens and dots, but this has {}", named(character)));
    }
    if host.len() > MAX_NAME {
        return Err(format!("a name has at most {MAX_NAME} characters, this one has {}", host.len()));
    }
    for label in host.split('.') {
        if label.is_empty() {
            return Err("there is a dot too many".to_owned());
        }
        if label.len() > MAX_LABEL {
            return Err(format!("there may be at most {MAX_LABEL} characters between dots, not {}", label.len()));
        }
        if label.starts_with('-') || label.ends_with('-') {
            return Err("no part of a name may begin or end with a hyphen".to_owned());
        }
    }
    let numeric = host.rsplit('.').next().is_some_and(|last| last.bytes().all(|byte| byte.is_ascii_digit()));
    if numeric && host.parse::<Ipv4Addr>().is_err() {
        return Err("an IPv4 address has four numbers from 0 to 255, as in 192.0.2.10".to_owned());
    }
    Ok(())
}
