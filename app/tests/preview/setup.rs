//! The wizard, step by step, in its states.

use crate::samples::*;
use crate::{Preview, render};
use app::pages::diagnostics::DiagnosticsPage;
use app::pages::exchange::Unchecked;
use app::pages::setup::*;
use engine::exchange::Attempt;
use leptos::prelude::*;
use licensing::conf::diff::lines;
use licensing::status_response::NodeRefusal;

const PLAIN: &str = "SHA256:3f2a91c07be45d18a6ff02394c8d71e0b95a6c13d7204ef18b3c5a9067d2e4f1";
const OTHER_PLAIN: &str = "SHA256:90ab12cd34ef56788765fe43dc21ba0990ab12cd34ef56788765fe43dc21ba09";

/// Groups of four, upper case, as people read it out.
fn grouped(plain: &str) -> String {
    let digits = plain.trim_start_matches("SHA256:").to_uppercase();
    digits.as_bytes().chunks(4).map(|group| String::from_utf8_lossy(group).into_owned()).collect::<Vec<_>>().join(" ")
}

fn attempts() -> Vec<Attempt> {
    let attempt = |number: usize, stage: &str, ms: u32, sentence: &str| Attempt {
        node: format!("flexlicense{number}.lumenvox.com:80"),
        ok: false,
        stage: stage.into(),
        sentence: sentence.into(),
        ms,
        refused: None,
    };
    vec![
        attempt(4, "TCP", 4_002, "No answer within 4 s. A firewall usually drops such connections without a word."),
        attempt(1, "DNS", 12, "The name could not be resolved. Ask whoever keeps the name servers."),
        attempt(
            9,
            "HTTP",
            61,
            "A web page answered, not a licensing node: a login page of the network stands between.",
        ),
    ]
}

fn registration() -> RegistrationSummary {
    RegistrationSummary {
        guid: GUID.into(),
        customer: Some("ACME Telephony AG".into()),
        context: Some("Production".into()),
        nodes: vec!["licensing-1.example:4711".into(), "licensing-2.example:4711".into()],
        fingerprints: vec![grouped(PLAIN)],
    }
}

/// All states.
pub fn pages() -> Vec<Preview> {
    let mut token = stranger("/setup");
    token.form = refused(
        &[("token", "abc")],
        &[(
            "token",
            "This token is not the one of this server, or it is older than 30 minutes. Print a new link with “leasehold setup-link”.",
        )],
    );
    let token_data = || SetupToken {
        token: String::new(),
        token_file: "/var/lib/leasehold/setup-token".into(),
        command: "leasehold setup-link".into(),
        restore_command: "leasehold restore FILE --replace --data /var/lib/leasehold".into(),
        minutes: 30,
    };
    let mut account = stranger("/setup/administrator");
    account.form = refused(
        &[("name", "admin")],
        &[
            ("password", "This password has 9 characters; 15 are needed."),
            ("password_again", "The two passwords differ."),
        ],
    );
    let mut guid = stranger("/setup/guid");
    guid.form = refused(
        &[("guid", "DF9960G1-7BD5-633B-F0F4-B1470BBD0B8E")],
        &[("guid", "“G” at position 7 is not a hexadecimal digit (0–9, A–F).")],
    );
    let guid_data = |checked: bool| SetupGuid {
        guid: if checked { "df9960a1-7bd5-633b-f0f4-b1470bbd0b8e".into() } else { String::new() },
        from_file: false,
        path: PATH.into(),
        canonical: checked.then(|| GUID.to_owned()),
        preview: checked.then(|| {
            lines(
                file_text(&[]).as_bytes(),
                file_text(&[("LICENSE_SERVER_GUID", GUID), ("FLEXIBLE_LICENSING_MODE", "1")]).as_bytes(),
            )
        }),
        file_problem: None,
        registration: None,
        has_auth: checked,
    };
    let connection = [
        "USE_FLEX_REPORTING_HTTPS",
        "FLEX_REPORTING_PORT",
        "FLEX_REPORTING_PORT_HTTPS",
        "FLEX_NODE_LIST",
        "FLEX_NODE_LIST_HTTPS",
    ];
    let settings = || -> Vec<_> {
        views(&file_text(&[])).into_iter().filter(|view| connection.contains(&view.key.as_str())).collect()
    };
    let review = SetupReview {
        path: PATH.into(),
        base: "b3f0".into(),
        diff: change(),
        summary: vec![
            ("GUID".into(), GUID.into()),
            ("HTTPS to the nodes".into(), "On".into()),
            ("HTTPS port".into(), "443".into()),
            ("Nodes".into(), "10, flexlicense-s01 to s10".into()),
        ],
        findings: Vec::new(),
        comment: "First setup".into(),
    };
    let done = |sync: FirstSync| SetupDone {
        path: PATH.into(),
        administrator: "admin".into(),
        guid: GUID.into(),
        revision: 2,
        lines_changed: 2,
        sync,
    };
    let mut bad_file = stranger("/setup/guid");
    bad_file.form = refused(
        &[("registration", "{ \"format\": \"leasehold registration 1\", </textarea><script>alert(1)</script>")],
        &[(
            "registration",
            "This is not JSON: the text ends in the middle, or something was added. Copy it again, all of it.",
        )],
    );
    let mut no_compare = stranger("/setup/key");
    no_compare.form = refused(
        &[("fingerprint", PLAIN)],
        &[("compared", "Compare the fingerprint first, then tick this box; or paste the one from the vendor below.")],
    );
    let mut other_typed = stranger("/setup/key");
    other_typed.form = refused(
        &[("typed", "SHA256:0000")],
        &[("typed", "This has 4 digits; a fingerprint has 64. Copy it again, all of it.")],
    );
    let mut none_typed = stranger("/setup/key");
    none_typed.form = other_typed.form.clone();
    let from_file =
        SetupGuid { registration: Some(registration()), guid: GUID.into(), has_auth: true, ..guid_data(true) };
    let guid_page = |name: &str, context, data: SetupGuid| {
        render(name, context, move || view! { <SetupGuidPage data=data /> }.into_any())
    };
    let connection_page = |name: &str, probe: Option<DiagnosticsPage>| {
        let data = SetupConnection { path: PATH.into(), settings: settings(), probe };
        render(name, stranger("/setup/connection"), move || view! { <SetupConnectionPage data=data /> }.into_any())
    };
    let key_page = |name: &str, context, data: SetupKey| {
        render(name, context, move || view! { <SetupKeyPage data=data /> }.into_any())
    };
    let done_page = |name: &str, sync: FirstSync| {
        let data = done(sync);
        render(name, administrator("/setup/done"), move || view! { <SetupDonePage data=data /> }.into_any())
    };
    let offered = |several: bool| SetupKey {
        offered: (1..=3)
            .map(|number| {
                let other = several && number == 3;
                OfferedKey {
                    fingerprint: if other { OTHER_PLAIN.into() } else { PLAIN.into() },
                    grouped: if other { grouped(OTHER_PLAIN) } else { grouped(PLAIN) },
                    node: format!("flexlicense{number}.lumenvox.com:80"),
                }
            })
            .collect(),
        skip_allowed: true,
        ..SetupKey::default()
    };
    let none_shown = SetupKey {
        problem: Some("None of the 3 nodes could be reached. The connection may be closed by a firewall.".into()),
        nodes_asked: attempts(),
        skip_allowed: true,
        ..SetupKey::default()
    };
    let pinned = SetupKey { pinned: vec![grouped(PLAIN)], ..SetupKey::default() };
    let tried = |unchecked| SetupKey { trial: Some(SetupTrial { guid: GUID.into(), unchecked }), ..pinned.clone() };
    let silent =
        tried(Some(Unchecked { sentence: "No licensing node could be reached.".into(), attempts: attempts() }));
    let mut refused_auth = stranger("/setup/key");
    refused_auth.form = refused(
        &[("guid", GUID)],
        &[(
            "auth",
            "The node licensing-1.example:4711 refused: The auth string doesn't belong to this GUID. Compare it with the registration from the vendor, or ask for a new one.",
        )],
    );
    let refused_attempt = Attempt {
        refused: NodeRefusal::new(401, "The auth string doesn't belong to this GUID."),
        stage: "answer".into(),
        sentence: "The node refused: The auth string doesn't belong to this GUID.".into(),
        ..attempts().remove(0)
    };
    vec![
        render("setup-token", stranger("/setup"), || view! { <SetupTokenPage data=token_data() /> }.into_any()),
        render("setup-token-error", token, || view! { <SetupTokenPage data=token_data() /> }.into_any()),
        render("setup-administrator", account, || {
            view! { <SetupAdministratorPage data=SetupAdministrator { name: String::new(), password_min: 15 } /> }
                .into_any()
        }),
        guid_page("setup-guid-empty", stranger("/setup/guid"), guid_data(false)),
        guid_page("setup-guid", stranger("/setup/guid"), guid_data(true)),
        guid_page("setup-guid-error", guid, guid_data(false)),
        guid_page("setup-guid-file-error", bad_file, guid_data(false)),
        guid_page("setup-guid-file", stranger("/setup/guid"), from_file),
        connection_page("setup-connection", None),
        connection_page("setup-connection-running", Some(crate::diagnostics::running())),
        connection_page("setup-connection-probed", Some(crate::diagnostics::checked())),
        key_page("setup-key", stranger("/setup/key"), offered(false)),
        key_page("setup-key-several", stranger("/setup/key"), offered(true)),
        key_page("setup-key-error", no_compare, offered(false)),
        key_page("setup-key-typed-error", other_typed, offered(false)),
        key_page("setup-key-none-error", none_typed, none_shown.clone()),
        key_page("setup-key-none", stranger("/setup/key"), none_shown),
        key_page("setup-key-refused", refused_auth, tried(None)),
        key_page("setup-key-unchecked", stranger("/setup/key"), silent),
        key_page("setup-key-pinned", stranger("/setup/key"), pinned.clone()),
        render("setup-review", stranger("/setup/review"), || view! { <SetupReviewPage data=review /> }.into_any()),
        done_page("setup-done", FirstSync::Synced { sentence: "12 added.".into(), licenses: 12 }),
        done_page("setup-done-running", FirstSync::Running),
        done_page(
            "setup-done-failed",
            FirstSync::Failed { sentence: "None of the 3 nodes could be reached.".into(), attempts: attempts() },
        ),
        done_page(
            "setup-done-refused",
            FirstSync::Failed {
                sentence: "The node flexlicense4.lumenvox.com:80 refused: The auth string doesn't belong to this GUID."
                    .into(),
                attempts: vec![refused_attempt],
            },
        ),
        done_page(
            "setup-done-skipped",
            FirstSync::Skipped("No key of the vendor is confirmed; until one is, nothing is sent.".into()),
        ),
    ]
}
