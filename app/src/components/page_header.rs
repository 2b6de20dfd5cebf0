//! The head of a page: where one is, what this is, what one can do.

use crate::drawn::{Draw, Drawn};
use leptos::prelude::*;

/// Breadcrumbs, the one `h1`, a sentence under it, and the actions of the page.
#[component]
pub fn PageHeader(
    #[prop(into)] title: String,
    /// The pages above this one: label and address.
    #[prop(optional)]
    crumbs: Vec<(String, String)>,
    /// One line under the heading.
    #[prop(optional, into)]
    lead: Option<Drawn>,
    /// Links and buttons.
    #[prop(optional, into)]
    actions: Option<Drawn>,
) -> impl IntoView {
    view! {
        <header class="page-head">
            <div class="page-title">
                {(!crumbs.is_empty()).then(|| view! {
                    <nav class="crumbs" aria-label="Breadcrumb">
                        <ol>
                            {crumbs.into_iter().map(|(label, href)| view! {
                                <li><a href=href>{label}</a></li>
                            }).collect_view()}
                        </ol>
                    </nav>
                })}
                <h1 tabindex="-1" id="title">{title}</h1>
                {lead.map(|lead| view! { <p class="lead">{lead}</p> })}
            </div>
            {actions.map(|actions| view! { <div class="actions">{actions}</div> })}
        </header>
    }
    .drawn()
}
