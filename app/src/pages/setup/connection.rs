//! Step 4: how the nodes are reached, and whether they can be.

use super::SetupFrame;
use super::{SetupConnection, Step};
use crate::components::{Card, LinkButton, Statement};
use crate::drawn::Draw;
use crate::pages::conf::SettingRow;
use crate::pages::diagnostics::{Choice, DiagnosticsPage, MatrixTable, Ports, Progress, tally_words};
use crate::paths;
use crate::request::{Tone, request};
use leptos::prelude::*;
use licensing::conf::view::SettingView;

/// The settings that fit most networks are folded away.
const RARE: [&str; 2] = ["FLEX_NODE_LIST", "FLEX_NODE_LIST_HTTPS"];

/// Asks for transport, ports and, folded away, the node lists; checks them when asked to.
#[component]
pub fn SetupConnectionPage(data: SetupConnection) -> impl IntoView {
    let (rare, usual): (Vec<SettingView>, Vec<SettingView>) =
        data.settings.into_iter().partition(|setting| RARE.contains(&setting.key.as_str()));
    let open = rare.iter().any(|setting| !setting.is_default || request().error(&setting.key).is_some());
    view! {
        <SetupFrame step=Step::Connection title="Connection to the nodes" lead="The defaults suit most networks. Change a port only if your firewall requires it.">
            <form method="post" action=paths::SETUP_CONNECTION class="stack wide">
                <div class="card">
                    {usual.into_iter().map(|setting| view! { <SettingRow setting=setting plain=true /> }).collect_view()}
                    <details class="disclosure" open=open>
                        <summary>"Use other nodes"</summary>
                        {rare.into_iter().map(|setting| view! { <SettingRow setting=setting plain=true /> }).collect_view()}
                    </details>
                </div>
                <Reach probe=data.probe />
                <div class="actions">
                    <button type="submit" class="button primary large" name="intent" value="next">"Continue"</button>
                    <LinkButton href=paths::SETUP_GUID look="large">"Back"</LinkButton>
                </div>
            </form>
        </SetupFrame>
    }
    .drawn()
}

/// The check of the nodes: a button before, the results after.
#[component]
fn Reach(probe: Option<DiagnosticsPage>) -> impl IntoView {
    let running = probe.as_ref().is_some_and(|probe| probe.running);
    let button = if probe.is_some() { "Check again" } else { "Check the nodes" };
    view! {
        <Card title="Reachability" id="reach">
            {match probe {
                None => view! {
                    <p class="muted">"A check opens one connection to each node on each allowed port. It sends nothing about this server and keeps your choices above."</p>
                }.drawn(),
                Some(probe) => view! { <Result probe=probe /> }.drawn(),
            }}
            {(!running).then(|| view! {
                <div class="actions"><button type="submit" class="button" name="intent" value="probe">{button}</button></div>
            })}
        </Card>
    }
    .drawn()
}

/// What the check found, and each working port to take.
#[component]
fn Result(probe: DiagnosticsPage) -> impl IntoView {
    let running = probe.running;
    let reached = probe.tone == Tone::Success;
    // Without a result there is nothing to say about ports; the sentence tells why.
    let ended = !probe.matrix.is_empty() || running;
    view! {
        <Statement tone=probe.tone sentence=probe.sentence>
            {running.then(|| view! { <Progress done=probe.done total=probe.total again=paths::SETUP_CONNECTION /> })}
        </Statement>
        {ended.then(|| view! { <Ports works=probe.works running=running choice=Choice::Wizard reached=reached /> })}
        {(!probe.matrix.is_empty()).then(|| view! {
            <details class="disclosure">
                <summary>"Each node and port"</summary>
                {probe.matrix.into_iter().map(|block| view! {
                    <div class="matrix-part">
                        <h3>{format!("Over {}", block.protocol)}</h3>
                        <p class="muted">{tally_words(&block)}</p>
                        <MatrixTable block=block running=running />
                    </div>
                }).collect_view()}
            </details>
        })}
    }
    .drawn()
}
