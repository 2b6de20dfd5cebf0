//! Sample data of the exchange and the licenses.

use crate::samples::{DAY, GUID, HOUR, MINUTE, NOW};
use app::pages::exchange::*;
use app::request::Tone;
use engine::exchange::{
    Applied, Attempt, Cluster, ExchangeRound, LedgerAnswer, LedgerEntry, LedgerOutcome, PinnedKey, Readiness,
};
use licensing::bundle::{LicenseChange, LicenseChanges, LicenseKind};
use licensing::contact::{ContactPhase, ContactState, Limit, PHASES};
use licensing::context::Context;
use licensing::registration::KeyOrigin;
use licensing::status_response::NodeRefusal;
use licensing::vendor_key::VendorKey;

pub const REPORT: &str = "c0a1f2d4-fc38-43a5-a10c-0e7dfd45da47";
pub const DEPLOYMENT: &str = "df9960a1-7bd5-633b-f0f4-b1470bbd0b8e";
const DIGEST: &str = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
const FINGERPRINT: &str = "5C40 F307 667E EC87 07F4 E7ED 152E A62C 17D0 61A6 39CF F79E 2D92 93D0 A33E A935";

pub fn words(list: &[&str]) -> Vec<String> {
    list.iter().map(|word| (*word).to_owned()).collect()
}

/// The clock this long after the last exchange, from the real table; none before the first exchange.
pub fn contact(elapsed: Option<i64>, limit: u32) -> ContactModel {
    let state = ContactState {
        last_verified: elapsed.map(|elapsed| NOW - elapsed),
        high_water: NOW,
        limit: Limit::new(limit),
        ..ContactState::default()
    };
    let (now, days) = (state.phase(), state.days());
    let tone = match now {
        ContactPhase::Unregistered => Tone::Neutral,
        ContactPhase::InTouch => Tone::Success,
        ContactPhase::Late => Tone::Info,
        ContactPhase::Reminder | ContactPhase::Urgent => Tone::Warning,
        ContactPhase::Final | ContactPhase::Lapsed => Tone::Danger,
    };
    let steps = PHASES
        .iter()
        .filter_map(|rule| {
            let first_day = rule.phase.first_day(state.limit)?;
            Some(ContactStep {
                label: rule.label.into(),
                first_day,
                at_ms: state.last_verified.map(|last| last + i64::from(first_day) * DAY),
                state: match rule.phase.cmp(&now) {
                    _ if days.is_none() => StepState::Ahead,
                    std::cmp::Ordering::Less => StepState::Past,
                    std::cmp::Ordering::Equal => StepState::Now,
                    std::cmp::Ordering::Greater => StepState::Ahead,
                },
                effect: rule.effect.into(),
            })
        })
        .collect();
    ContactModel {
        phase: now.as_str().into(),
        label: now.rule().label.into(),
        effect: now.rule().effect.into(),
        tone,
        days,
        last_ms: state.last_verified,
        next: state.next_change().map(|(at, phase)| (at, phase.rule().label.into())),
        lapses_ms: state.lapses_at(),
        limit_days: state.limit.days(),
        steps,
        clock_flag: None,
    }
}

pub fn changes() -> LicenseChanges {
    let change = |sentence: &str| LicenseChange {
        id: "L-2026-0007".into(),
        product: sentence.split(':').next().unwrap_or_default().into(),
        kind: LicenseKind::Concurrent,
        sentence: sentence.into(),
    };
    LicenseChanges {
        added: vec![change("TTS3: 50 concurrent licenses added."), change("ASR_ENUS: 20 concurrent licenses added.")],
        removed: vec![change("ETRAN_ENUS_50: removed; it was moved to another server.")],
        extended: vec![change("TRAN_ENUS: runs until 2027-03-01 instead of 2026-12-31.")],
        changed: Vec::new(),
    }
}

pub fn attempt(node: &str, ok: bool, stage: &str, ms: u32, sentence: &str) -> Attempt {
    Attempt { node: node.into(), ok, stage: stage.into(), sentence: sentence.into(), ms, refused: None }
}

pub fn good_round() -> ExchangeRound {
    ExchangeRound {
        at: NOW - 3 * HOUR,
        ok: true,
        sentence: "The second node that was asked answered.".into(),
        attempts: vec![
            attempt(
                "flexlicense-s07.lumenvox.com:443",
                false,
                "TCP",
                4_003,
                "No answer within 4 s. A firewall between here and there may swallow the packets.",
            ),
            attempt("flexlicense-s02.lumenvox.com:443", true, "answer", 318, "Answered and verified."),
        ],
    }
}

/// A node was reached and refused the auth string.
pub fn refused_round() -> ExchangeRound {
    let reason = "The auth string doesn't belong to this GUID. Compare it with the registration from the vendor, or ask for a new one";
    let refused = NodeRefusal::new(401, reason);
    let node = "flexlicense-s02.lumenvox.com:443";
    ExchangeRound {
        at: NOW - 12 * MINUTE,
        ok: false,
        sentence: format!("The node {node} refused: {reason}."),
        attempts: vec![Attempt {
            refused,
            ..attempt(node, false, "answer", 318, &format!("The node refused: {reason}."))
        }],
    }
}

pub fn failed_round() -> ExchangeRound {
    ExchangeRound {
        at: NOW - 12 * MINUTE,
        ok: false,
        sentence: "No node could be reached.".into(),
        attempts: vec![
            attempt(
                "flexlicense-s04.lumenvox.com:8443",
                false,
                "DNS",
                12,
                "The name is not known. Check the name server of this machine.",
            ),
            attempt(
                "flexlicense-s01.lumenvox.com:8443",
                false,
                "TCP",
                4_001,
                "No answer within 4 s. A firewall between here and there may swallow the packets.",
            ),
            attempt(
                "flexlicense-s09.lumenvox.com:8443",
                false,
                "TLS",
                96,
                "The certificate was issued by CN=Corp Inspection CA, which is not known here. A proxy seems to open the connection on its way.",
            ),
            attempt(
                "flexlicense-s02.lumenvox.com:8443",
                false,
                "HTTP",
                41,
                "Answered with a web page, not as a licensing node. A proxy or a sign-in page of the network stands between.",
            ),
            attempt(
                "flexlicense-s03.lumenvox.com:8443",
                false,
                "answer",
                530,
                "The answer is not signed with a key this server trusts. Nothing was changed.",
            ),
        ],
    }
}

pub fn outcome(unchanged: bool) -> LedgerOutcome {
    LedgerOutcome {
        node_time: NOW - 3 * HOUR - 400,
        serial_before: Some(if unchanged { 14 } else { 13 }),
        serial: 14,
        unchanged,
        changes: if unchanged { LicenseChanges::default() } else { changes() },
        notices: Vec::new(),
        key: FINGERPRINT.into(),
        response_sha256: DIGEST.chars().rev().collect(),
    }
}

pub fn answer(unchanged: bool) -> LedgerAnswer {
    LedgerAnswer { at: NOW - 3 * HOUR, by: "Leasehold".into(), response: String::new(), outcome: outcome(unchanged) }
}

pub fn receipt(unchanged: bool) -> Receipt {
    Receipt {
        entry: LedgerEntry {
            status_id: REPORT.into(),
            guid: GUID.into(),
            channel: "online".into(),
            opened_at: NOW - 3 * HOUR - 900,
            opened_by: "Leasehold".into(),
            report: String::new(),
            state: "answered".into(),
            node: Some("flexlicense-s02.lumenvox.com:443".into()),
            answer: None,
        },
        answer: answer(unchanged),
        server: "lic-01.example".into(),
    }
}

pub fn exchange(contact: ContactModel) -> ExchangePage {
    ExchangePage {
        readiness: Readiness::Ready,
        running: false,
        next_attempt_ms: Some(NOW + 21 * HOUR),
        schedule: "Every day, 24 h after the last sync".into(),
        protocol: "HTTPS, port 443".into(),
        nodes: (1..=10).map(|number| format!("flexlicense-s{number:02}.lumenvox.com")).collect(),
        proxy: None,
        last_round: Some(good_round()),
        failed_rounds: 0,
        last_success: contact
            .last_ms
            .map(|at| Receipt { answer: LedgerAnswer { at, ..answer(false) }, ..receipt(false) }),
        registration: RegistrationCard {
            guid: Some(GUID.into()),
            deployments: vec![DEPLOYMENT.into()],
            operator: Some("7c0de1b2-bddb-4979-8284-531641b16eda".into()),
            context: Some(Context::Production),
            customer: Some("ACME Telephony AG".into()),
            has_auth: true,
            auth_since_ms: Some(NOW - 40 * DAY),
            keys: vec![PinnedKey {
                fingerprint: FINGERPRINT.parse().expect("a fingerprint"),
                key: Some(VendorKey { signing: [1; 32], sealing: [2; 32] }),
                at: NOW - 40 * DAY,
                by: "admin".into(),
                origin: Some(KeyOrigin::RegistrationFile),
            }],
            ..RegistrationCard::default()
        },
        notices: Vec::new(),
        contact,
    }
}

pub fn unregistered() -> ExchangePage {
    ExchangePage {
        readiness: Readiness::Unregistered,
        next_attempt_ms: None,
        last_round: None,
        last_success: None,
        registration: RegistrationCard::default(),
        ..exchange(contact(None, 60))
    }
}

pub fn row(id: &str, state: &str, channel: &str, ago: i64) -> LedgerEntry {
    let answered = state == "answered";
    LedgerEntry {
        status_id: format!("{id}-fc38-43a5-a10c-0e7dfd45da47"),
        guid: GUID.into(),
        channel: channel.into(),
        opened_at: NOW - ago,
        opened_by: if channel == "online" { "Leasehold".into() } else { "admin".into() },
        report: String::new(),
        state: state.into(),
        node: (answered && channel == "online").then(|| "flexlicense-s02.lumenvox.com:443".into()),
        answer: answered.then(|| LedgerAnswer { at: NOW - ago + 2_000, by: "admin".into(), ..answer(false) }),
    }
}

pub fn ledger() -> LedgerPage {
    LedgerPage {
        items: vec![
            row("c0a1f2d4", "open", "console", 5 * MINUTE),
            row("8d21b3aa", "answered", "online", 3 * HOUR),
            row("13b7e0c9", "lost", "online", 27 * HOUR),
            row("f00dcafe", "answered", "console", 4 * DAY),
            row("0badbee5", "answered", "reporting api", 44 * DAY),
        ],
        filter: String::new(),
        next: Some("1234".into()),
    }
}

/// Not a real code; as dense as one.
fn qr() -> String {
    let mut path = String::new();
    for y in 0..45_u32 {
        for x in 0..45_u32 {
            if (x * 7 + y * 13 + x * y) % 5 < 2 {
                path.push_str(&format!("M{x} {y}h1v1h-1z"));
            }
        }
    }
    format!("<svg viewBox=\"-4 -4 53 53\" shape-rendering=\"crispEdges\"><path d=\"{path}\" /></svg>")
}

pub fn report(state: &str) -> ReportModel {
    let field = |path: &str, value: &str, meaning: &str| FieldMeaning {
        path: path.into(),
        value: value.into(),
        meaning: meaning.into(),
    };
    let pretty = format!(
        "{{\n  \"cluster_guid\": \"{DEPLOYMENT}\",\n  \"instance_uuid\": \"91347bef-96fa-4b2d-8e30-4c2aa77f437b\",\n  \"status_id\": \"{REPORT}\",\n  \"instance_created\": \"2026-08-29T17:44:27.334Z\",\n  \"installation_type\": \"Production\",\n  \"report_timestamp\": \"1795270200\",\n  \"images\": null,\n  \"deployments\": [\n    {{\n      \"license_guid\": \"{DEPLOYMENT}\",\n      \"bio_engine_usage\": null,\n      \"speech_usage\": {{\n        \"session_ms\": 615524,\n        \"session_audio_ms\": 192877,\n        \"license_usage\": {{\n          \"TTS3\": {{ \"usage_count\": 3, \"usage_ms\": 187618 }}\n        }}\n      }}\n    }}\n  ]\n}}"
    );
    let curl = format!(
        "curl https://flexlicense-s01.lumenvox.com -H \"x-auth-string: 51b5e6d2f0\" \\\n-H \"Content-Type: application/json\" \\\n-d \"{{\\\"cluster_guid\\\":\\\"{DEPLOYMENT}\\\",\\\"status_id\\\":\\\"{REPORT}\\\"}}\""
    );
    ReportModel {
        status_id: REPORT.into(),
        opened_ms: NOW - 5 * MINUTE,
        opened_by: "admin".into(),
        state: state.into(),
        pretty,
        bytes: 1_482,
        sha256: DIGEST.into(),
        curl,
        curl_address: "https://flexlicense-s01.lumenvox.com".into(),
        qr_svg: Some(qr()),
        fields: vec![
            field("cluster_guid", DEPLOYMENT, "The GUID this server is registered with."),
            field(
                "instance_uuid",
                "91347bef-96fa-4b2d-8e30-4c2aa77f437b",
                "Tells this installation from a second one with the same GUID.",
            ),
            field("status_id", REPORT, "Names this report. The answer to it carries the same id."),
            field("instance_created", "2026-08-29T17:44:27.334Z", "When this installation was made."),
            field("installation_type", "Production", "What the server is used for."),
            field("report_timestamp", "1795270200", "When the report was made, in seconds since 1970."),
            field("images", "null", "Not used by this server."),
            field("deployments[].license_guid", DEPLOYMENT, "The deployment the usage belongs to."),
            field("deployments[].bio_engine_usage", "null", "Not used by this server."),
            field(
                "deployments[].speech_usage.session_ms",
                "615524",
                "How long sessions lasted in all, in milliseconds.",
            ),
            field(
                "deployments[].speech_usage.session_audio_ms",
                "192877",
                "How much of that was audio, in milliseconds.",
            ),
            field(
                "deployments[].speech_usage.license_usage.*.usage_count",
                "1 name",
                "How often a license of this name was taken.",
            ),
            field(
                "deployments[].speech_usage.license_usage.*.usage_ms",
                "1 name",
                "How long licenses of this name were held, in milliseconds.",
            ),
        ],
    }
}

pub fn hand(report: Option<ReportModel>) -> HandPage {
    HandPage {
        readiness: Readiness::Ready,
        contact: contact(Some(34 * DAY), 60),
        open: vec![row("c0a1f2d4", "open", "console", 5 * MINUTE), row("77aa01b2", "open", "api", 2 * DAY)],
        report,
        checked: None,
    }
}

pub fn checked(unchanged: bool) -> Checked {
    let notices = words(&[
        "A second installation reported with this GUID on 12 Nov 2026. Ask the vendor's support which of the two is to stay.",
    ]);
    Checked {
        text: "{\"error\":false,\"response-message\":\"Success\"}</textarea><script>alert(1)</script>".into(),
        answer: Applied {
            status_id: REPORT.into(),
            outcome: LedgerOutcome { node_time: NOW - 2 * MINUTE, notices, ..outcome(unchanged) },
            context: Context::Production,
        },
    }
}

pub fn clusters() -> ClustersPage {
    let cluster = |id: i64, name: &str, uri: &str, tls: bool| Cluster {
        id,
        name: name.into(),
        uri: uri.into(),
        tls,
        ca: None,
        deployment: DEPLOYMENT.into(),
        operator: "7c0de1b2-bddb-4979-8284-531641b16eda".into(),
        has_auth: false,
        licensing_url: "https://licensing.lumenvox.com".into(),
    };
    ClustersPage {
        items: vec![
            cluster(1, "Contact centre Vienna", "reporting-api.vienna.example:443", true),
            cluster(2, "Lab", "10.20.0.7:5000", false),
        ],
    }
}

pub fn cluster(full: bool) -> ClusterPage {
    let usage = [
        ("ETRAN_ENUS", 1, 2_800),
        ("INTERACTION_USAGE", 4, 610_644),
        ("SESSION_USAGE", 4, 615_524),
        ("VAD", 12_402, 66_900_000),
    ];
    ClusterPage {
        cluster: Cluster { has_auth: full, ..clusters().items.remove(0) },
        usage: full.then(|| usage.iter().map(|(name, count, ms)| ((*name).to_owned(), *count, *ms)).collect()),
        pulled: full.then(|| report("open")),
        result: full.then(|| (Tone::Success, "The cluster took the answer.".to_owned())),
    }
}
