//! When this server, a backup, served clients instead of the primary. It is stored, and peers hear of it, so that every server of the
//! installation can tell of a failover once it is over.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use licensing::peers::{MOST_STAND_INS, PeerLiveness, Role, StandIn, StandInCause};
use sqlx::Row;

use crate::Engine;
use crate::peers::{InstallationPicture, InstallationServer};
use crate::service::local_zone;
use crate::store::Store;

/// Time between two stores of one that goes on, milliseconds.
const STORE_MS: i64 = 60_000;
/// Retention, milliseconds: 400 days.
const KEPT_MS: i64 = 400 * 24 * 3_600_000;

/// The last ones of this server.
#[derive(Debug, Default)]
pub(crate) struct StandIns(Mutex<Newest>);

#[derive(Debug, Default)]
struct Newest {
    /// The oldest first, [`MOST_STAND_INS`] at most.
    all: VecDeque<StandIn>,
    /// The last of them as it is stored, with its row.
    stored: Option<(i64, StandIn)>,
}

/// A stand-in of one server for another, by the clock of this one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastStandIn {
    /// When, how many, and why.
    pub of: StandIn,
    /// In a sentence.
    pub sentence: String,
}

impl StandIns {
    /// As they were stored.
    pub(crate) async fn open(store: &Store) -> Result<Self, sqlx::Error> {
        let rows = sqlx::query("SELECT id, began, ended, clients, cause FROM stand_ins ORDER BY id DESC LIMIT ?")
            .bind(i64::try_from(MOST_STAND_INS).unwrap_or(i64::MAX))
            .fetch_all(store.read())
            .await?;
        let mut newest = Newest::default();
        for row in rows.iter().rev() {
            let cause: &str = row.try_get("cause")?;
            let stand_in = StandIn {
                began: row.try_get("began")?,
                ended: row.try_get("ended")?,
                clients: row.try_get("clients")?,
                cause: cause.parse().unwrap_or(StandInCause::Failover),
            };
            newest.all.push_back(stand_in);
            newest.stored = Some((row.try_get("id")?, stand_in));
        }
        Ok(Self(Mutex::new(newest)))
    }

    fn lock(&self) -> MutexGuard<'_, Newest> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// For the report to peers.
    pub(crate) fn newest(&self) -> Vec<StandIn> {
        self.lock().all.iter().copied().collect()
    }
}

impl Newest {
    /// Takes in a look at the clients. Returns what must be stored, with its row if it has one.
    fn look(&mut self, clients: u32, cause: StandInCause, now: i64) -> Option<(Option<i64>, StandIn)> {
        let before = self.all.back().copied();
        let after = StandIn::after_look(before, clients, cause, now);
        if let Some(after) = after {
            if before.is_some_and(|before| before.began == after.began) {
                self.all.pop_back();
            } else if self.all.len() == MOST_STAND_INS {
                self.all.pop_front();
            }
            self.all.push_back(after);
        }
        let newest = self.all.back().copied()?;
        let known = self.stored.filter(|(_, stored)| stored.began == newest.began);
        let is_due = known.is_none_or(|(_, stored)| {
            stored != newest && (after.is_none() || newest.ended.abs_diff(stored.ended) >= STORE_MS.unsigned_abs())
        });
        is_due.then_some((known.map(|(row, _)| row), newest))
    }
}

impl Engine {
    /// Looks whether this server stands in for the primary. Call it every second.
    ///
    /// # Errors
    /// [`sqlx::Error`] when the database does not respond; the next call tries again.
    pub async fn watch_stand_in(&self) -> Result<(), sqlx::Error> {
        let clients = if self.role() == Role::Backup { self.leases.serving().holding } else { 0 };
        let cause = if clients > 0 { self.stand_in_cause() } else { StandInCause::Failover };
        let due = self.stand_ins.lock().look(clients, cause, self.now_ms());
        let Some((row, newest)) = due else { return Ok(()) };
        let row = store(&self.store, row, &newest, self.known_ms()).await?;
        self.stand_ins.lock().stored = Some((row, newest));
        Ok(())
    }

    fn stand_in_cause(&self) -> StandInCause {
        let picture = self.peers.picture();
        let is_up = |server: &&InstallationServer| matches!(server.state, PeerLiveness::Up(_));
        let primary = picture.others().filter(is_up).find(|server| server.role == Role::Primary);
        match primary.and_then(|primary| primary.report.as_ref()?.drain.as_ref()) {
            Some(drain) if drain["clients"].is_null() => StandInCause::Drain,
            Some(_) => StandInCause::Drill,
            None => StandInCause::Failover,
        }
    }

    /// Stand-ins of all servers that are over, not longer ago than a day; the newest first.
    #[must_use]
    pub fn past_stand_ins(&self) -> Vec<PastStandIn> {
        self.past_in(&self.peers.picture())
    }

    fn past_in(&self, picture: &InstallationPicture) -> Vec<PastStandIn> {
        let now = self.now_ms();
        let primary = picture.servers.iter().find(|server| server.role == Role::Primary);
        let from = primary.map_or("the primary", |primary| primary.name.as_str());
        let of = |server: &InstallationServer| {
            let all = match &server.report {
                _ if server.itself => self.stand_ins.newest(),
                Some(report) => report.stood_in.iter().take(MOST_STAND_INS).copied().collect(),
                None => Vec::new(),
            };
            let (off, to) = (server.clock_off_ms.unwrap_or(0), server.name.clone());
            all.into_iter().map(move |of| {
                let here = |at: i64| at.saturating_sub(off);
                (to.clone(), StandIn { began: here(of.began), ended: here(of.ended), ..of })
            })
        };
        let mut past: Vec<_> = picture.servers.iter().flat_map(of).filter(|(_, of)| of.is_told(now)).collect();
        past.sort_by_key(|(_, of)| std::cmp::Reverse(of.ended));
        past.into_iter()
            .map(|(to, of)| PastStandIn { of, sentence: of.sentence(from, &to, now, &local_zone(of.ended)) })
            .collect()
    }
}

/// `known`: the time from which their retention is counted; none while it is in doubt.
async fn store(store: &Store, row: Option<i64>, newest: &StandIn, known: Option<i64>) -> Result<i64, sqlx::Error> {
    let mut tx = store.write().await?;
    let row = match row {
        Some(row) => {
            sqlx::query("UPDATE stand_ins SET ended = ?, clients = ? WHERE id = ?")
                .bind(newest.ended)
                .bind(newest.clients)
                .bind(row)
                .execute(&mut *tx)
                .await?;
            row
        }
        None => {
            let cause: &'static str = newest.cause.into();
            if let Some(known) = known {
                let until = known.saturating_sub(KEPT_MS);
                sqlx::query("DELETE FROM stand_ins WHERE ended < ?").bind(until).execute(&mut *tx).await?;
            }
            sqlx::query("INSERT INTO stand_ins (began, ended, clients, cause) VALUES (?, ?, ?, ?)")
                .bind(newest.began)
                .bind(newest.ended)
                .bind(newest.clients)
                .bind(cause)
                .execute(&mut *tx)
                .await?
                .last_insert_rowid()
        }
    };
    tx.commit().await?;
    Ok(row)
}

#[cfg(test)]
mod tests {
    use super::*;
    use StandInCause::Failover;

    const AT: i64 = 1_800_000_000_000;

    #[test]
    fn one_is_stored_when_it_begins_every_minute_and_when_it_is_over() {
        let mut newest = Newest::default();
        let mut stored = Vec::new();
        for second in 0..=200 {
            let now = AT + second * 1_000;
            // Clients are here for 100 s, then nobody.
            if let Some((row, of)) = newest.look(u32::from(second < 100), Failover, now) {
                stored.push((second, row, (of.ended - of.began) / 1_000));
                newest.stored = Some((7, of));
            }
        }
        assert_eq!(stored, [(0, None, 0), (60, Some(7), 60), (100, Some(7), 99)]);
        assert_eq!(newest.all.len(), 1);
        // Later another one: a row of its own.
        assert_eq!(newest.look(2, Failover, AT + 900_000).map(|(row, of)| (row, of.clients)), Some((None, 2)));
        assert_eq!(newest.all.len(), 2);
    }

    #[test]
    fn what_could_not_be_stored_is_tried_again() {
        let mut newest = Newest::default();
        for second in 0..3 {
            assert!(newest.look(1, Failover, AT + second * 1_000).is_some());
        }
    }

    #[tokio::test]
    async fn a_failover_is_told_by_the_backup_and_by_the_primary_each_by_its_own_clock() {
        use crate::clock::ManualClock;
        use std::sync::Arc;

        let folder = tempfile::tempdir().unwrap();
        let conf = folder.path().join("license_server.conf");
        Engine::write_new_conf(&conf).unwrap();
        let engine = Engine::open(folder.path(), &conf, Arc::new(ManualClock::at(AT))).await.unwrap();
        let of = StandIn { began: AT - 120_000, ended: AT - 60_000, clients: 2, cause: Failover };
        let mut picture = engine.servers();
        let own = picture.servers[0].clone();
        let report = own.report.as_deref().unwrap().clone();
        let server = |name: &str, itself, role, stood_in: Vec<StandIn>, clock_off_ms| InstallationServer {
            name: name.to_owned(),
            itself,
            role,
            clock_off_ms,
            report: Some(Arc::new(licensing::peers::PeerReport { stood_in, ..report.clone() })),
            ..own.clone()
        };
        // The primary hears of it. The backup's clock is an hour ahead.
        let ahead = StandIn { began: of.began + 3_600_000, ended: of.ended + 3_600_000, ..of };
        picture.servers = vec![
            server("lic-01", true, Role::Primary, Vec::new(), Some(0)),
            server("lic-02", false, Role::Backup, vec![ahead], Some(3_600_000)),
        ];
        let told = engine.past_in(&picture);
        assert_eq!(told.iter().map(|past| past.of).collect::<Vec<_>>(), [of]);
        assert!(told[0].sentence.starts_with("Failover from lic-01 to lic-02, "), "{}", told[0].sentence);
        // The backup knows itself, and while it serves there is nothing to tell.
        picture.servers = vec![
            server("lic-02", true, Role::Backup, Vec::new(), Some(0)),
            server("lic-01", false, Role::Primary, Vec::new(), None),
        ];
        engine.stand_ins.lock().all.extend([of, StandIn { began: AT - 10_000, ended: AT, ..of }]);
        assert_eq!(engine.past_in(&picture).iter().map(|past| past.of).collect::<Vec<_>>(), [of]);
    }

    #[tokio::test]
    async fn they_outlive_a_restart_and_the_newest_are_kept_at_hand() {
        let folder = tempfile::tempdir().unwrap();
        let opened = crate::store::open(folder.path(), AT).await.unwrap();
        for number in 0..8_i64 {
            let began = AT + number * 3_600_000;
            let of = StandIn { began, ended: began, clients: 1, cause: StandInCause::Drill };
            let row = store(&opened, None, &of, Some(began)).await.unwrap();
            store(&opened, Some(row), &StandIn { ended: began + 60_000, clients: 2, ..of }, None).await.unwrap();
        }
        let again = StandIns::open(&opened).await.unwrap().newest();
        let said: Vec<_> =
            again.iter().map(|of| ((of.began - AT) / 3_600_000, of.ended - of.began, of.clients)).collect();
        assert_eq!(said, [(3, 60_000, 2), (4, 60_000, 2), (5, 60_000, 2), (6, 60_000, 2), (7, 60_000, 2)]);
        assert!(again.iter().all(|of| of.cause == StandInCause::Drill));
    }
}
