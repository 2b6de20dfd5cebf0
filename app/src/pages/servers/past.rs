//! What happened: hours spent by incident, switch-overs, what clients and servers saw, use at once.

use super::model::{Incident, Moment, SimultaneousRow, SwitchRow};
use super::span_words;
use crate::components::{Card, EmptyState, Pill, TimeAgo, absolute};
use crate::drawn::Draw;
use crate::paths;
use crate::request::Tone;
use leptos::prelude::*;

/// Hours spent, each time they ran.
#[component]
pub(super) fn Incidents(incidents: Vec<Incident>) -> impl IntoView {
    view! {
        <Card title="Hours spent" id="spent">
            <table class="table incidents">
                <caption class="vh">"Times the hours of this server ran"</caption>
                <thead><tr><th scope="col">"Began"</th><th scope="col">"Ended"</th><th scope="col" class="num">"Most clients"</th><th scope="col" class="num">"Spent"</th></tr></thead>
                <tbody>{incidents.into_iter().map(|incident| view! {
                    <tr>
                        <th scope="row">{absolute(incident.began_ms)}</th>
                        <td data-label="Ended">{match incident.ended_ms {
                            Some(at) => view! { {absolute(at)}<span class="sub">{incident.cause}</span> }.drawn(),
                            None => view! { <Pill tone=Tone::Warning text="Running" /> }.drawn(),
                        }}</td>
                        <td class="num" data-label="Most clients">{incident.most_clients}</td>
                        <td class="num" data-label="Spent">{span_words(incident.spent_ms)}</td>
                    </tr>
                }).collect_view()}</tbody>
            </table>
        </Card>
    }
    .drawn()
}

/// What happened between the servers.
#[component]
pub(super) fn Timeline(moments: Vec<Moment>, alone: bool) -> impl IntoView {
    let why = if alone {
        "This server knows no other. Switch-overs appear here once a backup has joined."
    } else {
        "No server has fallen silent and no client has changed its server since they know one another."
    };
    let aside = view! { <a href=paths::LOGS>"Log"</a> }.drawn();
    view! {
        <Card title="Timeline" id="timeline" aside=aside>
            {if moments.is_empty() {
                view! { <EmptyState title="Nothing yet" why=why /> }.drawn()
            } else {
                view! {
                    <ol class="moments">{moments.into_iter().map(|moment| view! {
                        <li class=moment.tone.class()><span class="when"><TimeAgo at_ms=moment.at_ms /></span><span>{moment.text}</span></li>
                    }).collect_view()}</ol>
                }.drawn()
            }}
        </Card>
    }
    .drawn()
}

/// Who came here from another server, and what both sides saw.
#[component]
pub(super) fn Switches(rows: Vec<SwitchRow>) -> impl IntoView {
    view! {
        <Card title="Clients that came here" id="switches">
            <p class="muted">"Backup licenses are for when the primary is unavailable. Both sides say what they saw; it is kept."</p>
            <table class="table switches">
                <caption class="vh">"Clients that came here from another server"</caption>
                <thead><tr><th scope="col">"Client"</th><th scope="col">"When"</th><th scope="col">"The client saw"</th><th scope="col">"This server saw"</th></tr></thead>
                <tbody>{rows.into_iter().map(|row| view! {
                    <tr>
                        <th scope="row">{row.client}<span class="sub">{format!("from {}", row.from)}</span></th>
                        <td data-label="When"><TimeAgo at_ms=row.at_ms /></td>
                        <td data-label="The client saw">{row.client_saw}</td>
                        <td data-label="This server saw">{row.server_saw}</td>
                    </tr>
                }).collect_view()}</tbody>
            </table>
        </Card>
    }
    .drawn()
}

/// Two servers had clients at once.
#[component]
pub(super) fn Simultaneous(rows: Vec<SimultaneousRow>, total_ms: u64) -> impl IntoView {
    let total = span_words(i64::try_from(total_ms).unwrap_or(i64::MAX));
    view! {
        <Card title="Use at once" id="simultaneous">
            <p>{format!("Two servers had clients at the same time for {total} in all. The report to the vendor carries this sum.")}</p>
            <table class="table simultaneous">
                <caption class="vh">"Times in which two servers had clients at once"</caption>
                <thead><tr><th scope="col">"Began"</th><th scope="col">"With"</th><th scope="col" class="num">"Clients here"</th><th scope="col" class="num">"Clients there"</th><th scope="col" class="num">"For"</th></tr></thead>
                <tbody>{rows.into_iter().map(|row| view! {
                    <tr>
                        <th scope="row">{absolute(row.began_ms)}</th>
                        <td data-label="With">{row.server}</td>
                        <td class="num" data-label="Clients here">{row.here}</td>
                        <td class="num" data-label="Clients there">{row.there}</td>
                        <td class="num" data-label="For">{span_words(row.ms)}</td>
                    </tr>
                }).collect_view()}</tbody>
            </table>
        </Card>
    }
    .drawn()
}
