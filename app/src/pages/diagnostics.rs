//! How this server and its surroundings are; which licensing nodes answer at which ports, the port to use instead, and what to ask of a
//! firewall.

mod firewall;
mod matrix;
mod own;

use firewall::Firewall;
use leptos::prelude::*;
use licensing::permission::Permission;
use licensing::self_check::Facts as SelfCheck;
use matrix::Matrix;
use own::{Opening, Surroundings};

use crate::components::{
    Card, Disabled, EmptyState, FormErrors, Hidden, LinkButton, PageHeader, Pill, ShowAsCurl, Statement, Submit,
    TimeAgo,
};
use crate::drawn::Draw;
use crate::pages::exchange::curl;
use crate::paths;
use crate::request::{Tone, request};
pub(crate) use matrix::{MatrixTable, tally_words};

/// The reachability of the nodes.
#[component]
pub fn DiagnosticsView(
    data: DiagnosticsPage,
    /// This server and its surroundings.
    #[prop(optional_no_strip)]
    own: Option<SelfCheck>,
) -> impl IntoView {
    let fresh = data.ran_ms.is_none() && !data.running;
    let lead = "This server and its surroundings, the licensing nodes, and what your firewall must allow.";
    let opening = own.as_ref().map(|own| view! { <Opening findings=own.findings() /> });
    let running = data.running;
    view! {
        {if fresh {
            view! { <PageHeader title="Diagnostics" lead=lead.drawn() /> }.drawn()
        } else {
            view! { <PageHeader title="Diagnostics" lead=lead.drawn() actions=view! { <Check running=running again=true /> }.drawn() /> }.drawn()
        }}
        <FormErrors />
        {opening}
        {own.map(|own| view! { <Surroundings facts=own /> })}
        <Statement tone=data.tone sentence=data.sentence.clone()>
            <p>"In use now: "<b>{data.current.clone()}</b>"."{data.proxy.clone().map(|proxy| view! { " Connections go through the proxy " <code>{proxy}</code> "." })}</p>
            {data.running.then(|| view! { <Progress done=data.done total=data.total again=paths::DIAGNOSTICS /> })}
            {data.ran_ms.map(|at| {
                let before = if running { "Results below are from the previous check, " } else { "Checked " };
                view! { <p class="muted">{before}<TimeAgo at_ms=at />"."</p> }
            })}
            {fresh.then(|| view! { <div class="actions"><Check running=false again=false /></div> })}
        </Statement>
        {(!fresh).then(|| view! { <Ports works=data.works.clone() running=running choice=Choice::Configuration reached=data.tone == Tone::Success /> })}
        {data.matrix.into_iter().map(|block| view! { <Matrix block=block running=running /> }).collect_view()}
        <Firewall data=data.firewall />
        <ShowAsCurl command=curl("GET", paths::API_DIAGNOSTICS, "") note="Replace $TOKEN with an API token." />
        <aside class="note">
            <h2>"What a check does"</h2>
            <p>"It opens one connection to each node on each allowed port: name lookup, TCP, TLS for HTTPS, then one HTTP request without content. It sends nothing about this server and contacts only the nodes in use: those of the protocol that the configuration file names. It also resolves the names of the peers and checks the pages of the database."</p>
        </aside>
    }
    .drawn()
}

/// The button that starts a check.
#[component]
fn Check(running: bool, again: bool) -> impl IntoView {
    let why_not = match request().why_not(Permission::Exchange) {
        Some(reason) => Some(reason.to_owned()),
        None => running.then(|| "A check is running.".to_owned()),
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
        <div class="actions"><LinkButton href=again>"Refresh"</LinkButton></div>
    }
    .drawn()
}

/// The reachability of the nodes. Times are Unix milliseconds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DiagnosticsPage {
    /// The protocol in use: `HTTP` or `HTTPS`.
    pub protocol: String,
    /// A check is running.
    pub running: bool,
    /// Connections tried so far, of `total`.
    pub done: usize,
    pub total: usize,
    /// When the last finished check began; none before the first.
    pub ran_ms: Option<i64>,
    /// One per protocol that was checked.
    pub matrix: Vec<MatrixBlock>,
    /// The ports by which nodes were reached, the best first.
    pub works: Vec<WorkingPort>,
    /// "HTTP, port 80": what the configuration says now.
    pub current: String,
    /// The proxy that connections go through, when there is one.
    pub proxy: Option<String>,
    pub firewall: FirewallModel,
    /// How things stand.
    pub sentence: String,
    pub tone: Tone,
}

/// The nodes of one protocol against its ports.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MatrixBlock {
    /// `HTTP` or `HTTPS`.
    pub protocol: String,
    /// The columns.
    pub ports: Vec<u16>,
    pub rows: Vec<MatrixRow>,
    /// The protocol in use.
    pub active: bool,
}

/// One node.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MatrixRow {
    pub node: String,
    /// Ports that are missing were not asked for.
    pub cells: Vec<Cell>,
}

/// One node at one port.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cell {
    pub port: u16,
    /// `ok`, `failed` or `not_probed`.
    pub state: String,
    /// How far it came: `DNS`, `TCP`, `TLS` or `HTTP`.
    pub stage: String,
    pub ms: u32,
    /// What happened, what it usually means and what to do.
    pub sentence: String,
    /// Who issued the certificate, when it is not the expected one.
    pub issuer: Option<String>,
}

/// A port by which nodes were reached.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WorkingPort {
    pub https: bool,
    pub port: u16,
    pub nodes_ok: usize,
    /// The nodes that were asked at this port.
    pub nodes: usize,
    /// What the configuration says now.
    pub current: bool,
}

impl WorkingPort {
    /// "HTTPS, port 8443".
    pub fn words(&self) -> String {
        format!("{}, port {}", if self.https { "HTTPS" } else { "HTTP" }, self.port)
    }
}

/// What to ask of the network team.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FirewallModel {
    pub rows: Vec<FirewallRow>,
    /// The request, ready to hand over.
    pub text: String,
}

/// One rule of the firewall request.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FirewallRow {
    pub host: String,
    /// What the name stands for now; empty when it could not be resolved.
    pub addresses: Vec<String>,
    pub ports: Vec<u16>,
    /// `TCP`, with what runs over it.
    pub protocol: String,
    /// `outbound`.
    pub direction: String,
}

/// What a press on "Use …" does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// Saves the configuration file: a form of its own for each port.
    Configuration,
    /// Sends the form around it with `intent=use:https:8443`.
    Wizard,
}

/// The working ports, the best first.
#[component]
pub fn Ports(
    works: Vec<WorkingPort>,
    running: bool,
    choice: Choice,
    /// Nodes were reached at ports of their own, which no choice here changes.
    reached: bool,
) -> impl IntoView {
    let refused = match choice {
        Choice::Configuration => request().why_not(Permission::EditConfiguration),
        Choice::Wizard => None,
    };
    let blocked = refused.filter(|_| works.iter().any(|port| !port.current));
    let body = match (works.is_empty(), running) {
        (true, true) => view! { <p class="muted">"No node reached yet."</p> }.drawn(),
        (true, false) if reached => view! { <p class="muted">"Each node has its own port in the node list; there is none to choose."</p> }.drawn(),
        (true, false) => view! { <NoneWork choice=choice /> }.drawn(),
        (false, _) => view! {
            <ul class="ports">
                {works.into_iter().map(|port| view! { <Port port=port choice=choice disabled=blocked.is_some() /> }).collect_view()}
            </ul>
            {blocked.map(|reason| view! { <p id="why-no-port"><Disabled reason=reason /></p> })}
        }
        .drawn(),
    };
    match choice {
        Choice::Configuration => view! { <Card title="Working ports" id="ports">{body}</Card> }.drawn(),
        Choice::Wizard => body,
    }
}

/// No port at all: what to do about it.
#[component]
fn NoneWork(choice: Choice) -> impl IntoView {
    match choice {
        Choice::Configuration => view! {
            <EmptyState title="No node was reached on any port" why="Send the firewall request below to your network team. Meanwhile, you can do an offline exchange.">
                <LinkButton href="#firewall">"Show the firewall request"</LinkButton>
                <LinkButton href=paths::EXCHANGE_HAND>"Offline exchange"</LinkButton>
            </EmptyState>
        }
        .drawn(),
        Choice::Wizard => view! {
            <p class="muted">"No node was reached on any port. You can continue anyway: Diagnostics has a request for your network team, and you can do an offline exchange."</p>
        }
        .drawn(),
    }
}

#[component]
fn Port(port: WorkingPort, choice: Choice, disabled: bool) -> impl IntoView {
    let words = port.words();
    let all = port.nodes_ok == port.nodes;
    let button = format!("Use {words}");
    let https = if port.https { "1" } else { "0" };
    let intent = format!("use:{}:{}", if port.https { "https" } else { "http" }, port.port);
    let described = disabled.then_some("why-no-port");
    view! {
        <li>
            <div class="port-name"><b>{words}</b></div>
            <div class="port-reach">
                <Dots ok=port.nodes_ok of=port.nodes />
                <span class=if all { "strong" } else { "" }>{reach(port.nodes_ok, port.nodes)}</span>
            </div>
            <div class="port-use">
                {match (port.current, choice) {
                    (true, _) => view! { <Pill tone=Tone::Success text="In use" /> }.drawn(),
                    (false, Choice::Wizard) => view! { <button type="submit" class="button" name="intent" value=intent>{button}</button> }.drawn(),
                    (false, Choice::Configuration) => view! {
                        <form method="post" action=paths::DIAGNOSTICS_PORT>
                            <Hidden name="https" value=https />
                            <Hidden name="port" value=port.port.to_string() />
                            <button type="submit" class="button" disabled=disabled aria-describedby=described>{button}</button>
                        </form>
                    }.drawn(),
                }}
            </div>
        </li>
    }
    .drawn()
}

/// "All 10 nodes answer"; "3 of 10 nodes answer".
fn reach(ok: usize, of: usize) -> String {
    match (ok, of) {
        (1, 1) => "The node answers".to_owned(),
        (ok, of) if ok == of => format!("All {of} nodes answer"),
        (ok, of) => format!("{ok} of {of} nodes answer"),
    }
}

/// More nodes than this are not drawn one by one.
const MOST_DOTS: usize = 20;
/// Width of one dot with its gap, in pixels.
const DOT: usize = 10;

/// A dot for each node, filled when it answers. The words beside it say the same.
#[component]
fn Dots(ok: usize, of: usize) -> impl IntoView {
    (2..=MOST_DOTS)
        .contains(&of)
        .then(|| {
            let width = of * DOT;
            view! {
                <svg class="dots" viewBox=format!("0 0 {width} 10") width=width height="10" aria-hidden="true" focusable="false">
                    {(0..of).map(|number| view! {
                        <circle class=if number < ok { "on" } else { "off" } cx=number * DOT + DOT / 2 cy="5" r="3.5" />
                    }).collect_view()}
                </svg>
            }
        })
        .drawn()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reach_of_a_port_reads_as_a_sentence() {
        assert_eq!(reach(1, 1), "The node answers");
        assert_eq!(reach(10, 10), "All 10 nodes answer");
        assert_eq!(reach(3, 10), "3 of 10 nodes answer");
    }
}
