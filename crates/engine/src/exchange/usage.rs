//! Usage totals since this server was set up, as in reports. Names are nested roll-ups and are never added
//! together.

use std::collections::BTreeMap;

use licensing::status_report::{ReportedUsage, SpeechUsage, StatusReport};

use crate::Engine;

/// Totals of one deployment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UsageReport {
    /// Time of all sessions, milliseconds.
    pub session_ms: u64,
    /// Audio of all sessions, milliseconds.
    pub session_audio_ms: u64,
    /// By name.
    pub license_usage: BTreeMap<String, ReportedUsage>,
}

/// The totals at the time a report was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// The deployment, lower-case UUID.
    pub deployment_id: String,
    /// The status id of that report.
    pub snapshot_uuid: String,
    /// When it was made, Unix milliseconds.
    pub created_ms: i64,
    /// The totals by name.
    pub usage: Vec<ReportedUsage>,
}

impl From<UsageReport> for SpeechUsage {
    fn from(report: UsageReport) -> Self {
        Self {
            session_ms: report.session_ms,
            session_audio_ms: report.session_audio_ms,
            license_usage: report.license_usage,
        }
    }
}

impl Engine {
    /// The totals of a deployment, for one component, or all if it is empty.
    ///
    /// # Errors
    /// [`sqlx::Error`] when the database does not respond.
    pub async fn usage_report(&self, deployment: &str, component: &str) -> Result<UsageReport, sqlx::Error> {
        let session: Option<(u64, u64)> =
            sqlx::query_as("SELECT session_ms, session_audio_ms FROM session_totals WHERE deployment = ?")
                .bind(deployment)
                .fetch_optional(self.store.read())
                .await?;
        let names: Vec<(String, u64, u64)> = sqlx::query_as(
            "SELECT name, usage_count, usage_ms FROM usage_totals WHERE deployment = ?1 AND (?2 = '' OR name = ?2)",
        )
        .bind(deployment)
        .bind(component)
        .fetch_all(self.store.read())
        .await?;
        let (session_ms, session_audio_ms) = session.unwrap_or_default();
        let usage = |(name, usage_count, usage_ms)| (name, ReportedUsage { usage_count, usage_ms });
        Ok(UsageReport { session_ms, session_audio_ms, license_usage: names.into_iter().map(usage).collect() })
    }

    /// The totals of a deployment at each report that was made in a time (both ends included), oldest first, at most
    /// the newest 1000.
    ///
    /// # Errors
    /// [`sqlx::Error`] when the database does not respond.
    pub async fn usage_snapshots(
        &self,
        deployment: &str,
        component: &str,
        start_ms: Option<i64>,
        end_ms: Option<i64>,
    ) -> Result<Vec<Snapshot>, sqlx::Error> {
        let rows: Vec<(String, i64, String)> = sqlx::query_as(
            "SELECT status_id, opened_at, report FROM exchange_ledger WHERE opened_at BETWEEN ? AND ?
             ORDER BY opened_at DESC LIMIT 1000",
        )
        .bind(start_ms.unwrap_or(i64::MIN))
        .bind(end_ms.unwrap_or(i64::MAX))
        .fetch_all(self.store.read())
        .await?;
        let snapshot = |(snapshot_uuid, created_ms, report): (String, i64, String)| {
            let report = StatusReport::parse(report.as_bytes()).ok()?;
            let of_deployment = report.deployments.into_iter().find(|d| d.license_guid == deployment)?;
            let usage = of_deployment.speech_usage.license_usage;
            Some(Snapshot {
                deployment_id: deployment.to_owned(),
                snapshot_uuid,
                created_ms,
                usage: usage
                    .into_iter()
                    .filter(|(name, _)| component.is_empty() || name == component)
                    .map(|(_, usage)| usage)
                    .collect(),
            })
        };
        Ok(rows.into_iter().rev().filter_map(snapshot).collect())
    }
}
