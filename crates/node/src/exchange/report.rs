use licensing::guid::Guid;
use licensing::pasted::{decode, json_text};
use licensing::status_report::{self, StatusReport};
use uuid::Uuid;

use super::ReportRefusal;
use crate::reports::{NewReport, ReportOutcome};

/// A report, read as far as a node needs it.
pub(super) struct ParsedReport {
    pub report: StatusReport,
    pub guid: Guid,
    /// The installation, lower case with hyphens.
    pub instance: String,
    /// Over the canonical form.
    pub report_sha256: String,
    text: String,
}

impl ParsedReport {
    pub fn read(body: &[u8]) -> Result<Self, ReportRefusal> {
        let report = StatusReport::parse(body).map_err(|error| ReportRefusal::Malformed(error.to_string()))?;
        let malformed = |reason: &dyn std::fmt::Display| {
            ReportRefusal::Malformed(format!("Can't read the report: {reason}. Create a new one and send that."))
        };
        let text = decode(body).map_err(|at| malformed(&format_args!("line {} is not text", at.line)))?;
        let (value, _) = json_text(&text).map_err(|error| malformed(&error))?;
        let report_sha256 =
            status_report::digest(&value).map_err(|error| ReportRefusal::Malformed(error.to_string()))?;
        let guid = Guid::parse(&report.cluster_guid)
            .map_err(|error| ReportRefusal::Malformed(format!("The report's cluster_guid is invalid. {error}")))?;
        let instance = Uuid::try_parse(report.instance_uuid.trim())
            .map_err(|_| malformed(&"its instance_uuid is not a UUID"))?
            .hyphenated()
            .to_string();
        Ok(Self { report, guid, instance, report_sha256, text })
    }

    /// For the record; the text is not kept when the auth string was wrong.
    pub fn kept(&self, at: i64, outcome: ReportOutcome, reason: Option<String>, serial: Option<i64>) -> NewReport<'_> {
        NewReport {
            status_id: self.report.status_id.to_string(),
            instance: &self.instance,
            at,
            outcome,
            reason,
            serial,
            body: (outcome != ReportOutcome::Stranger).then_some(self.text.as_str()),
        }
    }
}
