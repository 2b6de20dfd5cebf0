//! A command's end: through the socket when a server runs, else on the data folder itself under its lock.

use std::path::Path;
use std::sync::Arc;

use engine::clock::SystemClock;
use engine::store::{DataLock, LockError};
use engine::{Actor, Engine, Origin};
use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::UnixStream;

use super::{socket, user_name};
use crate::exit::Failure;
use crate::operations::{self, Operation};
use crate::settings::Settings;

/// How long a command waits for the server.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(15);

/// The same for what asks licensing nodes: each of ten may take its time.
const NODE_PATIENCE: std::time::Duration = std::time::Duration::from_secs(300);

/// Carries out an operation: by the running server, else here.
///
/// # Errors
/// What the operation answers; [`crate::exit::code::NO_SERVER`] when a running server is needed and none answers.
pub async fn perform(settings: &Settings, operation: Operation) -> Result<Value, Failure> {
    let patience = if operation.asks_nodes() { NODE_PATIENCE } else { PATIENCE };
    match UnixStream::connect(socket(&settings.data)).await {
        Ok(stream) => match tokio::time::timeout(patience, ask(stream, &operation)).await {
            Ok(answer) => answer,
            Err(_) => Err(Failure::no_server(format!(
                "The server for {} did not answer within {} s. Look at its log; it may have to be restarted.",
                settings.data.display(),
                patience.as_secs()
            ))),
        },
        Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => Err(Failure::no_server(format!(
            "The server's control socket {} may only be used by the user who runs the server. Use sudo, or become that user.",
            socket(&settings.data).display()
        ))),
        Err(_) if matches!(operation, Operation::Status) => Err(no_server(&settings.data)),
        Err(_) => alone(settings, operation).await,
    }
}

fn no_server(data: &Path) -> Failure {
    Failure::no_server(format!(
        "No server answers for the data folder {}. Start one with `leasehold serve --data {0}`, or name its folder with --data.",
        data.display()
    ))
}

async fn ask(stream: UnixStream, operation: &Operation) -> Result<Value, Failure> {
    let broken = |error: &dyn std::fmt::Display| Failure::no_server(format!("The server did not answer: {error}."));
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(|e| broken(&e))?;
    tokio::spawn(connection);
    let body = serde_json::to_vec(operation).expect("operations always serialize");
    let request = Request::post("/perform")
        .header("host", "control")
        .header("content-type", "application/json")
        .body(Full::new(bytes::Bytes::from(body)))
        .expect("a constant request is valid");
    let response = sender.send_request(request).await.map_err(|e| broken(&e))?;
    let status = response.status();
    let body = response.into_body().collect().await.map_err(|e| broken(&e))?.to_bytes();
    if !status.is_success() {
        return Err(Failure::failed(format!(
            "The server did not understand this command ({status}): is it another version of Leasehold?"
        )));
    }
    serde_json::from_slice::<Result<Value, Failure>>(&body).map_err(|e| broken(&e))?
}

async fn alone(settings: &Settings, operation: Operation) -> Result<Value, Failure> {
    let fresh = settings.is_fresh();
    if fresh && operation.only_reads() {
        return Err(no_server(&settings.data));
    }
    let _lock = DataLock::take(&settings.data).map_err(|error| match error {
        LockError::Busy(_) => Failure::no_server(format!("{error}")),
        LockError::Io { .. } => Failure::failed(error),
    })?;
    if fresh {
        settings.write_first_conf()?;
    }
    let engine = Engine::open(&settings.data, &settings.conf, Arc::new(SystemClock)).await.map_err(Failure::failed)?;
    let engine = Arc::new(engine);
    engine.configure_nodes(&settings.nodes()?).map_err(Failure::refused)?;
    let at_rest: fn(Value) -> Value = match operation {
        Operation::PeerList => operations::at_rest,
        Operation::Status => operations::status_at_rest,
        _ => |value| value,
    };
    let name = user_name(rustix::process::getuid().as_raw()).await;
    let actor = Actor { name, origin: Origin::CommandLine, address: None };
    let scheme = if settings.console.ip().is_loopback() && settings.tls.is_none() { "http" } else { "https" };
    let console = format!("{scheme}://{}", settings.console);
    let result = operations::perform(&engine, &console, &actor, operation).await;
    engine.close().await;
    result.map(at_rest)
}
