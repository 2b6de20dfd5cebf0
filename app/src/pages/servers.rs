//! The servers of the installation: who serves whom, how long it holds, and what to do. Made for a telephone at night: what counts stands
//! first and fits on its screen.

mod handover;
mod join;
mod model;
mod now;
mod pace;
mod past;
mod runway;
mod who;

pub use model::{
    GraceRow, Handed, Hours, Incident, Invitation, Moment, Rehearsed, Rehearsing, ServerCard, ServersPage,
    SimultaneousRow, Standing, Step, SwitchRow,
};

use crate::components::{FormErrors, PageHeader, ShowAsCurl, TimeAgo};
use crate::drawn::Draw;
use crate::pages::exchange::curl;
use crate::paths;
use handover::{HandedOver, HandoverForms};
use join::Join;
use leptos::prelude::*;
use now::{GraceList, Now};
use pace::Pace;
use past::{Incidents, Simultaneous, Switches, Timeline};
use runway::Runway;
use who::Who;

/// The page of `/servers`.
#[component]
pub fn ServersView(data: ServersPage) -> impl IntoView {
    let alone = data.servers.len() < 2;
    let running =
        data.servers.iter().filter_map(|server| server.hours.clone()).find(|hours| hours.running_since_ms.is_some());
    let shown = running.or_else(|| data.now.hours.clone());
    view! {
        <div class="servers">
            <PageHeader title="Servers" />
            <FormErrors />
            <Now now=data.now.clone() />
            {data.stale_since.map(|at| view! {
                <p class="stale" role="status">"This server has heard of no other since "<TimeAgo at_ms=at />". It may be its own network that is broken: what it shows of others is as old as that."</p>
            })}
            <Pace every=data.every.filter(|_| data.invitation.is_none()) />
            {data.handed.clone().map(|handed| view! { <HandedOver handed=handed /> })}
            {(!data.grace.is_empty()).then(|| view! { <GraceList rows=data.grace.clone() /> })}
            <Who servers=data.servers.clone() />
            {shown.map(|hours| view! { <Runway hours=hours forecast=data.forecast.clone() /> })}
            {(!data.incidents.is_empty()).then(|| view! { <Incidents incidents=data.incidents.clone() /> })}
            <Timeline moments=data.timeline.clone() alone=alone />
            {(!data.switches.is_empty()).then(|| view! { <Switches rows=data.switches.clone() /> })}
            {(!data.simultaneous.is_empty()).then(|| view! { <Simultaneous rows=data.simultaneous.clone() total_ms=data.simultaneous_ms /> })}
            <HandoverForms data=data.clone() />
            <Join data=data />
            <ShowAsCurl command=curl("GET", paths::API_SERVERS, "") note="Put an API token in place of $TOKEN." />
        </div>
    }
    .drawn()
}

/// "71 h 12 min", "12 min", "45 s".
pub fn span_words(ms: i64) -> String {
    let seconds = ms.max(0) / 1000;
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
    match (hours, minutes) {
        (0, 0) => format!("{seconds} s"),
        (0, minutes) => format!("{minutes} min"),
        (hours, 0) => format!("{hours} h"),
        (hours, minutes) => format!("{hours} h {minutes} min"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_told_in_hours_and_minutes() {
        for (ms, words) in [
            (0, "0 s"),
            (-5, "0 s"),
            (45_000, "45 s"),
            (12 * 60_000, "12 min"),
            (3_600_000, "1 h"),
            (71 * 3_600_000 + 12 * 60_000 + 59_000, "71 h 12 min"),
        ] {
            assert_eq!(span_words(ms), words);
        }
    }
}
