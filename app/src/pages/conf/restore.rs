//! Before an earlier revision comes back: what that changes in the file now, why, and the password once more.

use super::model::Revision;
use super::{FileLine, history_crumbs, what};
use crate::components::{
    Card, DiffView, Disabled, EmptyState, Field, FormErrors, Hidden, LinkButton, PageHeader, TimeAgo,
};
use crate::drawn::Draw;
use crate::paths;
use crate::request::request;
use leptos::prelude::*;
use licensing::permission::Permission;

/// What restoring a revision would change, and the form that does it.
#[component]
pub fn RestorePage(data: Revision) -> impl IntoView {
    let context = request();
    let number = data.item.number;
    let why_not = context.why_not(Permission::RestoreConfiguration);
    let disabled = why_not.is_some();
    let mut crumbs = history_crumbs();
    crumbs.push((format!("Revision {number}"), paths::revision(number)));
    let (sentence, at) = (what(&data.item), data.item.at_ms);
    let file = data.file.clone();
    view! {
        <PageHeader title=format!("Restore revision {number}") crumbs=crumbs lead=view! { {sentence}", " <TimeAgo at_ms=at /> }.drawn() />
        <FormErrors />
        {if data.from_current.is_empty() {
            view! {
                <Card title="Nothing to restore" id="change">
                    <EmptyState title="No changes" why="The file is identical to this revision.">
                        <LinkButton href=paths::CONFIGURATION_HISTORY>"History"</LinkButton>
                    </EmptyState>
                </Card>
            }.drawn()
        } else {
            view! {
                <Card title="What changes in the file" id="change">
                    <p class="muted"><FileLine file=file /></p>
                    <DiffView diff=data.from_current caption=format!("From the file now to revision {number}") />
                    <p class="muted">"The version the file has now stays in the history."</p>
                </Card>
                <Card title="Confirm" id="confirm">
                    <form method="post" action=paths::CONFIGURATION_RESTORE class="stack">
                        <Hidden name="revision" value=number.to_string() />
                        <Hidden name="base" value=data.file.base />
                        <Field name="comment" label="Reason" hint="Optional. Saved in the history." disabled=disabled />
                        <Field name="password" label="Your password" kind="password" autocomplete="current-password" required=true disabled=disabled />
                        <div class="actions">
                            <button type="submit" class="button primary" disabled=disabled>{format!("Restore revision {number}")}</button>
                            <LinkButton href=paths::revision(number)>"Cancel"</LinkButton>
                            {why_not.map(|reason| view! { <Disabled reason=reason /> })}
                        </div>
                    </form>
                </Card>
            }.drawn()
        }}
    }
    .drawn()
}
