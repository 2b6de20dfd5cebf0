//! The check-list after set-up: its facts, and what somebody marked as done or dismissed.

use licensing::checklist::{ChecklistFacts, ChecklistItem};
use licensing::permission::Role;

use crate::Engine;
use crate::actor::Actor;
use crate::audit::{AuditOutcome, NewAuditEntry};

impl Engine {
    /// What is left to set up. `certificate_given`: the console has a certificate that was given to it.
    ///
    /// # Errors
    /// [`sqlx::Error`] when the database does not respond.
    pub async fn checklist(&self, certificate_given: bool) -> Result<Vec<ChecklistItem>, sqlx::Error> {
        let marked: Vec<String> =
            sqlx::query_scalar("SELECT item FROM checklist ORDER BY at").fetch_all(self.store.read()).await?;
        let administrators: i64 = sqlx::query_scalar("SELECT count(*) FROM users WHERE role = ?")
            .bind(Role::Administrator.as_str())
            .fetch_one(self.store.read())
            .await?;
        let facts = ChecklistFacts {
            peers: self.peers.picture().others().count(),
            channels: self.alert_channels().await?.len(),
            rules: self.alert_rules().await?.iter().filter(|rule| rule.enabled).count(),
            certificate_given,
            backed_up: self.backup_state().last_good.is_some(),
            administrators: usize::try_from(administrators).unwrap_or_default(),
            marked: marked.iter().filter_map(|word| word.parse().ok()).collect(),
        };
        Ok(facts.open())
    }

    /// Takes items off the check-list of this installation.
    ///
    /// # Errors
    /// [`sqlx::Error`] when the database does not respond.
    pub async fn mark_checklist(&self, actor: &Actor, items: &[ChecklistItem]) -> Result<(), sqlx::Error> {
        let mut tx = self.store.write().await?;
        let mut marked = Vec::new();
        for item in items {
            let sql = "INSERT INTO checklist (item, at) VALUES (?, ?) ON CONFLICT (item) DO NOTHING";
            let new = sqlx::query(sql).bind(item.as_str()).bind(self.clock.now_ms()).execute(&mut *tx).await?;
            if new.rows_affected() > 0 {
                marked.push(format!("“{}”", item.title()));
            }
        }
        if marked.is_empty() {
            return tx.rollback().await;
        }
        let sentence = match items {
            [only] if only.is_marked_by_hand() => format!("Marked {} as done.", marked[0]),
            _ => format!("Took {} off the check-list.", licensing::words::list(&marked)),
        };
        self.audit
            .commit(tx, NewAuditEntry { actor, action: "checklist.mark", sentence, outcome: AuditOutcome::Done })
            .await
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::audit::AuditQuery;
    use crate::clock::ManualClock;

    #[tokio::test]
    async fn what_is_marked_is_gone_for_good_and_told_once_in_the_audit_log() {
        let folder = tempfile::tempdir().unwrap();
        let conf = folder.path().join("license_server.conf");
        Engine::write_new_conf(&conf).unwrap();
        let clock = Arc::new(ManualClock::at(1_800_000_000_000));
        let engine = Engine::open(folder.path(), &conf, clock.clone()).await.unwrap();
        assert_eq!(engine.checklist(false).await.unwrap(), ChecklistItem::ALL);
        let actor = Actor::system();
        for _ in 0..2 {
            engine.mark_checklist(&actor, &[ChecklistItem::DataBackup]).await.unwrap();
        }
        for name in ["ann", "bob"] {
            engine.add_user(&actor, name, Role::Administrator, "seven green lamps hum").await.unwrap();
        }
        let left = [ChecklistItem::BackupServer, ChecklistItem::Alerts];
        assert_eq!(engine.checklist(true).await.unwrap(), left);
        engine.mark_checklist(&actor, &left).await.unwrap();
        engine.close().await;
        let engine = Engine::open(folder.path(), &conf, clock).await.unwrap();
        assert_eq!(engine.checklist(true).await.unwrap(), []);
        let told = engine.audit.list(&AuditQuery { limit: 100, ..Default::default() }).await.unwrap();
        let told: Vec<_> = told.iter().filter(|entry| entry.action == "checklist.mark").collect();
        assert_eq!(told.len(), 2);
        assert_eq!(told[1].sentence, "Marked “Back up the data folder” as done.");
        assert_eq!(told[0].sentence, "Took “Add a backup server” and “Set up alerts” off the check-list.");
    }
}
