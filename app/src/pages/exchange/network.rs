//! The exchange over the network: how things stand, when the next one is, and where the last one failed.

use super::contact::{ContactClock, ContactModel, contact_sentence, effect, next_sentence};
use super::ledger::Receipt;
use super::registration::{Registration, RegistrationCard};
use super::{NotReady, Tabs, blocked, way};
use crate::components::{
    Banner, Card, EmptyState, Glyph, Icon, LinkButton, PageHeader, Pill, ShowAsCurl, Statement, Submit, TimeAgo,
    TimeUntil,
};
use crate::drawn::Draw;
use crate::paths;
use crate::request::{Tone, request};
use engine::exchange::{Attempt, ExchangeRound, Readiness};
use leptos::prelude::*;
use licensing::permission::Permission;

/// The exchange over the network.
#[derive(Clone, Debug, PartialEq)]
pub struct ExchangePage {
    pub readiness: Readiness,
    pub contact: ContactModel,
    /// An exchange is under way.
    pub running: bool,
    /// Unix milliseconds; in the past when it is due now.
    pub next_attempt_ms: Option<i64>,
    /// "Every day, 24 h after the last exchange".
    pub schedule: String,
    /// "HTTPS, port 443".
    pub protocol: String,
    pub nodes: Vec<String>,
    pub proxy: Option<String>,
    /// What the last attempt led to.
    pub last_round: Option<ExchangeRound>,
    /// Rounds in a row that failed, the last one included.
    pub failed_rounds: u32,
    pub last_success: Option<Receipt>,
    pub registration: RegistrationCard,
    /// What the vendor has to say, and what is worth a look.
    pub notices: Vec<String>,
}

/// The stages of asking a node, in their order, with the word on screen.
const STAGES: [(&str, &str); 5] =
    [("DNS", "DNS"), ("TCP", "TCP"), ("TLS", "TLS"), ("HTTP", "HTTP"), ("answer", "Answer")];

/// How a stage ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum StageResult {
    Passed,
    Failed,
    NotReached,
}

/// The stages of one attempt; TLS is left out where it plays no part.
fn stages(attempt: &Attempt, tls: bool) -> Vec<(&'static str, StageResult)> {
    let ended = STAGES.iter().position(|(stage, _)| *stage == attempt.stage).unwrap_or(STAGES.len() - 1);
    STAGES
        .iter()
        .enumerate()
        .filter(|(place, (stage, _))| *stage != "TLS" || tls || *place == ended)
        .map(|(place, (_, word))| {
            let mark = match place.cmp(&ended) {
                std::cmp::Ordering::Less => StageResult::Passed,
                std::cmp::Ordering::Equal if attempt.ok => StageResult::Passed,
                std::cmp::Ordering::Equal => StageResult::Failed,
                std::cmp::Ordering::Greater => StageResult::NotReached,
            };
            (*word, mark)
        })
        .collect()
}

/// The attempts of one round, in the order the nodes were asked.
#[component]
pub fn AttemptList(
    attempts: Vec<Attempt>,
    /// The nodes are asked over HTTPS.
    tls: bool,
) -> impl IntoView {
    view! {
        <ol class="attempts">
            {attempts.into_iter().map(|attempt| view! { <AttemptItem attempt=attempt tls=tls /> }).collect_view()}
        </ol>
    }
    .drawn()
}

#[component]
fn AttemptItem(attempt: Attempt, tls: bool) -> impl IntoView {
    let (class, glyph, word) = match (attempt.ok, &attempt.refused) {
        (true, _) => ("success", Glyph::Check, "Answered"),
        (false, Some(_)) => ("danger", Glyph::Cross, "Refused"),
        (false, None) => ("danger", Glyph::Cross, "Failed"),
    };
    let refused = attempt.refused.is_some();
    view! {
        <li class=class>
            <span class="attempt-mark"><Icon glyph=glyph /><span class="vh">{word}</span></span>
            <div class="attempt-text">
                <p class="attempt-node"><code>{attempt.node.clone()}</code><span class="fine">{took(attempt.ms)}</span></p>
                <ol class="stages">
                    {stages(&attempt, tls).into_iter().map(|(stage, mark)| {
                        let (class, glyph, word) = match mark {
                            StageResult::Passed => ("passed", Glyph::Check, "reached"),
                            StageResult::Failed if refused => ("failed", Glyph::Cross, "refused here"),
                            StageResult::Failed => ("failed", Glyph::Cross, "failed here"),
                            StageResult::NotReached => ("open", Glyph::Dash, "not reached"),
                        };
                        view! { <li class=class><Icon glyph=glyph />{stage}<span class="vh">{format!(", {word}")}</span></li> }
                    }).collect_view()}
                </ol>
                <p>{attempt.sentence}</p>
            </div>
        </li>
    }
    .drawn()
}

/// "84 ms", "4.0 s".
fn took(ms: u32) -> String {
    if ms < 1_000 { format!("{ms} ms") } else { format!("{:.1} s", f64::from(ms) / 1_000.0) }
}

/// The page of `/exchange`.
#[component]
pub fn ExchangeView(data: ExchangePage) -> impl IntoView {
    let ready = data.readiness == Readiness::Ready;
    let tls = data.protocol.starts_with("HTTPS");
    let contact = data.contact.clone();
    view! {
        <PageHeader title="Online exchange" />
        <Tabs />
        <NotReady readiness=data.readiness.clone() />
        {ready.then(|| view! { <Opening data=data.clone() /> })}
        {contact.clock_flag.clone().map(|text| view! { <Banner tone=Tone::Warning text=text role="note" /> })}
        {data.notices.clone().into_iter().map(|text| view! { <Banner tone=Tone::Info text=text role="note" /> }).collect_view()}
        <Card title="Contact with the vendor" id="contact"><ContactClock data=contact /></Card>
        <div class="columns">
            <div>
                <LastRound round=data.last_round.clone() contact=data.contact.clone() tls=tls running=data.running />
                <Registration data=data.registration.clone() tls=tls />
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
fn Opening(data: ExchangePage) -> impl IntoView {
    let context = request();
    let refused = data.last_round.as_ref().filter(|round| !round.ok && !data.running);
    if let Some((round, (attempt, refusal))) = refused.and_then(|round| Some((round, round.node_refusal()?))) {
        let (node, reason, at) = (attempt.node.clone(), refusal.reason.clone(), round.at);
        return view! { <Refused data=data node=node reason=reason at=at /> }.drawn();
    }
    let failed = data.last_round.as_ref().filter(|round| !round.ok).map_or(0, |_| data.failed_rounds);
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
                            <Submit look="primary" why_not=why_not.or(blocked(&data.readiness).map(str::to_owned))>"Sync now"</Submit>
                        </form>
                    }.drawn()
                }}
                <LinkButton href=paths::EXCHANGE_HAND>"Offline exchange"</LinkButton>
            </div>
        </Statement>
    }
    .drawn()
}

/// What stands in the place of the last attempt while there is none: never, or not since the server started.
fn no_attempt(contact: &ContactModel, running: bool, now_ms: i64) -> (&'static str, String) {
    let next = if running { " One is in progress." } else { "" };
    match contact.last_ms {
        None if running => ("No attempts yet", "The first one is in progress.".to_owned()),
        None => {
            ("No attempts yet", "After the first sync, each node tried is listed here with how far it got.".to_owned())
        }
        Some(_) => ("No attempts since this server started", format!("{}{next}", contact_sentence(contact, now_ms))),
    }
}

/// A node refused the last sync: who, when, in its words; and the correction beside it.
#[component]
fn Refused(data: ExchangePage, node: String, reason: String, at: i64) -> impl IntoView {
    let context = request();
    let first = data.contact.last_ms.is_none();
    let contact = contact_sentence(&data.contact, context.now_ms);
    let next = next_sentence(data.next_attempt_ms, first, data.failed_rounds, context.now_ms).unwrap_or_default();
    let why_not = context.why_not(Permission::Exchange).map(str::to_owned);
    view! {
        <Statement tone=Tone::Danger sentence="A licensing node refused the last sync.">
            <p>"The node "<code>{node}</code>" refused: “"{reason}".”"</p>
            <p class="muted"><TimeAgo at_ms=at />{format!(". {contact} {next}")}</p>
            <div class="actions">
                <LinkButton href=paths::EXCHANGE_AT_REGISTRATION look="primary">"Correct the registration"</LinkButton>
                <form method="post" action=paths::EXCHANGE_SYNC class="actions">
                    <Submit why_not=why_not.or(blocked(&data.readiness).map(str::to_owned))>"Sync now"</Submit>
                </form>
                <LinkButton href=paths::EXCHANGE_HAND>"Offline exchange"</LinkButton>
            </div>
        </Statement>
    }
    .drawn()
}

/// How the last round went, node by node.
#[component]
fn LastRound(round: Option<ExchangeRound>, contact: ContactModel, tls: bool, running: bool) -> impl IntoView {
    let body = match round {
        None => {
            let (title, why) = no_attempt(&contact, running, request().now_ms);
            view! { <EmptyState title=title why=why /> }.drawn()
        }
        Some(round) => {
            let refused = round.node_refusal().is_some();
            let (tone, word) = match (round.ok, refused) {
                (true, _) => (Tone::Success, "Done"),
                (false, true) => (Tone::Danger, "Refused"),
                (false, false) => (Tone::Danger, "Failed"),
            };
            view! {
                // The top of the page and the node below already give the reason for a refusal.
                <p class="round"><Pill tone=tone text=word /> <span>{(!refused).then_some(round.sentence)}</span> <span class="when"><TimeAgo at_ms=round.at /></span></p>
                <AttemptList attempts=round.attempts tls=tls />
                {(!round.ok && !refused).then(|| view! {
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
fn LastSuccess(receipt: Receipt) -> impl IntoView {
    let Receipt { entry, answer, .. } = receipt;
    let outcome = answer.outcome;
    let aside = view! { <a href=paths::receipt(&entry.status_id)>"Receipt"</a> }.drawn();
    let from = entry.node.map(|node| view! { <div><dt>"Node"</dt><dd><code>{node}</code></dd></div> });
    view! {
        <Card title="Last exchange" id="last" aside=aside>
            <dl class="facts">
                <div><dt>"When"</dt><dd><TimeAgo at_ms=answer.at /><span class="muted">{format!(", {}", way(&entry.channel))}</span></dd></div>
                {from}
                <div><dt>"Changes"</dt><dd>{if outcome.unchanged { "None.".to_owned() } else { outcome.changes.sentence() }}</dd></div>
                <div><dt>"Serial"</dt><dd>{outcome.serial}</dd></div>
            </dl>
        </Card>
    }
    .drawn()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attempt(stage: &str, ok: bool) -> Attempt {
        Attempt { node: "node".into(), ok, stage: stage.into(), sentence: String::new(), ms: 12, refused: None }
    }

    #[test]
    fn a_failure_shows_what_was_reached_before_it() {
        use StageResult::{Failed, NotReached, Passed};
        let marks = |attempt: &Attempt, tls| stages(attempt, tls).into_iter().map(|(_, mark)| mark).collect::<Vec<_>>();
        assert_eq!(marks(&attempt("TLS", false), true), [Passed, Passed, Failed, NotReached, NotReached]);
        assert_eq!(marks(&attempt("HTTP", false), false), [Passed, Passed, Failed, NotReached]);
        assert_eq!(marks(&attempt("DNS", false), true), [Failed, NotReached, NotReached, NotReached, NotReached]);
        assert_eq!(marks(&attempt("answer", true), false), [Passed; 4]);
    }

    #[test]
    fn without_tls_its_stage_is_not_shown_unless_it_is_where_things_ended() {
        let words = |attempt: &Attempt| stages(attempt, false).into_iter().map(|(word, _)| word).collect::<Vec<_>>();
        assert_eq!(words(&attempt("TCP", false)), ["DNS", "TCP", "HTTP", "Answer"]);
        assert!(words(&attempt("TLS", false)).contains(&"TLS"));
    }

    #[test]
    fn a_server_that_synced_before_it_was_started_does_not_say_that_it_never_tried() {
        let contact = ContactModel {
            label: "Connected".into(),
            days: Some(0),
            last_ms: Some(1_000_000),
            ..ContactModel::default()
        };
        let (title, why) = no_attempt(&contact, false, 1_000_000 + 11 * 60_000);
        assert_eq!(title, "No attempts since this server started");
        assert_eq!(why, "Connected: last synced 11 min ago.");
        assert_eq!(no_attempt(&ContactModel::default(), false, 0).0, "No attempts yet");
    }

    #[test]
    fn times_read_at_a_glance() {
        assert_eq!((took(84), took(4_020)), ("84 ms".to_owned(), "4.0 s".to_owned()));
    }
}
