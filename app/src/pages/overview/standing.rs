//! The sentence of the overview: whether licenses are in service, then why, then what stands in the way.

use super::{Overview, Registration};
use crate::components::{Date, Statement};
use crate::drawn::Draw;
use crate::pages::exchange::contact_sentence;
use crate::paths;
use crate::request::{Tone, request};
use engine::exchange::Readiness;
use leptos::prelude::*;
use licensing::attention::Issue;
use licensing::service::Urgency;
use licensing::words::count;

/// Most past failovers listed here; the timeline has all.
const TOLD: usize = 2;

/// How things stand.
#[component]
pub(super) fn Standing(data: Overview) -> impl IntoView {
    let opening = lead(opening(&data), &request().badge.issues());
    let hindrance = hindrance(&data.readiness).filter(|_| opening.told_apart);
    let tone = if hindrance.is_some() && opening.tone == Tone::Success { Tone::Warning } else { opening.tone };
    let last = contact_sentence(&data.contact, request().now_ms);
    let leaves = data.contact.lapses_ms.filter(|_| opening.deadline);
    let more = data.past.len().saturating_sub(TOLD);
    view! {
        <Statement tone=tone sentence=opening.sentence>
            {opening.contact.then(|| view! { <p>{last}</p> })}
            {opening.why.map(|why| view! { <p>{why}</p> })}
            {leaves.map(|at| view! { <p>"Without a sync, licenses leave service on "<b><Date at_ms=at /></b>"."</p> })}
            {hindrance.map(|(what, why)| view! { <p><b>{what}</b>" "{why}</p> })}
            {data.past.into_iter().take(TOLD).map(|sentence| view! {
                <p class="muted">{sentence}" "<a href=paths::SERVERS_AT_TIMELINE>"Timeline"</a></p>
            }).collect_view()}
            {(more > 0).then(|| view! { <p class="muted">{format!("{more} more within a day.")}</p> })}
        </Statement>
    }
    .drawn()
}

/// What the statement says.
#[derive(Clone, Debug, Default, PartialEq)]
struct Opening {
    tone: Tone,
    sentence: String,
    why: Option<String>,
    /// Tells when the last exchange was.
    contact: bool,
    /// Tells when licenses leave service.
    deadline: bool,
    /// What stands in the way of an exchange is said beside it.
    told_apart: bool,
}

impl Opening {
    fn new(tone: Tone, sentence: impl Into<String>, why: impl Into<String>) -> Opening {
        Opening { tone, sentence: sentence.into(), why: Some(why.into()), ..Opening::default() }
    }
}

/// The most urgent issue comes first where it is worse than what the page would open with.
fn lead(opening: Opening, issues: &[&Issue]) -> Opening {
    match issues.first() {
        Some(worst) if worst.level > level(opening.tone) => Opening {
            tone: worst.level.into(),
            sentence: worst.sentence.clone(),
            // While no server may be there for clients, licenses in service are no comfort.
            why: Some(opening.sentence)
                .filter(|_| !(worst.level == Urgency::Critical && worst.path.starts_with(paths::SERVERS))),
            ..Opening::default()
        },
        _ => opening,
    }
}

fn level(tone: Tone) -> Urgency {
    match tone {
        Tone::Danger => Urgency::Critical,
        Tone::Warning => Urgency::Warning,
        Tone::Info => Urgency::Info,
        Tone::Success | Tone::Neutral => Urgency::Ok,
    }
}

/// It claims only what is true: the file first, then the registration, then contact and licenses.
fn opening(data: &Overview) -> Opening {
    if let Some(problem) = &data.file.problem {
        return Opening::new(Tone::Danger, "The configuration file cannot be read.", problem.clone());
    }
    match &data.registration {
        Registration::NotRegistered { guid: None, .. } => {
            return match &data.machine {
                Some((tone, sentence)) => Opening::new(
                    *tone,
                    sentence.clone(),
                    "It needs no registration. Licenses from the vendor's nodes would need a GUID, and this server has none.",
                ),
                None => Opening::new(
                    Tone::Warning,
                    "This server is not registered yet.",
                    "It has no GUID. The vendor supplies one with the license; enter it in the configuration.",
                ),
            };
        }
        Registration::NotRegistered { guid: Some(_), .. } => {
            return Opening::new(
                Tone::Warning,
                "This server has a GUID, but is not registered.",
                "Flexible licensing is off, so the GUID is not used. Turn it on in the configuration.",
            );
        }
        Registration::Registered { .. } => {}
    }
    if data.contact.last_ms.is_none() { before_contact(data) } else { service(data) }
}

/// Registered, and no exchange has succeeded yet.
fn before_contact(data: &Overview) -> Opening {
    if let Some((what, why)) = hindrance(&data.readiness) {
        return Opening::new(Tone::Warning, format!("This server is registered. {what}"), why);
    }
    if data.running {
        return Opening::new(
            Tone::Info,
            "This server is registered. The first sync is in progress.",
            "It tries the licensing nodes one after another until one answers.",
        );
    }
    Opening::new(
        Tone::Info,
        "This server is registered and has not synced yet.",
        "The first sync brings the licenses, online or offline.",
    )
}

/// There was contact: whether licenses are in service.
fn service(data: &Overview) -> Opening {
    let contact = &data.contact;
    let base = Opening { contact: true, told_apart: true, ..Opening::default() };
    if contact.phase == "lapsed" {
        return Opening {
            tone: Tone::Danger,
            sentence: "No license is in service.".to_owned(),
            why: Some("The next sync brings them back. Sync now, online or offline.".to_owned()),
            ..base
        };
    }
    let pressing = matches!(contact.phase.as_str(), "reminder" | "urgent" | "final");
    let (tone, sentence, why) = match data.licenses {
        Some((0, left_out, _)) if left_out > 0 => (
            Tone::Warning,
            "No license is in service.".to_owned(),
            Some(format!(
                "None of {} could be loaded; the license list gives the reason for each.",
                count(left_out, "license", "licenses")
            )),
        ),
        Some((0, ..)) | None => (
            Tone::Warning,
            "No license is in service.".to_owned(),
            Some("The vendor has issued none for this server yet.".to_owned()),
        ),
        Some((loaded, ..)) => {
            let subject = count(loaded, "license is", "licenses are");
            let why = (contact.phase == "late").then(|| "The sync is overdue; Leasehold keeps trying.".to_owned());
            (contact.tone, format!("{subject} in service."), why)
        }
    };
    Opening { tone, sentence, why, deadline: pressing, ..base }
}

/// What stands in the way of an exchange, and what it means.
fn hindrance(readiness: &Readiness) -> Option<(&'static str, String)> {
    match readiness {
        Readiness::Ready | Readiness::Unregistered => None,
        Readiness::NoKey => Some((
            "No vendor key is confirmed yet.",
            "Until one is, Leasehold sends nothing to the licensing nodes and receives no licenses.".to_owned(),
        )),
        Readiness::NoAuth => Some((
            "Its auth string is missing.",
            "The vendor supplies it with the GUID. Without it the nodes don't answer and no licenses arrive."
                .to_owned(),
        )),
        Readiness::OtherGuid { file, registered } => Some((
            "The configuration file has a different GUID.",
            format!("In the file: {file}. Registered: {registered}. Leasehold doesn't sync while they differ."),
        )),
        Readiness::Unreadable(problem) => Some(("Its registration cannot be read.", problem.clone())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::exchange::ContactModel;
    use crate::pages::overview::steps::sample;
    use crate::request::Tone;

    fn contact(phase: &str, tone: Tone) -> ContactModel {
        ContactModel { phase: phase.into(), tone, last_ms: Some(1), lapses_ms: Some(2), ..ContactModel::default() }
    }

    #[test]
    fn service_comes_before_everything_else() {
        for (phase, tone, licenses, sentence) in [
            ("in_touch", Tone::Success, Some((12, 0, 40)), "12 licenses are in service."),
            ("late", Tone::Info, Some((1, 3, 40)), "1 license is in service."),
            ("lapsed", Tone::Danger, Some((0, 12, 0)), "No license is in service."),
            ("in_touch", Tone::Warning, Some((0, 2, 0)), "No license is in service."),
            ("in_touch", Tone::Warning, None, "No license is in service."),
        ] {
            let mut data = sample();
            data.contact = contact(phase, tone);
            data.licenses = licenses;
            let said = opening(&data);
            assert_eq!((said.tone, said.sentence.as_str()), (tone, sentence), "{phase}");
        }
    }

    #[test]
    fn a_license_of_the_machine_stands_without_a_registration() {
        let mut data = sample();
        data.registration = Registration::NotRegistered { guid: None, flexible: false };
        assert_eq!(opening(&data).tone, Tone::Warning);
        data.machine = Some((Tone::Success, "The license of this machine is in force.".to_owned()));
        let said = opening(&data);
        assert_eq!((said.tone, said.sentence.as_str()), (Tone::Success, "The license of this machine is in force."));
    }

    #[test]
    fn the_deadline_is_told_when_it_presses_and_not_before() {
        for (phase, told) in
            [("in_touch", false), ("late", false), ("reminder", true), ("urgent", true), ("final", true)]
        {
            let mut data = sample();
            data.contact = contact(phase, Tone::Warning);
            data.licenses = Some((1, 0, 1));
            assert_eq!(opening(&data).deadline, told, "{phase}");
        }
    }

    #[test]
    fn what_stands_in_the_way_opens_the_page_only_before_the_first_exchange() {
        let mut data = sample();
        data.readiness = Readiness::NoKey;
        data.contact = ContactModel::default();
        assert!(opening(&data).sentence.starts_with("This server is registered. No vendor key"));
        data.contact = contact("in_touch", Tone::Success);
        data.licenses = Some((2, 0, 2));
        let said = opening(&data);
        assert_eq!(said.sentence, "2 licenses are in service.");
        assert!(said.told_apart);
    }
}
