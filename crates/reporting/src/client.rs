//! A client of the reporting API, of Leasehold's and of the vendor's own.

mod address;
mod connect;
mod error;
mod tls;

pub use address::{Address, AddressError};
pub use error::{ClientError, ConnectStage};
pub use tls::TlsChoice;

use std::future::Future;
use std::time::Duration;

use prost_types::Timestamp;
use tonic::metadata::MetadataValue;
use tonic::transport::Channel;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use crate::service::{DEPLOYMENT, LICENSING_URL, OPERATOR};
use crate::wire::google::rpc;
use crate::wire::lumenvox::api::reporting_api_service_client::ReportingApiServiceClient;
use crate::wire::lumenvox::api::{
    DiagnosticsCheckRequest, DiagnosticsCheckResponse, DiagnosticsType, LicenseStatusReportPullRequest,
    LicenseStatusReportResponsePushRequest, SnapshotData, UsageReportRequest, UsageReportResponse,
    UsageSnapshotRequest,
};

/// Time to connect, all stages together, and then for each call.
pub const TIME: Duration = Duration::from_secs(10);

/// Who calls, in the metadata of each call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallerIdentity {
    /// Deployment asked about.
    pub deployment: Uuid,
    /// The person or script that asks.
    pub operator: Uuid,
}

/// A report to carry to the licensing service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PulledReport {
    /// Good for one response.
    pub status_id: String,
    /// JSON, byte for byte as received.
    pub report: String,
    /// Where the server says its reports are to be sent.
    pub licensing_url: Option<String>,
}

/// A connection to one API; reconnects if lost.
#[derive(Debug, Clone)]
pub struct ReportingClient {
    stub: ReportingApiServiceClient<Channel>,
    address: Address,
    time: Duration,
}

impl ReportingClient {
    /// Connects within [`TIME`].
    ///
    /// # Errors
    /// [`ClientError::Unreachable`] names the stage that failed; [`ClientError::Authorities`] when there is nothing to
    /// check a certificate with.
    pub async fn connect(address: Address, tls: TlsChoice) -> Result<Self, ClientError> {
        Self::connect_within(address, tls, TIME).await
    }

    /// Connects within `time`, which is also given to each call.
    ///
    /// # Errors
    /// As [`Self::connect`].
    pub async fn connect_within(address: Address, tls: TlsChoice, time: Duration) -> Result<Self, ClientError> {
        let channel = connect::channel(&address, tls, time).await?;
        Ok(Self { stub: ReportingApiServiceClient::new(channel), address, time })
    }

    /// What the deployment has used: of one component, or of all when it is empty.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn usage_report(&self, who: CallerIdentity, component: &str) -> Result<UsageReportResponse, ClientError> {
        let request = self.request(who, UsageReportRequest { component: component.to_owned() });
        let mut stub = self.stub.clone();
        Ok(self.answer(stub.usage_report(request)).await?.into_inner())
    }

    /// What it had used at several times.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn usage_snapshots(
        &self,
        who: CallerIdentity,
        component: &str,
        start: Option<Timestamp>,
        end: Option<Timestamp>,
    ) -> Result<Vec<SnapshotData>, ClientError> {
        let asked =
            UsageSnapshotRequest { component: component.to_owned(), start_timestamp: start, end_timestamp: end };
        let request = self.request(who, asked);
        let mut stub = self.stub.clone();
        Ok(self.answer(stub.usage_snapshot(request)).await?.into_inner().snapshot_data)
    }

    /// Has the server open a report.
    ///
    /// # Errors
    /// [`ClientError`]; [`ClientError::Refused`] when the server has none to give.
    pub async fn pull(&self, who: CallerIdentity) -> Result<PulledReport, ClientError> {
        let request = self.request(who, LicenseStatusReportPullRequest {});
        let mut stub = self.stub.clone();
        let response = self.answer(stub.license_status_report_pull(request)).await?;
        let licensing_url = response.metadata().get(LICENSING_URL).and_then(|url| url.to_str().ok()).map(str::to_owned);
        let answer = response.into_inner();
        accepted(answer.status)?;
        Ok(PulledReport {
            status_id: answer.license_status_id,
            report: answer.license_status_report_json,
            licensing_url,
        })
    }

    /// Gives the server the licensing service's response, as it was received.
    ///
    /// # Errors
    /// [`ClientError`]; [`ClientError::Refused`] with the reason when the response is not accepted.
    pub async fn push(&self, who: CallerIdentity, status_id: &str, response: &str) -> Result<(), ClientError> {
        let pushed = LicenseStatusReportResponsePushRequest {
            license_status_id: status_id.to_owned(),
            license_status_report_response_json: response.to_owned(),
        };
        let request = self.request(who, pushed);
        let mut stub = self.stub.clone();
        let answer = self.answer(stub.license_status_report_response_push(request)).await?.into_inner();
        accepted(answer.status)
    }

    /// Whether a store behind the API answers.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn diagnostics(&self, kind: DiagnosticsType) -> Result<DiagnosticsCheckResponse, ClientError> {
        let request = Request::new(DiagnosticsCheckRequest { r#type: kind.into() });
        let mut stub = self.stub.clone();
        Ok(self.answer(stub.diagnostics_check(request)).await?.into_inner())
    }

    fn request<T>(&self, who: CallerIdentity, message: T) -> Request<T> {
        let mut request = Request::new(message);
        for (name, id) in [(DEPLOYMENT, who.deployment), (OPERATOR, who.operator)] {
            let value = MetadataValue::try_from(id.hyphenated().to_string()).expect("a UUID is plain ASCII");
            request.metadata_mut().insert(name, value);
        }
        request
    }

    async fn answer<T>(
        &self,
        call: impl Future<Output = Result<Response<T>, Status>>,
    ) -> Result<Response<T>, ClientError> {
        match tokio::time::timeout(self.time, call).await {
            Ok(answer) => answer.map_err(|status| ClientError::of(status, &self.address)),
            Err(_) => Err(ClientError::Timeout { address: self.address.clone(), seconds: self.time.as_secs() }),
        }
    }
}

/// No status at all counts as success, as everywhere in proto3.
fn accepted(status: Option<rpc::Status>) -> Result<(), ClientError> {
    match status {
        Some(status) if status.code != 0 => {
            Err(ClientError::Refused { code: status.code, reason: error::sentence(&status.message) })
        }
        _ => Ok(()),
    }
}
