use std::{
    collections::BTreeMap,
    net::IpAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::{sync::Semaphore, task::JoinSet};

use super::{AT_ONCE, STAGE_LIMIT, trouble::Trouble};

/// The result of resolving one name.
#[derive(Debug, Clone)]
pub(super) struct Lookup {
    /// Never empty.
    pub(super) addresses: Result<Vec<IpAddr>, Trouble>,
    /// How long it took.
    pub(super) took: Duration,
}

impl Lookup {
    pub(super) async fn of(host: &str, limit: Duration) -> Lookup {
        let started = Instant::now();
        let addresses = addresses(host, limit).await;
        Lookup { addresses, took: started.elapsed() }
    }
}

/// The current addresses of hosts; empty if a host doesn't resolve.
pub async fn resolve(hosts: impl IntoIterator<Item = String>) -> BTreeMap<String, Vec<IpAddr>> {
    let places = Arc::new(Semaphore::new(AT_ONCE));
    let mut lookups = JoinSet::new();
    for host in hosts {
        let places = places.clone();
        lookups.spawn(async move {
            let _place = places.acquire_owned().await;
            let addresses = addresses(&host, STAGE_LIMIT).await.unwrap_or_default();
            (host, addresses)
        });
    }
    lookups.join_all().await.into_iter().collect()
}

/// The current addresses of hosts, in their order, or why one doesn't resolve.
pub async fn look_up(hosts: Vec<String>) -> Vec<(String, Result<Vec<IpAddr>, String>)> {
    let places = Arc::new(Semaphore::new(AT_ONCE));
    let mut lookups = JoinSet::new();
    for (place, host) in hosts.into_iter().enumerate() {
        let places = places.clone();
        lookups.spawn(async move {
            let _place = places.acquire_owned().await;
            let found = addresses(&host, STAGE_LIMIT).await.map_err(|trouble| trouble.to_string());
            (place, host, found)
        });
    }
    let mut found = lookups.join_all().await;
    found.sort_by_key(|(place, ..)| *place);
    found.into_iter().map(|(_, host, found)| (host, found)).collect()
}

async fn addresses(host: &str, limit: Duration) -> Result<Vec<IpAddr>, Trouble> {
    let named = || host.to_owned();
    let found = match host.parse::<IpAddr>() {
        Ok(address) => vec![address],
        // Port 0: only the addresses matter.
        Err(_) => match tokio::time::timeout(limit, tokio::net::lookup_host((host, 0))).await {
            Err(_) => return Err(Trouble::NameServerSilent { host: named(), limit }),
            Ok(Err(error)) => return Err(trouble(named(), &error.to_string())),
            Ok(Ok(sockets)) => {
                let mut unique = Vec::new();
                for address in sockets.map(|socket| socket.ip()) {
                    if !unique.contains(&address) {
                        unique.push(address);
                    }
                }
                unique
            }
        },
    };
    // A connection to 0.0.0.0 would reach this machine.
    let usable: Vec<IpAddr> = found.iter().copied().filter(|address| !address.is_unspecified()).collect();
    match (usable.is_empty(), found.first()) {
        (false, _) => Ok(usable),
        (true, Some(address)) => Err(Trouble::NameBlocked { host: named(), address: *address }),
        (true, None) => Err(Trouble::NameUnknown { host: named() }),
    }
}

/// The system distinguishes the cases only in words; these are glibc's and musl's.
fn trouble(host: String, reason: &str) -> Trouble {
    let says = |words: &[&str]| words.iter().any(|word| reason.contains(word));
    if says(&["not known", "does not resolve", "No address associated", "Name has no usable address"]) {
        Trouble::NameUnknown { host }
    } else if says(&["Temporary failure", "Try again"]) {
        Trouble::NameServerFails { host }
    } else {
        Trouble::LookupFailed { host, reason: reason.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn addresses_are_taken_as_they_are_and_unknown_hosts_have_none() {
        let hosts = ["192.0.2.7", "2001:db8::1", "nosuch.invalid"].map(str::to_owned);
        let found = resolve(hosts).await;
        assert_eq!(found["192.0.2.7"], ["192.0.2.7".parse::<IpAddr>().unwrap()]);
        assert_eq!(found["2001:db8::1"], ["2001:db8::1".parse::<IpAddr>().unwrap()]);
        assert!(found["nosuch.invalid"].is_empty());
    }

    #[tokio::test]
    async fn hosts_are_looked_up_in_their_order_and_one_that_fails_says_why() {
        let found = look_up(["nosuch.invalid", "192.0.2.7"].map(str::to_owned).into()).await;
        assert_eq!(found.iter().map(|(host, _)| host.as_str()).collect::<Vec<_>>(), ["nosuch.invalid", "192.0.2.7"]);
        assert!(found[0].1.as_ref().is_err_and(|why| why.contains("nosuch.invalid")), "{found:?}");
        assert!(found[1].1.is_ok());
    }

    #[tokio::test]
    async fn an_address_that_stands_for_nowhere_is_never_connected_to() {
        for host in ["0.0.0.0", "::"] {
            let lookup = Lookup::of(host, STAGE_LIMIT).await;
            assert!(matches!(lookup.addresses, Err(Trouble::NameBlocked { .. })), "{host}");
        }
    }

    #[test]
    fn the_words_of_the_system_are_told_apart() {
        let of = |reason: &str| trouble("a.example".to_owned(), reason);
        let failed = "failed to lookup address information: ";
        for words in ["Name or service not known", "Name does not resolve", "No address associated with hostname"] {
            assert!(matches!(of(&format!("{failed}{words}")), Trouble::NameUnknown { .. }), "{words}");
        }
        for words in ["Temporary failure in name resolution", "Try again"] {
            assert!(matches!(of(&format!("{failed}{words}")), Trouble::NameServerFails { .. }), "{words}");
        }
        assert!(matches!(of("Non-recoverable failure in name resolution"), Trouble::LookupFailed { .. }));
    }
}
