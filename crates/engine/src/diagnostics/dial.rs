use std::{
    io::{Error, ErrorKind},
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use tokio::{net::TcpStream, task::JoinSet, time};

use super::{ProbeTarget, trouble::Trouble};

/// Time for one address before the next is tried in parallel (RFC 8305 §8).
const STAGGER: Duration = Duration::from_millis(250);

/// Maximum number of addresses tried per node.
const MAX_ADDRESSES: usize = 8;

/// Connects to the first address that answers.
pub(super) async fn dial(target: &ProbeTarget, addresses: &[IpAddr], limit: Duration) -> Result<TcpStream, Trouble> {
    let sockets = in_turns(addresses).into_iter().map(|address| SocketAddr::new(address, target.port));
    match time::timeout(limit, race(sockets)).await {
        Ok(Ok(stream)) => Ok(stream),
        Ok(Err(error)) => Err(trouble(target, &error)),
        Err(_) => Err(Trouble::Silent { target: target.clone(), limit }),
    }
}

/// IPv6 and IPv4 alternating, starting with the system's first: if one of them doesn't work, the other comes soon.
fn in_turns(addresses: &[IpAddr]) -> Vec<IpAddr> {
    let first_is_v6 = addresses.first().is_some_and(IpAddr::is_ipv6);
    let (mut these, mut those): (Vec<IpAddr>, Vec<IpAddr>) =
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

async fn race(mut waiting: impl Iterator<Item = SocketAddr>) -> Result<TcpStream, Error> {
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
            () = time::sleep(STAGGER), if more => {}
        }
    }
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

fn trouble(target: &ProbeTarget, error: &Error) -> Trouble {
    let target = target.clone();
    match error.kind() {
        ErrorKind::ConnectionRefused | ErrorKind::ConnectionReset => Trouble::Refused { target },
        ErrorKind::NetworkUnreachable | ErrorKind::HostUnreachable | ErrorKind::AddrNotAvailable => {
            Trouble::NoRoute { target }
        }
        ErrorKind::PermissionDenied => Trouble::ForbiddenHere { target },
        // The system timed out before our limit.
        ErrorKind::TimedOut => Trouble::GaveUp { target },
        _ => Trouble::ConnectFailed { target, reason: error.to_string() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_two_kinds_of_addresses_are_tried_by_turns() {
        let addresses =
            ["2001:db8::1", "2001:db8::2", "2001:db8::3", "192.0.2.1"].map(|a| a.parse::<IpAddr>().unwrap());
        let sorted: Vec<String> = in_turns(&addresses).iter().map(ToString::to_string).collect();
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
}
