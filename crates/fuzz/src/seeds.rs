//! Inputs that are accepted, for the fuzzer to begin with.

use licensing::{
    bundle::{Bundle, License, LicenseKind, Serial, SignedBundle},
    context::Context,
    locked::DayRoot,
    machine::{Component, ComponentName, ComponentReading, MachineIdentity},
    monitor::{DayKey, MonitorDocument, MonitorLicense, SignedMonitorDocument},
    peers::{
        Candidate, Invitation, JoinAnswer, JoinRequest, JoinSaid, Nonce, PeerReport, PeerSecret, PollAnswer, PollReply,
        PollRequest,
    },
    registration_file::RegistrationFile,
    sealed::{SealedAnswer, SealedPlain, seal_request},
    status_response::StatusResponse,
    ve::{LicenseText, request::VeLicenseRequest, viewer},
    vendor_key::VendorSecret,
};
use serde::Serialize;
use serde_json::json;

const GUID: &str = "{DF9960A1-7BD5-633B-F0F4-B1470BBD0B8E}";
const STATUS_ID: &str = "6f1c0a52-fc38-43a5-a10c-0e7dfd45da47";
/// 2026-11-22T00:41:42Z.
const NOW: i64 = 1_795_308_102_000;

/// The vendor of all these.
pub(crate) fn vendor() -> VendorSecret {
    VendorSecret::from_seeds([1; 32], [2; 32])
}

/// The key of a server.
pub(crate) fn peer(number: u8) -> PeerSecret {
    PeerSecret::from_seed([number; 32])
}

pub(crate) fn invitation() -> Invitation {
    Invitation::new([7; 16], &peer(2).public().fingerprint())
}

fn nonce(byte: u8) -> Nonce {
    Nonce::from_random([byte; 16])
}

fn written(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).expect("seeds are words, lists and numbers")
}

fn machine() -> MachineIdentity {
    let value = |name, text: &str| Component { name, reading: ComponentReading::Value(text.to_owned()) };
    MachineIdentity::new([
        value(ComponentName::MachineId, "4c4c4544004d3510"),
        value(ComponentName::CpuCores, "4"),
        value(ComponentName::HostName, "licenses"),
    ])
}

/// The older form as vendors send it, unsigned.
const KEYS: &str = "KEYSEC\nK_FINGER=123db1ec91a1526c40da028b9e68e5abaadc70c62719af0f6ef1f2cfd2c85bba\nK_LICENSE_ID=01.00000001.002.045\nK_TYPE=COUNTDOWN\nK_EXPIRED=100\nK_CUSTOMER=Stromasys/Testing\nK_PLATFORM=amazon.aws\nK_R_DATE=1593308906\nK_INTERVAL=60\nKEYEND\nPRODSEC\nP_NAME=Charon-SSP/4U\nP_CODE=test\nP_MAJV=4\nP_MINV=2\nP_CPU_NUM=4\nP_MAX_MEM=4096MB\nP_INSTANCE=4\nP_PASSPHRASE=1111-2222-3333-4444\nPRODEND\n";

fn signed_license() -> LicenseText {
    let mut license = LicenseText::parse(KEYS.as_bytes()).expect("it is a license").license;
    license.fingerprint = machine().fingerprint().into();
    license.bound = machine().bound();
    license.serial = 3;
    LicenseText::sign(&vendor(), &license).expect("it can be signed")
}

fn quoted(text: &str) -> String {
    text.lines().map(|line| format!("> {line}\n")).collect()
}

pub(crate) fn license_text() -> Vec<Vec<u8>> {
    let signed = signed_license();
    let text = signed.to_text();
    let mail = format!("Dear customer,\n\n{}\n-- \nThe vendor\n", quoted(&text));
    let utf16 = text.encode_utf16().flat_map(u16::to_le_bytes);
    vec![
        KEYS.into(),
        viewer(&signed.license).into_bytes(),
        text.replace('=', "=3D").into_bytes(),
        [0xFF, 0xFE].into_iter().chain(utf16).collect(),
        mail.into_bytes(),
        text.into_bytes(),
    ]
}

pub(crate) fn license_request() -> Vec<Vec<u8>> {
    let text = VeLicenseRequest::new(&machine(), GUID.parse().ok(), "licenses", NOW).to_json();
    vec![quoted(&text).into_bytes(), text.into_bytes()]
}

pub(crate) fn registration_file() -> Vec<Vec<u8>> {
    let file = RegistrationFile {
        guid: GUID.parse().expect("it is a GUID"),
        auth_string: "aB3-secret".parse().expect("it is an auth string"),
        context: Some(Context::Production),
        deployment_id: Some("df9960a1-7bd5-633b-f0f4-b1470bbd0b8e".to_owned()),
        operator_id: None,
        customer: Some("Zürich & Söhne".to_owned()),
        nodes: vec!["node.example:8080".to_owned()],
        nodes_https: Vec::new(),
        vendor_keys: vec![vendor().public()],
    };
    let text = file.to_json();
    vec![quoted(&text).into_bytes(), text.into_bytes()]
}

const REPORT: &str = concat!(
    r#"{"cluster_guid":"df9960a1-7bd5-633b-f0f4-b1470bbd0b8e","instance_uuid":"91347bef-96fa-4b2d-8e30-4c2aa77f437b","#,
    r#""status_id":"6f1c0a52-fc38-43a5-a10c-0e7dfd45da47","instance_created":"2023-08-29T17:44:27.334937-07:00","#,
    r#""installation_type":"Undefined","report_timestamp":"1693954219","images":null,"#,
    r#""deployments":[{"license_guid":"df9960a1-7bd5-633b-f0f4-b1470bbd0b8e","bio_engine_usage":null,"#,
    r#""speech_usage":{"session_ms":615524,"session_audio_ms":192877,"license_usage":{"#,
    r#""VAD":{"usage_count":2,"usage_ms":66900}}}}]}"#,
);

pub(crate) fn status_report() -> Vec<Vec<u8>> {
    vec![REPORT.into(), quoted(REPORT).into_bytes()]
}

fn signed_monitor_license() -> SignedMonitorDocument {
    let root = DayRoot::new(20_700, [7; 8], [9; 32]);
    let document = MonitorDocument {
        guid: GUID.parse().expect("it is a GUID"),
        issued: NOW,
        licenses: vec![MonitorLicense { id: "M-1".to_owned(), from: NOW, to: NOW + 5, users: 50 }],
        keys: vec![DayKey { header: root.id, key: root.key(99_990) }],
    };
    SignedMonitorDocument::sign(&vendor(), &document)
}

pub(crate) fn monitor_license() -> Vec<Vec<u8>> {
    vec![written(&signed_monitor_license())]
}

pub(crate) fn status_response() -> Vec<Vec<u8>> {
    let license = License {
        id: "L-1".to_owned(),
        product: "TTS3".parse().expect("it is a product"),
        kind: LicenseKind::Concurrent,
        count: 50,
        context: Context::Production,
        hours: None,
        expires: Some(NOW),
        maintenance_expires: None,
        version: Some("2.1".to_owned()),
    };
    let bundle = Bundle {
        guid: GUID.parse().expect("it is a GUID"),
        context: Context::Production,
        serial: Serial(3),
        issued: NOW,
        customer: "Zürich & Söhne".to_owned(),
        contact_limit_days: 60,
        deployments: Vec::new(),
        licenses: vec![license],
    };
    let response = StatusResponse {
        error: false,
        message: "Success".to_owned(),
        valid_license_guids: Vec::new(),
        license_status_id: STATUS_ID.parse().ok(),
        node_time: NOW,
        report_sha256: None,
        bundle: Some(SignedBundle::sign(&vendor(), &bundle)),
        notices: Vec::new(),
        monitor_license: None,
    };
    let refused = StatusResponse { error: true, bundle: None, ..response.clone() };
    let with_monitor = StatusResponse { monitor_license: Some(signed_monitor_license()), ..response.clone() };
    [response, refused, with_monitor].map(|response| response.signed_text(&vendor()).into_bytes()).into()
}

pub(crate) fn sealed() -> Vec<Vec<u8>> {
    let plain = SealedPlain { auth_string: "secret".to_owned(), report: REPORT.to_owned() };
    let answer = SealedAnswer { status: 200, body: "{}".to_owned() };
    let (request, _) = seal_request(&vendor().public(), &plain.to_bytes(), [3; 32]);
    vec![request, plain.to_bytes(), answer.to_bytes()]
}

pub(crate) fn client_protocol() -> Vec<Vec<u8>> {
    let run = json!({ "protocol": 1, "client": "ivr-1", "run": "5d7a", "epoch": 7, "sequence": 3, "now": NOW });
    let with = |more: serde_json::Value| {
        let mut value = run.clone();
        if let (Some(into), serde_json::Value::Object(more)) = (value.as_object_mut(), more) {
            into.extend(more);
        }
        written(&value)
    };
    vec![
        with(
            json!({ "name": "Contact center", "host": "ivr", "software": "ivr 1", "ve": { "passphrase": "1111-2222-3333-4444", "product": "Charon", "major": 5, "minor": 3, "cpus": 1, "memory_mb": 1 } }),
        ),
        with(
            json!({ "name": "Contact center", "observed": { "server": "a", "problem": "No answer.", "silent_ms": 1 } }),
        ),
        with(
            json!({ "products": { "TTS3": { "held": 1, "want": 2, "version": 4, "usage_count": 9, "usage_ms": 100, "denied": 1 } }, "audio_ms": 5, "dropped": 1 }),
        ),
        with(
            json!({ "first": 1, "records": [{ "product": "TTS3", "user": "ann", "host": "h", "from": NOW, "to": NOW + 5, "outcome": "returned" }] }),
        ),
        with(
            json!({ "server": { "guid": GUID, "instance": "a", "context": "production", "version": "0.1.0" }, "refresh_ms": 2000, "valid_ms": 120_000, "records": 1 }),
        ),
        with(
            json!({ "saved": 1, "refresh_ms": 2000, "valid_ms": 120_000, "products": { "TTS3": { "limit": 1, "version": 2, "licensed": 3, "why": "all_in_use", "sentence": "All are in use." } } }),
        ),
        with(json!({ "acknowledged": 5, "saved": 5 })),
        written(&json!({ "type": "malformed", "title": "t", "status": 422, "detail": "d" })),
    ]
}

fn report() -> PeerReport {
    let report = json!({
        "name": "lic-01", "version": "0.1.0", "role": "primary", "context": "production", "guid": null,
        "wall_ms": NOW, "started_ms": NOW, "url": "http://127.0.0.1:8084", "members": [],
        "serving": { "connected": 2, "holding": 1, "clients": ["a"], "since": 5 },
        "countdown": { "serial": 3, "balance_ms": 5, "granted_ms": 0, "running_since": null, "clients": null },
        "witness": { "serial": 1, "balance_ms": 7 }, "ve": null, "handover": null,
    });
    serde_json::from_value(report).expect("it is a report")
}

pub(crate) fn poll_request() -> PollRequest {
    let (from, to) = (peer(1), peer(2).public());
    PollRequest::sign(&from, &to, Some(nonce(3)), nonce(4), &report()).expect("it can be signed")
}

pub(crate) fn join_request() -> JoinRequest {
    let candidate: Candidate = serde_json::from_value(json!({
        "name": "lic-02", "version": "0.1.0", "context": "backup", "guid": null, "url": "http://127.0.0.1:8086",
        "reached_at": "http://127.0.0.1:8084",
    }))
    .expect("it is a candidate");
    JoinRequest::sign(&peer(1), &invitation(), nonce(5), &candidate).expect("it can be signed")
}

pub(crate) fn peer_messages() -> Vec<Vec<u8>> {
    let answer = PollAnswer::sign(&peer(2), &poll_request(), nonce(6), &PollReply::Report(Box::new(report())));
    let repeat = PollAnswer::sign(&peer(2), &poll_request(), nonce(6), &PollReply::Repeat);
    let refused = JoinAnswer::sign(&peer(2), &join_request(), &JoinSaid::Refused("No.".to_owned()));
    vec![
        written(&poll_request()),
        written(&answer.expect("it can be signed")),
        written(&repeat.expect("it can be signed")),
        written(&join_request()),
        written(&refused.expect("it can be signed")),
    ]
}

pub(crate) fn conf() -> Vec<Vec<u8>> {
    vec![
        include_bytes!("../../licensing/tests/fixtures/license_server.conf").to_vec(),
        b"[GLOBAL]\r\nport_number = default\r\nFLEX_NODE_LIST = a.example;[::1]:80\r\njunk\r\n[Mine]\r\nx=1".to_vec(),
    ]
}

pub(crate) fn log_line() -> Vec<Vec<u8>> {
    vec![
        b"2020-06-29 18:08:25 ERROR VE       Failed to connect with the license server!".to_vec(),
        b"2020-06-29 18:08:25 INFO  \"x-auth-string: aB3-secret\" from 10.1.1.1:8083 VE://h:1/1111-2222-3333-4444\r\nnext".to_vec(),
    ]
}

pub(crate) fn usage_line() -> Vec<Vec<u8>> {
    vec![
        b"1795308102000\t5000\treturned\tTTS3\tContact center\tann\tivr-1\tproduction\tdf99".to_vec(),
        b"1795308102000\t\tdenied\tTTS3\ta\\tb\\n\t\t\t\t\n#from\tms".to_vec(),
    ]
}

pub(crate) fn tool_arguments() -> Vec<Vec<u8>> {
    let ids = format!("-deploymentId\n{STATUS_ID}\n--operatorId={STATUS_ID}");
    vec![
        format!("-operation\nreport\n{ids}\n-enableTls=true\n-reportingApiUri=[::1]:5000").into_bytes(),
        format!("-operation=cluster-pull\n{ids}\n-authString=a b\n-licensingUrl=https://a.example").into_bytes(),
        format!("-operation=cluster-push\n{ids}\n-responseJson={{\"license-status-id\":\"x\"}}").into_bytes(),
    ]
}

pub(crate) fn words() -> Vec<Vec<u8>> {
    let print = vendor().public().fingerprint();
    [
        GUID.to_owned(),
        format!("“{print}”"),
        print.grouped(),
        print.key_id().to_string(),
        invitation().to_string(),
        "1111-2222-3333-4444".to_owned(),
        "VE://10.1.1.1:8083/1111-2222-3333-4444".to_owned(),
        "https://[::1]:8084/".to_owned(),
        "TTS3_ENUS".to_owned(),
        STATUS_ID.to_owned(),
        "production".to_owned(),
        "> {\"a\":\n> \"b\"}".to_owned(),
    ]
    .into_iter()
    .map(String::into_bytes)
    .collect()
}

pub(crate) fn source_texts() -> Vec<Vec<u8>> {
    let lmstat = "Flexible License Manager status on Thu 1/2/2031 0:07\nLicense server status: 1@lic-a\nlic-a: license server UP v11\nVendor daemon status (on lic-a):\n acmed: UP v11\nFeature usage info:\nUsers of f:  (Total of 12 licenses issued;  Total of 2 licenses in use)\n  \"f\" v1.0, vendor: acmed, expiry: 31-dec-2031\n  floating license\n\t4 RESERVATIONs for GROUP night (lic-a/1)\n  ann ws-1 ws-1:0 (v1.0) (lic-a/1 7), start Tue 12/31 23:58, 2 licenses, PID: 5\n  bo ws-2 ws-2 (v1.0) (lic-a/1 8) queued for 2 licenses\n";
    let table = "Feature Version #licenses Expires Vendor\nf 1.0 4 31-dec-2031 acmed\n";
    let rlmstat = "acme license pool status on lic-r (port 1)\n r v1.0, pool: 3\n  count: 4, # reservations: 1, inuse: 2, exp: permanent\nacme license usage status on lic-r (port 1)\n r v1.0: ann@ws-1 1/0 at 01/05 08:44  (handle: 36a5)\n";
    let file = "SERVER lic-a 0011 1\nVENDOR acmed\nINCREMENT f acmed 1.0 31-dec-2031 12 NOTICE=\"a \\\n b\" SIGN=0\nUPGRADE f acmed 1.0 2.0 permanent 2\n";
    let log = "23:59:58 (acmed) OUT: \"f\" Ann E@ws-1  (5 licenses)\n 0:00:01 (acmed) TIMESTAMP 1/1/2031\n 0:00:09 (acmed) DENIED: \"f\" bo@ws-2  (All in use. (-4,342))\n 0:02:00 (acmed) IN: \"f\" Ann E@ws-1  (5 licenses)\n 0:02:01 (acmed) EXITING DUE TO SIGNAL 15\n";
    let report = "RLM Report Log Format 0, version 4.0\nISV: acme, RLM version 14.1\nSTART lic-r 12/31/2030 23:50\nOUT r 1.0 3 ann ws-1 \"\" 2 2 0 1a 1a 4d2 \"\" \"r\" \"1.0\" 12/31 23:58:00\nDENY r 1.0 bo ws-2 \"\" 1 -22 1 12/31 23:59\nIN 1 r 1.0 ann ws-1 \"\" 2 0 0 1a 01/01 00:01:00\n";
    let texts = [(0, lmstat), (0, table), (1, rlmstat), (2, file), (3, log), (4, report)];
    texts.into_iter().map(|(reader, text)| [&[reader], text.as_bytes()].concat()).collect()
}
