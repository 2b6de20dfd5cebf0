//! The other servers of the installation: inviting and joining, watching one another, and what each tells of itself.
//!
//! The rules and the words are `licensing::peers`; here keys and members are stored, others are asked every two seconds, and what
//! they say is gathered into one [`InstallationPicture`]. One direction of asking is enough: a request that is good is a sign of life as well as
//! an answer.

mod answer;
mod apply_report;
mod background;
mod client;
mod error;
mod events;
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

/// Something that has a part in what servers tell one another.
pub trait ReportPart: Send + Sync + std::fmt::Debug {
    /// Adds its part to the report for the member of this name.
    fn fill(&self, report: &mut PeerReport, to: &str);

    /// Takes its part from a report of the member of this name.
    fn take(&self, from: &str, report: &PeerReport);
}

/// The other servers.
#[derive(Debug)]
pub struct Peers {
    roster: Mutex<Roster>,
    secret: OnceLock<PeerSecret>,
    folder: PathBuf,
    clock: Arc<dyn Clock>,
    client: OnceLock<reqwest::Client>,
    /// Where the console of this server answers.
    console: OnceLock<PeerUrl>,
    parts: RwLock<Vec<Arc<dyn ReportPart>>>,
    picture: watch::Sender<InstallationPicture>,
    /// One change of who belongs to the installation at a time.
    turn: tokio::sync::Mutex<()>,
    /// Somebody was added: ask at once.
    wake: Notify,
}

impl Peers {
    /// With the members that are stored.
    ///
    /// # Errors
    /// [`sqlx::Error`] when they cannot be read.
    pub async fn open(store: &Store, folder: &Path, clock: Arc<dyn Clock>) -> Result<Self, sqlx::Error> {
        let now = ClockReading { wall_ms: clock.now_ms(), mono_ms: clock.mono_ms() };
        let stored = rows::load(store.read()).await?;
        let secret = OnceLock::new();
        match key::read(folder) {
            Ok(Some(found)) => {
                let _ = secret.set(found);
            }
            Ok(None) => {}
            Err(error) => tracing::error!(%error, "this server cannot speak with the others of its installation"),
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

    /// The address of the console of this server. The first one counts.
    pub fn answers_at(&self, console: &str) {
        if let Ok(console) = console.parse() {
            let _ = self.console.set(console);
        }
    }

    /// Takes part in what servers tell one another, from now on.
    pub fn add_part(&self, part: Arc<dyn ReportPart>) {
        self.parts.write().unwrap_or_else(PoisonError::into_inner).push(part);
    }

    fn parts(&self) -> Vec<Arc<dyn ReportPart>> {
        self.parts.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// All servers of the installation as they were last heard of, this one first.
    #[must_use]
    pub fn picture(&self) -> InstallationPicture {
        self.picture.borrow().clone()
    }

    /// Whom this server serves, as counted last; none before the first count.
    pub(crate) fn serving(&self) -> Option<Serving> {
        self.roster().serving.clone()
    }

    /// Told whenever any of it is looked at anew, every two seconds.
    #[must_use]
    pub fn pictures(&self) -> watch::Receiver<InstallationPicture> {
        self.picture.subscribe()
    }

    /// What the others remember of this server's countdown hours; none while none of them does.
    #[must_use]
    pub fn witnessed(&self) -> Option<Witness> {
        self.roster().members.values().filter_map(|member| member.remembers).reduce(Witness::and)
    }

    /// What this server is in its installation.
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

    /// The key of this server, made at its first use.
    fn secret(&self) -> Result<&PeerSecret, key::KeyFileError> {
        if let Some(secret) = self.secret.get() {
            return Ok(secret);
        }
        let made = key::read_or_make(&self.folder)?;
        Ok(self.secret.get_or_init(|| made))
    }
}

impl Engine {
    /// What this server is in its installation.
    #[must_use]
    pub fn role(&self) -> Role {
        self.peers.role()
    }

    /// Looks up what this server is registered for. Called at the start, before anybody joins, and every two seconds.
    pub(crate) async fn settle_peers(&self) -> Result<(), sqlx::Error> {
        let stored: Option<Option<String>> =
            sqlx::query_scalar("SELECT context FROM registration").fetch_optional(self.store.read()).await?;
        let context = stored.flatten().and_then(|context| context.parse().ok());
        let registered = self.conf.borrow().effective.registered();
        self.peers.set_context(context.filter(|_| registered));
        Ok(())
    }
}
