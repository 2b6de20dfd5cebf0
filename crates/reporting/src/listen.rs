//! One port for cleartext HTTP/2 and TLS. The first byte tells which; a caller that is slow or speaks something else is closed
//! and holds up nobody.

mod accept;
mod connection;
mod quiet;

pub use connection::{ConnectionInfo, ReplayedStream};
pub use quiet::{Activity, HeldStream, NotedBody, NotedService, RequestUnderWay};

use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tonic::transport::Server;

use crate::service::{Reporting, ReportingSource};
use crate::wire::INTERFACE;
use crate::wire::lumenvox::api::reporting_api_service_server::ReportingApiServiceServer;

/// What one caller may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Time until a connection speaks HTTP/2, the TLS handshake included.
    pub handshake: Duration,
    /// Time for one call.
    pub call: Duration,
    /// Connections at a time; further ones are closed at once.
    pub connections: usize,
    /// Time a connection lasts without a call.
    pub idle: Duration,
    /// Bytes of one message.
    pub message: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            handshake: Duration::from_secs(5),
            call: Duration::from_secs(15),
            connections: 256,
            idle: Duration::from_secs(600),
            message: 4 * 1024 * 1024,
        }
    }
}

/// Standard services that callers without the interface's files use: balancers ask for health, tools for what there is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct StandardServices {
    /// `grpc.health.v1.Health`
    pub health: bool,
    /// `grpc.reflection.v1.ServerReflection`, and `v1alpha`, which older tools speak.
    pub reflection: bool,
}

/// A call's message must arrive within the time for the call and this; the service itself keeps the time of what it does.
const ARRIVAL: Duration = Duration::from_secs(2);
/// Calls of one connection at a time.
const CALLS: u32 = 64;
/// Bytes of all metadata of a call.
const METADATA: u32 = 16 * 1024;
/// A silent connection is asked after this time whether it still lives …
const ALIVE_INTERVAL: Duration = Duration::from_secs(20);
/// … and is closed when it has not answered after this.
const ALIVE_TIMEOUT: Duration = Duration::from_secs(10);
/// How long open calls may take to end once the server stops.
const DRAIN: Duration = Duration::from_secs(2);

/// Answers calls until `stop`, then lets open ones end. Without `tls` the port speaks cleartext only.
///
/// # Errors
/// [`std::io::Error`] when the transport cannot be set up. What single connections do is no error.
pub async fn serve<S: ReportingSource>(
    listener: TcpListener,
    source: Arc<S>,
    tls: Option<Arc<rustls::ServerConfig>>,
    services: StandardServices,
    limits: Limits,
    stop: CancellationToken,
) -> std::io::Result<()> {
    let (mut accepting, mut connections) = accept::start(listener, tls, limits, stop.clone());
    let incoming = futures::stream::poll_fn(move |context| connections.poll_recv(context).map(|next| next.map(Ok)));
    let service = ReportingApiServiceServer::new(Reporting::new(source, limits.call))
        .max_decoding_message_size(limits.message)
        .max_encoding_message_size(limits.message);
    let health = match services.health {
        true => {
            let (reporter, health) = tonic_health::server::health_reporter();
            reporter.set_serving::<ReportingApiServiceServer<Reporting<S>>>().await;
            Some(health)
        }
        false => None,
    };
    let described = || tonic_reflection::server::Builder::configure().register_encoded_file_descriptor_set(INTERFACE);
    let unsound = std::io::Error::other;
    let reflection = services.reflection.then(|| described().build_v1()).transpose().map_err(unsound)?;
    let older = services.reflection.then(|| described().build_v1alpha()).transpose().map_err(unsound)?;
    let serving = Server::builder()
        .timeout(limits.call + ARRIVAL)
        .max_concurrent_streams(CALLS)
        .http2_max_header_list_size(METADATA)
        .http2_keepalive_interval(Some(ALIVE_INTERVAL))
        .http2_keepalive_timeout(Some(ALIVE_TIMEOUT))
        .layer(tower::layer::layer_fn(NotedService::<tonic::service::Routes>::of_all))
        .add_service(service)
        .add_optional_service(health)
        .add_optional_service(reflection)
        .add_optional_service(older)
        .serve_with_incoming_shutdown::<_, _, std::io::Error, _, _>(incoming, stop.cancelled());
    let out_of_time = async {
        stop.cancelled().await;
        tokio::time::sleep(DRAIN).await;
    };
    tokio::select! {
        served = serving => served.map_err(std::io::Error::other),
        () = out_of_time => Ok(()),
        Some(Err(broken)) = accepting.join_next() => Err(std::io::Error::other(broken)),
    }
}
