use tonic::Status;

use super::{CallRefusal, DatabaseCheck};
use crate::wire::lumenvox::api::{DiagnosticsCheckResponse, DiagnosticsType};

fn version() -> String {
    format!("Leasehold {}", env!("CARGO_PKG_VERSION"))
}

/// The answer about a store that Leasehold does not have; none when its own is asked about.
pub(super) fn of_others(kind: i32) -> Result<Option<DiagnosticsCheckResponse>, Status> {
    let name = match DiagnosticsType::try_from(kind) {
        Ok(DiagnosticsType::Undefined) => return Ok(None),
        Ok(kind) => kind.as_str_name(),
        Err(_) => {
            return Err(Status::invalid_argument(format!(
                "Unknown diagnostics type {kind}. Leave it out to check Leasehold's own database."
            )));
        }
    };
    Ok(Some(DiagnosticsCheckResponse {
        error_message: format!("Leasehold uses SQLite; there is no {name} here to check."),
        version_string: version(),
        latency_ms: 0,
    }))
}

/// The answer about Leasehold's own database. One that does not answer is a finding, not a failure of the call.
pub(super) fn of_ours(outcome: Result<Result<DatabaseCheck, CallRefusal>, Status>) -> DiagnosticsCheckResponse {
    let failed = |sentence: &str| DiagnosticsCheckResponse {
        error_message: format!("The database does not respond. {sentence}"),
        version_string: version(),
        latency_ms: 0,
    };
    match outcome {
        Ok(Ok(check)) => DiagnosticsCheckResponse {
            error_message: String::new(),
            version_string: format!("{}, {}", version(), check.version),
            latency_ms: i32::try_from(check.latency_ms).unwrap_or(i32::MAX),
        },
        Ok(Err(refusal)) => failed(&refusal.sentence),
        Err(status) => failed(status.message()),
    }
}
