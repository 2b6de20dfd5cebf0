//! The first thing on the page: does it hold, until when, and what to do now.

use super::model::{GraceRow, Hours, Standing, Step};
use super::span_words;
use crate::components::{Card, Copyable, LinkButton, Statement, TimeAgo, absolute};
use crate::drawn::Draw;
use crate::request::request;
use leptos::prelude::*;

#[component]
pub(super) fn Now(now: Standing) -> impl IntoView {
    view! {
        <Statement tone=now.tone sentence=now.sentence>
            {now.hours.map(|hours| view! { <HoursLeft hours=hours /> })}
            {now.then.into_iter().map(|words| view! { <p>{words}</p> }).collect_view()}
            {(!now.to_do.is_empty()).then(|| view! {
                <div class="do-now">
                    <h2>"Do now"</h2>
                    <ol>{now.to_do.into_iter().map(|step| view! { <DoThis step=step /> }).collect_view()}</ol>
                </div>
            })}
        </Statement>
    }
    .drawn()
}

/// "71 h 12 min left of 100 h", and until when they hold.
#[component]
fn HoursLeft(hours: Hours) -> impl IntoView {
    let until = hours.empty_at_ms.map(|at| {
        let iso = absolute(at);
        view! { <span class="until">"until "<b>{iso}</b></span> }
    });
    view! {
        <p class="hours-left">
            <b class="figure">{span_words(hours.left_ms)}</b>
            <span>{format!(" left of {}", span_words(hours.granted_ms))}</span>
            {until}
        </p>
        <HoursBar hours=hours />
    }
    .drawn()
}

/// What is left, as a bar.
#[component]
pub(super) fn HoursBar(hours: Hours) -> impl IntoView {
    let share = if hours.granted_ms > 0 { (hours.left_ms.max(0) * 1000 / hours.granted_ms).min(1000) } else { 0 };
    let label = format!("{} of {} left", span_words(hours.left_ms), span_words(hours.granted_ms));
    let look = match share {
        ..100 => "hours-bar danger",
        100..250 => "hours-bar warning",
        _ => "hours-bar",
    };
    view! {
        <svg class=look viewBox="0 0 1000 8" preserveAspectRatio="none" role="img" aria-label=label>
            <rect class="rail" width="1000" height="8" />
            <rect class="fill" width=share height="8" />
        </svg>
    }
    .drawn()
}

#[component]
fn DoThis(step: Step) -> impl IntoView {
    view! {
        <li>
            <span>{step.text}</span>
            {step.command.map(|command| view! { <p class="do-this"><Copyable value=command what="the command" /></p> })}
            {step.link.map(|(href, words)| view! { <p class="do-this"><LinkButton href=href>{words}</LinkButton></p> })}
        </li>
    }
    .drawn()
}

/// Clients without a server: each goes on until its grace ends.
#[component]
pub(super) fn GraceList(rows: Vec<GraceRow>) -> impl IntoView {
    let now = request().now_ms;
    view! {
        <Card title="Without a server" id="grace">
            <p>"These clients are not seen on any server. Each goes on until its grace period ends, then stops; shut its guest system down cleanly before that."</p>
            <table class="table grace">
                <caption class="vh">"Clients in their grace period"</caption>
                <thead><tr><th scope="col">"Client"</th><th scope="col">"Last seen"</th><th scope="col">"Goes on until"</th><th scope="col" class="num">"Left"</th></tr></thead>
                <tbody>{rows.into_iter().map(|row| view! {
                    <tr>
                        <th scope="row">{row.client}</th>
                        <td data-label="Last seen"><TimeAgo at_ms=row.since_ms /></td>
                        <td data-label="Goes on until">{absolute(row.until_ms)}</td>
                        <td class="num" data-label="Left">{span_words(row.until_ms - now)}</td>
                    </tr>
                }).collect_view()}</tbody>
            </table>
        </Card>
    }
    .drawn()
}
