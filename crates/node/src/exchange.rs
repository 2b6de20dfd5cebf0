//! One report, one answer. Whatever an answer says is durable before it is sent.

mod refused;
mod report;

pub use refused::ReportRefusal;

use licensing::status_report::StatusId;
use licensing::status_response::{NodeNotice, StatusResponse};
use sqlx::SqliteConnection;

use crate::monitor::DerivedKey;
use crate::reports::{self, ReportOutcome};
use crate::servers::{RegisteredServer, SeenInstallation};
use crate::time::spoken;
use crate::{Node, deployments, monitor, secret};
use report::ParsedReport;

/// An answer to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeAnswer {
    /// HTTP status.
    pub status: u16,
    /// A signed response, JSON.
    pub body: String,
}

/// What a refusal refers to.
#[derive(Debug, Clone, Default)]
struct About {
    status_id: Option<StatusId>,
    report_sha256: Option<String>,
}

impl Node {
    /// Answers a report that came with `auth`. A refusal is signed like any other answer.
    pub async fn answer(&self, auth: Option<&[u8]>, body: &[u8]) -> NodeAnswer {
        let now = self.now_ms();
        let received = match ParsedReport::read(body) {
            Ok(received) => received,
            Err(refused) => return self.signed_refusal(&refused, About::default(), now),
        };
        match self.exchange(auth, &received, now).await {
            Ok(response) => {
                tracing::info!(server.guid = %received.guid, status_id = %received.report.status_id, "answered a report");
                NodeAnswer { status: 200, body: response.signed_text(&self.secret) }
            }
            Err(refused) => {
                let about = About {
                    status_id: Some(received.report.status_id),
                    report_sha256: Some(received.report_sha256.clone()),
                };
                self.signed_refusal(&refused, about, now)
            }
        }
    }

    /// A refusal for a reason outside the report.
    pub fn refuse(&self, refused: &ReportRefusal) -> NodeAnswer {
        self.signed_refusal(refused, About::default(), self.now_ms())
    }

    fn signed_refusal(&self, refused: &ReportRefusal, about: About, now: i64) -> NodeAnswer {
        let status = refused.status();
        if let ReportRefusal::Store(error) = refused {
            tracing::error!(%error, "could not answer a report");
        } else {
            tracing::info!(status, reason = %refused, "refused a report");
        }
        let response = StatusResponse {
            error: true,
            message: refused.to_string(),
            valid_license_guids: Vec::new(),
            license_status_id: about.status_id,
            node_time: now,
            report_sha256: about.report_sha256,
            bundle: None,
            notices: Vec::new(),
            monitor_license: None,
        };
        NodeAnswer { status, body: response.signed_text(&self.secret) }
    }

    async fn exchange(
        &self,
        auth: Option<&[u8]>,
        received: &ParsedReport,
        now: i64,
    ) -> Result<StatusResponse, ReportRefusal> {
        let server = self.find(received.guid).await?.ok_or(ReportRefusal::UnknownGuid(received.guid))?;
        let proven = auth.is_some_and(|auth| secret::same(&secret::digest(auth), &server.auth));
        // Before the transaction: others don't wait for it.
        let derived = if proven { self.derive(&server, &received.report.locked_keys).await? } else { Vec::new() };
        let mut tx = self.store.write().await?;
        let verdict = if proven {
            self.settle_report(&mut tx, &server, received, &derived, now).await
        } else {
            Err(if auth.is_some() { ReportRefusal::WrongAuth } else { ReportRefusal::NoAuth })
        };
        match &verdict {
            Ok(_) => {}
            Err(ReportRefusal::Store(_)) => return verdict,
            Err(refused) => {
                let outcome = if proven { ReportOutcome::Refused } else { ReportOutcome::Stranger };
                let new = received.kept(now, outcome, Some(refused.to_string()), None);
                reports::keep(&mut tx, server.id, new).await?;
            }
        }
        tx.commit().await?;
        verdict
    }

    /// Everything one report changes, in the transaction at hand.
    async fn settle_report(
        &self,
        connection: &mut SqliteConnection,
        server: &RegisteredServer,
        received: &ParsedReport,
        derived: &[DerivedKey],
        now: i64,
    ) -> Result<StatusResponse, ReportRefusal> {
        let id = received.report.status_id.to_string();
        let used: Option<i64> = sqlx::query_scalar("SELECT at FROM status_ids WHERE server_id = ? AND status_id = ?")
            .bind(server.id)
            .bind(&id)
            .fetch_optional(&mut *connection)
            .await?;
        if let Some(at) = used {
            return Err(ReportRefusal::Replayed { id, at });
        }
        let rival = claim(connection, server.id, &received.instance, now).await?;
        sqlx::query("INSERT INTO status_ids (server_id, status_id, at) VALUES (?, ?, ?)")
            .bind(server.id)
            .bind(&id)
            .bind(now)
            .execute(&mut *connection)
            .await?;
        monitor::keep(connection, server.id, &received.report.locked_keys, now).await?;
        let monitor_license = self.answer_monitor(connection, server, derived, now).await?;
        let (signed, bundle) = self.issue(connection, server, now).await?;
        let serial = i64::try_from(bundle.serial.get()).ok();
        reports::keep(connection, server.id, received.kept(now, ReportOutcome::Answered, None, serial)).await?;
        Ok(StatusResponse {
            error: false,
            message: "Success".to_owned(),
            valid_license_guids: deployments::of(connection, server.id).await?.into_iter().map(|d| d.id).collect(),
            license_status_id: Some(received.report.status_id),
            node_time: now,
            report_sha256: Some(received.report_sha256.clone()),
            bundle: Some(signed),
            notices: rival.into_iter().map(|rival| second_instance(&rival)).collect(),
            monitor_license,
        })
    }
}

/// Lets `instance` have the GUID if it already does or no other does. Returns the rival installation to name to the
/// owner.
async fn claim(
    connection: &mut SqliteConnection,
    server: i64,
    instance: &str,
    now: i64,
) -> Result<Option<SeenInstallation>, ReportRefusal> {
    // As it is now: since the server was looked up, another report may have claimed it.
    let (owner, since, rival, rival_at): (Option<String>, Option<i64>, Option<String>, Option<i64>) =
        sqlx::query_as("SELECT instance, instance_since, rival, rival_at FROM servers WHERE id = ?")
            .bind(server)
            .fetch_one(&mut *connection)
            .await?;
    match owner {
        Some(owner) if owner == instance => {
            Ok(rival.zip(rival_at).map(|(instance, at)| SeenInstallation { instance, at }))
        }
        Some(owner) => {
            sqlx::query("UPDATE servers SET rival = ?, rival_at = ? WHERE id = ?")
                .bind(instance)
                .bind(now)
                .bind(server)
                .execute(connection)
                .await?;
            let other = instance.to_owned();
            Err(ReportRefusal::SecondInstance {
                owner: SeenInstallation { instance: owner, at: since.unwrap_or(now) },
                other,
            })
        }
        None => {
            sqlx::query("UPDATE servers SET instance = ?, instance_since = ? WHERE id = ?")
                .bind(instance)
                .bind(now)
                .bind(server)
                .execute(connection)
                .await?;
            Ok(None)
        }
    }
}

fn second_instance(rival: &SeenInstallation) -> NodeNotice {
    let (other, at) = (refused::short(&rival.instance), spoken(rival.at));
    let message = format!(
        "Another installation ({other}) reported with this server's GUID, last at {at}, and was refused. Decide which of the two keeps the GUID. If it's this one, shut down the other or register it with a GUID of its own; if it's the other, ask the vendor's support to move the GUID."
    );
    NodeNotice { code: "second-instance".to_owned(), message }
}
