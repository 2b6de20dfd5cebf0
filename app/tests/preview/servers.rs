//! The page of the servers in its states.

use crate::Preview;
use crate::pages::inside;
use crate::samples::{DAY, HOUR, MINUTE, NOW, administrator, refused, viewer};
use app::pages::servers::*;
use app::request::Tone;
use leptos::prelude::*;

/// A name that means harm and has no end.
const HOSTILE: &str = "</script><script>alert(1)</script>\u{202e}";

fn hours(running: bool) -> Hours {
    Hours {
        server: "lic-02".into(),
        left_ms: 71 * HOUR + 12 * MINUTE,
        granted_ms: 100 * HOUR,
        running_since_ms: running.then_some(NOW - 3 * HOUR),
        empty_at_ms: running.then_some(NOW + 71 * HOUR + 12 * MINUTE),
        told_ms_ago: None,
    }
}

fn card(name: &str, role: &str, tone: Tone, state: &str) -> ServerCard {
    ServerCard {
        name: name.into(),
        role: role.into(),
        tone,
        state: state.into(),
        since_ms: Some(NOW - 12 * MINUTE),
        seen_ms: Some(NOW - 3_000),
        clients: Some(4),
        version: "0.1.0".into(),
        url: Some(format!("https://{name}:8084")),
        removable: true,
        ..ServerCard::default()
    }
}

fn own(card: ServerCard) -> ServerCard {
    ServerCard { own: true, removable: false, url: None, ..card }
}

fn alone() -> ServersPage {
    ServersPage {
        now: Standing {
            tone: Tone::Info,
            sentence: "lic-01 stands alone and serves 0 clients.".into(),
            then: vec!["No other server knows it: when it fails, its clients have none.".into()],
            ..Standing::default()
        },
        servers: vec![own(card("lic-01", "Alone", Tone::Success, "Up"))],
        ..ServersPage::default()
    }
}

fn standing_by() -> ServersPage {
    ServersPage {
        now: Standing {
            tone: Tone::Success,
            sentence: "lic-01 serves 4 clients. The backup stands by.".into(),
            hours: Some(hours(false)),
            then: vec!["lic-02 stands by; its hours do not run.".into()],
            ..Standing::default()
        },
        servers: vec![
            own(card("lic-01", "Primary, production", Tone::Success, "Serving")),
            ServerCard { hours: Some(hours(false)), ..card("lic-02", "Backup", Tone::Success, "Standing by") },
        ],
        clients: vec![("a".into(), "charon-1".into()), ("b".into(), HOSTILE.repeat(6))],
        ..ServersPage::default()
    }
}

fn serving() -> ServersPage {
    ServersPage {
        now: Standing {
            tone: Tone::Warning,
            sentence: "The backup lic-02 serves 4 clients. It holds until Wed 25 Nov 2026, 09:22 UTC.".into(),
            hours: Some(hours(true)),
            then: vec!["lic-01 has not answered for 12 min.".into()],
            to_do: vec![Step {
                text: "On lic-01: start the service, or restore its network.".into(),
                command: Some("sudo systemctl start leasehold".into()),
                link: None,
            }],
        },
        servers: vec![
            own(ServerCard { hours: Some(hours(true)), ..card("lic-02", "Backup", Tone::Warning, "Serving") }),
            card("lic-01", "Primary, production", Tone::Danger, "No answer"),
        ],
        stale_since: Some(NOW - 12 * MINUTE),
        grace: vec![GraceRow { client: "charon-7".into(), since_ms: NOW - 9 * MINUTE, until_ms: NOW + 111 * MINUTE }],
        timeline: vec![
            Moment {
                at_ms: NOW - 11 * MINUTE,
                tone: Tone::Warning,
                text: "The first client logged in here; the hours began to run.".into(),
            },
            Moment { at_ms: NOW - 12 * MINUTE, tone: Tone::Danger, text: format!("{HOSTILE} fell silent.") },
        ],
        incidents: vec![
            Incident { began_ms: NOW - 11 * MINUTE, spent_ms: 11 * MINUTE, most_clients: 4, ..Incident::default() },
            Incident {
                began_ms: NOW - DAY,
                ended_ms: Some(NOW - DAY + HOUR),
                spent_ms: HOUR,
                most_clients: 2,
                cause: "the last client logged out".into(),
            },
        ],
        switches: vec![SwitchRow {
            at_ms: NOW - 11 * MINUTE,
            client: HOSTILE.repeat(4),
            from: "lic-01".into(),
            client_saw: "No usable answer for 10 s.".into(),
            server_saw: "Silent here too.".into(),
        }],
        simultaneous: vec![SimultaneousRow {
            began_ms: NOW - DAY,
            ms: 7_000,
            server: "lic-01".into(),
            here: 1,
            there: 2,
        }],
        simultaneous_ms: 7_000,
        no_handover: Some("Clients are handed over by the primary, on its console.".into()),
        every: Some(10),
        ..ServersPage::default()
    }
}

fn handed(clients: Option<Vec<Rehearsing>>) -> ServersPage {
    let budget = clients.is_some().then_some((10 * MINUTE, 2 * MINUTE));
    let reason = "new disks".into();
    let handed =
        Handed { began_ms: NOW - 4 * MINUTE, until_ms: NOW + 26 * MINUTE, by: "admin".into(), reason, clients, budget };
    ServersPage { handed: Some(handed), every: Some(10), ..standing_by() }
}

/// All of them.
pub fn pages() -> Vec<Preview> {
    let at = "/servers";
    let mut wrong = administrator(at);
    wrong.form = refused(
        &[("minutes", "0"), ("reason", "new disks"), ("client", "b")],
        &[("minutes", "A server is handed over for 1 to 1440 minutes. Choose a time in between.")],
    );
    let mut nobody = administrator(at);
    nobody.form = refused(&[], &[("", "No client was chosen. Choose those that shall try the backup.")]);
    let invitation = Invitation {
        code: "WV3A-4W6K-6NWP".into(),
        until_ms: NOW + 30 * MINUTE,
        command: "leasehold peer join --url https://lic-01:8084 --code WV3A-4W6K-6NWP".into(),
    };
    let rehearsing = vec![Rehearsing { name: "charon-1".into(), moved_ms: Some(NOW - MINUTE), back_ms: None }];
    let shown = |name: &str, context, data: ServersPage| {
        inside(name, context, move || view! { <ServersView data=data /> }.into_any())
    };
    vec![
        shown("servers-alone", administrator(at), alone()),
        shown("servers-code", administrator(at), ServersPage { invitation: Some(invitation), ..alone() }),
        shown("servers", administrator(at), standing_by()),
        shown("servers-serving", administrator(at), serving()),
        shown("servers-handed", administrator(at), handed(None)),
        shown("servers-rehearsal", administrator(at), handed(Some(rehearsing))),
        shown("servers-refused", wrong, standing_by()),
        shown("servers-refused-nobody", nobody, standing_by()),
        shown("servers-viewer", viewer(at), standing_by()),
    ]
}

/// What was refused without a field of its own is said, and who was chosen stays chosen.
#[test]
fn a_refused_form_keeps_what_was_chosen_and_says_why() {
    let html =
        |name: &str| pages().into_iter().find(|page| page.name == name).map(|page| page.html).unwrap_or_default();
    assert!(html("servers-refused-nobody").contains("No client was chosen."));
    let refused = html("servers-refused");
    assert!(refused.contains("value=\"b\" checked"), "the chosen client stays chosen");
    assert!(!refused.contains("value=\"a\" checked"));
    assert!(!html("servers-serving").contains("<script>alert(1)"));
}
