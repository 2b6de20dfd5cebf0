//! The overview in its states.

use crate::Preview;
use crate::pages::inside;
use crate::samples::*;
use app::pages::exchange::{ContactModel, ContactStep, StepState};
use app::pages::overview::{FileState, Overview, OverviewPage, Registration};
use app::request::{Flash, FlashKind, ServerStanding, Tone};
use engine::exchange::Readiness;
use leptos::prelude::*;
use licensing::checklist::ChecklistItem;
use licensing::contact::{ContactPhase, Limit, PHASES};

/// The contact clock after this many days, by the table of the rules.
pub fn contact(days: u32) -> ContactModel {
    let limit = Limit::LEAST;
    let phase = ContactPhase::at(days, limit);
    let last = NOW - i64::from(days) * DAY - 3 * HOUR;
    let begins = |first: u32| last + i64::from(first) * DAY;
    let steps = PHASES
        .iter()
        .filter_map(|rule| Some((rule, rule.phase.first_day(limit)?)))
        .map(|(rule, first_day)| ContactStep {
            label: rule.label.into(),
            first_day,
            at_ms: Some(begins(first_day)),
            state: match rule.phase.cmp(&phase) {
                std::cmp::Ordering::Less => StepState::Past,
                std::cmp::Ordering::Equal => StepState::Now,
                std::cmp::Ordering::Greater => StepState::Ahead,
            },
            effect: rule.effect.into(),
        })
        .collect();
    ContactModel {
        phase: word(phase).into(),
        label: phase.rule().label.into(),
        effect: phase.rule().effect.into(),
        tone: tone(phase),
        days: Some(days),
        last_ms: Some(last),
        next: phase.next().and_then(|next| Some((begins(next.first_day(limit)?), next.rule().label.into()))),
        lapses_ms: Some(begins(limit.days())),
        limit_days: limit.days(),
        steps,
        clock_flag: None,
    }
}

fn word(phase: ContactPhase) -> &'static str {
    match phase {
        ContactPhase::Unregistered => "unregistered",
        ContactPhase::InTouch => "in_touch",
        ContactPhase::Late => "late",
        ContactPhase::Reminder => "reminder",
        ContactPhase::Urgent => "urgent",
        ContactPhase::Final => "final",
        ContactPhase::Lapsed => "lapsed",
    }
}

fn tone(phase: ContactPhase) -> Tone {
    match phase {
        ContactPhase::Unregistered => Tone::Neutral,
        ContactPhase::InTouch => Tone::Success,
        ContactPhase::Late => Tone::Info,
        ContactPhase::Reminder | ContactPhase::Urgent => Tone::Warning,
        ContactPhase::Final | ContactPhase::Lapsed => Tone::Danger,
    }
}

fn overview(registration: Registration) -> Overview {
    Overview {
        registration,
        file: FileState {
            path: PATH.into(),
            problem: None,
            revision: 14,
            changed_by: Some("admin".into()),
            changed_at_ms: Some(NOW - 21 * HOUR),
            errors: 0,
            warnings: 0,
            changed_outside_ms: None,
        },
        changes: entries().into_iter().skip(1).collect(),
        version: "0.1.0".into(),
        started_at_ms: NOW - 12 * DAY,
        contact: contact(0),
        readiness: Readiness::Ready,
        licenses: Some((12, 2, 1_240)),
        pools: crate::clients::pools(),
        clients: 5,
        running: false,
        refused: false,
        machine: None,
        past: Vec::new(),
        own_sessions: 2,
        checklist: Vec::new(),
    }
}

fn registered() -> Registration {
    Registration::Registered { guid: GUID.into(), deployment: "df9960a1-7bd5-633b-f0f4-b1470bbd0b8e".into() }
}

/// A registered server that never exchanged anything.
fn untouched(readiness: Readiness) -> Overview {
    Overview {
        readiness,
        contact: ContactModel { limit_days: 60, ..ContactModel::default() },
        licenses: None,
        ..overview(registered())
    }
}

/// All states.
pub fn pages() -> Vec<Preview> {
    let mut saved = administrator("/");
    saved.flash = Some(Flash {
        kind: FlashKind::Success,
        text: "Revision 14 was saved and read back.".into(),
        undo: Some("14-b3f0c1d2".into()),
    });
    let mut alarm = administrator("/");
    alarm.badge.changed_outside = true;
    let mut fresh = administrator("/");
    fresh.badge.guid_short = None;
    fresh.badge.attention = attention(|facts| (facts.registered, facts.licenses, facts.rules) = (false, None, 0));
    fresh.badge.standing = ServerStanding::Unregistered;
    let mut waiting = administrator("/");
    waiting.badge.attention = attention(|facts| {
        (facts.phase, facts.licenses) = (ContactPhase::Unregistered, None);
        facts.sync.last = None;
    });
    let late = |phase, days| {
        let mut context = administrator("/");
        context.badge.attention = attention(|facts| {
            facts.phase = phase;
            facts.sync.last = Some(NOW - days * DAY);
            facts.sync.lapses = Some(NOW + (60 - days) * DAY);
            facts.sync.failed_rounds = 3;
        });
        context
    };
    let mut alarmed = overview(registered());
    alarmed.file.changed_outside_ms = Some(NOW - 3 * MINUTE);
    alarmed.file.errors = 1;
    alarmed.file.warnings = 2;
    let mut empty = untouched(Readiness::Unregistered);
    empty.registration = Registration::NotRegistered { guid: None, flexible: false };
    empty.changes.clear();
    empty.own_sessions = 1;
    let mut broken = overview(registered());
    broken.file.problem = Some("There is no file at /etc/lumenvox/license_server.conf. Put it back, or start Leasehold with --conf and the path where it is.".into());
    let mut reminded = overview(registered());
    reminded.contact = contact(31);
    let mut lapsed = overview(registered());
    lapsed.contact = contact(63);
    lapsed.licenses = Some((0, 14, 0));
    let mut first = untouched(Readiness::Ready);
    first.running = true;
    let mut new = overview(registered());
    new.checklist = ChecklistItem::ALL.to_vec();
    let mut other = overview(registered());
    other.readiness = Readiness::OtherGuid {
        file: "{00000000-1111-2222-3333-444444444444}".parse().expect("a GUID"),
        registered: GUID.parse().expect("a GUID"),
    };
    let mut viewed = overview(Registration::NotRegistered { guid: Some(GUID.into()), flexible: false });
    viewed.licenses = None;
    let past =
        |hour: i64| format!("Failover from lic-01 to lic-02, Mon 30 Nov, 0{hour}:12–0{hour}:40 UTC, 2 clients moved.");
    let mut over = overview(registered());
    over.past = (1..=4).rev().map(past).collect();
    let page = |name: &str, context, data: Overview| {
        inside(name, context, move || view! { <OverviewPage data=data /> }.into_any())
    };
    vec![
        page("overview", saved, overview(registered())),
        page("overview-past", administrator("/"), over),
        page("overview-checklist", administrator("/"), new),
        page("overview-alarm", alarm, alarmed),
        page("overview-empty", fresh, empty),
        page("overview-error", administrator("/"), broken),
        page("overview-viewer", viewer("/"), viewed),
        page("overview-no-key", waiting.clone(), untouched(Readiness::NoKey)),
        page("overview-never", waiting.clone(), untouched(Readiness::Ready)),
        page("overview-first", waiting, first),
        page("overview-reminder", late(ContactPhase::Reminder, 31), reminded),
        page("overview-lapsed", late(ContactPhase::Lapsed, 63), lapsed),
        page("overview-other-guid", administrator("/"), other),
    ]
}
