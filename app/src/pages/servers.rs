//! The servers of the installation: who serves clients, until when, and what to do. Made for a telephone at night: what matters comes
//! first and fits on its screen.

mod drain;
mod hours;
mod past;

pub use drain::{DrainInProgress, DrainQuestion, DrillClient, LastDrill};
pub use past::{Moment, cause_words};

use crate::components::{
    Card, Column, Confirm, Copyable, Field, FormErrors, LinkButton, PageHeader, Pill, ShowAsCurl, Statement, Submit,
    Table, Tag, TimeAgo, TimeNear, TimeUntil,
};
use crate::drawn::Draw;
use crate::pages::exchange::curl;
use crate::paths;
use crate::request::{Tone, request};
use drain::{AskDrain, DrainForms, Draining};
use engine::failover::{Failover, OverlapPeriod};
use engine::leases::InGrace;
use hours::{HoursLeft, Runway};
use leptos::prelude::*;
use licensing::countdown::CountdownRun;
use licensing::permission::Permission;
use licensing::service::{AdvisedStep, Area, Hours, Judgement, Urgency};
use licensing::words::{self, about, span};
use past::{Incidents, Overlap, Switches, Timeline};

/// Who serves whom, for how long, and what to do.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ServersPage {
    pub now: Judgement,
    /// This one first, then the others.
    pub servers: Vec<ServerCard>,
    /// Clients without a server, and until when they go on.
    pub grace: Vec<InGrace>,
    /// Failovers and what led to them, the newest first.
    pub timeline: Vec<Moment>,
    /// Times the hours of this server ran, the newest first.
    pub incidents: Vec<CountdownRun>,
    /// How far the hours go, judged by those times.
    pub forecast: Option<String>,
    /// Clients that came here from another server, the newest first.
    pub switches: Vec<Failover>,
    /// Times in which two servers had clients at once (overlapping use), the newest first.
    pub simultaneous: Vec<OverlapPeriod>,
    /// Their sum, milliseconds; the report carries it.
    pub simultaneous_ms: u64,
    /// The drain or drill that goes on.
    pub drain: Option<DrainInProgress>,
    /// A failover drill that is over: what worked.
    pub last_drill: Option<LastDrill>,
    /// Why no clients can be sent to the backup; none when they can.
    pub no_drain: Option<String>,
    /// Clients to choose from for a drill: id and name.
    pub clients: Vec<(String, String)>,
    /// A drain or drill that was asked for, before it begins.
    pub question: Option<DrainQuestion>,
    /// A code that was just made, shown once.
    pub invitation: Option<Invitation>,
    /// What the log, the API and the command line call this console.
    pub origin: String,
}

/// A server of the installation.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ServerCard {
    pub name: String,
    pub own: bool,
    /// "Primary, production".
    pub role: String,
    pub tone: Tone,
    /// "Active", "Standby", "Not responding".
    pub state: String,
    /// Since when: "Active since", "Not responding since".
    pub since: Option<(&'static str, i64)>,
    pub started_ms: Option<i64>,
    pub seen_ms: Option<i64>,
    pub clients: Option<u32>,
    pub hours: Option<Hours>,
    /// How far its clock is off, in words, when that is worth saying.
    pub clock: Option<String>,
    pub version: String,
    pub url: Option<String>,
    /// It can be removed here.
    pub removable: bool,
}

/// A code that lets a server in, shown once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Invitation {
    pub code: String,
    pub until_ms: i64,
    /// To be typed on the other machine.
    pub command: String,
}

/// The page of `/servers`.
#[component]
pub fn ServersView(data: ServersPage) -> impl IntoView {
    let alone = data.servers.len() < 2;
    let running =
        data.servers.iter().filter_map(|server| server.hours.clone()).find(|hours| hours.running_since_ms.is_some());
    let shown = running.or_else(|| data.now.hours.clone());
    // Who was called at night reads what matters; the rest is folded. What was asked for stays in sight.
    let in_trouble =
        data.now.level >= Urgency::Warning && !alone && data.invitation.is_none() && request().form.is_none();
    view! {
        <div class="servers">
            <PageHeader title="Servers" />
            <FormErrors />
            <Now now=data.now.clone() />
            {data.question.clone().map(|question| view! { <AskDrain question=question /> })}
            {data.drain.clone().map(|drain| view! { <Draining drain=drain /> })}
            {(!data.grace.is_empty()).then(|| view! { <GraceList rows=data.grace.clone() /> })}
            <Servers servers=data.servers.clone() />
            <Timeline moments=data.timeline.clone() alone=alone />
            <details class="disclosure servers-rest" open=!in_trouble>
                <summary>"Hours, history and maintenance"</summary>
                {shown.map(|hours| view! { <Runway hours=hours forecast=data.forecast.clone() /> })}
                {(!data.incidents.is_empty()).then(|| view! { <Incidents incidents=data.incidents.clone() /> })}
                {(!data.switches.is_empty()).then(|| view! { <Switches rows=data.switches.clone() /> })}
                {(!data.simultaneous.is_empty()).then(|| view! { <Overlap rows=data.simultaneous.clone() total_ms=data.simultaneous_ms /> })}
                <DrainForms data=data.clone() />
                <Join data=data />
                <ShowAsCurl command=curl("GET", paths::API_SERVERS, "") note="Replace $TOKEN with an API token." />
            </details>
        </div>
    }
    .drawn()
}

/// The first thing on the page: who serves, until when, and what to do now.
#[component]
fn Now(now: Judgement) -> impl IntoView {
    view! {
        <Statement tone=now.level.into() sentence=now.sentence>
            {now.hours.map(|hours| view! { <HoursLeft hours=hours told_ms=now.until /> })}
            {now.next.into_iter().map(|words| view! { <p>{words}</p> }).collect_view()}
            {(!now.steps.is_empty()).then(|| view! {
                <div class="do-now">
                    <h2>"Do now"</h2>
                    <ol>{now.steps.into_iter().map(|step| view! { <DoThis step=step /> }).collect_view()}</ol>
                </div>
            })}
        </Statement>
    }
    .drawn()
}

#[component]
fn DoThis(step: AdvisedStep) -> impl IntoView {
    let link = step.area.map(|area| match area {
        Area::Join => (paths::SERVERS_AT_JOIN, "Add a server"),
        Area::Drain => (paths::SERVERS_AT_DRAIN, "Show the drain"),
        Area::Clients => (paths::CLIENTS, "Show the clients"),
        Area::License => (paths::LICENSES, "Show the license"),
    });
    view! {
        <li>
            <span>{step.text}</span>
            {step.command.map(|command| view! { <p class="do-this"><Copyable value=command what="the command" /></p> })}
            {link.map(|(href, words)| view! { <p class="do-this"><LinkButton href=href>{words}</LinkButton></p> })}
        </li>
    }
    .drawn()
}

/// Clients without a server: each keeps running until its grace period ends.
#[component]
fn GraceList(rows: Vec<InGrace>) -> impl IntoView {
    let now = request().now_ms;
    let table = Table::new("Clients in their grace period")
        .labelled()
        .look("grace")
        .sorts("grace", "stops", false)
        .column(
            Column::row_header("Client", |row: &InGrace, cell| cell.text(&row.name))
                .sort_by("client", |row| row.name.to_lowercase()),
        )
        .column(
            Column::text("Last seen", |row: &InGrace, cell| cell.ago(row.seen_ms)).sort_by("seen", |row| row.seen_ms),
        )
        .column(
            Column::text("Stops at", |row: &InGrace, cell| cell.instant(row.until_ms))
                .sort_by("stops", |row| row.until_ms),
        )
        .column(Column::number("Left", |row: &InGrace, cell| cell.text(&span(row.until_ms - now))))
        .draw(&rows);
    view! {
        <Card title="Clients without a server" id="grace">
            <p>"Each keeps running until its grace period ends, then stops. Shut its guest system down cleanly before that."</p>
            {table}
        </Card>
    }
    .drawn()
}

#[component]
fn Servers(servers: Vec<ServerCard>) -> impl IntoView {
    view! {
        <Card title="Servers" id="servers">
            <ul class="server-cards">{servers.into_iter().enumerate().map(|(index, server)| view! { <Server server=server index=index /> }).collect_view()}</ul>
        </Card>
    }
    .drawn()
}

#[component]
fn Server(server: ServerCard, index: usize) -> impl IntoView {
    let clients = server.clients.map(|count| match (server.own, count) {
        (true, 1..) => view! { <a href=paths::CLIENTS>{count}</a> }.drawn(),
        _ => count.drawn(),
    });
    let why_not = request().why_not(Permission::ManageServers).map(str::to_owned);
    let name = server.name.clone();
    let id = format!("remove-{index}");
    view! {
        <li class=format!("server-card {}", server.tone.class())>
            <header>
                <b>{server.name.clone()}</b>
                {server.own.then(|| view! { <Tag text="this server" /> })}
                <Pill tone=server.tone text=server.state />
            </header>
            <dl class="facts">
                <div><dt>"Role"</dt><dd>{server.role}</dd></div>
                {server.since.map(|(words, at)| view! { <div><dt>{words}</dt><dd><TimeNear at_ms=at /></dd></div> })}
                {server.started_ms.map(|at| view! { <div><dt>"Started"</dt><dd><TimeNear at_ms=at /></dd></div> })}
                {clients.map(|clients| view! { <div><dt>"Clients"</dt><dd>{clients}</dd></div> })}
                {server.hours.map(|hours| view! {
                    <div><dt>"Backup hours left"</dt><dd>{words::hours(hours.left_ms)}{hours.reported_ms_ago.filter(|ago| *ago > 10_000).map(|ago| format!(", reported {} ago", about(ago)))}</dd></div>
                })}
                {(!server.own).then(|| server.seen_ms.map(|at| view! { <div><dt>"Last response"</dt><dd><TimeAgo at_ms=at /></dd></div> }))}
                {server.clock.map(|words| view! { <div><dt>"Clock"</dt><dd>{words}</dd></div> })}
                {(!server.version.is_empty()).then(|| view! { <div><dt>"Version"</dt><dd>{server.version}</dd></div> })}
                {server.url.map(|url| {
                    let shown = url.clone();
                    view! { <div><dt>"Console"</dt><dd><a href=url rel="noreferrer">{shown}</a></dd></div> }
                })}
            </dl>
            {server.removable.then(|| view! {
                <div class="remove">
                    <Confirm id=id title=format!("Remove {name}?") verb=format!("Remove {name}") action=paths::SERVERS_REMOVE sends=vec![("name", name.clone())] why_not=why_not>
                        <p>{format!("{name} leaves the installation: it is no longer watched here, and does not stand in or fail over as one of it.")}</p>
                        <p>"Its licenses and its clients stay as they are. To bring it back, make a new code and join again."</p>
                    </Confirm>
                </div>
            })}
        </li>
    }
    .drawn()
}

/// How servers come together: one makes a code, the other uses it.
#[component]
fn Join(data: ServersPage) -> impl IntoView {
    let why_not = request().why_not(Permission::ManageServers).map(str::to_owned);
    let open = data.invitation.is_some() || data.servers.len() < 2;
    view! {
        <section class="card" id="join">
            <details class="disclosure" open=open>
                <summary><h2>"Add a server"</h2></summary>
                <div class="columns">
                    <div class="stack">
                        <h3>"Make a code here"</h3>
                        <p>"A backup joins with a code from this server. Each code works once, for 30 minutes."</p>
                        {match data.invitation {
                            Some(invitation) => view! {
                                <div class="invitation" role="status">
                                    <p>"The code expires "<TimeUntil at_ms=invitation.until_ms />" and is shown only once:"</p>
                                    <Copyable value=invitation.code what="the code" />
                                    <p>"Run this on the other machine:"</p>
                                    <Copyable value=invitation.command what="the command" />
                                </div>
                            }.drawn(),
                            None => view! {
                                <form method="post" action=paths::SERVERS_INVITE class="actions">
                                    <Submit look="primary" why_not=why_not.clone()>"Make a code"</Submit>
                                </form>
                            }.drawn(),
                        }}
                    </div>
                    <form method="post" action=paths::SERVERS_JOIN class="stack">
                        <h3>"Use a code from another server"</h3>
                        <p>"Make the code on the primary. The two servers then recognize each other by their keys."</p>
                        <Field name="url" label="Address of the other server's console" hint="For example https://lic-01:8084" mono=true required=true />
                        <Field name="code" label="Code" mono=true required=true />
                        <div class="actions"><Submit why_not=why_not>"Join"</Submit></div>
                    </form>
                </div>
            </details>
        </section>
    }
    .drawn()
}
