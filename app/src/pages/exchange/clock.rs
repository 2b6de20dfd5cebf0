//! The contact clock: the picture, what it means, and the table behind it.

use super::model::{ContactModel, ContactStep, StepState};
use super::track::{ContactTrack, tone_of};
use crate::components::{Date, Glyph, Icon, Pill};
use crate::drawn::Draw;
use leptos::prelude::*;

/// The picture, what it means, and every phase with its date.
#[component]
pub fn ContactClock(data: ContactModel) -> impl IntoView {
    let steps = data.steps.clone();
    let (lapses, limit) = (data.lapses_ms, data.limit_days);
    let dated = data.last_ms.is_some();
    let lapsed = data.days.is_some_and(|days| days >= limit);
    view! {
        <ContactTrack data=data />
        <p class="muted">
            {match lapses {
                Some(at) if lapsed => view! { "Licenses left service on " <b><Date at_ms=at /></b> ". They come back with the next sync." }.drawn(),
                Some(at) => view! { "Without another sync, all licenses leave service on " <b><Date at_ms=at /></b> {format!(", after {limit} days. Each sync resets the clock.")} }.drawn(),
                None => format!("The clock starts with the first sync. Licenses leave service after {limit} days without another.").drawn(),
            }}
        </p>
        <table class="table phases">
            <caption class="vh">"The phases of the contact clock"</caption>
            <thead><tr><th scope="col">"Phase"</th><th scope="col" class="num">"From day"</th>{dated.then(|| view! { <th scope="col">"Begins"</th> })}<th scope="col">"What it means"</th></tr></thead>
            <tbody>{steps.into_iter().enumerate().map(|(place, step)| view! { <PhaseRow place=place step=step dated=dated /> }).collect_view()}</tbody>
        </table>
    }
    .drawn()
}

#[component]
fn PhaseRow(place: usize, step: ContactStep, dated: bool) -> impl IntoView {
    let now = step.state == StepState::Now;
    let (class, word) = if step.state == StepState::Past { ("phase past", "passed") } else { ("phase", "ahead") };
    view! {
        <tr class=if now { "now" } else { "" }>
            <th scope="row">
                {if now {
                    view! { <Pill tone=tone_of(place) text=format!("{}, now", step.label) /> }.drawn()
                } else {
                    view! { <span class=class><Icon glyph=Glyph::Clock />{step.label}<span class="vh">{format!(", {word}")}</span></span> }.drawn()
                }}
            </th>
            <td class="num" data-label="From day">{step.first_day}</td>
            {dated.then(|| view! { <td class="nowrap" data-label="Begins">{step.at_ms.map(|at| view! { <Date at_ms=at /> })}</td> })}
            <td class="muted">{step.effect}</td>
        </tr>
    }
    .drawn()
}
