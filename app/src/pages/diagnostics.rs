//! Which licensing nodes answer at which ports, the port to use instead, and what to ask of a firewall.

mod firewall;
mod matrix;
mod model;
mod ports;

use crate::components::{FormErrors, LinkButton, PageHeader, Statement, Submit, TimeAgo};
use crate::drawn::Draw;
use crate::paths;
use crate::request::{Tone, request};
use firewall::Firewall;
use leptos::prelude::*;
use licensing::permission::Permission;
use matrix::Matrix;
pub(crate) use matrix::{MatrixTable, tally_words};
pub use model::{Cell, DiagnosticsPage, FirewallModel, FirewallRow, MatrixBlock, MatrixRow, WorkingPort};
pub(crate) use ports::{Choice, Ports};

/// The reachability of the nodes.
#[component]
pub fn DiagnosticsView(data: DiagnosticsPage) -> impl IntoView {
    let fresh = data.ran_ms.is_none() && !data.running;
    let lead = "Which licensing nodes answer, at which ports, and what to ask of a firewall.";
    let running = data.running;
    view! {
        {if fresh {
            view! { <PageHeader title="Diagnostics" lead=lead.drawn() /> }.drawn()
        } else {
            view! { <PageHeader title="Diagnostics" lead=lead.drawn() actions=view! { <Check running=running again=true /> }.drawn() /> }.drawn()
        }}
        <FormErrors />
        <Statement tone=data.tone sentence=data.sentence.clone()>
            <p>"In use now: "<b>{data.current.clone()}</b>"."{data.proxy.clone().map(|proxy| view! { " Connections go through the proxy " <code>{proxy}</code> "." })}</p>
            {data.running.then(|| view! { <Progress done=data.done total=data.total again=paths::DIAGNOSTICS /> })}
            {data.ran_ms.map(|at| {
                let before = if running { "Below stand the results of the check before, made " } else { "Checked " };
                view! { <p class="muted">{before}<TimeAgo at_ms=at />"."</p> }
            })}
            {fresh.then(|| view! { <div class="actions"><Check running=false again=false /></div> })}
        </Statement>
        {(!fresh).then(|| view! { <Ports works=data.works.clone() running=running choice=Choice::Configuration reached=data.tone == Tone::Success /> })}
        {data.matrix.into_iter().map(|block| view! { <Matrix block=block running=running /> }).collect_view()}
        <Firewall data=data.firewall />
        <aside class="note">
            <h2>"What a check does"</h2>
            <p>"It opens one connection to each node at each allowed port: name, TCP, TLS where HTTPS is meant, then one HTTP request without content. Nothing about this server is sent, and only nodes named in the configuration file are asked."</p>
        </aside>
    }
    .drawn()
}

/// The button that starts a check.
#[component]
fn Check(running: bool, again: bool) -> impl IntoView {
    let why_not = match request().why_not(Permission::Exchange) {
        Some(reason) => Some(reason.to_owned()),
        None => running.then(|| "A check is under way.".to_owned()),
    };
    view! {
        <form method="post" action=paths::DIAGNOSTICS_PROBE class="actions">
            <Submit look=if again { "" } else { "primary" } why_not=why_not>"Check all nodes and ports"</Submit>
        </form>
    }
    .drawn()
}

/// How far a running check is.
#[component]
pub(crate) fn Progress(done: usize, total: usize, again: &'static str) -> impl IntoView {
    view! {
        <div class="probe-progress">
            <progress aria-label=format!("{done} of {total} connections tried") max=total.max(1).to_string() value=done.min(total).to_string()></progress>
        </div>
        <div class="actions"><LinkButton href=again>"Look again"</LinkButton></div>
    }
    .drawn()
}
