//! What each call answers.

use reporting::client::{CallerIdentity, ClientError, ReportingClient, TlsChoice};
use reporting::wire::lumenvox::api::reporting_api_service_client::ReportingApiServiceClient as Stub;
use reporting::wire::lumenvox::api::{
    ComponentLicenseUsage, DiagnosticsCheckRequest, DiagnosticsType, LicenseStatusReportPullRequest,
    LicenseStatusReportResponsePushRequest, UsageReportRequest, UsageReportResponse, UsageSnapshotRequest,
};
use tonic::transport::Channel;
use tonic::{Code, Request};

use crate::standin::{
    DEPLOYMENT, OPERATOR, REFUSALS, REPORT, RunningStandin, STATUS_ID, Standin, short, start, start_with, who,
};

async fn stub(server: &RunningStandin) -> Stub<Channel> {
    Stub::connect(format!("http://{}", server.address)).await.unwrap()
}

fn named<T>(message: T, deployment: &str, operator: &str) -> Request<T> {
    let mut request = Request::new(message);
    request.metadata_mut().insert("x-deployment-id", deployment.parse().unwrap());
    request.metadata_mut().insert("x-operator-id", operator.parse().unwrap());
    request
}

#[tokio::test]
async fn usage_is_reported_whole_or_of_one_component() {
    let server = start(Standin::registered()).await;
    let client = server.client().await;
    let all = client.usage_report(who(), "").await.unwrap();
    assert_eq!((all.session_ms, all.session_audio_ms), (615_524, 192_877));
    assert_eq!(all.license_usage.keys().collect::<Vec<_>>(), ["ASR_ENUS", "SESSION_USAGE", "VAD"]);
    assert_eq!(all.license_usage["ASR_ENUS"].usage_ms, u64::MAX);
    let one = client.usage_report(who(), "VAD").await.unwrap();
    assert_eq!(one.license_usage.keys().collect::<Vec<_>>(), ["VAD"]);
}

#[tokio::test]
async fn snapshots_are_asked_for_in_milliseconds() {
    let server = start(Standin::registered()).await;
    let client = server.client().await;
    let at = |seconds, nanos| Some(prost_types::Timestamp { seconds, nanos });
    let snapshots = client.usage_snapshots(who(), "", at(1, 500_000_000), at(2, 0)).await.unwrap();
    assert_eq!((snapshots[0].deployment_id.as_str(), snapshots[0].created_date), (DEPLOYMENT, 1_693_954_219));
    client.usage_snapshots(who(), "", None, None).await.unwrap();
    assert_eq!(*server.source.spans.lock().unwrap(), [(Some(1500), Some(2000)), (None, None)]);
    let backwards = client.usage_snapshots(who(), "", at(2, 0), at(1, 0)).await.unwrap_err();
    assert!(matches!(backwards, ClientError::Invalid { .. }), "{backwards}");
}

#[tokio::test]
async fn a_pulled_report_is_the_servers_byte_for_byte_with_the_address_it_goes_to() {
    let url = "https://node.example:8443";
    let server = start(Standin { licensing_url: Some(url.into()), ..Standin::registered() }).await;
    let pulled = server.client().await.pull(who()).await.unwrap();
    assert_eq!((pulled.status_id.as_str(), pulled.report.as_str()), (STATUS_ID, REPORT));
    assert_eq!(pulled.licensing_url.as_deref(), Some(url));
    let status = stub(&server)
        .await
        .license_status_report_pull(named(LicenseStatusReportPullRequest {}, DEPLOYMENT, OPERATOR))
        .await
        .unwrap()
        .into_inner()
        .status
        .unwrap();
    assert_eq!((status.code, status.message.as_str()), (0, "OK"));
}

#[tokio::test]
async fn a_server_that_is_not_registered_says_so_inside_the_answer_to_pull_and_push() {
    let server = start(Standin::default()).await;
    let answer = stub(&server)
        .await
        .license_status_report_pull(named(LicenseStatusReportPullRequest {}, DEPLOYMENT, OPERATOR))
        .await
        .unwrap()
        .into_inner();
    let status = answer.status.unwrap();
    assert_eq!(
        (status.code, status.message.as_str()),
        (Code::FailedPrecondition as i32, "This server is not registered.")
    );
    assert_eq!((answer.license_status_id, answer.license_status_report_json), (String::new(), String::new()));
    let usage = server.client().await.usage_report(who(), "").await.unwrap_err();
    assert!(matches!(&usage, ClientError::NotFound { reason } if reason.contains("not registered")), "{usage}");
}

#[tokio::test]
async fn a_push_is_carried_out_with_who_did_it_or_refused_inside_the_answer() {
    let server = start(Standin::registered()).await;
    let client = server.client().await;
    let response = |word: &str| format!("{{\"license-status-id\":\"{STATUS_ID}\",\"x\":\"{word}\"}}");
    client.push(who(), STATUS_ID, &response("good")).await.unwrap();
    {
        let pushed = server.source.pushed.lock().unwrap();
        let (caller, text) = &pushed[0];
        assert_eq!((caller.deployment.as_str(), caller.operator.as_str()), (DEPLOYMENT, OPERATOR));
        assert_eq!(caller.address, Some("127.0.0.1".parse().unwrap()));
        assert_eq!(*text, response("good"));
    }
    for ((word, sentence), number) in REFUSALS.into_iter().zip([3, 9]) {
        let error = client.push(who(), STATUS_ID, &response(word)).await.unwrap_err();
        assert_eq!(error, ClientError::Refused { code: number, reason: sentence.into() });
    }
    let other = client.push(who(), OPERATOR, &response("good")).await.unwrap_err();
    assert!(
        matches!(&other, ClientError::Refused { code: 3, reason } if reason.contains("license_status_id")),
        "{other}"
    );
    assert_eq!(server.source.pushed.lock().unwrap().len(), 1, "a refused push reaches nothing");
}

#[tokio::test]
async fn each_call_needs_both_ids_and_a_deployment_of_this_server() {
    let server = start(Standin::registered()).await;
    let mut stub = stub(&server).await;
    let other = "11111111-2222-3333-4444-555555555555";
    let cases = [
        ("", OPERATOR, Code::InvalidArgument, "x-deployment-id"),
        (DEPLOYMENT, "me", Code::InvalidArgument, "x-operator-id"),
        (other, OPERATOR, Code::NotFound, other),
    ];
    for (deployment, operator, code, words) in cases {
        let push = LicenseStatusReportResponsePushRequest::default();
        let answers = [
            stub.usage_report(named(UsageReportRequest::default(), deployment, operator)).await.map(drop),
            stub.usage_snapshot(named(UsageSnapshotRequest::default(), deployment, operator)).await.map(drop),
            stub.license_status_report_pull(named(LicenseStatusReportPullRequest {}, deployment, operator))
                .await
                .map(drop),
            stub.license_status_report_response_push(named(push, deployment, operator)).await.map(drop),
        ];
        for answer in answers {
            let status = answer.unwrap_err();
            assert_eq!(status.code(), code, "{status}");
            assert!(status.message().contains(words), "{status}");
        }
    }
    let bare = stub.usage_report(UsageReportRequest::default()).await.unwrap_err();
    assert_eq!(bare.code(), Code::InvalidArgument);
    let braces = format!("{{{}}}", DEPLOYMENT.to_uppercase());
    stub.usage_report(named(UsageReportRequest::default(), &braces, OPERATOR)).await.unwrap();
}

#[tokio::test]
async fn diagnostics_need_no_ids_and_tell_of_the_database_there_is() {
    let server = start(Standin::registered()).await;
    let client = server.client().await;
    let ours = client.diagnostics(DiagnosticsType::Undefined).await.unwrap();
    let version = format!("Leasehold {}", env!("CARGO_PKG_VERSION"));
    assert_eq!(ours.error_message, "");
    assert_eq!((ours.version_string, ours.latency_ms), (format!("{version}, SQLite 3.51.3"), 7));
    for kind in [DiagnosticsType::Postgres, DiagnosticsType::MongoDb, DiagnosticsType::Redis, DiagnosticsType::RabbitMq]
    {
        let answer = client.diagnostics(kind).await.unwrap();
        let name = kind.as_str_name();
        let sentence = format!("Leasehold uses SQLite; there is no {name} here to check.");
        assert_eq!((answer.error_message, answer.version_string), (sentence, version.clone()));
    }
    let unknown = stub(&server).await.diagnostics_check(DiagnosticsCheckRequest { r#type: 2 }).await.unwrap_err();
    assert_eq!(unknown.code(), Code::InvalidArgument);
    let down = start(Standin { database_down: true, ..Standin::default() }).await;
    let answer = down.client().await.diagnostics(DiagnosticsType::Undefined).await.unwrap();
    assert!(answer.error_message.contains("does not respond"), "{}", answer.error_message);
    assert!(!answer.error_message.contains("I/O"), "details are for the log");
}

#[tokio::test]
async fn calls_of_the_vendor_that_leasehold_has_not_are_unimplemented() {
    let server = start(Standin::registered()).await;
    let channel = Channel::from_shared(format!("http://{}", server.address)).unwrap().connect().await.unwrap();
    for path in ["/lumenvox.api.ReportingAPIService/AnalysisSetList", "/lumenvox.api.OtherService/UsageReport"] {
        let mut raw = tonic::client::Grpc::new(channel.clone());
        raw.ready().await.unwrap();
        let codec = tonic_prost::ProstCodec::<(), ()>::default();
        let status = raw.unary(Request::new(()), path.parse().unwrap(), codec).await.unwrap_err();
        assert_eq!(status.code(), Code::Unimplemented, "{path}");
    }
}

#[tokio::test]
async fn names_and_numbers_on_the_wire_are_the_vendors() {
    use prost::Message;
    let usage = ComponentLicenseUsage { usage_count: 1, usage_ms: 2800 };
    let report = UsageReportResponse {
        session_ms: 5,
        session_audio_ms: 6,
        license_usage: [("V".to_owned(), usage)].into_iter().collect(),
    };
    // Tags: 3 and 4 as varint, 5 as a map entry { 1: name, 2: usage { 1: count, 2: ms } }.
    let bytes = [0x18, 5, 0x20, 6, 0x2A, 10, 0x0A, 1, b'V', 0x12, 5, 0x08, 1, 0x10, 0xF0, 0x15];
    assert_eq!(report.encode_to_vec(), bytes);
    // The path is the vendor's: a call made with it by hand is answered.
    let server = start(Standin::registered()).await;
    let channel = Channel::from_shared(format!("http://{}", server.address)).unwrap().connect().await.unwrap();
    let mut raw = tonic::client::Grpc::new(channel);
    raw.ready().await.unwrap();
    let codec = tonic_prost::ProstCodec::<UsageReportRequest, UsageReportResponse>::default();
    let request = named(UsageReportRequest::default(), DEPLOYMENT, OPERATOR);
    let path = "/lumenvox.api.ReportingAPIService/UsageReport".parse().unwrap();
    assert_eq!(raw.unary(request, path, codec).await.unwrap().into_inner().session_ms, 615_524);
}

#[tokio::test]
async fn a_panic_a_failure_or_a_slow_database_ends_one_call_and_tells_no_details() {
    let server = start_with(Standin::registered(), short(), false).await;
    let client = server.client().await;
    for (component, code) in [("panic", Code::Internal), ("fail", Code::Internal), ("slow", Code::DeadlineExceeded)] {
        match client.usage_report(who(), component).await.unwrap_err() {
            ClientError::Failed { code: got, reason } => {
                assert_eq!(got, code, "{component}");
                assert!(!reason.contains("secret") && !reason.contains("as asked"), "{reason}");
            }
            other => panic!("{component}: {other}"),
        }
        client.usage_report(who(), "").await.unwrap();
    }
}

#[tokio::test]
async fn a_message_over_the_limit_is_refused_and_the_connection_goes_on() {
    let server = start(Standin::registered()).await;
    let client = server.client().await;
    let large = format!("{{\"license-status-id\":\"{STATUS_ID}\",\"x\":\"{}\"}}", "x".repeat(4 * 1024 * 1024));
    let error = client.push(who(), STATUS_ID, &large).await.unwrap_err();
    assert!(matches!(error, ClientError::Failed { code: Code::OutOfRange, .. }), "{error}");
    let fits = format!("{{\"license-status-id\":\"{STATUS_ID}\",\"x\":\"{}\"}}", "x".repeat(4 * 1024 * 1024 - 1024));
    client.push(who(), STATUS_ID, &fits).await.unwrap();
}

#[tokio::test]
async fn any_operator_may_ask() {
    let server = start(Standin::registered()).await;
    let client = ReportingClient::connect(server.at("127.0.0.1"), TlsChoice::Off).await.unwrap();
    let nobody = CallerIdentity { operator: uuid::Uuid::nil(), ..who() };
    client.usage_report(nobody, "").await.unwrap();
}
