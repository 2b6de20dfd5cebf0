//! The server's end of the control socket.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;

use axum::extract::connect_info::{ConnectInfo, Connected};
use axum::extract::{DefaultBodyLimit, State};
use axum::routing::post;
use axum::serve::IncomingStream;
use axum::{Json, Router};
use engine::tasks::{Cadence, Task};
use engine::{Actor, Engine, Origin};
use serde_json::Value;
use tokio::net::UnixListener;

use super::{socket, user_name};
use crate::exit::Failure;
use crate::operations::{self, Operation};

#[derive(Clone)]
struct Peer(Option<u32>);

impl Connected<IncomingStream<'_, UnixListener>> for Peer {
    fn connect_info(stream: IncomingStream<'_, UnixListener>) -> Self {
        Self(stream.io().peer_cred().ok().map(|cred| cred.uid()))
    }
}

/// Largest operation, bytes: the answer of a licensing node in base64, even one that is then found too large.
const MAX_OPERATION: usize = 16 * 1024 * 1024;

#[derive(Clone)]
struct Control {
    engine: Arc<Engine>,
    console: Arc<str>,
}

/// The task that answers commands. The caller holds the data folder's lock, so that a socket found there is a leftover.
///
/// # Errors
/// A sentence when the socket cannot be made.
pub fn listen(data: &Path, engine: Arc<Engine>, console: &str) -> Result<Task, Failure> {
    let path = socket(data);
    let failed = |error: std::io::Error| {
        Failure::failed(format!("The control socket {} cannot be made: {error}.", path.display()))
    };
    match std::fs::remove_file(&path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(failed(error)),
        _ => {}
    }
    let listener = UnixListener::bind(&path).and_then(UnixListener::into_std).map_err(failed)?;
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).map_err(failed)?;
    let router = Router::new()
        .route("/perform", post(perform))
        .layer(DefaultBodyLimit::max(MAX_OPERATION))
        .with_state(Control { engine: engine.clone(), console: console.into() });
    let serve = move || {
        let (listener, router, stop, path) =
            (listener.try_clone(), router.clone(), engine.tasks.stop().clone(), path.clone());
        async move {
            axum::serve(UnixListener::from_std(listener?)?, router.into_make_service_with_connect_info::<Peer>())
                .with_graceful_shutdown(stop.clone().cancelled_owned())
                .await?;
            if stop.is_cancelled() {
                let _ = std::fs::remove_file(&path);
            }
            Ok::<_, std::io::Error>(())
        }
    };
    Ok(Task::new("control-socket", "Answers commands on control.sock", Cadence::OnDemand, serve).finishing())
}

async fn perform(
    State(control): State<Control>,
    ConnectInfo(Peer(uid)): ConnectInfo<Peer>,
    Json(operation): Json<Operation>,
) -> Json<Result<Value, Failure>> {
    let name = match uid {
        Some(uid) => user_name(uid).await,
        None => "unknown".to_owned(),
    };
    let actor = Actor { name, origin: Origin::CommandLine, address: None };
    Json(operations::perform(&control.engine, &control.console, &actor, operation).await)
}
