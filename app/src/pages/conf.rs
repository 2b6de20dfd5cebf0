//! The vendor's configuration file: as a form and as text, reviewed before it is saved, with its history.

mod form;
mod history;
mod model;
mod restore;
mod review;
mod text;
mod undo;

pub use form::ConfigurationPage;
pub(crate) use form::SettingRow;
pub use history::HistoryPage;
pub use model::{
    ConfigurationForm, ConfigurationText, Conflict, Draft, EditMode, FileInfo, History, Meanwhile, Origin, Outside,
    OutsideEdit, Review, Revision, RevisionItem, UndoConflict,
};
pub use restore::RestorePage;
pub use review::ReviewPage;
pub use text::TextPage;
pub use undo::UndoConflictPage;

use crate::components::{
    Banner, Card, Cell, Column, DiffView, Disabled, EmptyState, FormErrors, Glyph, Hidden, Icon, LinkButton,
    PageHeader, Pill, Statement, Table, TimeAgo, changed_lines,
};
use crate::drawn::Draw;
use crate::paths;
use crate::request::{Tone, request};
use history::{LineCounts, what};
use leptos::prelude::*;
use licensing::conf::check::{ConfFinding, Severity};
use licensing::conf::merge::SettingConflict;
use licensing::permission::Permission;
use licensing::words::{count, list};

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
    let restores = data.draft.mode == EditMode::Restore;
    let other = data.other;
    let how = how(&other);
    let (sentence, next) = if restores {
        ("Nothing was restored.", "Compare with the file as it is now before you restore anything.")
    } else {
        ("Your change is not saved yet, and not lost.", "Review your changes on top of the current file before saving.")
    };
    let apart = data.settings.is_empty() && !data.overlaps && !restores;
    view! {
        <PageHeader title="The file has changed" crumbs=crumbs() lead=view! { <FileLine file=data.file.clone() /> }.drawn() />
        <Statement tone=Tone::Warning sentence=sentence>
            <p>{how}", " <TimeAgo at_ms=other.at_ms />", after you opened the file."</p>
            {other.comment.map(|comment| view! { <p class="comment">{comment}</p> })}
            {apart.then(|| view! { <p>"The two changes don't touch the same settings: both are kept."</p> })}
            <p class="muted">{next}</p>
        </Statement>
        {(!data.settings.is_empty()).then(|| view! { <BothChanged settings=data.settings mode=data.draft.mode /> })}
        {data.overlaps.then(|| view! {
            <Banner tone=Tone::Warning text="Both changes touch the same lines. Yours would replace the other: check the review carefully." />
        })}
        <div class="grid">
            <Card title="Your change" id="yours" span="c6"><DiffView diff=data.yours caption="Your change" /></Card>
            <Card title="The other change" id="theirs" span="c6"><DiffView diff=data.theirs caption="The other change" /></Card>
        </div>
        <Again draft=data.draft base=data.file.base />
    }
    .drawn()
}

/// "ada saved revision 14 from the console".
fn how(other: &Meanwhile) -> String {
    match (&other.who, other.origin) {
        (_, Origin::Outside) => "The file was changed outside Leasehold".to_owned(),
        (Some(who), origin) => format!("{who} saved revision {} from the {}", other.revision, origin.label()),
        (None, origin) => format!("Revision {} was saved from the {}", other.revision, origin.label()),
    }
}

/// Each setting that both changes set, with all its values. From the form, one may leave the file's.
#[component]
fn BothChanged(settings: Vec<SettingConflict>, mode: EditMode) -> impl IntoView {
    let hint = match mode {
        EditMode::Form => "Your value replaces the file's unless you keep that. All other settings merge.",
        EditMode::Text => "Your text replaces these values of the file.",
        EditMode::Restore | EditMode::Undo => "The revision has other values than the file now.",
    };
    let table = Table::new("Settings that both changes set")
        .labelled()
        .column(Column::row_header("Setting", |setting: &SettingConflict, cell| {
            cell.text(&setting.label);
            cell.sub(|cell| cell.code(&setting.key));
        }))
        .column(Column::text("You", |setting: &SettingConflict, cell| value(setting.yours.as_deref(), cell)))
        .column(Column::text("The file now", |setting: &SettingConflict, cell| value(setting.theirs.as_deref(), cell)))
        .column(Column::text("Before", |setting: &SettingConflict, cell| value(setting.before.as_deref(), cell)))
        .column_if(
            mode == EditMode::Form,
            Column::text("Keep", |setting: &SettingConflict, cell| {
                let (key, label) = (setting.key.clone(), setting.label.clone());
                let id = format!("drop-{key}");
                cell.view(view! {
                    <span class="check">
                        <input type="checkbox" form="conflict" id=id.clone() name="drop" value=key />
                        <label for=id>"The file's value"<span class="vh">{format!(" of {label}")}</span></label>
                    </span>
                });
            }),
        )
        .draw(&settings);
    view! {
        <Card title="Both changed" id="both">
            <p class="muted">{hint}</p>
            {table}
        </Card>
    }
    .drawn()
}

fn value(value: Option<&str>, cell: &mut Cell<'_>) {
    match value {
        Some("") => cell.muted("empty"),
        Some(value) => cell.code(value),
        None => cell.muted("not in the file"),
    }
}

/// How it goes on.
#[component]
fn Again(draft: Draft, base: String) -> impl IntoView {
    let editor = match draft.mode {
        EditMode::Form => paths::CONFIGURATION,
        EditMode::Text => paths::CONFIGURATION_TEXT,
        EditMode::Restore | EditMode::Undo => {
            let number = draft.fields.first().and_then(|(_, number)| number.parse().ok());
            let compare = number.map(|number: i64| view! {
                <LinkButton href=paths::restore(number) look="primary">{format!("Compare revision {number} with the file now")}</LinkButton>
            });
            return view! {
                <div class="actions">{compare}<LinkButton href=paths::CONFIGURATION>"Leave the file as it is"</LinkButton></div>
            }
            .drawn();
        }
    };
    let comment = draft.comment.clone();
    view! {
        <form method="post" action=editor class="actions" id="conflict">
            <DraftFields draft=draft base=base />
            <Hidden name="comment" value=comment />
            <button type="submit" class="button primary">"Review my changes on top of the current file"</button>
            <LinkButton href=editor>"Discard my changes"</LinkButton>
        </form>
    }
    .drawn()
}

/// What was changed since the server started and waits for its next start; nothing when nothing does.
#[component]
fn RestartRequired(labels: Vec<String>) -> impl IntoView {
    (!labels.is_empty())
        .then(|| {
            let verb = if labels.len() == 1 { "was" } else { "were" };
            let text = format!("Restart required: {} {verb} changed since this server started.", list(&labels));
            view! { <Banner tone=Tone::Warning text=text /> }
        })
        .drawn()
}

/// The alarm page: every change nobody has reviewed, as the history has it.
#[component]
pub fn OutsidePage(data: Outside) -> impl IntoView {
    let file = data.file.clone();
    let Some(newest) = data.edits.first().map(|edit| edit.item.number) else {
        return view! {
            <PageHeader title="Changed outside" crumbs=crumbs() lead=view! { <FileLine file=file.clone() /> }.drawn() />
            <Statement tone=Tone::Success sentence="No change made outside is waiting for review.">
                <p>{format!("The file is as revision {} has it.", file.revision)}</p>
                <div class="actions">
                    <LinkButton href=paths::CONFIGURATION>"Go to Configuration"</LinkButton>
                    <LinkButton href=paths::CONFIGURATION_HISTORY>"History"</LinkButton>
                </div>
            </Statement>
        }
        .drawn();
    };
    let unreadable = data.file_problem.is_some();
    let edits = data.edits.len() + data.more;
    let since = data.before.map(|before| format!(" since revision {before}")).unwrap_or_default();
    let said = match (&data.file_problem, data.edits.as_slice()) {
        (Some(problem), _) => problem.clone(),
        (None, [only]) if edits == 1 => {
            let lines = changed_lines(&only.diff);
            format!("{}{since}.", count(lines, "line was changed", "lines were changed"))
        }
        _ => format!("{}{since}.", count(edits, "edit", "edits")),
    };
    let history = data.edits.last().filter(|_| data.more > 0).map(|edit| paths::history_before(edit.item.number));
    view! {
        <PageHeader title="Changed outside" crumbs=crumbs() lead=view! { <FileLine file=file.clone() /> }.drawn() />
        <FormErrors />
        <Statement tone=Tone::Danger sentence="The configuration file was changed outside Leasehold.">
            <p>"Noticed " <TimeAgo at_ms=data.noticed_ms />". " {said}</p>
            <p class="muted">"Nothing was overwritten: Leasehold reads the file as it is now, and each edit is in the history. Keep the change, or restore the last revision Leasehold saved."</p>
        </Statement>
        {data.edits.into_iter().map(|edit| view! { <EditCard edit=edit /> }).collect_view()}
        {history.map(|href| view! {
            <p class="fine"><a href=href>{count(data.more, "earlier edit", "earlier edits")}</a>" in the history"</p>
        })}
        {(!unreadable && !data.findings.is_empty()).then(|| view! {
            <Card title="What the check finds now" id="findings"><FindingList findings=data.findings linked=true /></Card>
        })}
        <div class="card"><Decide number=newest base=file.base before=data.before unreadable=unreadable /></div>
    }
    .drawn()
}

/// One edit made outside, as the page of its revision shows it.
#[component]
fn EditCard(edit: OutsideEdit) -> impl IntoView {
    let OutsideEdit { item, previous, diff } = edit;
    let number = item.number;
    let caption = match previous {
        Some(previous) => format!("From revision {previous} to {number}"),
        None => format!("Revision {number}"),
    };
    let at = item.at_ms;
    view! {
        <section class="card" aria-labelledby=format!("edit-{number}")>
            <header>
                <h2 id=format!("edit-{number}")>{format!("Revision {number}")}</h2>
                <div class="aside"><LineCounts item=item /> " " <a href=paths::revision(number)>"In the history"</a></div>
            </header>
            <p class="muted">"Noticed " <TimeAgo at_ms=at /></p>
            <DiffView diff=diff caption=caption />
        </section>
    }
    .drawn()
}

/// Keeps the changes made outside up to a revision, or leads to the restore of the one before them.
#[component]
fn Decide(number: i64, base: String, before: Option<i64>, unreadable: bool) -> impl IntoView {
    let context = request();
    let keep = context.why_not(Permission::EditConfiguration);
    let restore = context.why_not(Permission::RestoreConfiguration);
    view! {
        <div class="actions">
            <form method="post" action=paths::CONFIGURATION_OUTSIDE>
                <Hidden name="base" value=base />
                <Hidden name="revision" value=number.to_string() />
                <button type="submit" class="button primary" name="intent" value="keep" disabled=keep.is_some() || unreadable>"Keep the change"</button>
            </form>
            {before.map(|before| view! { <ToRestore number=before why_not=restore /> })}
        </div>
        {keep.or(restore).map(|reason| view! { <Disabled reason=reason /> })}
    }
    .drawn()
}

/// The way to the page that restores a revision.
#[component]
fn ToRestore(number: i64, #[prop(optional_no_strip)] why_not: Option<&'static str>) -> impl IntoView {
    let words = format!("Restore revision {number}");
    match why_not {
        Some(_) => view! { <button type="button" class="button" disabled=true>{words}</button> }.drawn(),
        None => view! { <LinkButton href=paths::restore(number)>{format!("{words}…")}</LinkButton> }.drawn(),
    }
}

/// The way to the review of what undoing one revision would change.
#[component]
fn ToUndo(number: i64, #[prop(optional_no_strip)] why_not: Option<&'static str>) -> impl IntoView {
    view! {
        <div class="actions">
            {match why_not {
                Some(reason) => view! {
                    <button type="button" class="button" disabled=true>"Undo this change"</button>
                    <Disabled reason=reason />
                }.drawn(),
                None => view! { <LinkButton href=paths::undo(number)>"Undo this change…"</LinkButton> }.drawn(),
            }}
        </div>
    }
    .drawn()
}

/// A revision: what it changed, and the way to its restore.
#[component]
pub fn RevisionPage(data: Revision) -> impl IntoView {
    let number = data.item.number;
    let at = data.item.at_ms;
    let sentence = what(&data.item);
    let waits = data.item.waits_for_review();
    let reviewed = data.item.reviewed_ms;
    let same = data.from_current.is_empty();
    let why_not = request().why_not(Permission::RestoreConfiguration);
    let may_undo = request().why_not(Permission::EditConfiguration);
    let is_change = data.item.is_change();
    view! {
        <PageHeader
            title=format!("Revision {number}")
            crumbs=history_crumbs()
            lead=view! { {sentence}", " <TimeAgo at_ms=at /> " " <LineCounts item=data.item.clone() /> }.drawn()
        />
        <FormErrors />
        {data.item.comment.clone().map(|comment| view! { <p class="comment large">{comment}</p> })}
        {waits.then(|| view! {
            <Statement tone=Tone::Warning sentence="Nobody has reviewed this change.">
                <p>"It was made outside Leasehold. " <a href=paths::CONFIGURATION_OUTSIDE>"All changes that wait for review"</a></p>
                <Decide number=number base=data.file.base.clone() before=None unreadable=false />
            </Statement>
        })}
        {reviewed.map(|at| view! { <p class="muted">"Reviewed " <TimeAgo at_ms=at />"."</p> })}
        {match (data.previous, data.from_previous) {
            (Some(previous), Some(diff)) if !diff.is_empty() => view! {
                <Card title="Changes" id="changed" aside=view! { <a href=paths::revision(previous)>{format!("Revision {previous}")}</a> }.drawn()>
                    <DiffView diff=diff caption=format!("From revision {previous} to {number}") />
                    {is_change.then(|| view! { <ToUndo number=number why_not=may_undo /> })}
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
        <Card title="Compared with the file now" id="restore">
            {if same {
                view! { <p><Pill tone=Tone::Success text="The same" /> " The file is identical to this revision."</p> }.drawn()
            } else {
                let lines = changed_lines(&data.from_current);
                view! {
                    <p>{format!("{} from this revision.", count(lines, "line of the file differs", "lines of the file differ"))}</p>
                    <div class="actions">
                        <ToRestore number=number why_not=why_not />
                        {why_not.map(|reason| view! { <Disabled reason=reason /> })}
                    </div>
                }.drawn()
            }}
        </Card>
    }
    .drawn()
}

/// The crumbs of a page under the history.
fn history_crumbs() -> Vec<(String, String)> {
    vec![
        ("Configuration".to_owned(), paths::CONFIGURATION.to_owned()),
        ("History".to_owned(), paths::CONFIGURATION_HISTORY.to_owned()),
    ]
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
