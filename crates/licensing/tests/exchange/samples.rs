//! A server, its report and the answer to it.

use licensing::{
    bundle::{Bundle, License, LicenseKind, Serial, SignedBundle},
    contact::{DAY, Millis},
    context::Context,
    guid::Guid,
    monitor::{MonitorDocument, MonitorLicense, SignedMonitorDocument},
    status_report::{StatusReport, digest},
    status_response::{
        AcceptedResponse, ExpectedResponse, InstalledBundle, LedgerFact, NodeNotice, ResponseRefusal, StatusResponse,
        check, read,
    },
    vendor_key::{VendorKey, VendorSecret},
};

/// 2026-11-22T00:41:42Z.
pub const NOW: Millis = 1_795_308_102_000;

pub const REPORT: &str = concat!(
    r#"{"cluster_guid":"df9960a1-7bd5-633b-f0f4-b1470bbd0b8e","instance_uuid":"91347bef-96fa-4b2d-8e30-4c2aa77f437b","#,
    r#""status_id":"6f1c0a52-fc38-43a5-a10c-0e7dfd45da47","instance_created":"2023-08-29T17:44:27.334937-07:00","#,
    r#""installation_type":"Undefined","report_timestamp":"1693954219","images":null,"#,
    r#""deployments":[{"license_guid":"df9960a1-7bd5-633b-f0f4-b1470bbd0b8e","bio_engine_usage":null,"#,
    r#""speech_usage":{"session_ms":615524,"session_audio_ms":192877,"license_usage":{"#,
    r#""VAD":{"usage_count":2,"usage_ms":66900}}}}]}"#,
);

pub fn secret() -> VendorSecret {
    VendorSecret::from_seeds([1; 32], [2; 32])
}

/// Another vendor.
pub fn stranger() -> VendorSecret {
    VendorSecret::from_seeds([8; 32], [9; 32])
}

pub fn keys() -> Vec<VendorKey> {
    vec![VendorSecret::from_seeds([5; 32], [6; 32]).public(), secret().public()]
}

pub fn guid() -> Guid {
    "{DF9960A1-7BD5-633B-F0F4-B1470BBD0B8E}".parse().unwrap()
}

pub fn other_guid() -> Guid {
    "{11111111-2222-3333-4444-555555555555}".parse().unwrap()
}

pub fn report_sha256() -> String {
    digest(&serde_json::from_str(REPORT).unwrap()).unwrap()
}

pub fn bundle() -> Bundle {
    let license = |id: &str, product: &str, context| License {
        id: id.to_owned(),
        product: product.parse().unwrap(),
        kind: LicenseKind::Concurrent,
        count: 50,
        context,
        hours: None,
        expires: Some(NOW + 30 * DAY),
        maintenance_expires: None,
        version: Some("2.1".to_owned()),
    };
    Bundle {
        guid: guid(),
        context: Context::Production,
        serial: Serial(3),
        issued: NOW,
        customer: "Zürich & Söhne 😀".to_owned(),
        contact_limit_days: 60,
        deployments: vec![guid().compact()],
        licenses: vec![
            license("L-1", "TTS3", Context::Production),
            license("L-2", "ASR_ENUS", Context::Production),
            license("L-3", "ASR_ENUS", Context::Backup),
        ],
    }
}

pub fn response() -> StatusResponse {
    StatusResponse {
        error: false,
        message: "Success".to_owned(),
        valid_license_guids: vec![guid().compact()],
        license_status_id: Some(StatusReport::parse(REPORT.as_bytes()).unwrap().status_id),
        node_time: NOW,
        report_sha256: Some(report_sha256()),
        bundle: Some(SignedBundle::sign(&secret(), &bundle())),
        notices: vec![NodeNotice { code: "second-instance".to_owned(), message: "Ask.".to_owned() }],
        monitor_license: None,
    }
}

/// With the monitor license of a server.
pub fn with_monitor_license(guid: Guid) -> StatusResponse {
    let license = MonitorLicense { id: "M-1".to_owned(), from: NOW, to: NOW + DAY, users: 50 };
    let document = MonitorDocument { guid, issued: NOW, licenses: vec![license], keys: Vec::new() };
    StatusResponse { monitor_license: Some(SignedMonitorDocument::sign(&secret(), &document)), ..response() }
}

pub fn open() -> LedgerFact {
    LedgerFact::Open { report_sha256: report_sha256() }
}

pub fn installed(serial: u64, bundle: &Bundle) -> InstalledBundle {
    InstalledBundle { serial: Serial(serial), sha256: SignedBundle::sign(&secret(), bundle).sha256() }
}

/// What this server is, with nothing installed.
pub fn expected(keys: &[VendorKey]) -> ExpectedResponse<'_> {
    ExpectedResponse {
        guid: guid(),
        context: Some(Context::Production),
        keys,
        installed: None,
        now: NOW + 1000,
        high_water: NOW + 1000,
    }
}

/// Both steps on a server with nothing installed that waits for this answer.
pub fn take(bytes: &[u8]) -> Result<AcceptedResponse, ResponseRefusal> {
    let keys = keys();
    check(read(bytes, &keys)?, open(), &expected(&keys))
}
