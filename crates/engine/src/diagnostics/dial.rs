use std::{
    io::{Error, ErrorKind},
    net::IpAddr,
    time::Duration,
};

use tokio::{net::TcpStream, time};

use super::{ProbeTarget, trouble::Trouble};

/// Connects to the first address that answers.
pub(super) async fn dial(target: &ProbeTarget, addresses: &[IpAddr], limit: Duration) -> Result<TcpStream, Trouble> {
    let sockets = dial::at_port(addresses, target.port);
    match time::timeout(limit, dial::first_of(&sockets)).await {
        Ok(Ok(stream)) => Ok(stream),
        Ok(Err(error)) => Err(trouble(target, &error)),
        Err(_) => Err(Trouble::Silent { target: target.clone(), limit }),
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
