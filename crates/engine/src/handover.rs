//! Sending clients to the backup for a while: for planned work on this server, or to rehearse a failure with some of them.
//!
//! While it lasts this server answers those clients that it is handed over; they go to their backup at once and ask here beside the work, so
//! that they are back within seconds of its end. It survives a restart, and ends by itself.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock};

use licensing::client_protocol::{Fault, FaultKind};
use licensing::peer::{PeerReport, Role, State};
use serde::{Deserialize, Serialize};
use sqlx::Row;

use crate::Engine;
use crate::actor::Actor;
use crate::audit::{Audit, Entry, Outcome};
use crate::store::Store;

/// The longest a server may be handed over, minutes: a day.
pub const LONGEST_MIN: u32 = 24 * 60;

/// Clients that are sent to the backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Handed {
    /// Since when, Unix milliseconds.
    pub began: i64,
    /// Until when, Unix milliseconds.
    pub until: i64,
    /// Who said so.
    pub by: String,
    /// What for.
    pub reason: String,
    /// The ids of the clients of a rehearsal; none: all clients.
    pub clients: Option<BTreeSet<String>>,
    /// How much of the backup's hours a rehearsal may take, milliseconds.
    pub budget_ms: Option<i64>,
}

/// What came of a rehearsal, so far or in the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rehearsal {
    /// What was asked for.
    pub handed: Handed,
    /// When each client was seen on a backup, Unix milliseconds.
    pub moved: BTreeMap<String, i64>,
    /// When each was back here, Unix milliseconds.
    pub back: BTreeMap<String, i64>,
    /// What it took of the backup's hours, milliseconds; none without such hours.
    pub spent_ms: Option<i64>,
    /// When it ended, Unix milliseconds; none while it goes on.
    pub ended: Option<i64>,
    /// Serial and balance of the backup's hours when it began.
    hours: Option<(u64, i64)>,
}

/// Why it was not begun.
#[derive(Debug, thiserror::Error)]
pub enum HandoverError {
    /// Too short or too long.
    #[error("A server is handed over for 1 to {LONGEST_MIN} minutes. Choose a time in between.")]
    Minutes,
    /// Nobody chosen.
    #[error("No client was chosen. Choose those that shall try the backup.")]
    NoClients,
    /// Nowhere to go.
    #[error("There is no backup that is up. Clients would have no server; bring a backup up first.")]
    NoBackup,
    /// It goes on already.
    #[error("This server is handed over already, until that ends or is ended.")]
    Already,
    /// The database.
    #[error("The database did not answer: {0}.")]
    Sql(#[from] sqlx::Error),
}

/// Whether this server is handed over.
#[derive(Debug, Default)]
pub struct Handover {
    now: RwLock<Option<Handed>>,
    rehearsal: Mutex<Option<Rehearsal>>,
}

impl Handover {
    /// As it was stored.
    ///
    /// # Errors
    /// [`sqlx::Error`] when the database does not answer.
    pub async fn open(store: &Store) -> Result<Self, sqlx::Error> {
        let row = sqlx::query("SELECT * FROM handover").fetch_optional(store.read()).await?;
        let handed = row.map(|row| Handed {
            began: row.get("began"),
            until: row.get("until"),
            by: row.get("by"),
            reason: row.get("reason"),
            clients: row.get::<Option<&str>, _>("clients").and_then(|text| serde_json::from_str(text).ok()),
            budget_ms: row.get("budget_ms"),
        });
        let rehearsal = handed.clone().filter(|handed| handed.clients.is_some()).map(Rehearsal::of);
        Ok(Self { now: RwLock::new(handed), rehearsal: Mutex::new(rehearsal) })
    }

    /// What goes on.
    #[must_use]
    pub fn current(&self) -> Option<Handed> {
        self.now.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether this client is served here.
    ///
    /// # Errors
    /// A fault that sends it to the backup.
    pub fn check(&self, client: &str) -> Result<(), Fault> {
        let now = self.now.read().unwrap_or_else(PoisonError::into_inner);
        let Some(handed) = now.as_ref() else { return Ok(()) };
        if handed.clients.as_ref().is_some_and(|clients| !clients.contains(client)) {
            return Ok(());
        }
        Err(Fault::new(
            FaultKind::HandedOver,
            format!(
                "This server is handed over to its backup for a while: {}. It takes its clients back by itself.",
                handed.reason
            ),
        ))
    }

    /// Ends what is over at `now`, Unix milliseconds. A clock that was set back does not lengthen it beyond the longest there may be.
    pub fn tick(&self, now: i64) {
        let over =
            |handed: &Handed| now >= handed.until || handed.until.saturating_sub(now) > i64::from(LONGEST_MIN) * 60_000;
        if self.current().as_ref().is_some_and(over) {
            *self.now.write().unwrap_or_else(PoisonError::into_inner) = None;
            tracing::info!("this server takes its clients back");
        }
    }

    /// The rehearsal that goes on, or the last one since the start.
    #[must_use]
    pub fn rehearsal(&self) -> Option<Rehearsal> {
        self.rehearsing().clone()
    }

    fn rehearsing(&self) -> MutexGuard<'_, Option<Rehearsal>> {
        self.rehearsal.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, handed: Option<Handed>) {
        *self.now.write().unwrap_or_else(PoisonError::into_inner) = handed;
    }
}

impl Rehearsal {
    fn of(handed: Handed) -> Self {
        Self { handed, moved: BTreeMap::new(), back: BTreeMap::new(), spent_ms: None, ended: None, hours: None }
    }

    /// Looks where the clients are. `backups` are those that are up, with what they last said; `here` are clients that work here.
    fn look(&mut self, goes_on: bool, backups: &[&PeerReport], here: &BTreeSet<String>, now: i64) {
        let Some(clients) = &self.handed.clients else { return };
        for id in clients {
            let there =
                backups.iter().filter_map(|report| report.serving.as_ref()).any(|serving| serving.clients.contains(id));
            if goes_on && there {
                self.moved.entry(id.clone()).or_insert(now);
            }
            if !goes_on && self.moved.contains_key(id) && here.contains(id) {
                self.back.entry(id.clone()).or_insert(now);
            }
        }
        if let Some(hours) = backups.iter().find_map(|report| report.countdown).filter(|_| goes_on) {
            let (serial, began) = *self.hours.get_or_insert((hours.serial, hours.balance_ms));
            if serial == hours.serial {
                self.spent_ms = Some((began - hours.balance_ms).max(0));
            }
        }
        if !goes_on {
            self.ended.get_or_insert(now);
        }
    }

    /// It took as much of the hours as it may.
    fn is_used_up(&self) -> bool {
        self.handed.budget_ms.zip(self.spent_ms).is_some_and(|(budget, spent)| spent >= budget)
    }
}

async fn keep(store: &Store, audit: &Audit, handed: Option<&Handed>, entry: Entry<'_>) -> Result<(), sqlx::Error> {
    let mut tx = store.write().await?;
    sqlx::query("DELETE FROM handover").execute(&mut *tx).await?;
    if let Some(handed) = handed {
        let clients = handed.clients.as_ref().map(|ids| serde_json::to_string(ids).expect("names always serialize"));
        sqlx::query(
            "INSERT INTO handover (id, began, until, by, reason, clients, budget_ms) VALUES (1, ?, ?, ?, ?, ?, ?)",
        )
        .bind(handed.began)
        .bind(handed.until)
        .bind(&handed.by)
        .bind(&handed.reason)
        .bind(clients)
        .bind(handed.budget_ms)
        .execute(&mut *tx)
        .await?;
    }
    audit.commit(tx, entry).await
}

impl Engine {
    /// Sends clients to the backup for `minutes`: all of them, or those of a rehearsal, which may take so many milliseconds of its hours.
    ///
    /// # Errors
    /// [`HandoverError`]; nothing is changed then.
    pub async fn hand_over(
        &self,
        actor: &Actor,
        minutes: u32,
        reason: &str,
        rehearsal: Option<(BTreeSet<String>, i64)>,
    ) -> Result<Handed, HandoverError> {
        let (clients, budget_ms) = rehearsal.unzip();
        if !(1..=LONGEST_MIN).contains(&minutes) {
            return Err(HandoverError::Minutes);
        }
        if clients.as_ref().is_some_and(BTreeSet::is_empty) {
            return Err(HandoverError::NoClients);
        }
        if self.handover.current().is_some() {
            return Err(HandoverError::Already);
        }
        if !self.backup_is_up() {
            return Err(HandoverError::NoBackup);
        }
        let began = self.now_ms();
        let reason = match (reason.trim(), &clients) {
            ("", Some(_)) => "a rehearsal",
            ("", None) => "planned work",
            (reason, _) => reason,
        };
        let handed = Handed {
            began,
            until: began + i64::from(minutes) * 60_000,
            by: actor.name.clone(),
            reason: reason.chars().filter(|c| !c.is_control()).take(200).collect(),
            clients,
            budget_ms,
        };
        let (action, sentence) = match &handed.clients {
            None => (
                "server.handover",
                format!("Handed all clients over to the backup for {minutes} min: {}.", handed.reason),
            ),
            Some(ids) => (
                "server.rehearse",
                format!("Began a rehearsal with {} clients for {minutes} min: {}.", ids.len(), handed.reason),
            ),
        };
        let entry = Entry { actor, action, sentence, outcome: Outcome::Done };
        keep(&self.store, &self.audit, Some(&handed), entry).await?;
        *self.handover.rehearsing() = handed.clients.is_some().then(|| Rehearsal::of(handed.clone()));
        self.handover.set(Some(handed.clone()));
        tracing::info!(minutes, "this server is handed over to its backup");
        Ok(handed)
    }

    /// Ends what is over, and looks how far a rehearsal is. Call it every second.
    pub(crate) fn watch_handover(&self) {
        let now = self.now_ms();
        self.handover.tick(now);
        let mut rehearsal = self.handover.rehearsing();
        let Some(rehearsal) = rehearsal.as_mut() else { return };
        let picture = self.peers.picture();
        let up = picture.others().filter(|server| server.role == Role::Backup && matches!(server.state, State::Up(_)));
        let reports: Vec<&PeerReport> = up.filter_map(|server| server.report.as_deref()).collect();
        let goes_on = self.handover.current().is_some_and(|handed| handed.began == rehearsal.handed.began);
        rehearsal.look(goes_on, &reports, &self.leases.at_work(), now);
        if goes_on && rehearsal.is_used_up() {
            tracing::warn!("the rehearsal has taken the hours it may take; the clients are taken back");
            self.handover.set(None);
        }
    }

    /// Takes the clients back before the time is over. Whether there was anything to end.
    ///
    /// # Errors
    /// [`sqlx::Error`] when the database does not answer.
    pub async fn take_back(&self, actor: &Actor) -> Result<bool, sqlx::Error> {
        if self.handover.current().is_none() {
            return Ok(false);
        }
        let sentence = "Took the clients back from the backup.".to_owned();
        let entry = Entry { actor, action: "server.take_back", sentence, outcome: Outcome::Done };
        keep(&self.store, &self.audit, None, entry).await?;
        self.handover.set(None);
        Ok(true)
    }
}
