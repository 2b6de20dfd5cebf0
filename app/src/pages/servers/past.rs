//! What happened: hours used by incident, failovers and what both sides saw of them, overlapping use.

use super::model::{Incident, Moment, SimultaneousRow, SwitchRow};
use crate::components::{Card, EmptyState, Pill, TimeAgo, absolute};
use crate::drawn::Draw;
use crate::paths;
use crate::request::Tone;
use leptos::prelude::*;
use licensing::words::span;

/// Hours used, each time they ran.
#[component]
pub(super) fn Incidents(incidents: Vec<Incident>) -> impl IntoView {
    view! {
        <Card title="Backup hours used" id="used">
            <table class="table incidents">
                <caption class="vh">"Times the backup hours of this server ran"</caption>
                <thead><tr><th scope="col">"Started"</th><th scope="col">"Ended"</th><th scope="col" class="num">"Most clients"</th><th scope="col" class="num">"Used"</th></tr></thead>
                <tbody>{incidents.into_iter().map(|incident| view! {
                    <tr>
                        <th scope="row">{absolute(incident.began_ms)}</th>
                        <td data-label="Ended">{match incident.ended_ms {
                            Some(at) => view! { {absolute(at)}<span class="sub">{incident.cause}</span> }.drawn(),
                            None => view! { <Pill tone=Tone::Warning text="Running" /> }.drawn(),
                        }}</td>
                        <td class="num" data-label="Most clients">{incident.most_clients}</td>
                        <td class="num" data-label="Used">{span(incident.spent_ms)}</td>
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
        "Failovers appear here once a backup has joined."
    } else {
        "Every server has kept responding, and no client has failed over."
    };
    let aside = view! { <a href=paths::LOGS>"Log"</a> }.drawn();
    view! {
        <Card title="Timeline" id="timeline" aside=aside>
            {if moments.is_empty() {
                view! { <EmptyState title="No events yet" why=why /> }.drawn()
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
        <Card title="Failovers to this server" id="switches">
            <p class="muted">"Backup licenses are for when the primary is unavailable. What both sides saw is kept."</p>
            <table class="table switches">
                <caption class="vh">"Clients that failed over to this server"</caption>
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
pub(super) fn Overlap(rows: Vec<SimultaneousRow>, total_ms: u64) -> impl IntoView {
    let total = span(i64::try_from(total_ms).unwrap_or(i64::MAX));
    view! {
        <Card title="Overlapping use" id="overlap">
            <p>{format!("Two servers served clients at the same time for {total} in total. The report to the vendor includes this.")}</p>
            <table class="table simultaneous">
                <caption class="vh">"Times when two servers served clients"</caption>
                <thead><tr><th scope="col">"Started"</th><th scope="col">"With"</th><th scope="col" class="num">"Clients here"</th><th scope="col" class="num">"Clients there"</th><th scope="col" class="num">"Duration"</th></tr></thead>
                <tbody>{rows.into_iter().map(|row| view! {
                    <tr>
                        <th scope="row">{absolute(row.began_ms)}</th>
                        <td data-label="With">{row.server}</td>
                        <td class="num" data-label="Clients here">{row.here}</td>
                        <td class="num" data-label="Clients there">{row.there}</td>
                        <td class="num" data-label="Duration">{span(row.ms)}</td>
                    </tr>
                }).collect_view()}</tbody>
            </table>
        </Card>
    }
    .drawn()
}
