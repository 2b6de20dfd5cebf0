//! A file on its way in, kept on disk without a name until it is whole.

use std::io;
use std::sync::Arc;

use tokio::io::AsyncWriteExt;
use tokio::sync::OwnedSemaphorePermit;

use crate::usage::Usage;

/// Largest file, bytes.
pub const MOST_BYTES: u64 = 256 * 1024 * 1024;

/// A file to be imported.
#[derive(Debug)]
pub struct ImportFile {
    file: tokio::fs::File,
    bytes: u64,
    _turn: OwnedSemaphorePermit,
}

impl Usage {
    /// An empty file to be imported; waits while two others come in. It is gone when it is dropped, and after a crash.
    ///
    /// # Errors
    /// What the operating system says.
    pub async fn import_file(&self) -> io::Result<ImportFile> {
        let turn = Arc::clone(&self.inner.uploads).acquire_owned().await.map_err(io::Error::other)?;
        let folder = self.inner.writer.lock().await.files.folder().to_owned();
        let made = tokio::task::spawn_blocking(move || tempfile::tempfile_in(folder)).await;
        let file = made.unwrap_or_else(|crashed| Err(io::Error::other(crashed)))?;
        Ok(ImportFile { file: file.into(), bytes: 0, _turn: turn })
    }
}

impl ImportFile {
    /// Adds what came in. Of a file that is too large, the rest is only counted.
    ///
    /// # Errors
    /// What the operating system says, of a full disk for example.
    pub async fn push(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.bytes = self.bytes.saturating_add(bytes.len() as u64);
        if self.is_too_large() { Ok(()) } else { self.file.write_all(bytes).await }
    }

    /// Whether nothing came in.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bytes == 0
    }

    /// Whether it is larger than [`MOST_BYTES`].
    #[must_use]
    pub fn is_too_large(&self) -> bool {
        self.bytes > MOST_BYTES
    }

    pub(super) async fn into_file(mut self) -> io::Result<std::fs::File> {
        self.file.flush().await?;
        Ok(self.file.into_std().await)
    }
}
