//! Peers: inviting, joining, polling, and their reports.
//!
//! Rules and messages are in `licensing::peers`; this module stores keys and members, polls peers every two seconds,
//! and combines their reports into one [`InstallationPicture`]. Polling in one direction is enough: a valid request counts as a
//! response just like an answer.

mod answer;
mod apply_report;
mod background;
mod client;
mod error;
pub(crate) mod events;
mod invite;
mod join;
mod key;
mod leave;
mod members;
mod picture;
mod poll;
mod report;
mod roster;
mod rows;
mod welcome;

pub(crate) use background::EVERY;
pub use error::{InviteError, JoinError, PeerFault, RemoveError};
pub use events::{PeerEvent, PeerEventKind};
pub use invite::NewInvitation;
pub use join::{Join, JoinResult};
pub use picture::{InstallationPicture, InstallationServer};

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock};

use licensing::context::Context;
use licensing::peers::{Bucket, ClockReading, PeerReport, PeerSecret, PeerUrl, Role, Serving, Witness, role};
use tokio::sync::{Notify, watch};

use crate::Engine;
use crate::clock::Clock;
use crate::store::Store;
use roster::Roster;

/// A component that adds data to reports between servers.
pub trait ReportPart: Send + Sync + std::fmt::Debug {
    /// Adds its data to the report for this member.
    fn fill(&self, report: &mut PeerReport, to: &str);

    /// Reads its data from this member's report.
    fn take(&self, from: &str, report: &PeerReport);
}

/// The peers.
#[derive(Debug)]
pub struct Peers {
    roster: Mutex<Roster>,
    secret: OnceLock<PeerSecret>,
    folder: PathBuf,
    clock: Arc<dyn Clock>,
    client: OnceLock<reqwest::Client>,
    /// The address of this server's console.
    console: OnceLock<PeerUrl>,
    parts: RwLock<Vec<Arc<dyn ReportPart>>>,
    picture: watch::Sender<InstallationPicture>,
    /// One membership change at a time.
    turn: tokio::sync::Mutex<()>,
    /// A member was added: poll at once.
    wake: Notify,
}

impl Peers {
    /// With the members that are stored.
    ///
    /// # Errors
    /// [`sqlx::Error`] if they can't be read.
    pub async fn open(store: &Store, folder: &Path, clock: Arc<dyn Clock>) -> Result<Self, sqlx::Error> {
        let now = ClockReading { wall_ms: clock.now_ms(), mono_ms: clock.mono_ms() };
        let stored = rows::load(store.read()).await?;
        let secret = OnceLock::new();
        match key::read(folder) {
            Ok(Some(found)) => {
                let _ = secret.set(found);
            }
            Ok(None) => {}
            Err(error) => tracing::error!(%error, "this server can't communicate with its peers"),
        }
        Ok(Self {
            roster: Mutex::new(Roster::new(stored, Bucket::full(now.mono_ms), now)),
            secret,
            folder: folder.to_owned(),
            clock,
            client: OnceLock::new(),
            console: OnceLock::new(),
            parts: RwLock::default(),
            picture: watch::Sender::default(),
            turn: tokio::sync::Mutex::default(),
            wake: Notify::new(),
        })
    }

    /// Sets the address of this server's console. The first call counts.
    pub fn answers_at(&self, console: &str) {
        if let Ok(console) = console.parse() {
            let _ = self.console.set(console);
        }
    }

    /// Adds a component to reports between servers.
    pub fn add_part(&self, part: Arc<dyn ReportPart>) {
        self.parts.write().unwrap_or_else(PoisonError::into_inner).push(part);
    }

    fn parts(&self) -> Vec<Arc<dyn ReportPart>> {
        self.parts.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// All servers of the installation by their last reports, this one first.
    #[must_use]
    pub fn picture(&self) -> InstallationPicture {
        self.picture.borrow().clone()
    }

    /// The clients of this server, as last counted; `None` before the first count.
    pub(crate) fn serving(&self) -> Option<Serving> {
        self.roster().serving.clone()
    }

    /// Notified every two seconds, after each update.
    #[must_use]
    pub fn pictures(&self) -> watch::Receiver<InstallationPicture> {
        self.picture.subscribe()
    }

    /// What the peers remember of this server's countdown hours, if anything.
    #[must_use]
    pub fn witnessed(&self) -> Option<Witness> {
        self.roster().members.values().filter_map(|member| member.remembers).reduce(Witness::and)
    }

    /// The name by which its peers know this server; the host name while it has none.
    #[must_use]
    pub fn own_name(&self) -> String {
        self.roster().name()
    }

    /// This server's role in its installation.
    #[must_use]
    pub fn role(&self) -> Role {
        let roster = self.roster();
        role(roster.context, roster.own.as_ref().map(|own| own.joined_as))
    }

    fn roster(&self) -> MutexGuard<'_, Roster> {
        self.roster.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> ClockReading {
        ClockReading { wall_ms: self.clock.now_ms(), mono_ms: self.clock.mono_ms() }
    }

    fn set_context(&self, context: Option<Context>) {
        self.roster().context = context;
    }

    /// The key of this server, created on first use.
    fn secret(&self) -> Result<&PeerSecret, key::KeyFileError> {
        if let Some(secret) = self.secret.get() {
            return Ok(secret);
        }
        let made = key::read_or_make(&self.folder)?;
        Ok(self.secret.get_or_init(|| made))
    }
}

impl Engine {
    /// This server's role in its installation.
    #[must_use]
    pub fn role(&self) -> Role {
        self.peers.role()
    }

    /// Reads this server's registration. Called at startup, before a join, and every two seconds.
    pub(crate) async fn settle_peers(&self) -> Result<(), sqlx::Error> {
        let stored: Option<Option<String>> =
            sqlx::query_scalar("SELECT context FROM registration").fetch_optional(self.store.read()).await?;
        let context = stored.flatten().and_then(|context| context.parse().ok());
        let registered = self.conf.borrow().effective.registered();
        self.peers.set_context(context.filter(|_| registered));
        Ok(())
    }
}
