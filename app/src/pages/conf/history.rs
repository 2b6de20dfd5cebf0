//! Every saved version of the file, newest first.

use super::model::{History, Origin, RevisionItem};
use super::{FileLine, crumbs};
use crate::components::{Card, EmptyState, LinkButton, PageHeader, Pager, Pill, Tag, TimeAgo};
use crate::drawn::Draw;
use crate::paths;
use crate::request::{Tone, request};
use leptos::prelude::*;
use licensing::permission::Permission;

/// The history of the configuration file.
#[component]
pub fn HistoryPage(data: History) -> impl IntoView {
    let later = request().query("before").is_some();
    let current = data.file.revision;
    let older = data.older.map(paths::history_before);
    let newest = later.then(|| paths::CONFIGURATION_HISTORY.to_owned());
    view! {
        <PageHeader title="History" crumbs=crumbs() lead=view! { <FileLine file=data.file /> }.drawn() />
        <Card title="Revisions" id="revisions">
            {match (data.revisions.is_empty(), later) {
                (true, false) => view! {
                    <EmptyState title="No revisions yet" why="The first is saved when Leasehold first reads the file, then one with every change.">
                        <LinkButton href=paths::CONFIGURATION>"Go to Configuration"</LinkButton>
                    </EmptyState>
                }.drawn(),
                (true, true) => view! {
                    <EmptyState title="Nothing older" why="The history begins after this point.">
                        <LinkButton href=paths::CONFIGURATION_HISTORY>"Newest revisions"</LinkButton>
                    </EmptyState>
                }.drawn(),
                (false, _) => view! {
                    <ol class="revisions" reversed=true>
                        {data.revisions.into_iter().map(|item| {
                            let is_current = item.number == current;
                            view! { <Item item=item is_current=is_current /> }
                        }).collect_view()}
                    </ol>
                }.drawn(),
            }}
            <Pager newest=newest older=older />
        </Card>
    }
    .drawn()
}

#[component]
fn Item(item: RevisionItem, is_current: bool) -> impl IntoView {
    let may_undo = request().why_not(Permission::EditConfiguration).is_none();
    view! {
        <li>
            <a class="revision-number" href=paths::revision(item.number) aria-label=format!("Revision {}", item.number)>{item.number}</a>
            <div class="event-text">
                <p>
                    <span>{what(&item)}</span>
                    {is_current.then(|| view! { " " <Pill tone=Tone::Success text="Current" /> })}
                    {match (item.origin, item.waits_for_review()) {
                        (_, true) => view! { " " <Pill tone=Tone::Warning text="Outside, not reviewed" /> }.drawn(),
                        (Origin::Outside, false) => view! { " " <Pill text="Outside, reviewed" /> }.drawn(),
                        _ => ().drawn(),
                    }}
                </p>
                {item.comment.clone().map(|comment| view! { <p class="comment">{comment}</p> })}
                <p class="fine">
                    <LineCounts item=item.clone() />
                    {(may_undo && item.is_change()).then(|| view! {
                        " " <a href=paths::undo(item.number)>"Undo this change"<span class="vh">{format!(" of revision {}", item.number)}</span></a>
                    })}
                </p>
            </div>
            <span class="when"><TimeAgo at_ms=item.at_ms /></span>
        </li>
    }
    .drawn()
}

/// "admin changed it from the console".
pub(super) fn what(item: &RevisionItem) -> String {
    let who = item.author.clone();
    match (item.restored_from, item.undoes, item.origin, who) {
        (Some(number), _, _, Some(who)) => format!("{who} restored revision {number}"),
        (Some(number), _, _, None) => format!("Revision {number} was restored"),
        (None, Some(number), _, Some(who)) => format!("{who} undid revision {number}"),
        (None, Some(number), _, None) => format!("Revision {number} was undone"),
        (None, None, Origin::Outside, _) => "Changed outside Leasehold".to_owned(),
        (None, None, origin, Some(who)) => format!("{who} changed it from the {}", origin.label()),
        (None, None, _, None) => "As first read by Leasehold".to_owned(),
    }
}

/// "3 lines added, 1 removed", as two small tags.
#[component]
pub(super) fn LineCounts(item: RevisionItem) -> impl IntoView {
    view! {
        <span class="counts">
            {(item.added > 0).then(|| view! { <Tag text=format!("+{} {}", item.added, lines(item.added)) look="plus" /> })}
            {(item.removed > 0).then(|| view! { <Tag text=format!("−{} {}", item.removed, lines(item.removed)) look="minus" /> })}
            {(item.added + item.removed == 0).then_some("no lines differ from the previous revision")}
        </span>
    }
    .drawn()
}

fn lines(number: usize) -> &'static str {
    if number == 1 { "line" } else { "lines" }
}
