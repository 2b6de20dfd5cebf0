//! Somebody changed the file meanwhile: both changes, who made the other one, and two ways on.

use super::model::{Conflict, EditMode, Origin};
use super::{DraftFields, FileLine, crumbs};
use crate::components::{Banner, Card, DiffView, Hidden, LinkButton, PageHeader, Statement, TimeAgo};
use crate::drawn::Draw;
use crate::paths;
use crate::request::Tone;
use leptos::prelude::*;

/// The answer to a save on top of an older file.
#[component]
pub fn ConflictPage(data: Conflict) -> impl IntoView {
    let (editor, discard) = match data.draft.mode {
        EditMode::Form => (paths::CONFIGURATION, paths::CONFIGURATION),
        EditMode::Text => (paths::CONFIGURATION_TEXT, paths::CONFIGURATION_TEXT),
    };
    let file = data.file.clone();
    let comment = data.draft.comment.clone();
    let how = match (data.who, data.origin) {
        (_, Origin::Outside) => "It was changed outside Leasehold".to_owned(),
        (Some(who), origin) => format!("{who} saved revision {} from the {}", data.file.revision, origin.label()),
        (None, origin) => format!("Revision {} was saved from the {}", data.file.revision, origin.label()),
    };
    view! {
        <PageHeader title="The file changed meanwhile" crumbs=crumbs() lead=view! { <FileLine file=file.clone() /> }.drawn() />
        <Statement tone=Tone::Warning sentence="Your change is not saved, and nothing of it is lost.">
            <p>{how}", " <TimeAgo at_ms=data.at_ms />", after you opened the file."</p>
            {data.comment.map(|comment| view! { <p class="comment">{comment}</p> })}
            <p class="muted">"Review your changes on top of the current file: you see the result before anything is saved."</p>
        </Statement>
        {data.overlaps.then(|| view! {
            <Banner tone=Tone::Warning text="Both changes touch the same lines. On top of the current file yours would replace the other: look closely at the review." />
        })}
        <div class="grid">
            <Card title="Your change" id="yours" span="c6"><DiffView diff=data.yours caption="Your change" /></Card>
            <Card title="The other change" id="theirs" span="c6"><DiffView diff=data.theirs caption="The other change" /></Card>
        </div>
        <form method="post" action=editor class="actions">
            <DraftFields draft=data.draft base=file.base />
            <Hidden name="comment" value=comment />
            <button type="submit" class="button primary">"Review my changes on top of the current file"</button>
            <LinkButton href=discard>"Discard my changes"</LinkButton>
        </form>
    }
    .drawn()
}
