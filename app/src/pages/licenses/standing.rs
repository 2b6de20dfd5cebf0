//! How the licenses stand, in one sentence.

use super::{LicensesPage, STATES};
use crate::components::{LinkButton, Statement, Submit};
use crate::drawn::{Draw, Drawn};
use crate::pages::exchange::{ContactModel, StepState, contact_sentence};
use crate::paths;
use crate::request::{Tone, request};
use leptos::prelude::*;
use licensing::bundle::{LicenseStatus, in_service};
use licensing::permission::Permission;

/// "12 licenses are in service."
fn sentence(data: &LicensesPage) -> (Tone, String) {
    let tone = match (in_state(data, LicenseStatus::Active), data.total) {
        (0, 0) => Tone::Warning,
        (0, _) => Tone::Danger,
        _ => tone(data),
    };
    (tone, in_service(&data.counts))
}

/// Warns here too when the contact clock runs out.
fn tone(data: &LicensesPage) -> Tone {
    match data.contact.tone {
        Tone::Warning | Tone::Danger => data.contact.tone,
        _ => Tone::Success,
    }
}

/// Fewer are licensed than clients were promised before; none when all is well.
fn over_committed(data: &LicensesPage) -> Option<String> {
    let products: std::collections::BTreeSet<&str> =
        data.items.iter().filter(|item| item.over_committed).map(|item| item.license.product.as_str()).collect();
    let named = products.into_iter().collect::<Vec<_>>().join(", ");
    (!named.is_empty()).then(|| {
        format!("More of {named} is reserved than is licensed. Licenses in use stay in use; Leasehold grants no more until the total fits again.")
    })
}

fn in_state(data: &LicensesPage, state: LicenseStatus) -> usize {
    data.counts.iter().find(|(counted, _)| *counted == state).map_or(0, |(_, count)| *count)
}

/// The sentence, and a link for each state there is.
pub(super) fn standing(data: &LicensesPage) -> Drawn {
    let (tone, sentence) = sentence(data);
    let over = over_committed(data);
    let tone = if over.is_some() { Tone::Danger } else { tone };
    let contact = contact_sentence(&data.contact, request().now_ms);
    let urgent = matches!(data.contact.tone, Tone::Warning | Tone::Danger);
    // The sentence says how the licenses stand; the clock only what follows for them.
    let now = data.contact.steps.iter().find(|step| step.state == StepState::Now);
    let effect = now.filter(|_| urgent).map(|step| step.effect.clone());
    let links: Vec<_> = STATES
        .into_iter()
        .map(|state| (state.as_str(), state.label(), in_state(data, state)))
        .filter(|(_, _, count)| *count > 0)
        .collect();
    view! {
        <Statement tone=tone sentence=sentence>
            <p>{contact} " " {effect}</p>
            {over.map(|words| view! { <p>{words}</p> })}
            {(links.len() > 1).then(|| view! {
                <nav aria-label="Licenses by state"><ul class="counts-list">
                    {links.into_iter().map(|(state, words, count)| view! {
                        <li><a href=paths::licenses_in(state)><b>{count}</b>" "{words}</a></li>
                    }).collect_view()}
                </ul></nav>
            })}
            {urgent.then(|| view! {
                <div class="actions">
                    <LinkButton href=paths::EXCHANGE look="primary">"Go to Exchange"</LinkButton>
                    <LinkButton href=paths::EXCHANGE_HAND>"Offline exchange"</LinkButton>
                </div>
            })}
        </Statement>
    }
    .drawn()
}

/// Registered, and nothing came yet.
pub(super) fn never_synced(contact: &ContactModel) -> Drawn {
    let why_not = request().why_not(Permission::Exchange).map(str::to_owned);
    let clock_flag = contact.clock_flag.clone();
    view! {
        <Statement tone=Tone::Info sentence="The first sync brings the licenses.">
            <p>"This server is registered and has not synced with the vendor yet."</p>
            {clock_flag.map(|text| view! { <p class="muted">{text}</p> })}
            <div class="actions">
                <form method="post" action=paths::EXCHANGE_SYNC class="actions">
                    <Submit look="primary" why_not=why_not>"Sync now"</Submit>
                </form>
                <LinkButton href=paths::EXCHANGE_HAND>"Offline exchange"</LinkButton>
            </div>
        </Statement>
    }
    .drawn()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::exchange::ContactModel;
    use crate::pages::licenses::LicenseFilter;
    use crate::request::Tone;
    use engine::exchange::Readiness;

    fn page(counts: &[(LicenseStatus, usize)], tone: Tone) -> LicensesPage {
        LicensesPage {
            items: Vec::new(),
            total: counts.iter().map(|(_, count)| count).sum(),
            filter: LicenseFilter::default(),
            contact: ContactModel { tone, ..ContactModel::default() },
            readiness: Readiness::Ready,
            context: None,
            serial: Some(1),
            installed_ms: None,
            last_changes: None,
            csv: String::new(),
            counts: counts.to_vec(),
            machine: crate::pages::licenses::MachineLicense::default(),
            last_used: Default::default(),
        }
    }

    #[test]
    fn the_sentence_says_what_is_in_service_and_what_is_not() {
        for (counts, tone, expected) in [
            (&[][..], Tone::Success, (Tone::Warning, "There is no license for this server.")),
            (&[(LicenseStatus::Active, 1)], Tone::Success, (Tone::Success, "1 license is in service.")),
            (&[(LicenseStatus::Active, 12)], Tone::Warning, (Tone::Warning, "12 licenses are in service.")),
            (
                &[(LicenseStatus::Active, 12), (LicenseStatus::Expired, 1)],
                Tone::Info,
                (Tone::Success, "12 licenses are in service, 1 is not."),
            ),
            (
                &[(LicenseStatus::Active, 1), (LicenseStatus::Expired, 1), (LicenseStatus::WrongContext, 2)],
                Tone::Info,
                (Tone::Success, "1 license is in service, 3 are not."),
            ),
            (
                &[(LicenseStatus::Lapsed, 3)],
                Tone::Danger,
                (Tone::Danger, "No license is in service: contact with the vendor has lapsed."),
            ),
            (&[(LicenseStatus::Expired, 3)], Tone::Success, (Tone::Danger, "No license is in service.")),
        ] {
            let (tone, words) = sentence(&page(counts, tone));
            assert_eq!((tone, words.as_str()), expected);
        }
    }
}
