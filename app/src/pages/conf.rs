//! The vendor's configuration file: as a form and as text, reviewed before it is saved, with its history.

mod form;
mod history;
mod model;
mod review;
mod text;

pub use form::ConfigurationPage;
pub(crate) use form::SettingRow;
pub use history::HistoryPage;
pub use model::{
    ConfigurationForm, ConfigurationText, Conflict, Draft, EditMode, FileInfo, History, Origin, Outside, Review,
    Revision, RevisionItem,
};
pub use review::ReviewPage;
pub use text::TextPage;

use crate::components::{
    Banner, Card, DiffView, Disabled, EmptyState, FormErrors, Glyph, Hidden, Icon, LinkButton, PageHeader, Pill,
    Statement, TimeAgo, changed_lines,
};
use crate::drawn::Draw;
use crate::paths;
use crate::request::{Tone, request};
use history::{LineCounts, what};
use leptos::prelude::*;
use licensing::conf::check::{ConfFinding, Severity};
use licensing::permission::Permission;

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
            <p>"Fix the file on the server, then reload this page. Leasehold reads " <code class="path">{path}</code> " each time."</p>
            <div class="actions"><a class="button" href=paths::CONFIGURATION_HISTORY>"Show saved revisions"</a></div>
        </Statement>
    }
    .drawn()
}

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
        <PageHeader title="The file has changed" crumbs=crumbs() lead=view! { <FileLine file=file.clone() /> }.drawn() />
        <Statement tone=Tone::Warning sentence="Your change is not saved yet, and not lost.">
            <p>{how}", " <TimeAgo at_ms=data.at_ms />", after you opened the file."</p>
            {data.comment.map(|comment| view! { <p class="comment">{comment}</p> })}
            <p class="muted">"Review your changes on top of the current file before saving."</p>
        </Statement>
        {data.overlaps.then(|| view! {
            <Banner tone=Tone::Warning text="Both changes touch the same lines. Yours would replace the other: check the review carefully." />
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

/// The alarm page.
#[component]
pub fn OutsidePage(data: Outside) -> impl IntoView {
    let file = data.file.clone();
    let number = file.revision;
    if data.settled {
        return view! {
            <PageHeader title="Changed outside" crumbs=crumbs() lead=view! { <FileLine file=file /> }.drawn() />
            <Statement tone=Tone::Success sentence="The file is as Leasehold saved it.">
                <p>{format!("It is identical to revision {number}.")}</p>
                <div class="actions"><LinkButton href=paths::CONFIGURATION>"Go to Configuration"</LinkButton></div>
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
            <p class="muted">"Nothing was overwritten: Leasehold reads the file as it is now. Keep the change as a new revision, or restore the last one Leasehold saved."</p>
        </Statement>
        {(!unreadable).then(|| view! {
            <Card title="Changes" id="changed">
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
                    <button type="submit" class="button danger" disabled=restore.is_some()>{format!("Restore revision {number}")}</button>
                </form>
            </div>
            {reason.map(|reason| view! { <Disabled reason=reason /> })}
        </div>
    }
    .drawn()
}

/// A revision, with the form that restores it.
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
                <Card title="Changes" id="changed" aside=view! { <a href=paths::revision(previous)>{format!("Revision {previous}")}</a> }.drawn()>
                    <DiffView diff=diff caption=format!("From revision {previous} to {number}") />
                </Card>
            }.drawn(),
            (Some(previous), _) => view! {
                <Card title="Changes" id="changed">
                    <EmptyState title="No changes" why=format!("Identical to revision {previous}.") />
                </Card>
            }.drawn(),
            (None, _) => view! {
                <Card title="Changes" id="changed">
                    <EmptyState title="First revision" why="There is no earlier revision to compare with." />
                </Card>
            }.drawn(),
        }}
        {if data.from_current.is_empty() {
            view! {
                <Card title="Compared with the file now" id="restore">
                    <p><Pill tone=Tone::Success text="The same" /> " The file is identical to this revision."</p>
                </Card>
            }.drawn()
        } else {
            let why_not = request().why_not(Permission::RestoreConfiguration);
            view! {
                <Card title="Restore this revision" id="restore">
                    <p class="muted">"Restoring makes these changes to the current file. The current version stays in the history."</p>
                    <DiffView diff=data.from_current caption=format!("From the file now to revision {number}") />
                    <form method="post" action=paths::CONFIGURATION_RESTORE class="stack">
                        <Hidden name="revision" value=number.to_string() />
                        <Hidden name="base" value=data.file.base />
                        <div class="field">
                            <label for="comment">"Reason"</label>
                            <input class="input" type="text" id="comment" name="comment" value=request().typed("comment", "") maxlength="500" autocomplete="off" disabled=why_not.is_some() />
                        </div>
                        <div class="actions">
                            <button type="submit" class="button primary" disabled=why_not.is_some()>{format!("Restore revision {number}")}</button>
                            {why_not.map(|reason| view! { <Disabled reason=reason /> })}
                        </div>
                    </form>
                </Card>
            }.drawn()
        }}
    }
    .drawn()
}

/// The findings as a list; each leads to its line.
#[component]
pub fn FindingList(
    findings: Vec<ConfFinding>,
    /// The lines can be shown: the findings are about the file as it is.
    #[prop(optional)]
    linked: bool,
) -> impl IntoView {
    view! {
        <ul class="findings">
            {findings.into_iter().map(|finding| {
                let (class, glyph, word) = look(&finding.severity);
                view! {
                    <li class=class>
                        <Icon glyph=glyph />
                        <span class="vh">{format!("{word}: ")}</span>
                        <p>{finding.sentence}</p>
                        {finding.line.map(|line| if linked {
                            view! { <a class="line-link" href=paths::text_line(line)>{format!("line {line}")}</a> }.drawn()
                        } else {
                            view! { <span class="line-link">{format!("line {line}")}</span> }.drawn()
                        })}
                    </li>
                }
            }).collect_view()}
        </ul>
    }
    .drawn()
}

/// Class, icon and word of a severity.
fn look(severity: &Severity) -> (&'static str, Glyph, &'static str) {
    match severity {
        Severity::Error => ("danger", Glyph::Danger, "Error"),
        Severity::Warning => ("warning", Glyph::Warning, "Warning"),
    }
}

/// How many errors and how many warnings.
fn counted(findings: &[ConfFinding]) -> (usize, usize) {
    let errors = findings.iter().filter(|finding| matches!(finding.severity, Severity::Error)).count();
    (errors, findings.len() - errors)
}
