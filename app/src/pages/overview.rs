//! How things stand, in one sentence, and what to do next.

mod server;
mod standing;
mod steps;
mod tiles;

pub(crate) use server::findings_words;

use crate::components::{Card, Copyable, EmptyState, LinkButton, PageHeader, Pill, TimeAgo};
use crate::drawn::Draw;
use crate::pages::audit::{AuditItem, Outcome};
use crate::pages::clients::Pools;
use crate::pages::exchange::ContactModel;
use crate::paths;
use crate::request::{Tone, request};
use engine::exchange::Readiness;
use engine::leases::PoolView;
use leptos::prelude::*;
use licensing::checklist::ChecklistItem;
use licensing::permission::Permission;
use licensing::words::count;
use server::{File, Identity, Server};
use standing::Standing;
use steps::{NextStep, StepWay, next_steps};
use tiles::Tiles;

/// The data of the overview.
#[derive(Clone, Debug, PartialEq)]
pub struct Overview {
    pub registration: Registration,
    pub file: FileState,
    /// The newest entries of the audit log, newest first; empty when the viewer may not read it.
    pub changes: Vec<AuditItem>,
    pub version: String,
    pub started_at_ms: i64,
    /// How long ago the nodes last answered, and what follows from it.
    pub contact: ContactModel,
    /// Whether this server can exchange with the nodes.
    pub readiness: Readiness,
    /// Licenses that are loaded, those that are not, and the products loaded; none before the first exchange.
    pub licenses: Option<(usize, usize, u64)>,
    /// How much of each product is in use.
    pub pools: Vec<PoolView>,
    /// Clients that are connected.
    pub clients: usize,
    /// How the license of this machine stands, if one is installed.
    pub machine: Option<(Tone, String)>,
    /// An exchange is under way.
    pub running: bool,
    /// A node refused the last sync.
    pub refused: bool,
    /// Failovers and drains of the last day that are over, in a sentence each; the newest first.
    pub past: Vec<String>,
    /// Where the viewer is signed in, this browser included.
    pub own_sessions: usize,
    /// What is left to set up; empty for all but administrators.
    pub checklist: Vec<ChecklistItem>,
}

/// What the configuration file says about this server's identity.
#[derive(Clone, Debug, PartialEq)]
pub enum Registration {
    /// No GUID, or flexible licensing is off.
    NotRegistered {
        /// The GUID in the file, canonical, when only the mode is off.
        guid: Option<String>,
        flexible: bool,
    },
    Registered {
        /// Canonical: `{DF9960A1-…}`.
        guid: String,
        /// Lower case, no braces.
        deployment: String,
    },
}

/// The state of the configuration file.
#[derive(Clone, Debug, PartialEq)]
pub struct FileState {
    pub path: String,
    /// A sentence when the file cannot be read.
    pub problem: Option<String>,
    pub revision: i64,
    /// Who saved the revision; none when it was found as it is.
    pub changed_by: Option<String>,
    pub changed_at_ms: Option<i64>,
    pub errors: usize,
    pub warnings: usize,
    /// When a change from outside was noticed and not yet answered.
    pub changed_outside_ms: Option<i64>,
}

/// The first page.
#[component]
pub fn OverviewPage(data: Overview) -> impl IntoView {
    let steps = next_steps(&data);
    let pools = data.pools.clone();
    view! {
        <PageHeader title="Overview" />
        <Standing data=data.clone() />
        <Tiles />
        <div class="columns">
            <div>
                {(!steps.is_empty()).then(|| view! { <NextSteps steps=steps /> })}
                {(!pools.is_empty()).then(|| view! { <InUse pools=pools clients=data.clients /> })}
                <Changes items=data.changes.clone() />
            </div>
            <div>
                <Identity registration=data.registration.clone() />
                <File file=data.file.clone() />
                <Server data=data />
            </div>
        </div>
    }
    .drawn()
}

/// What to do next; what is left to set up can be taken off.
#[component]
fn NextSteps(steps: Vec<NextStep>) -> impl IntoView {
    let several = steps.iter().filter(|step| step.item.is_some()).count() > 1;
    view! {
        <Card title="What to do next" id="next">
            <ol class="steps-list">{steps.into_iter().map(|step| view! { <Step step=step /> }).collect_view()}</ol>
            {several.then(|| view! {
                <form method="post" action=paths::CHECKLIST class="actions">
                    <button type="submit" class="button quiet" name="item" value="all">"Dismiss what is left to set up"</button>
                </form>
            })}
        </Card>
    }
    .drawn()
}

#[component]
fn Step(step: NextStep) -> impl IntoView {
    let command = match step.way {
        StepWay::Command(command) => Some(command),
        _ => None,
    };
    let mark = step.item.map(|item| {
        let word = if item.is_marked_by_hand() { "Mark as done" } else { "Dismiss" };
        view! {
            <form method="post" action=paths::CHECKLIST>
                <button type="submit" class="button quiet" name="item" value=item.as_str()>
                    {word}<span class="vh">{format!(": {}", step.title)}</span>
                </button>
            </form>
        }
    });
    view! {
        <li>
            <div>
                <p class="strong">{step.title}</p>
                <p class="muted">{step.why}</p>
                {command.map(|command| view! { <p><Copyable value=command what="the command" /></p> })}
            </div>
            {match step.way {
                StepWay::Link(words, href) => Some(view! { <LinkButton href=href>{words}</LinkButton> }),
                StepWay::Command(_) => None,
            }}
            {mark}
        </li>
    }
    .drawn()
}

/// Products that are shown; the page of the clients has all.
const SHOWN: usize = 5;

/// The products nearest to their limit, the over-committed before all.
fn pressing(mut pools: Vec<PoolView>) -> Vec<PoolView> {
    // A metered product has no limit to be near to.
    let nearness =
        |pool: &PoolView| pool.licensed.count().map_or(0.0, |of| f64::from(pool.held) / f64::from(of.max(1)));
    pools.sort_by(|a, b| {
        b.over_committed
            .cmp(&a.over_committed)
            .then(nearness(b).total_cmp(&nearness(a)))
            .then_with(|| a.product.cmp(&b.product))
    });
    pools
}

/// Use by product, or how to begin.
#[component]
fn InUse(pools: Vec<PoolView>, clients: usize) -> impl IntoView {
    let aside = view! { <a href=paths::CLIENTS>"Clients"</a>" · "<a href=paths::USAGE>"Usage"</a> };
    let idle = clients == 0 && pools.iter().all(|pool| pool.counted == 0 && pool.held == 0);
    let rest = pools.len().saturating_sub(SHOWN);
    let shown: Vec<PoolView> = pressing(pools).into_iter().take(SHOWN).collect();
    view! {
        <Card title="In use now" id="in-use" aside=aside.drawn()>
            {if idle {
                view! {
                    <p class="muted">"No applications are connected."</p>
                    <div class="actions"><LinkButton href=paths::CLIENTS>"Connect an application"</LinkButton></div>
                }.drawn()
            } else {
                view! {
                    <Pools pools=shown />
                    {(rest > 0).then(|| view! { <p class="fine">{format!("{} more.", count(rest, "product", "products"))}</p> })}
                }.drawn()
            }}
        </Card>
    }
    .drawn()
}

/// The newest entries of the audit log.
#[component]
fn Changes(items: Vec<AuditItem>) -> impl IntoView {
    let refused = request().why_not(Permission::ViewAudit);
    let body = match (refused, items.is_empty()) {
        (Some(reason), _) => view! { <EmptyState title="Not shown to this role" why=reason /> }.drawn(),
        (None, true) => {
            view! { <EmptyState title="No changes yet" why="Changes appear here, with who made them and when." /> }
                .drawn()
        }
        (None, false) => view! {
            <ul class="events">{items.into_iter().map(|item| view! { <Change item=item /> }).collect_view()}</ul>
        }
        .drawn(),
    };
    match refused {
        Some(_) => view! { <Card title="Recent changes" id="changes">{body}</Card> }.drawn(),
        None => {
            let aside = view! { <a href=paths::AUDIT>"Audit"</a> };
            view! { <Card title="Recent changes" id="changes" aside=aside.drawn()>{body}</Card> }.drawn()
        }
    }
}

#[component]
fn Change(item: AuditItem) -> impl IntoView {
    let outcome = match item.outcome {
        Outcome::Done => None,
        Outcome::Refused => Some((Tone::Warning, "Refused")),
        Outcome::Failed => Some((Tone::Danger, "Failed")),
    };
    view! {
        <li>
            <div class="event-text">
                <p>
                    <b>{item.who}</b>" "
                    {match revision_in(&item.what) {
                        Some((before, name, number, after)) => view! {
                            <span>{before.to_owned()}<a href=paths::revision(number)>{name.to_owned()}</a>{after.to_owned()}</span>
                        }.drawn(),
                        None => view! { <span>{item.what.clone()}</span> }.drawn(),
                    }}
                    {outcome.map(|(tone, word)| view! { " " <Pill tone=tone text=word /> })}
                </p>
                {item.comment.map(|comment| view! { <p class="comment">{comment}</p> })}
            </div>
            <span class="when"><TimeAgo at_ms=item.at_ms /></span>
        </li>
    }
    .drawn()
}

/// The first revision a sentence names: the text before it, its name, its number, the text after it.
fn revision_in(sentence: &str) -> Option<(&str, &str, i64, &str)> {
    const WORD: &str = "revision ";
    let start = sentence.find(WORD)?;
    let digits: usize = sentence[start + WORD.len()..].bytes().take_while(u8::is_ascii_digit).count();
    let end = start + WORD.len() + digits;
    let number = sentence[start + WORD.len()..end].parse().ok()?;
    Some((&sentence[..start], &sentence[start..end], number, &sentence[end..]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use licensing::product::Licensed;

    #[test]
    fn what_is_nearest_to_its_limit_comes_first() {
        let pool = |product: &str, held, licensed, over_committed| PoolView {
            product: product.into(),
            licensed: Licensed::Count(licensed),
            held,
            counted: held,
            wanted: held,
            clients: 1,
            over_committed,
        };
        let sorted = pressing(vec![
            pool("half", 5, 10, false),
            pool("over", 1, 9, true),
            pool("full", 3, 3, false),
            pool("none", 0, 0, false),
        ]);
        let names: Vec<_> = sorted.iter().map(|pool| pool.product.as_str()).collect();
        assert_eq!(names, ["over", "full", "half", "none"]);
    }

    #[test]
    fn only_the_revision_in_a_sentence_is_a_link() {
        let sentence = "saved revision 14 of the configuration file.";
        assert_eq!(revision_in(sentence), Some(("saved ", "revision 14", 14, " of the configuration file.")));
        assert_eq!(revision_in("brought back a revision of the file."), None);
        assert_eq!(revision_in("saw revision 99999999999999999999."), None);
        assert_eq!(revision_in("made revision 7"), Some(("made ", "revision 7", 7, "")));
    }
}
