//! A data folder, a folder outside it, and a server that is started and killed.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use engine::clock::{Clock, ManualClock};
use engine::countdown::{Countdown, HoursLicense};
use engine::store::{self, Store};
use licensing::countdown::{HOUR_MS, INTERVAL_MS};
use sqlx::{Connection, SqliteConnection};

pub const MINUTE: i64 = 60_000;

/// Where a server keeps what it keeps.
pub struct ServerFolders {
    pub data: tempfile::TempDir,
    pub outside: tempfile::TempDir,
    pub clock: Arc<ManualClock>,
}

pub struct CountdownServer {
    pub countdown: Countdown,
    pub store: Store,
    clock: Arc<ManualClock>,
}

pub fn license(serial: u64, hours: i64) -> HoursLicense {
    HoursLicense {
        serial,
        hours_ms: hours * HOUR_MS,
        interval_ms: INTERVAL_MS,
        license: format!("license {serial} for {hours} hours"),
    }
}

impl ServerFolders {
    pub fn new() -> ServerFolders {
        let clock = Arc::new(ManualClock::at(1_800_000_000_000));
        ServerFolders { data: tempfile::tempdir().unwrap(), outside: tempfile::tempdir().unwrap(), clock }
    }

    pub async fn start(&self) -> CountdownServer {
        self.start_in(self.data.path(), self.outside.path()).await
    }

    pub async fn start_in(&self, data: &Path, outside: &Path) -> CountdownServer {
        let store = store::open(data, self.clock.now_ms()).await.unwrap();
        let open = Countdown::open_with(store.clone(), data, Some(outside.to_owned()), self.clock.clone());
        CountdownServer { countdown: open.await.unwrap(), store, clock: self.clock.clone() }
    }

    /// A server with `hours` of the license with serial 1.
    pub async fn licensed(&self, hours: i64) -> CountdownServer {
        let server = self.start().await;
        server.countdown.license(&license(1, hours)).await.unwrap();
        server
    }

    pub fn anchor(&self) -> PathBuf {
        self.data.path().join("countdown.anchor")
    }

    pub fn outside_anchor(&self) -> PathBuf {
        let anchors: Vec<_> =
            std::fs::read_dir(self.outside.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
        assert_eq!(anchors.len(), 1, "{anchors:?}");
        anchors[0].clone()
    }

    /// The balances on disk: in the database, in the data folder, outside.
    pub async fn balances(&self) -> [i64; 3] {
        let mut database = self.database().await;
        let stored = sqlx::query_scalar("SELECT balance_ms FROM countdown").fetch_one(&mut database).await.unwrap();
        [stored, anchored(&self.anchor()), anchored(&self.outside_anchor())]
    }

    /// The database, past the server.
    pub async fn database(&self) -> SqliteConnection {
        let path = self.data.path().join("leasehold.db");
        SqliteConnection::connect(&format!("sqlite://{}", path.display())).await.unwrap()
    }
}

fn anchored(path: &Path) -> i64 {
    let text = std::fs::read_to_string(path).unwrap();
    let value: serde_json::Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
    value["balance"]["balance_ms"].as_i64().unwrap()
}

impl CountdownServer {
    /// Time passes, with a look at the clock each second.
    pub async fn pass(&self, ms: i64) {
        for _ in 0..ms / 1000 {
            self.clock.advance(1000);
            self.countdown.tick().await;
        }
    }

    pub fn left(&self) -> i64 {
        self.countdown.view().balance_ms
    }

    /// The process is gone; nothing was said.
    pub async fn kill(self) {
        self.store.close().await;
    }
}
