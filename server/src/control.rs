//! The control socket `DIR/control.sock` (mode 0600): the REST API for commands on the server's own machine.

use std::fs::File;
use std::os::fd::AsRawFd;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use axum::extract::Request;
use axum::extract::connect_info::{ConnectInfo, Connected};
use axum::middleware::{Next, from_fn};
use axum::serve::IncomingStream;
use engine::tasks::{Cadence, Task};
use tokio::net::UnixListener;

use crate::api::{self, Api};
use crate::exit::Failure;

/// Name of the socket in a data folder.
const NAME: &str = "control.sock";
/// Longest path of a socket that the system takes, bytes.
const LONGEST: usize = 107;

/// Path of the socket of a data folder.
pub fn socket(data: &Path) -> PathBuf {
    data.join(NAME)
}

/// The path of a socket in a form that the system takes: a long one leads through the open folder.
#[derive(Debug)]
pub struct SocketPath {
    path: PathBuf,
    _folder: Option<File>,
}

impl SocketPath {
    /// The socket of a data folder.
    ///
    /// # Errors
    /// What the operating system says of the folder.
    pub fn of(data: &Path) -> std::io::Result<Self> {
        let path = socket(data);
        if path.as_os_str().len() <= LONGEST {
            return Ok(Self { path, _folder: None });
        }
        let folder = File::open(data)?;
        let path = format!("/proc/self/fd/{}/{NAME}", folder.as_raw_fd()).into();
        Ok(Self { path, _folder: Some(folder) })
    }
}

impl AsRef<Path> for SocketPath {
    fn as_ref(&self) -> &Path {
        &self.path
    }
}

/// Whether a server is running on this data folder.
pub async fn running(data: &Path) -> bool {
    match SocketPath::of(data) {
        Ok(path) => tokio::net::UnixStream::connect(&path).await.is_ok(),
        Err(_) => false,
    }
}

/// Name of a system user, for the audit log; the number if it has no name.
pub async fn user_name(uid: u32) -> String {
    // A directory of users may be asked over the network.
    let found = tokio::task::spawn_blocking(move || uzers::get_user_by_uid(uid)).await.ok().flatten();
    found.map_or_else(|| format!("uid {uid}"), |user| user.name().to_string_lossy().into_owned())
}

/// The user of the other end.
#[derive(Clone)]
struct Peer(Option<u32>);

impl Connected<IncomingStream<'_, UnixListener>> for Peer {
    fn connect_info(stream: IncomingStream<'_, UnixListener>) -> Self {
        Self(stream.io().peer_cred().ok().map(|cred| cred.uid()))
    }
}

/// The task that answers commands. The caller holds the data folder's lock, so that a socket found there is a leftover.
///
/// # Errors
/// A sentence when the socket cannot be made.
pub fn listen(data: &Path, api: Api) -> Result<Task, Failure> {
    let path = socket(data);
    let failed = |error: std::io::Error| {
        Failure::failed(format!("Can't create the control socket {}: {error}.", path.display()))
    };
    match std::fs::remove_file(&path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(failed(error)),
        _ => {}
    }
    let bound = SocketPath::of(data).and_then(|path| UnixListener::bind(&path)?.into_std());
    let listener = bound.map_err(failed)?;
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).map_err(failed)?;
    let stop = api.engine.tasks.stop().clone();
    let router = api::local_router(api).layer(from_fn(as_peer));
    let serve = move || {
        let (listener, router, stop, path) = (listener.try_clone(), router.clone(), stop.clone(), path.clone());
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
    Ok(Task::new("control-socket", "Serves commands on control.sock", Cadence::OnDemand, serve).finishing())
}

async fn as_peer(
    ConnectInfo(Peer(uid)): ConnectInfo<Peer>,
    mut request: Request,
    next: Next,
) -> axum::response::Response {
    let name = match uid {
        Some(uid) => user_name(uid).await,
        None => "unknown".to_owned(),
    };
    api::as_local_user(&mut request, name);
    next.run(request).await
}
