//! One module per area of the console. A page is a pure component of its data; loading it is the server's business.

pub mod account;
pub mod alerts;
pub mod audit;
pub mod clients;
pub mod conf;
pub mod database;
pub mod diagnostics;
pub mod exchange;
pub mod licenses;
pub mod logs;
pub mod overview;
pub mod search;
pub mod servers;
pub mod settings;
pub mod setup;
pub mod sources;
pub mod usage;
pub mod users;

use crate::components::{Glyph, Icon, LinkButton, PageHeader};
use crate::drawn::Draw;
use crate::paths;
use crate::request::request;
use leptos::prelude::*;

/// A page that could not be shown.
#[component]
pub fn ErrorPage(
    /// The HTTP status.
    status: u16,
    #[prop(into)] title: String,
    #[prop(into)] sentence: String,
    /// What to do next; may be empty.
    #[prop(optional, into)]
    hint: String,
) -> impl IntoView {
    let context = request();
    let signed_in = context.viewer.is_some();
    let (href, label) =
        if signed_in { (paths::OVERVIEW, "Go to the overview") } else { (paths::LOGIN, "Go to sign-in") };
    view! {
        <div class="error-page">
            <p class="status" aria-hidden="true">{status}</p>
            <PageHeader title=title />
            <p class="sentence">{sentence}</p>
            {(!hint.is_empty()).then(|| view! { <p>{hint}</p> })}
            <div class="actions">
                <LinkButton href=href look="primary"><Icon glyph=Glyph::Back />{label}</LinkButton>
                {(status >= 500 || status == 429).then(|| view! {
                    <LinkButton href=context.path.clone()><Icon glyph=Glyph::Restart />"Try again"</LinkButton>
                })}
            </div>
            <p class="fine">
                {format!("Status {status}")}
                {(!context.request_id.is_empty()).then(|| view! { " · request " <code>{context.request_id.clone()}</code> })}
            </p>
        </div>
    }
    .drawn()
}
