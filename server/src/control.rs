//! The control socket `DIR/control.sock` (mode 0600): how commands speak to the running server.

mod ask;
mod listen;

pub use ask::perform;
pub use listen::listen;

use std::path::{Path, PathBuf};

/// Path of the socket of a data folder.
pub fn socket(data: &Path) -> PathBuf {
    data.join("control.sock")
}

/// Whether a server answers for this data folder.
pub async fn running(data: &Path) -> bool {
    tokio::net::UnixStream::connect(socket(data)).await.is_ok()
}

/// Name of a system user, for the audit log; its number when the system does not know it.
pub async fn user_name(uid: u32) -> String {
    // A directory of users may be asked over the network.
    let found = tokio::task::spawn_blocking(move || uzers::get_user_by_uid(uid)).await.ok().flatten();
    found.map_or_else(|| format!("uid {uid}"), |user| user.name().to_string_lossy().into_owned())
}
