//! Which of the locked records the licenses at hand cover.

use std::collections::{BTreeMap, HashMap};

use licensing::locked::{HeaderId, MOST_TOLD_APART, UserKey};
use licensing::monitor::{
    MonitorDocumentError, MonitorLicense, SignedMonitorDocument, Violation, covers_all, most_users, needed,
};
use sqlx::FromRow;

use super::{Coverage, LockedFile};
use crate::usage::file_name;
use crate::{DatabaseError, Engine};

/// What is said while only the day keys are missing.
pub(super) const AWAITS_KEYS: &str =
    "The license covers these records. Sync with the vendor's nodes to receive their day keys, or exchange by hand.";

/// The licenses and day keys at hand.
#[derive(Debug, Clone, Default)]
pub(super) struct Held {
    pub licenses: Vec<MonitorLicense>,
    /// The key for the most users, by header.
    pub keys: HashMap<HeaderId, UserKey>,
}

impl Held {
    fn add_keys(&mut self, keys: impl IntoIterator<Item = (HeaderId, UserKey)>) {
        for (header, key) in keys {
            if self.keys.get(&header).is_none_or(|known| known.users < key.users) {
                self.keys.insert(header, key);
            }
        }
    }

    /// Whether the key of a header is for users up to this one.
    pub fn opens(&self, header: HeaderId, users: u64) -> bool {
        self.keys.get(&header).is_some_and(|key| key.users >= users.min(MOST_TOLD_APART))
    }
}

/// A header as stored.
#[derive(Debug, Clone, FromRow)]
pub(super) struct HeaderRow {
    pub id: String,
    pub day: i64,
    pub users: u64,
    pub records: u64,
    pub opened: u64,
}

impl HeaderRow {
    pub fn id(&self) -> Option<HeaderId> {
        self.id.parse().ok()
    }
}

#[derive(FromRow)]
struct FileRow {
    day: i64,
    violation: String,
    from_ms: i64,
    to_ms: i64,
    least: u64,
    users: u64,
}

/// The sums of a day.
#[derive(Debug, Clone)]
pub(super) struct LockedDay {
    pub file: LockedFile,
    /// The lowest index of a user.
    pub least: u64,
    pub headers: Vec<HeaderRow>,
}

impl LockedDay {
    /// Judges what is still locked by the licenses and keys at hand.
    fn judge(&mut self, held: &Held) {
        let Self { file, least, headers } = self;
        let (from, to) = (file.from_ms, file.to_ms);
        if file.locked() == 0 {
            (file.coverage, file.needs) = (Coverage::Covered, None);
            return;
        }
        if covers_all(&held.licenses, from, to, file.users) {
            let locked = headers.iter().filter(|header| header.opened < header.records);
            let mut locked = locked.map(|header| (header.id(), header.users));
            let is_open = locked.all(|(id, users)| id.is_some_and(|id| held.opens(id, users)));
            (file.coverage, file.needs) = match is_open {
                true => (Coverage::Covered, None),
                false => (Coverage::AwaitingKeys, Some(AWAITS_KEYS.to_owned())),
            };
            return;
        }
        file.coverage = match most_users(&held.licenses, from, to).filter(|users| users >= least) {
            Some(users) => Coverage::Partly { users },
            None => Coverage::NotCovered,
        };
        file.needs = Some(needed(from, to, file.users));
    }
}

impl Engine {
    /// The files with records that are or were locked, the oldest first.
    ///
    /// # Errors
    /// [`DatabaseError`]
    pub async fn locked_files(&self) -> Result<Vec<LockedFile>, DatabaseError> {
        let held = self.held(None).await?;
        Ok(self.locked_days(&held).await?.into_iter().map(|day| day.file).collect())
    }

    /// How many records are locked.
    pub fn locked_records(&self) -> u64 {
        self.usage.locked()
    }

    /// The licenses and day keys at hand, and those of a key file.
    pub(super) async fn held(&self, key_file: Option<&SignedMonitorDocument>) -> Result<Held, HeldError> {
        let mut held = Held { licenses: self.monitor().licenses, keys: HashMap::new() };
        held.add_keys(self.monitor_keys());
        if let Some(signed) = key_file {
            let identity = self.identity().await?;
            let document = signed.verify(&identity.usable_keys())?;
            if let Some(own) = identity.guid
                && own != document.guid
            {
                return Err(MonitorDocumentError::OtherServer { got: document.guid, own }.into());
            }
            held.licenses.extend(document.licenses);
            held.add_keys(document.keys.into_iter().map(|key| (key.header, key.key)));
        }
        Ok(held)
    }

    pub(super) async fn locked_days(&self, held: &Held) -> Result<Vec<LockedDay>, DatabaseError> {
        let headers: Vec<HeaderRow> =
            sqlx::query_as("SELECT id, day, users, records, opened FROM locked_headers ORDER BY day, id")
                .fetch_all(self.store.read())
                .await?;
        let files: Vec<FileRow> = sqlx::query_as(
            "SELECT day, violation, from_ms, to_ms, least, users FROM locked_files ORDER BY day, violation",
        )
        .fetch_all(self.store.read())
        .await?;
        let damage: Vec<(i64, u64, u64, u64)> =
            sqlx::query_as("SELECT day, damaged, missing, settled FROM locked_damage")
                .fetch_all(self.store.read())
                .await?;
        let mut days: BTreeMap<i64, LockedDay> = BTreeMap::new();
        for row in files {
            let day = days.entry(row.day).or_insert_with(|| LockedDay {
                file: LockedFile {
                    day: row.day,
                    name: file_name(row.day),
                    from_ms: row.from_ms,
                    to_ms: row.to_ms,
                    records: 0,
                    opened: 0,
                    violations: Vec::new(),
                    users: 0,
                    damaged: 0,
                    missing: 0,
                    settled: 0,
                    coverage: Coverage::NotCovered,
                    needs: None,
                },
                least: row.least,
                headers: Vec::new(),
            });
            day.file.from_ms = day.file.from_ms.min(row.from_ms);
            day.file.to_ms = day.file.to_ms.max(row.to_ms);
            day.file.users = day.file.users.max(row.users);
            day.least = day.least.min(row.least);
            day.file.violations.extend(row.violation.parse::<Violation>());
        }
        for header in headers {
            let Some(day) = days.get_mut(&header.day) else { continue };
            day.file.records += header.records;
            day.file.opened += header.opened;
            day.headers.push(header);
        }
        for (day, damaged, missing, settled) in damage {
            let Some(day) = days.get_mut(&day) else { continue };
            (day.file.damaged, day.file.missing, day.file.settled) = (damaged, missing, settled);
        }
        let mut days: Vec<LockedDay> = days.into_values().collect();
        for day in &mut days {
            day.judge(held);
        }
        Ok(days)
    }
}

/// Why the licenses at hand can't be told.
#[derive(Debug, thiserror::Error)]
pub(super) enum HeldError {
    #[error(transparent)]
    Document(#[from] MonitorDocumentError),
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

impl From<HeldError> for DatabaseError {
    fn from(error: HeldError) -> Self {
        match error {
            HeldError::Database(error) => error,
            HeldError::Document(error) => Self::Io(std::io::Error::other(error)),
        }
    }
}
