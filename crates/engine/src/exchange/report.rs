//! Creates reports: all that leaves this server.

use licensing::context::Context;
use licensing::guid::Guid;
use licensing::locked::KeyHeader;
use licensing::status_report::{DeploymentReport, StatusId, StatusReport, digest};
use serde_json::Value;

use super::identity::{Readiness, ServerIdentity};
use super::{Channel, ledger};
use crate::Engine;
use crate::actor::Actor;
use crate::audit::{AuditOutcome, NewAuditEntry};
use crate::secret;

/// Maximum number of open reports made by hand or over the reporting API; beyond it the oldest is closed.
pub(super) const MOST_OPEN: i64 = 200;

/// A report waiting for its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenedReport {
    /// Its id, which accepts one answer.
    pub status_id: String,
    /// JSON, one line: exactly what to send.
    pub report: String,
    /// SHA-256 of these bytes, lower-case hexadecimal.
    pub sha256: String,
    /// Address to send the report to from a machine that can reach the nodes.
    pub licensing_url: Option<String>,
}

/// Why no report was created.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// A prerequisite is missing.
    #[error("{0}")]
    NotReady(String),
    /// The report is inconsistent; a bug.
    #[error("Can't create the report: {0}.")]
    Unsound(String),
    /// The database did not respond.
    #[error("The database did not respond: {0}.")]
    Sql(#[from] sqlx::Error),
}

impl Engine {
    /// Creates a report and its ledger entry, durably, before anyone sees it.
    ///
    /// # Errors
    /// [`ReportError`]; nothing is opened.
    pub async fn open_report(&self, actor: &Actor, channel: Channel) -> Result<OpenedReport, ReportError> {
        let identity = self.identity().await?;
        let opened = self.make_report(&identity).await?;
        let entry = ledger::NewLedgerEntry {
            opened: &opened,
            guid: identity.guid.map(|guid| guid.to_string()).unwrap_or_default(),
            channel,
            by: &actor.name,
            at: self.clock.now_ms(),
            known: self.contact().high_water,
        };
        let mut tx = self.store.write().await?;
        ledger::open(&mut tx, &entry).await?;
        if channel == Channel::Online {
            // The daily sync is in the ledger; the audit log needn't have it.
            tx.commit().await?;
        } else {
            ledger::give_up_oldest(&mut tx, MOST_OPEN).await?;
            let sentence = format!("Created the report {}.", opened.status_id);
            self.audit
                .commit(
                    tx,
                    NewAuditEntry { actor, action: "exchange.report", sentence, outcome: AuditOutcome::Done }
                        .about(&opened.status_id),
                )
                .await?;
        }
        Ok(opened)
    }

    /// The report as it would be made now.
    async fn make_report(&self, identity: &ServerIdentity) -> Result<OpenedReport, ReportError> {
        if let Some(problem) = identity.readiness.problem() {
            return Err(ReportError::NotReady(problem));
        }
        let Some(guid) = identity.guid else {
            return Err(ReportError::NotReady(Readiness::Unregistered.problem().unwrap_or_default()));
        };
        let locked_keys = self.wanted_keys().await?;
        let (status_id, report) = self.report_as(identity, guid, identity.context, locked_keys).await?;
        Ok(OpenedReport {
            status_id: status_id.to_string(),
            sha256: secret::digest_hex(report.as_bytes()),
            report,
            licensing_url: self.licensing_url(),
        })
    }

    /// The report of this installation under a GUID and a context, with the key headers of its locked records.
    pub(super) async fn report_as(
        &self,
        identity: &ServerIdentity,
        guid: Guid,
        context: Option<Context>,
        locked_keys: Vec<KeyHeader>,
    ) -> Result<(StatusId, String), sqlx::Error> {
        let now = self.clock.now_ms();
        let mut deployments = Vec::new();
        for deployment in self.deployments_of(guid) {
            let speech_usage = self.usage_report(&deployment, "").await?.into();
            deployments.push(DeploymentReport { license_guid: deployment, bio_engine_usage: None, speech_usage });
        }
        let status_id = StatusId::new(secret::uuid());
        let report = StatusReport {
            cluster_guid: guid.compact(),
            instance_uuid: identity.instance.clone(),
            status_id,
            instance_created: with_offset(identity.instance_created),
            installation_type: context.map_or("Undefined", installation_type).to_owned(),
            report_timestamp: (now / 1000).to_string(),
            images: None,
            deployments,
            simultaneous_use_ms: Some(self.overlap_ms().await?).filter(|ms| *ms > 0),
            locked_keys: Vec::new(),
        };
        let wanted = locked_keys.len();
        let report = report.with_locked_keys(locked_keys);
        if report.locked_keys.len() < wanted {
            self.note_reported(&report.locked_keys).await?;
        }
        Ok((status_id, report.to_json()))
    }

    /// A node that accepts an unsealed report from `curl`: the one in use if it uses HTTPS or is on this machine, else
    /// the first HTTPS node. Plain HTTP needs sealed bodies, which `curl` can't create.
    pub fn licensing_url(&self) -> Option<String> {
        let effective = self.conf().effective;
        let url = |scheme: &str, host: &str, port: u16| {
            let standard = if scheme == "https" { 443 } else { 80 };
            let host = if host.contains(':') && !host.starts_with('[') { format!("[{host}]") } else { host.to_owned() };
            if port == standard { format!("{scheme}://{host}/") } else { format!("{scheme}://{host}:{port}/") }
        };
        if !effective.https
            && let Some(node) = effective.http_nodes.iter().find(|node| is_loopback(&node.host))
        {
            return Some(url("http", &node.host, node.port.unwrap_or(effective.http_port)));
        }
        let node = effective.https_nodes.first()?;
        Some(url("https", &node.host, node.port.unwrap_or(effective.https_port)))
    }
}

/// Whether a host is this machine.
fn is_loopback(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost") || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// The word of the report for a context (`Undefined` where none is known).
fn installation_type(context: Context) -> &'static str {
    match context {
        Context::Production => "Production",
        Context::Backup => "Backup",
        Context::Development => "Development",
    }
}

/// RFC 3339 with microseconds and the local offset, as the vendor writes it.
fn with_offset(ms: i64) -> String {
    jiff::Timestamp::from_millisecond(ms)
        .map(|at| at.to_zoned(jiff::tz::TimeZone::system()).strftime("%Y-%m-%dT%H:%M:%S%.6f%:z").to_string())
        .unwrap_or_default()
}

/// The digest of a report's canonical form, which its answer must name.
pub(super) fn report_digest(report: &str) -> Option<String> {
    let value: Value = serde_json::from_str(report).ok()?;
    digest(&value).ok()
}
