//! The page of the servers in its states.

use crate::Preview;
use crate::pages::inside;
use crate::samples::{DAY, HOUR, MINUTE, NOW, administrator, refused, viewer};
use app::pages::servers::*;
use app::request::Tone;
use engine::failover::{Failover, OverlapPeriod};
use engine::leases::InGrace;
use leptos::prelude::*;
use licensing::countdown::{Cause, CountdownRun};
use licensing::service::{AdvisedStep, Area, Hours, Judgement, Situation, Urgency};

/// A name that means harm and has no end.
const HOSTILE: &str = "</script><script>alert(1)</script>\u{202e}";

fn hours(running: bool) -> Hours {
    Hours {
        server: "lic-02".into(),
        left_ms: 71 * HOUR + 12 * MINUTE,
        granted_ms: 100 * HOUR,
        running_since_ms: running.then_some(NOW - 3 * HOUR),
        empty_at_ms: running.then_some(NOW + 71 * HOUR + 12 * MINUTE),
        clients: running.then_some(4),
        reported_ms_ago: None,
    }
}

fn card(name: &str, role: &str, tone: Tone, state: &str) -> ServerCard {
    ServerCard {
        name: name.into(),
        role: role.into(),
        tone,
        state: state.into(),
        since: Some(("Active since", NOW - 12 * MINUTE)),
        started_ms: Some(NOW - 22 * MINUTE),
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
        now: Judgement {
            level: Urgency::Info,
            sentence: "lic-01 is serving 0 clients. It has no backup.".into(),
            next: vec!["If it fails, its clients have no server.".into()],
            steps: vec![AdvisedStep {
                text: "Add a backup, so that clients have a server to fail over to.".into(),
                command: None,
                area: Some(Area::Join),
            }],
            active: vec!["lic-01".into()],
            ..Judgement::default()
        },
        servers: vec![own(card("lic-01", "No peers", Tone::Success, "Active"))],
        ..ServersPage::default()
    }
}

fn standby() -> ServersPage {
    ServersPage {
        now: Judgement {
            situation: Situation::Normal,
            sentence: "lic-01 is serving 4 clients. lic-02 is on standby.".into(),
            hours: Some(hours(false)),
            next: vec!["71 h 12 min of backup hours left, not running.".into()],
            ..Judgement::default()
        },
        servers: vec![
            own(card("lic-01", "Primary, production", Tone::Success, "Active")),
            ServerCard { hours: Some(hours(false)), ..card("lic-02", "Backup", Tone::Success, "Standby") },
        ],
        clients: vec![("a".into(), "charon-1".into()), ("b".into(), HOSTILE.repeat(6))],
        ..ServersPage::default()
    }
}

fn serving() -> ServersPage {
    ServersPage {
        now: Judgement {
            situation: Situation::Failover,
            level: Urgency::Warning,
            sentence: "lic-02 is serving 4 clients. Backup hours last until Wed 25 Nov, 09:22 UTC.".into(),
            hours: Some(hours(true)),
            next: vec!["lic-01 has not responded for 12 min.".into()],
            steps: vec![AdvisedStep {
                text: "On lic-01: start the service, or restore its network.".into(),
                command: Some("sudo systemctl restart leasehold".into()),
                area: None,
            }],
            ..Judgement::default()
        },
        servers: vec![
            own(ServerCard { hours: Some(hours(true)), ..card("lic-02", "Backup", Tone::Warning, "Active") }),
            card("lic-01", "Primary, production", Tone::Danger, "Not responding"),
        ],
        grace: vec![InGrace { name: "charon-7".into(), seen_ms: NOW - 9 * MINUTE, until_ms: NOW + 111 * MINUTE }],
        timeline: vec![
            Moment {
                at_ms: NOW - 11 * MINUTE,
                tone: Tone::Warning,
                text: "The first client logged in here: backup hours started running.".into(),
            },
            Moment { at_ms: NOW - 12 * MINUTE, tone: Tone::Danger, text: format!("{HOSTILE} stopped responding.") },
        ],
        incidents: vec![
            CountdownRun {
                began_ms: NOW - 11 * MINUTE,
                ended_ms: None,
                spent_ms: 11 * MINUTE,
                most_clients: 4,
                cause: None,
            },
            CountdownRun {
                began_ms: NOW - DAY,
                ended_ms: Some(NOW - DAY + HOUR),
                spent_ms: HOUR,
                most_clients: 2,
                cause: Some(Cause::LoggedOut),
            },
        ],
        switches: vec![Failover {
            at: NOW - 11 * MINUTE,
            client: "charon-1".into(),
            name: HOSTILE.repeat(4),
            from_server: "lic-01".into(),
            silent_ms: 10_000,
            problem: "It refused the connection.".into(),
            server_observed: "Not responding here either.".into(),
            server_up: Some(false),
        }],
        simultaneous: vec![OverlapPeriod {
            began: NOW - DAY,
            ended: NOW - DAY + 7_000,
            ms: 7_000,
            server: "lic-01".into(),
            here: 1,
            there: 2,
        }],
        simultaneous_ms: 7_000,
        no_drain: Some("Do this on the primary.".into()),
        ..ServersPage::default()
    }
}

fn drain(clients: Option<Vec<DrillClient>>) -> ServersPage {
    let budget = clients.is_some().then_some((10 * MINUTE, 2 * MINUTE));
    let reason = "new disks".into();
    let drain = DrainInProgress {
        began_ms: NOW - 4 * MINUTE,
        until_ms: NOW + 26 * MINUTE,
        by: "admin".into(),
        reason,
        clients,
        budget,
    };
    ServersPage { drain: Some(drain), ..standby() }
}

/// All of them.
pub fn pages() -> Vec<Preview> {
    let at = "/servers";
    let mut wrong = administrator(at);
    wrong.form = refused(
        &[("minutes", "0"), ("reason", "new disks"), ("client", "b")],
        &[("minutes", "Enter a duration from 1 to 1440 minutes.")],
    );
    let mut nobody = administrator(at);
    nobody.form = refused(&[], &[("", "No client is selected. Select the clients for the drill.")]);
    let invitation = Invitation {
        code: "WV3A-4W6K-6NWP".into(),
        until_ms: NOW + 30 * MINUTE,
        command: "leasehold peer join --url https://lic-01:8084 --code WV3A-4W6K-6NWP".into(),
    };
    let drill = vec![DrillClient { name: "charon-1".into(), moved_ms: Some(NOW - MINUTE), back_ms: None }];
    let shown = |name: &str, context, data: ServersPage| {
        inside(name, context, move || view! { <ServersView data=data /> }.into_any())
    };
    vec![
        shown("servers-alone", administrator(at), alone()),
        shown("servers-code", administrator(at), ServersPage { invitation: Some(invitation), ..alone() }),
        shown("servers", administrator(at), standby()),
        shown("servers-serving", administrator(at), serving()),
        shown("servers-drain", administrator(at), drain(None)),
        shown("servers-drill", administrator(at), drain(Some(drill))),
        shown("servers-refused", wrong, standby()),
        shown("servers-refused-nobody", nobody, standby()),
        shown("servers-viewer", viewer(at), standby()),
    ]
}

/// What was refused without a field of its own is said, and who was chosen stays chosen.
#[test]
fn a_refused_form_keeps_what_was_chosen_and_says_why() {
    let html =
        |name: &str| pages().into_iter().find(|page| page.name == name).map(|page| page.html).unwrap_or_default();
    assert!(html("servers-refused-nobody").contains("No client is selected."));
    let refused = html("servers-refused");
    assert!(refused.contains("value=\"b\" checked"), "the chosen client stays chosen");
    assert!(!refused.contains("value=\"a\" checked"));
    assert!(!html("servers-serving").contains("<script>alert(1)"));
}
