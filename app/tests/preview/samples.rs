//! Sample data: a made-up server, made from a real file by the real rules.

use app::pages::audit::{AuditFilter, AuditItem, AuditLog, Chain, Outcome};
use app::pages::conf::{FileInfo, Origin, RevisionItem};
use app::request::{Badge, FieldError, FormState, PeerConsole, RequestContext, ServerStanding, Viewer};
use licensing::attention::{Facts, LicenseFacts, PartState, StorageFacts, SyncFacts};
use licensing::conf::check::{ConfFinding, check};
use licensing::conf::diff::{Diff, lines};
use licensing::conf::document::Document;
use licensing::conf::view::{SettingView, settings};
use licensing::contact::ContactPhase;
use licensing::permission::Role;
use licensing::service::Judgement;
use licensing::words::Zone;

pub const NOW: i64 = 1_795_270_200_000;
pub const MINUTE: i64 = 60_000;
pub const HOUR: i64 = 60 * MINUTE;
pub const DAY: i64 = 24 * HOUR;
pub const PATH: &str = "/etc/lumenvox/license_server.conf";
pub const GUID: &str = "{DF9960A1-7BD5-633B-F0F4-B1470BBD0B8E}";

/// A signed-in administrator of a registered server.
pub fn administrator(path: &str) -> RequestContext {
    RequestContext {
        viewer: Some(Viewer { name: "admin".into(), role: Role::Administrator }),
        badge: Badge {
            server_name: "lic-01.example".into(),
            guid_short: Some("{DF99…0B8E}".into()),
            standing: ServerStanding::Registered,
            changed_outside: false,
            attention: attention(|_| {}),
            peers: vec![PeerConsole {
                name: "lic-02.example".into(),
                role: "backup",
                url: Some("https://lic-02.example:8084".into()),
            }],
        },
        now_ms: NOW,
        path: path.into(),
        request_id: "0198f2c4-7b1d".into(),
        secure: true,
        ..RequestContext::default()
    }
}

/// What needs attention on a server that is well but for what `change` makes of it.
pub fn attention(change: impl FnOnce(&mut Facts<'_>)) -> Vec<PartState> {
    let service = Judgement::default();
    let mut facts = Facts {
        service: &service,
        registered: true,
        machine: None,
        phase: ContactPhase::InTouch,
        sync: SyncFacts { last: Some(NOW - 11 * MINUTE), ..SyncFacts::default() },
        licenses: Some(LicenseFacts {
            loaded: 12,
            ending: vec![("ASR_ENUS".to_owned(), NOW + 200 * DAY)],
            ..LicenseFacts::default()
        }),
        at_limit: &[],
        denials_today: 0,
        firing: &[],
        acknowledged: &[],
        rules: 3,
        conf_problem: None,
        changed_outside: None,
        findings: (0, 0),
        restart: &[],
        storage: StorageFacts { free: Some(214_000_000_000), ..StorageFacts::default() },
        monitor: Default::default(),
        now: NOW,
        zone: &|_| Zone::utc(),
    };
    change(&mut facts);
    facts.judge()
}

/// Somebody who may only look.
pub fn viewer(path: &str) -> RequestContext {
    RequestContext { viewer: Some(Viewer { name: "noor".into(), role: Role::Viewer }), ..administrator(path) }
}

/// Nobody yet, on a fresh machine.
pub fn stranger(path: &str) -> RequestContext {
    RequestContext {
        viewer: None,
        badge: Badge { server_name: "lic-01.example".into(), ..Badge::default() },
        ..administrator(path)
    }
}

/// A refused form.
pub fn refused(values: &[(&str, &str)], errors: &[(&str, &str)]) -> Option<FormState> {
    Some(FormState {
        values: values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        errors: errors
            .iter()
            .map(|(field, message)| FieldError {
                field: (!field.is_empty()).then(|| (*field).to_owned()),
                message: (*message).to_owned(),
            })
            .collect(),
    })
}

/// The vendor's file with a few values.
pub fn file_text(values: &[(&str, &str)]) -> String {
    licensing::conf::template::write(values)
}

pub fn registered_text() -> String {
    file_text(&[
        ("LICENSE_SERVER_GUID", GUID),
        ("FLEXIBLE_LICENSING_MODE", "1"),
        ("USE_FLEX_REPORTING_HTTPS", "1"),
        ("FLEX_REPORTING_PORT_HTTPS", "8443"),
    ])
}

/// A file with mistakes.
pub fn troubled_text() -> String {
    registered_text()
        .replace("FLEX_REPORTING_PORT_HTTPS = 8443", "FLEX_REPORTING_PORT_HTTPS = 8444")
        .replace("LOGGING_VERBOSITY = default", "LOGING_VERBOSITY = 2\nthis is no setting")
}

pub fn views(text: &str) -> Vec<SettingView> {
    settings(&Document::parse(text.as_bytes()))
}

pub fn findings(text: &str) -> Vec<ConfFinding> {
    check(&Document::parse(text.as_bytes()))
}

pub fn file_info(text: &str) -> FileInfo {
    FileInfo {
        path: PATH.into(),
        base: "b3f0c1d2".into(),
        revision: 14,
        saved_by: Some("admin".into()),
        saved_at_ms: Some(NOW - 21 * HOUR),
        lines: text.lines().count(),
    }
}

/// The change most pages show.
pub fn change() -> Diff {
    let old = registered_text();
    let new = old.replace("FLEX_REPORTING_PORT_HTTPS = 8443", "FLEX_REPORTING_PORT_HTTPS = 23028").replace(
        "FLEX_NODE_LIST_HTTPS = default",
        "FLEX_NODE_LIST_HTTPS = flexlicense-s01.lumenvox.com;flexlicense-s02.lumenvox.com",
    );
    lines(old.as_bytes(), new.as_bytes())
}

pub fn other_change() -> Diff {
    let old = registered_text();
    lines(old.as_bytes(), old.replace("port_number = default", "port_number = 7570").as_bytes())
}

pub fn entries() -> Vec<AuditItem> {
    let entry =
        |id: i64, ago: i64, who: &str, what: &str, comment: Option<&str>, outcome: Outcome, href: Option<&str>| {
            AuditItem {
                id,
                at_ms: NOW - ago,
                who: who.into(),
                what: what.into(),
                kind: if what.starts_with("signed") { "Sign-in" } else { "Settings changed" }.into(),
                objects: if id == 230 { vec!["port_number".into()] } else { Vec::new() },
                comment: comment.map(Into::into),
                from: "console, 10.0.0.4".into(),
                outcome,
                href: href.map(Into::into),
            }
        };
    vec![
        entry(231, 4 * MINUTE, "admin", "signed in.", None, Outcome::Done, None),
        entry(
            230,
            21 * HOUR,
            "admin",
            "saved revision 14 of the configuration file.",
            Some("443 is closed in DC2"),
            Outcome::Done,
            Some("/configuration/history/14"),
        ),
        entry(229, 22 * HOUR, "noor", "tried to save the configuration file.", None, Outcome::Refused, None),
        entry(
            228,
            2 * DAY,
            "Leasehold",
            "noticed that the configuration file was changed outside.",
            None,
            Outcome::Done,
            Some("/configuration/history/13"),
        ),
        entry(227, 40 * DAY, "Leasehold", "could not read the configuration file.", None, Outcome::Failed, None),
    ]
}

pub fn audit_log(items: Vec<AuditItem>) -> AuditLog {
    AuditLog {
        items,
        filter: AuditFilter::default(),
        older: Some(227),
        chain: Chain::Verified { up_to: 231, at_ms: NOW - 2 * MINUTE },
        people: vec!["admin".into(), "noor".into(), "Leasehold".into()],
        objects: vec!["noor".into(), "lic-02".into()],
        refused: Vec::new(),
        zone: "CET".into(),
    }
}

pub fn revisions() -> Vec<RevisionItem> {
    let item = |number: i64,
                ago: i64,
                author: Option<&str>,
                origin: Origin,
                comment: Option<&str>,
                added: usize,
                removed: usize| RevisionItem {
        number,
        at_ms: NOW - ago,
        author: author.map(Into::into),
        origin,
        comment: comment.map(Into::into),
        removed,
        added,
        restored_from: (number == 12).then_some(9),
        undoes: (number == 11).then_some(8),
        reviewed_ms: None,
    };
    vec![
        item(14, 21 * HOUR, Some("admin"), Origin::Console, Some("443 is closed in DC2"), 1, 1),
        item(13, 2 * DAY, None, Origin::Outside, None, 3, 1),
        item(12, 9 * DAY, Some("admin"), Origin::Console, Some("Back to the state before the move"), 4, 4),
        item(11, 12 * DAY, Some("deploy"), Origin::Api, None, 1, 1),
        item(1, 60 * DAY, None, Origin::Console, None, 0, 0),
    ]
}
