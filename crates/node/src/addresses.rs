//! Where this node can be reached: written into registration files, so that a new server knows its nodes.

use std::net::SocketAddr;
use std::path::Path;
use std::str::FromStr;

use crate::Node;

/// The scheme of a node's address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scheme {
    /// Without TLS.
    Http,
    /// With TLS.
    Https,
}

impl Scheme {
    /// As in an address.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }
}

/// `host:port` for registration files, with `http://` or `https://` before it when it is of one of them only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Advertised {
    /// When given.
    pub scheme: Option<Scheme>,
    /// `host:port`.
    pub address: String,
}

/// Text that is no address to advertise.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "“{0}” is not a host with a port. Write it like licensing.example.com:443, with http:// or https:// in front if needed."
)]
pub struct AdvertisedError(String);

impl FromStr for Advertised {
    type Err = AdvertisedError;

    fn from_str(text: &str) -> Result<Self, AdvertisedError> {
        let wrong = || AdvertisedError(text.chars().take(80).collect());
        let (scheme, rest) = match text.trim().split_once("://") {
            Some(("http", rest)) => (Some(Scheme::Http), rest),
            Some(("https", rest)) => (Some(Scheme::Https), rest),
            Some(_) => return Err(wrong()),
            None => (None, text.trim()),
        };
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let (host, port) = rest.rsplit_once(':').ok_or_else(wrong)?;
        let named = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
        let host_is_good = match host.strip_prefix('[').and_then(|h| h.strip_suffix(']')) {
            Some(inner) => inner.parse::<std::net::Ipv6Addr>().is_ok(),
            None => !host.is_empty() && host.chars().all(named),
        };
        let port: u16 = port.parse().map_err(|_| wrong())?;
        if !host_is_good || port == 0 {
            return Err(wrong());
        }
        Ok(Self { scheme, address: rest.to_owned() })
    }
}

/// What to write into registration files for listeners at `listening`: what is advertised, else their own addresses
/// unless they mean "all". An advertised one without a scheme also counts for HTTP, if served.
pub fn reachable(listening: &[(Scheme, SocketAddr)], advertised: &[Advertised]) -> Vec<(Scheme, String)> {
    let first = listening.iter().map(|(scheme, _)| *scheme).min().unwrap_or(Scheme::Http);
    let mut found: Vec<(Scheme, String)> =
        advertised.iter().map(|a| (a.scheme.unwrap_or(first), a.address.clone())).collect();
    for (scheme, address) in listening {
        if !address.ip().is_unspecified() && found.iter().all(|(known, _)| known != scheme) {
            found.push((*scheme, address.to_string()));
        }
    }
    found
}

impl Node {
    /// Notes where this process can be reached. Addresses of processes that are gone are forgotten now: until then they
    /// are the best that is known.
    ///
    /// # Errors
    /// [`sqlx::Error`] when the database does not respond.
    pub async fn note_addresses(&self, reachable: &[(Scheme, String)]) -> Result<(), sqlx::Error> {
        let own = i64::from(std::process::id());
        let mut tx = self.store.write().await?;
        let processes: Vec<i64> =
            sqlx::query_scalar("SELECT DISTINCT process FROM addresses").fetch_all(&mut *tx).await?;
        for process in processes {
            if process == own || !Path::new("/proc").join(process.to_string()).exists() {
                sqlx::query("DELETE FROM addresses WHERE process = ?").bind(process).execute(&mut *tx).await?;
            }
        }
        for (scheme, address) in reachable {
            sqlx::query("INSERT OR REPLACE INTO addresses (scheme, address, process, at) VALUES (?, ?, ?, ?)")
                .bind(scheme.as_str())
                .bind(address)
                .bind(own)
                .bind(self.now_ms())
                .execute(&mut *tx)
                .await?;
        }
        tx.commit().await
    }

    /// Where the node was last known to be reached: without and with TLS.
    ///
    /// # Errors
    /// [`sqlx::Error`] when the database does not respond.
    pub async fn addresses(&self) -> Result<(Vec<String>, Vec<String>), sqlx::Error> {
        let rows: Vec<(String, String)> = sqlx::query_as("SELECT scheme, address FROM addresses ORDER BY at, address")
            .fetch_all(self.store.read())
            .await?;
        let of = |scheme: Scheme| {
            let wanted = rows.iter().filter(|(of, _)| of == scheme.as_str());
            wanted.map(|(_, address)| address.clone()).collect()
        };
        Ok((of(Scheme::Http), of(Scheme::Https)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_with_ports_are_read_and_all_else_is_refused() {
        let good = [
            ("node.example.com:443", None, "node.example.com:443"),
            ("https://node.example.com:8443/", Some(Scheme::Https), "node.example.com:8443"),
            ("http://127.0.0.1:80", Some(Scheme::Http), "127.0.0.1:80"),
            (" [::1]:4711 ", None, "[::1]:4711"),
        ];
        for (text, scheme, address) in good {
            assert_eq!(text.parse(), Ok(Advertised { scheme, address: address.to_owned() }), "{text}");
        }
        for text in
            ["", "host", "host:", ":80", "host:0", "host:70000", "ftp://host:1", "a b:1", "h/p:1", "[::1:1", "::1:80"]
        {
            assert!(text.parse::<Advertised>().is_err(), "{text}");
        }
    }

    #[test]
    fn an_address_that_means_all_is_not_handed_out() {
        let at = |scheme, address: &str| (scheme, address.parse::<SocketAddr>().unwrap());
        let both = [at(Scheme::Http, "0.0.0.0:80"), at(Scheme::Https, "10.0.0.1:443")];
        assert_eq!(reachable(&both, &[]), [(Scheme::Https, "10.0.0.1:443".to_owned())]);
        let named = "node.example.com:80".parse().unwrap();
        assert_eq!(
            reachable(&both, std::slice::from_ref(&named)),
            [(Scheme::Http, "node.example.com:80".to_owned()), (Scheme::Https, "10.0.0.1:443".to_owned())]
        );
        assert_eq!(reachable(&both[1..], &[named]), [(Scheme::Https, "node.example.com:80".to_owned())]);
        assert_eq!(reachable(&[at(Scheme::Http, "[::]:80")], &[]), []);
    }

    #[tokio::test]
    async fn one_that_serves_forgets_its_own_former_addresses_and_those_of_processes_that_are_gone() {
        let folder = tempfile::tempdir().unwrap();
        let node = Node::open(folder.path(), std::sync::Arc::new(crate::clock::ManualClock::at(1))).await.unwrap();
        let mut tx = node.store.write().await.unwrap();
        for (address, process) in [("gone:1", i64::MAX), ("alive:1", 1)] {
            sqlx::query("INSERT INTO addresses (scheme, address, process, at) VALUES ('http', ?, ?, 0)")
                .bind(address)
                .bind(process)
                .execute(&mut *tx)
                .await
                .unwrap();
        }
        tx.commit().await.unwrap();
        assert_eq!(node.addresses().await.unwrap().0, ["alive:1", "gone:1"], "until then they are the best there is");
        for own in ["own:1", "own:2"] {
            node.note_addresses(&[(Scheme::Http, own.to_owned())]).await.unwrap();
            assert_eq!(node.addresses().await.unwrap(), (vec!["alive:1".to_owned(), own.to_owned()], vec![]));
        }
    }
}
