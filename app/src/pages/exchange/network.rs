//! The exchange over the network: how things stand, when the next one is, and where the last one failed.

use super::attempts::AttemptList;
use super::clock::ContactClock;
use crate::drawn::Draw;

use super::model::{ExchangePage, Identity, KeyModel, ReceiptModel, Registered, Round};
use super::register::RegisterForm;
use super::standing::NotReady;
use super::tabs::Tabs;
use super::words::{blocked, changes_sentence, contact_sentence, effect, next_sentence};
use crate::components::{
    Banner, Card, Copyable, EmptyState, LinkButton, PageHeader, Pill, ShowAsCurl, Statement, Submit, TimeAgo, TimeUntil,
};
use crate::paths;
use crate::request::{Tone, request};
use leptos::prelude::*;
use licensing::permission::Permission;

/// The page of `/exchange`.
#[component]
pub fn ExchangeView(data: ExchangePage) -> impl IntoView {
    let ready = data.registered == Registered::Yes;
    let tls = data.protocol.starts_with("HTTPS");
    let contact = data.contact.clone();
    view! {
        <PageHeader title="Online exchange" />
        <Tabs />
        <NotReady registered=data.registered.clone() />
        {ready.then(|| view! { <Standing data=data.clone() /> })}
        {contact.clock_flag.clone().map(|text| view! { <Banner tone=Tone::Warning text=text role="note" /> })}
        {data.notices.clone().into_iter().map(|text| view! { <Banner tone=Tone::Info text=text role="note" /> }).collect_view()}
        <Card title="Contact with the vendor" id="contact"><ContactClock data=contact /></Card>
        <div class="columns">
            <div>
                <LastRound round=data.last_round.clone() tls=tls running=data.running />
                <Keys keys=data.keys.clone() />
                {data.identity.clone().map(|identity| view! { <Who identity=identity /> })}
            </div>
            <div>
                <How data=data.clone() />
                {data.last_success.clone().map(|receipt| view! { <LastSuccess receipt=receipt /> })}
            </div>
        </div>
        <ShowAsCurl command=super::curl("POST", paths::API_EXCHANGE_SYNC, "") note="Replace $TOKEN with an API token. The answer lists what changed, or how each node failed." />
    }
    .drawn()
}

/// The sentence, and the button.
#[component]
fn Standing(data: ExchangePage) -> impl IntoView {
    let context = request();
    let failed = data.last_round.as_ref().filter(|round| !round.ok).map_or(0, |round| round.failed_rounds);
    let first = data.contact.last_ms.is_none();
    let sentence = match (data.running, next_sentence(data.next_attempt_ms, first, failed, context.now_ms)) {
        (true, _) => "A sync is in progress.".to_owned(),
        (false, Some(next)) => format!("{} {next}", contact_sentence(&data.contact, context.now_ms)),
        (false, None) => contact_sentence(&data.contact, context.now_ms),
    };
    let tone = if data.running || first { Tone::Info } else { data.contact.tone };
    let effect = if data.running {
        format!("{} This page will show the result.", contact_sentence(&data.contact, context.now_ms))
    } else {
        effect(&data.contact)
    };
    let why_not = context.why_not(Permission::Exchange).map(str::to_owned);
    view! {
        <Statement tone=tone sentence=sentence>
            <p>{effect}</p>
            {(failed > 0 && !data.running).then(|| view! {
                <p class="muted">{if failed == 1 { "The last attempt failed.".to_owned() } else { format!("The last {failed} attempts failed.") }}</p>
            })}
            <div class="actions">
                {if data.running {
                    view! { <LinkButton href=paths::EXCHANGE look="primary">"Refresh"</LinkButton> }.drawn()
                } else {
                    view! {
                        <form method="post" action=paths::EXCHANGE_SYNC class="actions">
                            <Submit look="primary" why_not=why_not.or(blocked(&data.registered).map(str::to_owned))>"Sync now"</Submit>
                        </form>
                    }.drawn()
                }}
                <LinkButton href=paths::EXCHANGE_HAND>"Offline exchange"</LinkButton>
            </div>
        </Statement>
    }
    .drawn()
}

/// How the last round went, node by node.
#[component]
fn LastRound(round: Option<Round>, tls: bool, running: bool) -> impl IntoView {
    let body = match round {
        None if running => view! { <EmptyState title="No attempts yet" why="The first one is in progress." /> }.drawn(),
        None => view! {
            <EmptyState title="No attempts yet" why="After the first sync, each node tried is listed here with how far it got." />
        }
        .drawn(),
        Some(round) => {
            let (tone, word) = if round.ok { (Tone::Success, "Done") } else { (Tone::Danger, "Failed") };
            view! {
                <p class="round"><Pill tone=tone text=word /> <span>{round.sentence}</span> <span class="when"><TimeAgo at_ms=round.at_ms /></span></p>
                <AttemptList attempts=round.attempts tls=tls />
                {(!round.ok).then(|| view! {
                    <div class="actions"><LinkButton href=paths::DIAGNOSTICS>"Check all nodes and ports"</LinkButton></div>
                })}
            }
            .drawn()
        }
    };
    view! { <Card title="Last attempt" id="round">{body}</Card> }.drawn()
}

/// When, over what, with whom.
#[component]
fn How(data: ExchangePage) -> impl IntoView {
    let aside = view! { <a href=paths::setting("USE_FLEX_REPORTING_HTTPS")>"Change"</a> }.drawn();
    let nodes = data.nodes.len();
    view! {
        <Card title="Schedule and connection" id="how" aside=aside>
            <dl class="facts">
                <div><dt>"When"</dt><dd>{data.schedule}</dd></div>
                {data.next_attempt_ms.filter(|_| !data.running).map(|at| view! { <div><dt>"Next"</dt><dd><TimeUntil at_ms=at /></dd></div> })}
                <div><dt>"Protocol"</dt><dd>{data.protocol}</dd></div>
                {data.proxy.map(|proxy| view! { <div><dt>"Proxy"</dt><dd><code>{proxy}</code></dd></div> })}
                <div class="across">
                    <dt>"Nodes"</dt>
                    <dd>
                        {if nodes == 0 {
                            view! { "None. Enter the vendor's nodes in the " <a href=paths::CONFIGURATION>"configuration"</a> "." }.drawn()
                        } else {
                            view! {
                                <p>{if nodes == 1 { "1 node".to_owned() } else { format!("{nodes} nodes, tried in random order") }}</p>
                                <ul class="node-list">{data.nodes.into_iter().map(|node| view! { <li><code>{node}</code></li> }).collect_view()}</ul>
                            }.drawn()
                        }}
                    </dd>
                </div>
            </dl>
        </Card>
    }
    .drawn()
}

/// The last exchange that succeeded.
#[component]
fn LastSuccess(receipt: ReceiptModel) -> impl IntoView {
    let aside = view! { <a href=paths::receipt(&receipt.status_id)>"Receipt"</a> }.drawn();
    let from = receipt.node.clone().map(|node| view! { <div><dt>"Node"</dt><dd><code>{node}</code></dd></div> });
    view! {
        <Card title="Last exchange" id="last" aside=aside>
            <dl class="facts">
                <div><dt>"When"</dt><dd><TimeAgo at_ms=receipt.answered_ms /><span class="muted">{format!(", {}", super::way(&receipt.channel))}</span></dd></div>
                {from}
                <div><dt>"Changes"</dt><dd>{if receipt.unchanged { "None.".to_owned() } else { changes_sentence(&receipt.changes) }}</dd></div>
                <div><dt>"Serial"</dt><dd>{receipt.serial}</dd></div>
            </dl>
        </Card>
    }
    .drawn()
}

/// The vendor's keys this server trusts.
#[component]
fn Keys(keys: Vec<KeyModel>) -> impl IntoView {
    let body = if keys.is_empty() {
        view! { <EmptyState title="No key is trusted yet" why="Leasehold sends nothing and accepts no answer until you confirm the vendor's key." /> }.drawn()
    } else {
        let waiting = keys.iter().all(|key| !key.fetched);
        view! {
            {waiting.then(|| view! {
                <Banner tone=Tone::Warning text="No node has presented the key with this fingerprint yet, so nothing is sent. If the fingerprint is wrong, enter the correct one here.".to_owned() role="note" />
                <RegisterForm by_hand=true />
            })}
            <p class="muted">"Leasehold accepts only answers signed with one of these keys. Compare them with the fingerprint the vendor gave you."</p>
            <ul class="keys">
                {keys.into_iter().map(|key| view! {
                    <li>
                        <Copyable value=key.fingerprint what="the fingerprint" />
                        <p class="fine">{format!("Confirmed by {}, ", key.pinned_by)}<TimeAgo at_ms=key.pinned_ms /></p>
                    </li>
                }).collect_view()}
            </ul>
        }
        .drawn()
    };
    view! { <Card title="Trusted keys" id="keys">{body}</Card> }.drawn()
}

/// Who this server is at the nodes, ready to copy.
#[component]
fn Who(identity: Identity) -> impl IntoView {
    let name = if identity.deployments.len() == 1 { "Deployment id" } else { "Deployment ids" };
    view! {
        <Card title="Identity" id="identity">
            <dl class="facts stacked">
                <div><dt>"GUID"</dt><dd><Copyable value=identity.guid what="the GUID" /></dd></div>
                <div>
                    <dt>{name}</dt>
                    <dd class="lines">{identity.deployments.into_iter().map(|id| view! { <Copyable value=id what="the deployment id" /> }).collect_view()}</dd>
                </div>
                {identity.operator.map(|id| view! { <div><dt>"Operator id"</dt><dd><Copyable value=id what="the operator id" /></dd></div> })}
            </dl>
        </Card>
    }
    .drawn()
}
