//! One saved version: what it changed, and how it differs from the file now.

use super::history::{LineCounts, what};
use super::model::Revision;
use crate::components::{Card, DiffView, Disabled, EmptyState, FormErrors, Hidden, PageHeader, Pill, TimeAgo};
use crate::drawn::Draw;
use crate::paths;
use crate::request::{Tone, request};
use leptos::prelude::*;
use licensing::permission::Permission;

/// A revision, with the form that brings it back.
#[component]
pub fn RevisionPage(data: Revision) -> impl IntoView {
    let number = data.item.number;
    let crumbs = vec![
        ("Configuration".to_owned(), paths::CONFIGURATION.to_owned()),
        ("History".to_owned(), paths::CONFIGURATION_HISTORY.to_owned()),
    ];
    let at = data.item.at_ms;
    let sentence = what(&data.item);
    view! {
        <PageHeader
            title=format!("Revision {number}")
            crumbs=crumbs
            lead=view! { {sentence}", " <TimeAgo at_ms=at /> " " <LineCounts item=data.item.clone() /> }.drawn()
        />
        <FormErrors />
        {data.item.comment.clone().map(|comment| view! { <p class="comment large">{comment}</p> })}
        {match (data.previous, data.from_previous) {
            (Some(previous), Some(diff)) if !diff.is_empty() => view! {
                <Card title="What it changed" id="changed" aside=view! { <a href=paths::revision(previous)>{format!("Revision {previous}")}</a> }.drawn()>
                    <DiffView diff=diff caption=format!("From revision {previous} to {number}") />
                </Card>
            }.drawn(),
            (Some(previous), _) => view! {
                <Card title="What it changed" id="changed">
                    <EmptyState title="Nothing" why=format!("It holds the same bytes as revision {previous}.") />
                </Card>
            }.drawn(),
            (None, _) => view! {
                <Card title="What it changed" id="changed">
                    <EmptyState title="The first revision" why="There is none before it to compare with." />
                </Card>
            }.drawn(),
        }}
        {if data.from_current.is_empty() {
            view! {
                <Card title="Compared with the file now" id="restore">
                    <p><Pill tone=Tone::Success text="The same" /> " The file holds exactly this revision."</p>
                </Card>
            }.drawn()
        } else {
            let why_not = request().why_not(Permission::RestoreConfiguration);
            view! {
                <Card title="Bring it back" id="restore">
                    <p class="muted">"This is what would change in the file as it is now. The present state stays in the history."</p>
                    <DiffView diff=data.from_current caption=format!("From the file now to revision {number}") />
                    <form method="post" action=paths::CONFIGURATION_RESTORE class="stack">
                        <Hidden name="revision" value=number.to_string() />
                        <Hidden name="base" value=data.file.base />
                        <div class="field">
                            <label for="comment">"Why?"</label>
                            <input class="input" type="text" id="comment" name="comment" value=request().typed("comment", "") maxlength="500" autocomplete="off" disabled=why_not.is_some() />
                        </div>
                        <div class="actions">
                            <button type="submit" class="button primary" disabled=why_not.is_some()>{format!("Bring back revision {number}")}</button>
                            {why_not.map(|reason| view! { <Disabled reason=reason /> })}
                        </div>
                    </form>
                </Card>
            }.drawn()
        }}
    }
    .drawn()
}
