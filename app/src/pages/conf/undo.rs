//! Why a revision can't be undone alone: later revisions set the same settings.

use super::model::UndoConflict;
use super::{FileLine, ToRestore, history_crumbs, value, what};
use crate::components::{Card, Column, LinkButton, PageHeader, Statement, Table, TimeAgo};
use crate::drawn::Draw;
use crate::paths;
use crate::request::{Tone, request};
use leptos::prelude::*;
use licensing::conf::merge::SettingConflict;
use licensing::permission::Permission;

/// Later changes touch the same settings or lines.
#[component]
pub fn UndoConflictPage(data: UndoConflict) -> impl IntoView {
    let number = data.item.number;
    let mut crumbs = history_crumbs();
    crumbs.push((format!("Revision {number}"), paths::revision(number)));
    let (sentence, at) = (what(&data.item), data.item.at_ms);
    let same = if data.settings.is_empty() { "lines" } else { "settings" };
    let restore = request().why_not(Permission::RestoreConfiguration);
    view! {
        <PageHeader title=format!("Undo revision {number}") crumbs=crumbs lead=view! { {sentence}", " <TimeAgo at_ms=at /> }.drawn() />
        <Statement tone=Tone::Warning sentence=format!("Later changes touch the same {same}. Nothing was undone.")>
            <p class="muted"><FileLine file=data.file /></p>
            <p>"Edit the configuration to set the values yourself. Restoring the revision before undoes every later change too."</p>
            <div class="actions">
                <LinkButton href=paths::CONFIGURATION look="primary">"Edit the configuration"</LinkButton>
                {data.previous.map(|previous| view! { <ToRestore number=previous why_not=restore /> })}
                <LinkButton href=paths::revision(number)>{format!("Show revision {number}")}</LinkButton>
            </div>
        </Statement>
        {(!data.settings.is_empty()).then(|| view! { <SetAgain number=number settings=data.settings /> })}
    }
    .drawn()
}

/// Each setting that was set again, with all its values.
#[component]
fn SetAgain(number: i64, settings: Vec<SettingConflict>) -> impl IntoView {
    let table = Table::new("Settings that later changes set again")
        .labelled()
        .column(Column::row_header("Setting", |setting: &SettingConflict, cell| {
            cell.text(&setting.label);
            cell.sub(|cell| cell.code(&setting.key));
        }))
        .column(Column::text("Before", |setting: &SettingConflict, cell| value(setting.yours.as_deref(), cell)))
        .column(Column::text("This revision", |setting: &SettingConflict, cell| value(setting.before.as_deref(), cell)))
        .column(Column::text("The file now", |setting: &SettingConflict, cell| value(setting.theirs.as_deref(), cell)))
        .draw(&settings);
    view! { <Card title=format!("Set again since revision {number}") id="again">{table}</Card> }.drawn()
}
