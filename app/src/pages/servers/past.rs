//! What happened: hours used by incident, failovers and what both sides saw of them, overlapping use.

use super::hours::used;
use crate::components::{Card, Column, EmptyState, Table, TimeNear};
use crate::drawn::Draw;
use crate::paths;
use crate::request::Tone;
use engine::failover::{Failover, OverlapPeriod};
use leptos::prelude::*;
use licensing::countdown::{Cause, CountdownRun};
use licensing::words::span;

/// Something that happened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Moment {
    pub at_ms: i64,
    pub tone: Tone,
    pub text: String,
}

/// Why the hours stopped running.
pub fn cause_words(cause: Cause) -> &'static str {
    match cause {
        Cause::LoggedOut => "the last client logged out",
        Cause::Empty => "no hours were left",
        Cause::Stopped => "the server was stopped",
        Cause::Crashed => "the server crashed",
    }
}

/// Hours used, each time they ran.
#[component]
pub(super) fn Incidents(incidents: Vec<CountdownRun>) -> impl IntoView {
    let table = Table::new("Times the backup hours of this server ran")
        .labelled()
        .look("incidents")
        .sorts("used", "started", true)
        .column(
            Column::row_header("Started", |incident: &CountdownRun, cell| cell.instant(incident.began_ms))
                .sort_by("started", |incident| incident.began_ms),
        )
        .column(
            Column::text("Ended", |incident: &CountdownRun, cell| match incident.ended_ms {
                Some(at) => {
                    cell.instant(at);
                    cell.sub(|cell| cell.text(incident.cause.map_or("", cause_words)));
                }
                None => cell.pill(Tone::Warning, "Running"),
            })
            .sort_by("ended", |incident| incident.ended_ms.unwrap_or(i64::MAX)),
        )
        .column(
            Column::number("Most clients", |incident: &CountdownRun, cell| cell.number(incident.most_clients))
                .sort_by("clients", |incident| incident.most_clients),
        )
        .column(
            Column::number("Used", |incident: &CountdownRun, cell| cell.text(&used(incident.spent_ms)))
                .sort_by("spent", |incident| incident.spent_ms),
        )
        .draw(&incidents);
    view! {
        <Card title="Backup hours used" id="used">
            {table}
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
                        <li class=moment.tone.class()><span class="when"><TimeNear at_ms=moment.at_ms /></span><span>{moment.text}</span></li>
                    }).collect_view()}</ol>
                }.drawn()
            }}
        </Card>
    }
    .drawn()
}

/// Who came here from another server, and what both sides saw.
#[component]
pub(super) fn Switches(rows: Vec<Failover>) -> impl IntoView {
    let table = Table::new("Clients that failed over to this server")
        .labelled()
        .look("switches")
        .sorts("switches", "when", true)
        .column(
            Column::row_header("Client", |row: &Failover, cell| {
                cell.text(&row.name);
                cell.sub(|cell| cell.text(&format!("from {}", row.from_server)));
            })
            .sort_by("client", |row| row.name.to_lowercase()),
        )
        .column(Column::time("When", |row: &Failover, cell| cell.ago(row.at)).sort_by("when", |row| row.at))
        .column(Column::text("The client saw", |row: &Failover, cell| {
            cell.text(&format!("No usable answer for {}. {}", span(row.silent_ms), row.problem));
        }))
        .column(Column::text("This server saw", |row: &Failover, cell| cell.text(&row.server_observed)))
        .draw(&rows);
    view! {
        <Card title="Failovers to this server" id="switches">
            <p class="muted">"Backup licenses are for when the primary is unavailable. What both sides saw is kept."</p>
            {table}
        </Card>
    }
    .drawn()
}

/// Two servers had clients at once.
#[component]
pub(super) fn Overlap(rows: Vec<OverlapPeriod>, total_ms: u64) -> impl IntoView {
    let total = span(i64::try_from(total_ms).unwrap_or(i64::MAX));
    let table = Table::new("Times when two servers served clients")
        .labelled()
        .look("simultaneous")
        .sorts("overlap", "started", true)
        .column(
            Column::row_header("Started", |row: &OverlapPeriod, cell| cell.instant(row.began))
                .sort_by("started", |row| row.began),
        )
        .column(
            Column::text("With", |row: &OverlapPeriod, cell| cell.text(&row.server))
                .sort_by("with", |row| row.server.to_lowercase()),
        )
        .column(
            Column::number("Clients here", |row: &OverlapPeriod, cell| cell.number(row.here))
                .sort_by("here", |row| row.here),
        )
        .column(
            Column::number("Clients there", |row: &OverlapPeriod, cell| cell.number(row.there))
                .sort_by("there", |row| row.there),
        )
        .column(
            Column::number("Duration", |row: &OverlapPeriod, cell| cell.text(&span(row.ms)))
                .sort_by("duration", |row| row.ms),
        )
        .draw(&rows);
    view! {
        <Card title="Overlapping use" id="overlap">
            <p>{format!("Two servers served clients at the same time for {total} in total. The report to the vendor includes this.")}</p>
            {table}
        </Card>
    }
    .drawn()
}
