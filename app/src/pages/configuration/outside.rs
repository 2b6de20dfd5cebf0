//! The file was changed outside Leasehold: what changed, and the two answers to it.

use super::findings::FindingList;
use super::model::Outside;
use super::{FileLine, crumbs};
use crate::components::{
    Card, DiffView, Disabled, FormErrors, Hidden, LinkButton, PageHeader, Statement, TimeAgo, changed_lines,
};
use crate::drawn::Draw;
use crate::paths;
use crate::request::{Tone, request};
use leptos::prelude::*;
use licensing::permission::Permission;

/// The alarm page.
#[component]
pub fn OutsidePage(data: Outside) -> impl IntoView {
    let file = data.file.clone();
    let number = file.revision;
    if data.settled {
        return view! {
            <PageHeader title="Changed outside" crumbs=crumbs() lead=view! { <FileLine file=file /> }.drawn() />
            <Statement tone=Tone::Success sentence="The file is as Leasehold saved it.">
                <p>{format!("It holds revision {number}, byte for byte.")}</p>
                <div class="actions"><LinkButton href=paths::CONFIGURATION>"To the configuration"</LinkButton></div>
            </Statement>
        }
        .drawn();
    }
    let context = request();
    let keep = context.why_not(Permission::EditConfiguration);
    let restore = context.why_not(Permission::RestoreConfiguration);
    let unreadable = data.file_problem.is_some();
    let reason = keep.or(restore);
    let changed = changed_lines(&data.diff);
    view! {
        <PageHeader title="Changed outside" crumbs=crumbs() lead=view! { <FileLine file=file.clone() /> }.drawn() />
        <FormErrors />
        <Statement tone=Tone::Danger sentence="The configuration file was changed outside Leasehold.">
            <p>"Noticed " <TimeAgo at_ms=data.noticed_ms />". "
                {match &data.file_problem {
                    Some(problem) => problem.clone(),
                    None if changed == 1 => format!("1 line differs from revision {number}."),
                    None => format!("{changed} lines differ from revision {number}."),
                }}
            </p>
            <p class="muted">"Nothing was overwritten: what is in the file now is what Leasehold reads. Keep the change, and it becomes a revision of its own; or bring back what Leasehold saved last."</p>
        </Statement>
        {(!unreadable).then(|| view! {
            <Card title="What changed" id="changed">
                <DiffView diff=data.diff caption=format!("From revision {number} to the file now") />
                {(!data.findings.is_empty()).then(|| view! { <FindingList findings=data.findings linked=true /> })}
            </Card>
        })}
        <div class="card">
            <div class="actions">
                <form method="post" action=paths::CONFIGURATION_OUTSIDE>
                    <Hidden name="base" value=file.base.clone() />
                    <button type="submit" class="button primary" name="intent" value="keep" disabled=keep.is_some() || unreadable>"Keep the change"</button>
                </form>
                <form method="post" action=paths::CONFIGURATION_RESTORE>
                    <Hidden name="revision" value=number.to_string() />
                    <Hidden name="base" value=file.base />
                    <Hidden name="comment" value="Undoes a change made outside Leasehold." />
                    <button type="submit" class="button danger" disabled=restore.is_some()>{format!("Bring back revision {number}")}</button>
                </form>
            </div>
            {reason.map(|reason| view! { <Disabled reason=reason /> })}
        </div>
    }
    .drawn()
}
