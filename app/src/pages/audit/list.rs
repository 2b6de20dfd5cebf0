//! Entries of the audit log as a list that reads like sentences.

use super::model::{AuditItem, Outcome};
use crate::components::{Pill, TimeAgo};
use crate::drawn::Draw;
use crate::request::Tone;
use leptos::prelude::*;

/// Entries, newest first.
#[component]
pub fn AuditList(
    items: Vec<AuditItem>,
    /// Leaves out where it came from and the number.
    #[prop(optional)]
    compact: bool,
) -> impl IntoView {
    view! {
        <ul class="events">
            {items.into_iter().map(|item| view! { <Entry item=item compact=compact /> }).collect_view()}
        </ul>
    }
    .drawn()
}

#[component]
fn Entry(item: AuditItem, compact: bool) -> impl IntoView {
    let outcome = match item.outcome {
        Outcome::Done => None,
        Outcome::Refused => Some((Tone::Warning, "Refused")),
        Outcome::Failed => Some((Tone::Danger, "Failed")),
    };
    view! {
        <li>
            <div class="event-text">
                <p>
                    <b>{item.who}</b>" "
                    {match item.href {
                        Some(href) => view! { <a href=href>{item.what}</a> }.drawn(),
                        None => view! { <span>{item.what}</span> }.drawn(),
                    }}
                    {outcome.map(|(tone, word)| view! { " " <Pill tone=tone text=word /> })}
                </p>
                {item.comment.map(|comment| view! { <p class="comment">{comment}</p> })}
                {(!compact).then(|| view! { <p class="fine">{format!("{} · entry {}", item.from, item.id)}</p> })}
            </div>
            <span class="when"><TimeAgo at_ms=item.at_ms /></span>
        </li>
    }
    .drawn()
}
