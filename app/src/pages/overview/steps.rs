//! What to do next, from the state of the server. The most pressing comes first.

use super::model::{Overview, Registration};
use crate::paths;

/// One thing to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct NextStep {
    pub title: &'static str,
    pub why: &'static str,
    pub action: &'static str,
    pub href: String,
}

/// The things to do, the most pressing first; empty when nothing is.
pub(super) fn next_steps(data: &Overview) -> Vec<NextStep> {
    let mut steps = Vec::new();
    if data.file.problem.is_some() {
        steps.push(NextStep {
            title: "Make the configuration file readable",
            why: "Leasehold reads its settings from this file and from nowhere else.",
            action: "Show the details",
            href: paths::CONFIGURATION.to_owned(),
        });
        return steps;
    }
    if data.file.changed_outside_ms.is_some() {
        steps.push(NextStep {
            title: "Look at the change made outside",
            why: "Keep it as a revision of its own, or bring back the revision before it.",
            action: "Show what changed",
            href: paths::CONFIGURATION_OUTSIDE.to_owned(),
        });
    }
    match &data.registration {
        Registration::NotRegistered { guid: None, .. } => steps.push(NextStep {
            title: "Enter the GUID",
            why: "It identifies this server at the vendor's licensing nodes.",
            action: "Enter the GUID",
            href: paths::setting("LICENSE_SERVER_GUID"),
        }),
        Registration::NotRegistered { guid: Some(_), .. } => steps.push(NextStep {
            title: "Turn on flexible licensing",
            why: "The GUID counts only while this is on.",
            action: "Open the setting",
            href: paths::setting("FLEXIBLE_LICENSING_MODE"),
        }),
        Registration::Registered { .. } => {}
    }
    if data.file.errors + data.file.warnings > 0 {
        steps.push(NextStep {
            title: "Look at what the check found",
            why: "Each finding names its line and says what to change.",
            action: "Show the findings",
            href: paths::findings(),
        });
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::overview::FileState;

    fn overview(registration: Registration) -> Overview {
        Overview {
            registration,
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
            sessions: 1,
        }
    }

    #[test]
    fn a_registered_server_with_a_clean_file_has_nothing_to_do() {
        let registered = Registration::Registered { guid: String::new(), deployment: String::new() };
        assert_eq!(next_steps(&overview(registered)), []);
    }

    #[test]
    fn an_unreadable_file_comes_before_everything_else() {
        let mut data = overview(Registration::NotRegistered { guid: None, flexible: false });
        data.file.problem = Some("It is a folder.".into());
        data.file.errors = 3;
        let titles: Vec<_> = next_steps(&data).iter().map(|step| step.title).collect();
        assert_eq!(titles, ["Make the configuration file readable"]);
    }

    #[test]
    fn a_change_from_outside_comes_before_the_registration() {
        let mut data = overview(Registration::NotRegistered { guid: None, flexible: false });
        data.file.changed_outside_ms = Some(1);
        let titles: Vec<_> = next_steps(&data).iter().map(|step| step.title).collect();
        assert_eq!(titles, ["Look at the change made outside", "Enter the GUID"]);
    }
}
