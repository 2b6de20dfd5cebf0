//! Storing: at once when a limit grew, once a second otherwise. Everybody who waits for the same commit shares it.

use licensing::client_protocol::{Fault, FaultKind};

use super::{Leases, Stored};

impl Leases {
    /// Stores what changed. `all`: counters as well.
    ///
    /// # Errors
    /// [`sqlx::Error`]; nothing of it is stored then, and the next commit takes it up.
    pub async fn commit(&self, all: bool) -> Result<(), sqlx::Error> {
        let _one = self.committing.lock().await;
        let (number, commit, sequences) = self.desk().take_unstored(all);
        if commit.runs.is_empty() && commit.added.is_empty() {
            self.stored.send_modify(|stored| stored.number = number);
            return Ok(());
        }
        let done = self.keep.commit(&commit).await;
        match &done {
            Ok(()) => {
                self.desk().stored(number, &sequences);
                self.stored.send_modify(|stored| stored.number = number);
            }
            Err(error) => {
                tracing::error!(%error, "what clients were granted and have used could not be stored; it is tried again");
                self.desk().not_stored(commit);
                self.stored.send_modify(|stored| *stored = Stored { number, failed: number });
            }
        }
        done
    }

    /// Waits until what changed before is stored.
    ///
    /// # Errors
    /// [`Fault`] when it could not be stored; the client asks again.
    pub(super) async fn wait_for(&self, number: u64) -> Result<(), Fault> {
        let mut stored = self.stored.subscribe();
        self.urgent.notify_one();
        let unavailable = || Fault::new(FaultKind::Unavailable, "What was granted could not be stored. Ask again.");
        let ended = stored.wait_for(|stored| stored.number >= number).await.map_err(|_| unavailable())?;
        if ended.failed == number { Err(unavailable()) } else { Ok(()) }
    }
}
