//! What was told, and what the other side said to it.

use super::model::DeliveryRow;
use crate::components::{EmptyState, Pill, TimeAgo, TimeUntil};
use crate::drawn::Draw;
use leptos::prelude::*;

#[component]
pub(super) fn Deliveries(items: Vec<DeliveryRow>) -> impl IntoView {
    if items.is_empty() {
        return view! { <EmptyState title="No notifications yet" why="Each message appears here with what the mail server or the webhook answered." /> }
            .drawn();
    }
    view! {
        <ul class="events">
            {items.into_iter().map(|item| view! { <Item item=item /> }).collect_view()}
        </ul>
    }
    .drawn()
}

#[component]
fn Item(item: DeliveryRow) -> impl IntoView {
    let attempts = (item.attempts > 1).then(|| format!("{} attempts.", item.attempts));
    view! {
        <li>
            <div class="event-text">
                <p><b>{item.title}</b>" "<Pill tone=item.tone text=item.state /></p>
                {item.outcome.map(|said| view! { <p class="path">{said}</p> })}
                <p class="fine">
                    {format!("Via {}. ", item.channel)}
                    {attempts}
                    {item.next_ms.map(|next| view! { " Next attempt "<TimeUntil at_ms=next />"." })}
                </p>
            </div>
            <span class="when"><TimeAgo at_ms=item.at_ms /></span>
        </li>
    }
    .drawn()
}
