use tonic::Code;

use super::Caller;
use crate::wire::lumenvox::api::{SnapshotData, UsageReportResponse};

/// The data source of the service. Times are Unix milliseconds; `component` is empty for all.
#[async_trait::async_trait]
pub trait ReportingSource: Send + Sync + 'static {
    /// The deployments of this server, lower case with hyphens; none as long as it is not registered.
    async fn deployments(&self) -> Result<Vec<String>, SourceError>;

    /// What a deployment has used.
    async fn usage_report(&self, deployment: &str, component: &str) -> Result<UsageReportResponse, SourceError>;

    /// What it had used at several times, from `start` to `end`.
    async fn usage_snapshots(
        &self,
        deployment: &str,
        component: &str,
        start: Option<i64>,
        end: Option<i64>,
    ) -> Result<Vec<SnapshotData>, SourceError>;

    /// Opens a report for the licensing service.
    async fn open_report(&self, caller: &Caller) -> Result<OpenedReport, SourceError>;

    /// Applies the licensing service's response, given as it was pushed.
    async fn push_response(&self, caller: &Caller, response: &[u8]) -> Result<(), SourceError>;

    /// Asks the database.
    async fn database_check(&self) -> Result<DatabaseCheck, SourceError>;
}

/// A report that awaits its response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenedReport {
    /// Good for one response.
    pub status_id: String,
    /// The report's JSON, to be carried on byte for byte.
    pub report: String,
    /// Where it is to be sent, when that is known.
    pub licensing_url: Option<String>,
}

/// A database that answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatabaseCheck {
    /// Name and version.
    pub version: String,
    /// How long the answer took.
    pub latency_ms: u32,
}

/// Why the source did not do it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SourceError {
    /// The caller can act on it.
    #[error(transparent)]
    Refused(#[from] CallRefusal),
    /// Only whoever reads this server's log can: it is logged and not told to the caller.
    #[error("{0}")]
    Failed(String),
}

/// A no with its reason.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{sentence}")]
pub struct CallRefusal {
    /// INVALID_ARGUMENT for bad input, FAILED_PRECONDITION for what the state of the server forbids.
    pub code: Code,
    /// What is wrong, and what to do.
    pub sentence: String,
}

impl CallRefusal {
    /// The input is at fault.
    pub fn invalid(sentence: impl Into<String>) -> Self {
        Self { code: Code::InvalidArgument, sentence: sentence.into() }
    }

    /// The state of the server forbids it.
    pub fn conflict(sentence: impl Into<String>) -> Self {
        Self { code: Code::FailedPrecondition, sentence: sentence.into() }
    }
}
