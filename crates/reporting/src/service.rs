//! The service: checks who asks and what, asks a [`ReportingSource`], puts the answer into the vendor's messages.
//!
//! Wrong input of a call is a gRPC status; a report or response that is refused is a status *inside* a gRPC OK, as the
//! vendor's messages have it.

mod asked;
mod diagnostics;
mod ids;
mod source;

pub use ids::Caller;
pub(crate) use ids::{DEPLOYMENT, OPERATOR, uuid as parse_uuid};
pub use source::{CallRefusal, DatabaseCheck, OpenedReport, ReportingSource, SourceError};

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tonic::metadata::MetadataValue;
use tonic::{Code, Request, Response, Status};

use crate::wire::google::rpc;
use crate::wire::lumenvox::api::reporting_api_service_server::ReportingApiService;
use crate::wire::lumenvox::api::{
    DiagnosticsCheckRequest, DiagnosticsCheckResponse, LicenseStatusReportPullRequest, LicenseStatusReportPullResponse,
    LicenseStatusReportResponsePushRequest, LicenseStatusReportResponsePushResponse, UsageReportRequest,
    UsageReportResponse, UsageSnapshotRequest, UsageSnapshotResponse,
};

/// Metadata of a pull's answer: where this server's reports are to be sent. An addition to the vendor's API.
pub const LICENSING_URL: &str = "x-licensing-url";

/// Answers the five calls. Further calls of the vendor's service are UNIMPLEMENTED.
#[derive(Debug)]
pub struct Reporting<S> {
    source: Arc<S>,
    time: Duration,
}

impl<S: ReportingSource> Reporting<S> {
    /// A service that gives a call at most `time`.
    pub fn new(source: Arc<S>, time: Duration) -> Self {
        Self { source, time }
    }

    /// Carries `work` out to its end, even when the caller goes away or the time is over: a report half opened or a
    /// response half applied must not be. A panic ends this call and nothing else.
    async fn carry_out<T, W, F>(&self, call: &'static str, work: W) -> Result<Result<T, CallRefusal>, Status>
    where
        T: Send + 'static,
        W: FnOnce(Arc<S>) -> F,
        F: Future<Output = Result<T, SourceError>> + Send + 'static,
    {
        let running = tokio::spawn(work(self.source.clone()));
        match tokio::time::timeout(self.time, running).await {
            Ok(Ok(Ok(answer))) => Ok(Ok(answer)),
            Ok(Ok(Err(SourceError::Refused(refusal)))) => Ok(Err(refusal)),
            Ok(Ok(Err(SourceError::Failed(reason)))) => {
                tracing::error!(call, reason, "a reporting API call failed");
                Err(Status::internal("The server failed; see its log for the reason."))
            }
            Ok(Err(panic)) => {
                tracing::error!(call, reason = %panic, "a reporting API call was cut off");
                Err(Status::internal("The server failed; see its log for the reason."))
            }
            Err(_) => {
                tracing::error!(call, seconds = self.time.as_secs(), "a reporting API call timed out");
                Err(Status::deadline_exceeded(
                    "The server timed out but may still finish. Check its console before you try again.",
                ))
            }
        }
    }

    /// The caller, once its deployment is known to be one of this server.
    async fn known<T>(&self, call: &'static str, request: &Request<T>) -> Result<Caller, Status> {
        let (caller, deployments) = self.caller(call, request).await?;
        if deployments.is_empty() {
            return Err(Status::not_found(format!(
                "Unknown deployment {}: this server is not registered yet.",
                caller.deployment
            )));
        }
        Ok(caller)
    }

    /// The caller and the deployments of this server: none as long as it is not registered.
    async fn caller<T>(&self, call: &'static str, request: &Request<T>) -> Result<(Caller, Vec<String>), Status> {
        let caller = Caller::of(request)?;
        let deployments =
            self.carry_out(call, |source| async move { source.deployments().await }).await?.map_err(outright)?;
        if !deployments.is_empty() && !deployments.iter().any(|known| known.eq_ignore_ascii_case(&caller.deployment)) {
            return Err(Status::not_found(format!(
                "This server has no deployment {}. Its console lists the ids.",
                caller.deployment
            )));
        }
        Ok((caller, deployments))
    }
}

/// A refusal where the message has no place for one.
fn outright(refusal: CallRefusal) -> Status {
    Status::new(refusal.code, refusal.sentence)
}

fn done() -> rpc::Status {
    rpc::Status { code: Code::Ok as i32, message: "OK".to_owned(), details: Vec::new() }
}

fn refused(refusal: CallRefusal) -> rpc::Status {
    rpc::Status { code: refusal.code as i32, message: refusal.sentence, details: Vec::new() }
}

#[async_trait::async_trait]
impl<S: ReportingSource> ReportingApiService for Reporting<S> {
    async fn usage_report(
        &self,
        request: Request<UsageReportRequest>,
    ) -> Result<Response<UsageReportResponse>, Status> {
        let caller = self.known("UsageReport", &request).await?;
        let component = asked::component(request.into_inner().component)?;
        let work = |source: Arc<S>| async move { source.usage_report(&caller.deployment, &component).await };
        let report = self.carry_out("UsageReport", work).await?.map_err(outright)?;
        Ok(Response::new(report))
    }

    async fn usage_snapshot(
        &self,
        request: Request<UsageSnapshotRequest>,
    ) -> Result<Response<UsageSnapshotResponse>, Status> {
        let caller = self.known("UsageSnapshot", &request).await?;
        let asked = request.into_inner();
        let component = asked::component(asked.component)?;
        let (start, end) = asked::span(asked.start_timestamp.as_ref(), asked.end_timestamp.as_ref())?;
        let work =
            |source: Arc<S>| async move { source.usage_snapshots(&caller.deployment, &component, start, end).await };
        let snapshot_data = self.carry_out("UsageSnapshot", work).await?.map_err(outright)?;
        Ok(Response::new(UsageSnapshotResponse { snapshot_data }))
    }

    async fn license_status_report_pull(
        &self,
        request: Request<LicenseStatusReportPullRequest>,
    ) -> Result<Response<LicenseStatusReportPullResponse>, Status> {
        let (caller, _) = self.caller("LicenseStatusReportPull", &request).await?;
        let work = |source: Arc<S>| async move { source.open_report(&caller).await };
        let mut answer = LicenseStatusReportPullResponse::default();
        let mut licensing_url = None;
        match self.carry_out("LicenseStatusReportPull", work).await? {
            Ok(opened) => {
                answer.license_status_id = opened.status_id;
                answer.license_status_report_json = opened.report;
                answer.status = Some(done());
                licensing_url = opened.licensing_url;
            }
            Err(refusal) => answer.status = Some(refused(refusal)),
        }
        let mut response = Response::new(answer);
        if let Some(url) = licensing_url.and_then(|url| MetadataValue::try_from(url).ok()) {
            response.metadata_mut().insert(LICENSING_URL, url);
        }
        Ok(response)
    }

    async fn license_status_report_response_push(
        &self,
        request: Request<LicenseStatusReportResponsePushRequest>,
    ) -> Result<Response<LicenseStatusReportResponsePushResponse>, Status> {
        let (caller, _) = self.caller("LicenseStatusReportResponsePush", &request).await?;
        let pushed = request.into_inner();
        let json = pushed.license_status_report_response_json;
        let outcome = match asked::same_id(&pushed.license_status_id, &json) {
            Ok(()) => {
                let work = |source: Arc<S>| async move { source.push_response(&caller, json.as_bytes()).await };
                self.carry_out("LicenseStatusReportResponsePush", work).await?
            }
            Err(refusal) => Err(refusal),
        };
        let status = Some(outcome.map_or_else(refused, |()| done()));
        Ok(Response::new(LicenseStatusReportResponsePushResponse { status }))
    }

    async fn diagnostics_check(
        &self,
        request: Request<DiagnosticsCheckRequest>,
    ) -> Result<Response<DiagnosticsCheckResponse>, Status> {
        let answer = match diagnostics::of_others(request.into_inner().r#type)? {
            Some(answer) => answer,
            None => {
                let work = |source: Arc<S>| async move { source.database_check().await };
                diagnostics::of_ours(self.carry_out("DiagnosticsCheck", work).await)
            }
        };
        Ok(Response::new(answer))
    }
}
