//! What to do next, from the state of the server. The most pressing comes first.

use super::{Overview, Registration};
use crate::paths;
use engine::exchange::Readiness;
use licensing::checklist::ChecklistItem;

/// One thing to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct NextStep {
    pub title: &'static str,
    pub why: &'static str,
    pub way: StepWay,
    /// The item of the check-list that it is; such a step can be taken off.
    pub item: Option<ChecklistItem>,
}

/// How a step is taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum StepWay {
    /// Words and address of a link.
    Link(&'static str, String),
    /// A command on the server.
    Command(&'static str),
}

impl NextStep {
    fn new(title: &'static str, why: &'static str, action: &'static str, href: impl Into<String>) -> NextStep {
        NextStep { title, why, way: StepWay::Link(action, href.into()), item: None }
    }

    /// What is left to set up.
    fn of(item: ChecklistItem) -> NextStep {
        let link = |words, href: &str| StepWay::Link(words, href.to_owned());
        let way = match item {
            ChecklistItem::BackupServer => link("Add a server", paths::SERVERS_AT_JOIN),
            ChecklistItem::Alerts => link("Set up alerts", paths::ALERTS),
            ChecklistItem::Tls => link("Show the settings", paths::SETTINGS),
            ChecklistItem::SecondAdministrator => {
                StepWay::Command("leasehold user add NAME --role administrator --password-stdin")
            }
            ChecklistItem::DataBackup => link("Back up", paths::DATABASE_AT_BACKUPS),
        };
        NextStep { title: item.title(), why: item.why(), way, item: Some(item) }
    }
}

/// The things to do, the most pressing first; empty when nothing is.
pub(super) fn next_steps(data: &Overview) -> Vec<NextStep> {
    if data.file.problem.is_some() {
        return vec![NextStep::new(
            "Make the configuration file readable",
            "These settings come from this file only.",
            "Show the details",
            paths::CONFIGURATION,
        )];
    }
    let mut steps = Vec::new();
    if data.file.changed_outside_ms.is_some() {
        steps.push(NextStep::new(
            "Review the change made outside Leasehold",
            "Keep it, or restore the revision before it.",
            "Show what changed",
            paths::CONFIGURATION_OUTSIDE,
        ));
    }
    match &data.registration {
        Registration::NotRegistered { guid: None, .. } => steps.push(NextStep::new(
            "Enter the GUID",
            "It identifies this server to the vendor's licensing nodes.",
            "Enter the GUID",
            paths::setting("LICENSE_SERVER_GUID"),
        )),
        Registration::NotRegistered { guid: Some(_), .. } => steps.push(NextStep::new(
            "Turn on flexible licensing",
            "The GUID is used only while this is on.",
            "Open the setting",
            paths::setting("FLEXIBLE_LICENSING_MODE"),
        )),
        Registration::Registered { .. } => steps.extend(exchange_steps(data)),
    }
    if data.file.errors + data.file.warnings > 0 {
        steps.push(NextStep::new(
            "Review the findings",
            "Each finding names its line and says what to change.",
            "Show the findings",
            paths::findings(),
        ));
    }
    // Set-up goes on once the server has what it is for.
    if matches!(data.registration, Registration::Registered { .. }) || data.machine.is_some() {
        steps.extend(data.checklist.iter().copied().map(NextStep::of));
    }
    steps
}

/// What a registered server needs to come, or to stay, in touch.
fn exchange_steps(data: &Overview) -> Vec<NextStep> {
    match &data.readiness {
        Readiness::NoKey => {
            return vec![NextStep::new(
                "Confirm the vendor's key",
                "Compare its fingerprint with the one the vendor gave you. Nothing is sent until you confirm it.",
                "Show the key",
                paths::EXCHANGE_AT_KEYS,
            )];
        }
        Readiness::NoAuth => {
            return vec![NextStep::new(
                "Enter the auth string",
                "The vendor's registration file contains it.",
                "Show how",
                paths::EXCHANGE_AT_REGISTRATION,
            )];
        }
        Readiness::OtherGuid { .. } => {
            return vec![NextStep::new(
                "Decide which GUID to use",
                "Restore the registered one in the file, or register the new one.",
                "Show how",
                paths::EXCHANGE,
            )];
        }
        // The page behind the link says what to do about each.
        Readiness::Unregistered | Readiness::Unreadable(_) => {
            return vec![NextStep::new(
                "Repair the registration",
                "Leasehold can't sync until then.",
                "Show how",
                paths::EXCHANGE,
            )];
        }
        Readiness::Ready => {}
    }
    let by_hand = NextStep::new(
        "Do an offline exchange",
        "It needs no connection from this server: you carry a report out and the answer back.",
        "Offline exchange",
        paths::EXCHANGE_HAND,
    );
    let find_out = NextStep::new(
        "Find out why syncs fail",
        "A check of each node and port shows where connections fail.",
        "Open diagnostics",
        paths::DIAGNOSTICS,
    );
    match (data.contact.last_ms, data.contact.phase.as_str()) {
        _ if data.refused => vec![NextStep::new(
            "Correct the registration",
            "A licensing node refused the last sync. Its reason is under Exchange.",
            "Go to Exchange",
            paths::EXCHANGE_AT_REGISTRATION,
        )],
        (None, _) if data.running => Vec::new(),
        (None, _) => vec![NextStep::new(
            "Run the first sync",
            "It brings the licenses. After that, Leasehold syncs once a day.",
            "Go to Exchange",
            paths::EXCHANGE,
        )],
        (Some(_), "in_touch") => Vec::new(),
        (Some(_), "late") => vec![find_out],
        // With weeks or less left the way that always works comes first.
        (Some(_), _) => vec![by_hand, find_out],
    }
}

/// A registered server in touch, with a clean file.
#[cfg(test)]
pub(super) fn sample() -> Overview {
    use super::FileState;
    use crate::pages::exchange::ContactModel;
    Overview {
        registration: Registration::Registered { guid: String::new(), deployment: String::new() },
        file: FileState {
            path: "/etc/x".into(),
            problem: None,
            revision: 1,
            changed_by: None,
            changed_at_ms: None,
            errors: 0,
            warnings: 0,
            changed_outside_ms: None,
        },
        changes: Vec::new(),
        version: "0.1.0".into(),
        started_at_ms: 0,
        contact: ContactModel { phase: "in_touch".into(), last_ms: Some(1), ..ContactModel::default() },
        readiness: Readiness::Ready,
        licenses: Some((2, 0, 40)),
        pools: Vec::new(),
        clients: 0,
        running: false,
        refused: false,
        machine: None,
        past: Vec::new(),
        own_sessions: 1,
        checklist: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::exchange::ContactModel;

    fn titles(data: &Overview) -> Vec<&'static str> {
        next_steps(data).iter().map(|step| step.title).collect()
    }

    #[test]
    fn a_server_in_touch_with_a_clean_file_has_nothing_to_do() {
        assert_eq!(next_steps(&sample()), []);
    }

    #[test]
    fn an_unreadable_file_comes_before_everything_else() {
        let mut data = sample();
        data.registration = Registration::NotRegistered { guid: None, flexible: false };
        data.file.problem = Some("It is a folder.".into());
        data.file.errors = 3;
        assert_eq!(titles(&data), ["Make the configuration file readable"]);
    }

    #[test]
    fn a_change_from_outside_comes_before_the_registration() {
        let mut data = sample();
        data.registration = Registration::NotRegistered { guid: None, flexible: false };
        data.file.changed_outside_ms = Some(1);
        assert_eq!(titles(&data), ["Review the change made outside Leasehold", "Enter the GUID"]);
    }

    #[test]
    fn a_key_that_is_not_confirmed_comes_before_the_first_exchange() {
        let mut data = sample();
        data.contact = ContactModel::default();
        data.readiness = Readiness::NoKey;
        assert_eq!(titles(&data), ["Confirm the vendor's key"]);
        data.readiness = Readiness::Ready;
        assert_eq!(titles(&data), ["Run the first sync"]);
        data.running = true;
        assert!(titles(&data).is_empty());
    }

    #[test]
    fn what_is_left_to_set_up_comes_last_and_only_once_the_server_is_registered() {
        let mut data = sample();
        data.checklist = ChecklistItem::ALL.to_vec();
        data.file.warnings = 1;
        let steps = next_steps(&data);
        assert_eq!(steps.len(), 1 + ChecklistItem::ALL.len());
        assert_eq!((steps[0].title, steps[0].item), ("Review the findings", None));
        assert_eq!(steps[1].item, Some(ChecklistItem::BackupServer));
        data.registration = Registration::NotRegistered { guid: None, flexible: false };
        assert_eq!(titles(&data), ["Enter the GUID", "Review the findings"]);
    }

    #[test]
    fn the_later_the_exchange_the_sooner_the_way_by_hand() {
        for (phase, expected) in [
            ("late", &["Find out why syncs fail"][..]),
            ("reminder", &["Do an offline exchange", "Find out why syncs fail"][..]),
            ("lapsed", &["Do an offline exchange", "Find out why syncs fail"][..]),
        ] {
            let mut data = sample();
            data.contact.phase = phase.into();
            assert_eq!(titles(&data), expected, "{phase}");
        }
    }
}
