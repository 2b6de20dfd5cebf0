use std::sync::Arc;

use ::reporting::service::{CallRefusal, Caller, DatabaseCheck, OpenedReport, ReportingSource, SourceError};
use ::reporting::wire::lumenvox::api::{ComponentLicenseUsage, SnapshotData, UsageReportResponse};
use engine::exchange::{Channel, PushError, ReportError};
use engine::{Actor, Engine, Origin};
use licensing::status_report::ReportedUsage;

/// The engine, as the service asks it.
#[derive(Debug)]
pub(super) struct EngineSource(pub Arc<Engine>);

/// Any operator may ask; the audit log records which.
fn actor(caller: &Caller) -> Actor {
    Actor {
        name: format!("operator {}", caller.operator),
        origin: Origin::ReportingApi,
        address: caller.address.map(|address| address.to_string()),
    }
}

fn failed(error: impl std::fmt::Display) -> SourceError {
    SourceError::Failed(error.to_string())
}

fn component(usage: ReportedUsage) -> ComponentLicenseUsage {
    ComponentLicenseUsage { usage_count: usage.usage_count, usage_ms: usage.usage_ms }
}

#[async_trait::async_trait]
impl ReportingSource for EngineSource {
    async fn deployments(&self) -> Result<Vec<String>, SourceError> {
        self.0.deployments().await.map_err(failed)
    }

    async fn usage_report(&self, deployment: &str, name: &str) -> Result<UsageReportResponse, SourceError> {
        let report = self.0.usage_report(deployment, name).await.map_err(failed)?;
        Ok(UsageReportResponse {
            session_ms: report.session_ms,
            session_audio_ms: report.session_audio_ms,
            license_usage: report.license_usage.into_iter().map(|(name, usage)| (name, component(usage))).collect(),
        })
    }

    async fn usage_snapshots(
        &self,
        deployment: &str,
        name: &str,
        start: Option<i64>,
        end: Option<i64>,
    ) -> Result<Vec<SnapshotData>, SourceError> {
        let snapshots = self.0.usage_snapshots(deployment, name, start, end).await.map_err(failed)?;
        let data = snapshots.into_iter().map(|snapshot| SnapshotData {
            deployment_id: snapshot.deployment_id,
            snapshot_uuid: snapshot.snapshot_uuid,
            created_date: snapshot.created_ms.div_euclid(1000),
            component_license_usage: snapshot.usage.into_iter().map(component).collect(),
        });
        Ok(data.collect())
    }

    async fn open_report(&self, caller: &Caller) -> Result<OpenedReport, SourceError> {
        match self.0.open_report(&actor(caller), Channel::ReportingApi).await {
            Ok(opened) => Ok(OpenedReport {
                status_id: opened.status_id,
                report: opened.report,
                licensing_url: opened.licensing_url,
            }),
            Err(ReportError::NotReady(sentence)) => Err(CallRefusal::conflict(sentence).into()),
            Err(error @ (ReportError::Unsound(_) | ReportError::Sql(_))) => Err(failed(error)),
        }
    }

    async fn push_response(&self, caller: &Caller, response: &[u8]) -> Result<(), SourceError> {
        let error = match self.0.push_response(&actor(caller), Channel::ReportingApi, response).await {
            Ok(_) => return Ok(()),
            Err(error) => error,
        };
        let sentence = format!("{error} Nothing was changed.");
        match error {
            PushError::Refused(_) if !error.conflict() => Err(CallRefusal::invalid(sentence).into()),
            PushError::Refused(_) | PushError::NotReady(_) => Err(CallRefusal::conflict(sentence).into()),
            PushError::Sql(error) => Err(failed(error)),
        }
    }

    async fn database_check(&self) -> Result<DatabaseCheck, SourceError> {
        let (version, latency_ms) = self.0.database_check().await.map_err(failed)?;
        Ok(DatabaseCheck { version, latency_ms })
    }
}
