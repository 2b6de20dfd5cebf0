//! The reporting API (gRPC): the crate `reporting` answers, the engine knows.

mod bind;
mod source;

pub use bind::bind;

use std::sync::Arc;

use ::reporting::listen::{self, Limits, StandardServices};
use engine::Engine;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// Answers calls until `stop`, in cleartext and, with `tls`, over TLS on the same port.
///
/// # Errors
/// [`std::io::Error`] when the transport cannot be set up.
pub async fn serve(
    listener: TcpListener,
    engine: Arc<Engine>,
    tls: Option<Arc<rustls::ServerConfig>>,
    services: StandardServices,
    stop: CancellationToken,
) -> std::io::Result<()> {
    listen::serve(listener, Arc::new(source::EngineSource(engine)), tls, services, Limits::default(), stop).await
}
