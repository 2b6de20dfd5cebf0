//! The vendor's configuration file: as a form and as text, reviewed before it is saved, with its history.

mod conflict;
mod findings;
mod form;
mod history;
mod model;
mod outside;
mod review;
mod revision;
mod setting_row;
mod text;

pub use conflict::ConflictPage;
pub use findings::FindingList;
pub use form::ConfigurationPage;
pub use history::HistoryPage;
pub use model::{
    ConfigurationForm, ConfigurationText, Conflict, Draft, EditMode, FileInfo, History, Origin, Outside, Review,
    Revision, RevisionItem,
};
pub use outside::OutsidePage;
pub use review::ReviewPage;
pub use revision::RevisionPage;
pub(crate) use setting_row::SettingRow;
pub use text::TextPage;

use crate::components::{Hidden, TimeAgo};
use crate::drawn::Draw;
use crate::paths;
use leptos::prelude::*;

/// Path and revision of the file, as the line under a heading.
#[component]
fn FileLine(file: FileInfo) -> impl IntoView {
    view! {
        <code class="path">{file.path}</code>
        {(file.revision > 0).then(|| view! {
            <span class="sep">
                <a href=paths::revision(file.revision)>{format!("revision {}", file.revision)}</a>
                {file.saved_by.map(|who| format!(" by {who}"))}
                {file.saved_at_ms.map(|at| view! { ", " <TimeAgo at_ms=at /> })}
            </span>
        })}
    }
    .drawn()
}

/// The crumbs of a page under the configuration.
fn crumbs() -> Vec<(String, String)> {
    vec![("Configuration".to_owned(), paths::CONFIGURATION.to_owned())]
}

/// The hidden fields that carry a change from form to form.
#[component]
fn DraftFields(draft: Draft, base: String) -> impl IntoView {
    view! {
        <Hidden name="mode" value=draft.mode.word() />
        <Hidden name="base" value=base />
        {draft.fields.into_iter().map(|(name, value)| {
            // A hidden input drops line breaks of `\r\n` differently than a text area; the text itself goes through one.
            if name == "text" {
                view! { <div hidden><label for="draft-text">"Text"</label><crate::components::TextArea name=name id="draft-text" text=value /></div> }.drawn()
            } else {
                view! { <Hidden name=name value=value /> }.drawn()
            }
        }).collect_view()}
    }
    .drawn()
}

/// Why nothing can be edited: calm, with what to do.
#[component]
fn FileProblem(sentence: String, path: String) -> impl IntoView {
    use crate::components::Statement;
    use crate::request::Tone;
    view! {
        <Statement tone=Tone::Danger sentence="The configuration file cannot be edited here.">
            <p>{sentence}</p>
            <p>"Put the file right on the server, then load this page again. Leasehold looks at " <code class="path">{path}</code> " each time."</p>
            <div class="actions"><a class="button" href=paths::CONFIGURATION_HISTORY>"Show the saved revisions"</a></div>
        </Statement>
    }
    .drawn()
}
