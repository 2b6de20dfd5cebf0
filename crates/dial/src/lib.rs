//! TCP connections to hosts with several addresses, as in RFC 8305: a dead one keeps nobody from the others.

use std::io::{Error, ErrorKind};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use tokio::net::{TcpStream, lookup_host};
use tokio::task::JoinSet;
use tokio::time::sleep;

/// Time for one address before the next is tried in parallel (RFC 8305, 8).
const STAGGER: Duration = Duration::from_millis(250);

/// Maximum number of addresses tried.
const MAX_ADDRESSES: usize = 8;

/// Looks a host up and connects to the first of its addresses that answers.
///
/// # Errors
/// [`Error`] of the look-up, else the most telling one of the connections.
pub async fn host(host: &str, port: u16) -> Result<TcpStream, Error> {
    let found: Vec<SocketAddr> = lookup_host((host, port)).await?.collect();
    first_of(&found).await
}

/// Connects to the first address that answers.
///
/// # Errors
/// The most telling [`Error`] of the connections.
pub async fn first_of(addresses: &[SocketAddr]) -> Result<TcpStream, Error> {
    let mut waiting = in_turns(addresses).into_iter();
    let mut attempts = JoinSet::new();
    let mut worst: Option<Error> = None;
    let mut more = true;
    loop {
        match waiting.next() {
            Some(address) => {
                attempts.spawn(TcpStream::connect(address));
            }
            None => more = false,
        }
        tokio::select! {
            done = attempts.join_next() => match done {
                Some(Ok(Ok(stream))) => return Ok(stream),
                Some(Ok(Err(error))) => worst = Some(more_telling(worst, error)),
                Some(Err(error)) => worst = Some(more_telling(worst, Error::other(error))),
                None => return Err(worst.unwrap_or_else(|| ErrorKind::AddrNotAvailable.into())),
            },
            () = sleep(STAGGER), if more => {}
        }
    }
}

/// IPv6 and IPv4 alternating, starting with the system's first: if one of them doesn't work, the other comes soon.
fn in_turns(addresses: &[SocketAddr]) -> Vec<SocketAddr> {
    let first_is_v6 = addresses.first().is_some_and(SocketAddr::is_ipv6);
    let (mut these, mut those): (Vec<SocketAddr>, Vec<SocketAddr>) =
        addresses.iter().copied().partition(|a| a.is_ipv6() == first_is_v6);
    these.reverse();
    those.reverse();
    let mut sorted = Vec::new();
    while sorted.len() < MAX_ADDRESSES && !(these.is_empty() && those.is_empty()) {
        sorted.extend(these.pop());
        sorted.extend(those.pop());
    }
    sorted.truncate(MAX_ADDRESSES);
    sorted
}

/// Prefers a refusal, which came from the other side; a missing route often means only that this machine has no IPv6.
fn more_telling(before: Option<Error>, now: Error) -> Error {
    let rank = |error: &Error| match error.kind() {
        ErrorKind::ConnectionRefused => 3,
        ErrorKind::ConnectionReset | ErrorKind::PermissionDenied => 2,
        ErrorKind::NetworkUnreachable | ErrorKind::HostUnreachable | ErrorKind::AddrNotAvailable => 0,
        _ => 1,
    };
    match before {
        Some(before) if rank(&before) >= rank(&now) => before,
        _ => now,
    }
}

/// Addresses with a port.
#[must_use]
pub fn at_port(addresses: &[IpAddr], port: u16) -> Vec<SocketAddr> {
    addresses.iter().map(|address| SocketAddr::new(*address, port)).collect()
}

#[cfg(test)]
mod tests {
    use tokio::net::{TcpListener, TcpSocket};

    use super::*;

    #[test]
    fn the_two_kinds_of_addresses_are_tried_by_turns() {
        let addresses =
            ["2001:db8::1", "2001:db8::2", "2001:db8::3", "192.0.2.1"].map(|a| a.parse::<IpAddr>().unwrap());
        let addresses = at_port(&addresses, 7569);
        let sorted: Vec<String> = in_turns(&addresses).iter().map(|address| address.ip().to_string()).collect();
        assert_eq!(sorted, ["2001:db8::1", "192.0.2.1", "2001:db8::2", "2001:db8::3"]);
        assert_eq!(in_turns(&[addresses[3]; 50]).len(), MAX_ADDRESSES);
        assert!(in_turns(&[]).is_empty());
    }

    #[test]
    fn a_refusal_says_more_than_a_missing_route() {
        for (first, second) in [
            (ErrorKind::ConnectionRefused, ErrorKind::NetworkUnreachable),
            (ErrorKind::NetworkUnreachable, ErrorKind::ConnectionRefused),
        ] {
            let kept = more_telling(Some(first.into()), second.into());
            assert_eq!(kept.kind(), ErrorKind::ConnectionRefused);
        }
    }

    /// An address whose packets go nowhere: a listener whose queue is full answers no more connections.
    async fn dead() -> (SocketAddr, Vec<tokio::task::JoinHandle<()>>, TcpListener) {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let listener = socket.listen(1).unwrap();
        let address = listener.local_addr().unwrap();
        let fill = || {
            tokio::spawn(async move {
                let _open = TcpStream::connect(address).await;
                std::future::pending::<()>().await;
            })
        };
        let filling = (0..8).map(|_| fill()).collect();
        sleep(Duration::from_millis(100)).await;
        (address, filling, listener)
    }

    #[tokio::test]
    async fn a_dead_address_keeps_nobody_from_the_next_one() {
        let (dead, _filling, _listener) = dead().await;
        let alive = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = alive.local_addr().unwrap();
        let stream = tokio::time::timeout(Duration::from_secs(5), first_of(&[dead, address])).await;
        assert_eq!(stream.expect("the second was tried").unwrap().peer_addr().unwrap(), address);
    }
}
