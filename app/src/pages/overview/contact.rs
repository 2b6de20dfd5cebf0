//! Contact with the vendor and what it brought, small: the pages behind say more.

use crate::components::{Card, Pill, TimeAgo};
use crate::drawn::{Draw, Drawn};
use crate::pages::exchange::{ContactModel, ContactTrack};
use crate::paths;
use crate::request::Tone;
use leptos::prelude::*;
use licensing::words::grouped;

/// The contact clock with the last exchange.
#[component]
pub(super) fn Contact(contact: ContactModel, running: bool) -> impl IntoView {
    let aside = view! { <a href=paths::EXCHANGE>"Exchange"</a> };
    let last = contact.last_ms;
    let state = match (running, last) {
        (true, _) => Some((Tone::Info, "Syncing now".to_owned())),
        (false, Some(_)) => Some((contact.tone, contact.label.clone())),
        (false, None) => None,
    };
    let flag = contact.clock_flag.clone();
    view! {
        <Card title="Contact with the vendor" id="contact" aside=aside.drawn()>
            <p>
                {state.map(|(tone, words)| view! { <Pill tone=tone text=words />" " })}
                {match last {
                    Some(at) => view! { "Last synced "<TimeAgo at_ms=at />"." }.drawn(),
                    None => "Never synced.".drawn(),
                }}
            </p>
            {last.is_some().then(|| view! { <ContactTrack data=contact /> })}
            {flag.map(|sentence| view! { <p class="muted">{sentence}</p> })}
        </Card>
    }
    .drawn()
}

/// How many licenses there are; the numbers lead to their lists.
#[component]
pub(super) fn Licenses(counts: (usize, usize, u64)) -> impl IntoView {
    let (loaded, left_out, products) = counts;
    let aside = view! { <a href=paths::LICENSES>"Licenses"</a> };
    let active = paths::licenses_in("active");
    view! {
        <Card title="Licenses" id="licenses" aside=aside.drawn()>
            <dl class="figures">
                <div><dt>"Loaded"</dt><dd>{number(loaded, active)}</dd></div>
                <div><dt>"Not loaded"</dt><dd>{number(left_out, paths::LICENSES.to_owned())}</dd></div>
                <div><dt>"Products in service"</dt><dd>{grouped(products)}</dd></div>
            </dl>
        </Card>
    }
    .drawn()
}

/// A number that leads to its list; none of something leads nowhere.
fn number(count: usize, href: String) -> Drawn {
    if count == 0 { "0".drawn() } else { view! { <a href=href>{count}</a> }.drawn() }
}
