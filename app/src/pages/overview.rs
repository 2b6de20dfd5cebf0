//! How things stand, in one sentence, and what to do next.

mod changes;
mod contact;
mod in_use;
mod model;
mod server;
mod standing;
mod steps;

use crate::components::{Card, LinkButton, PageHeader};
use crate::drawn::Draw;
use changes::Changes;
use contact::{Contact, Licenses};
use in_use::InUse;
use leptos::prelude::*;
pub use model::{FileState, Overview, Registration};
pub(crate) use server::findings_words;
use server::{File, Identity, Server};
use standing::Standing;
use steps::next_steps;

/// The first page.
#[component]
pub fn OverviewPage(data: Overview) -> impl IntoView {
    let steps = next_steps(&data);
    let pools = data.pools.clone();
    let registered = matches!(data.registration, Registration::Registered { .. }) && data.file.problem.is_none();
    view! {
        <PageHeader title="Overview" />
        <Standing data=data.clone() />
        <div class="columns">
            <div>
                {(!steps.is_empty()).then(|| view! {
                    <Card title="What to do next" id="next">
                        <ol class="steps-list">
                            {steps.into_iter().map(|step| view! {
                                <li>
                                    <div><p class="strong">{step.title}</p><p class="muted">{step.why}</p></div>
                                    <LinkButton href=step.href>{step.action}</LinkButton>
                                </li>
                            }).collect_view()}
                        </ol>
                    </Card>
                })}
                {registered.then(|| view! { <Contact contact=data.contact.clone() running=data.running /> })}
                {(!pools.is_empty()).then(|| view! { <InUse pools=pools clients=data.clients /> })}
                {data.licenses.map(|counts| view! { <Licenses counts=counts /> })}
                <Changes items=data.changes.clone() />
            </div>
            <div>
                <Identity registration=data.registration.clone() />
                <File file=data.file.clone() />
                <Server data=data />
            </div>
        </div>
    }
    .drawn()
}
