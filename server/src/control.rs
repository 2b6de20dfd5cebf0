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
pub fn user_name(uid: u32) -> String {
    let passwd = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let wanted = uid.to_string();
    passwd
        .lines()
        .find(|line| line.split(':').nth(2) == Some(wanted.as_str()))
        .and_then(|line| line.split(':').next())
        .map_or_else(|| format!("uid {uid}"), str::to_owned)
}
