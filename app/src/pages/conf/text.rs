//! The file as text: one editor, with the number of each line beside it and what the check found.

use super::model::ConfigurationText;
use super::{FileLine, FileProblem, FindingList, RestartRequired, counted, crumbs};
use crate::components::{Card, Disabled, FormErrors, Hidden, LinkButton, PageHeader, TextArea};
use crate::drawn::{Draw, Drawn};
use crate::islands::UnsavedGuard;
use crate::pages::overview::findings_words;
use crate::paths;
use crate::request::request;
use leptos::prelude::*;
use licensing::conf::check::{ConfFinding, Severity};
use licensing::permission::Permission;

/// Lines with a number; those of a larger file are only in the editor.
const NUMBERED_LINES: usize = 5_000;

/// The text of the vendor's file.
#[component]
pub fn TextPage(data: ConfigurationText) -> impl IntoView {
    let context = request();
    let typed = context.typed("text", &data.text);
    let typed_before = context.form.is_some();
    let comment = context.typed("comment", "");
    let invalid = context.error("text").is_some();
    let focus = context.focuses("text");
    let why_not = match &data.file_problem {
        Some(_) => Some("The file can't be edited until it is fixed.".to_owned()),
        None => context.why_not(Permission::EditConfiguration).map(str::to_owned),
    };
    let disabled = why_not.is_some();
    let lines = typed.lines().count();
    let numbers = numbers(lines, &data.findings);
    let rows = u32::try_from(lines + 2).unwrap_or(u32::MAX).max(12);
    let file = data.file.clone();
    let readable = data.file_problem.is_none();
    view! {
        <PageHeader
            title="Edit as text"
            crumbs=crumbs()
            lead=view! { <FileLine file=file.clone() /> }.drawn()
            actions=view! {
                <LinkButton href=paths::CONFIGURATION>"Edit as a form"</LinkButton>
                <LinkButton href=paths::CONFIGURATION_HISTORY>"History"</LinkButton>
            }.drawn()
        />
        <FormErrors />
        {data.file_problem.clone().map(|sentence| view! { <FileProblem sentence=sentence path=file.path.clone() /> })}
        <RestartRequired labels=data.restart_required />
        {readable.then(|| view! {
            {(!data.findings.is_empty()).then(|| {
                let (errors, warnings) = counted(&data.findings);
                view! {
                    <Card title=format!("The check found {}", findings_words(errors, warnings)) id="findings">
                        <FindingList findings=data.findings linked=true />
                    </Card>
                }
            })}
            <form method="post" action=paths::CONFIGURATION_TEXT class="card" id="text-form">
                <Hidden name="base" value=file.base />
                {(!comment.is_empty()).then(|| view! { <Hidden name="comment" value=comment /> })}
                <div class="field">
                    <label for="text">"The text of the file"</label>
                    <p class="hint" id="text-hint">"Lines you don't touch keep every byte, line endings included. You review the changes before anything is saved."</p>
                    <div class="editor" role=disabled.then_some("group") aria-label=disabled.then_some("The text of the file, to scroll") tabindex=disabled.then_some("0")>
                        <div class="gutter" aria-hidden="true">{numbers}</div>
                        <TextArea name="text" id="text" text=typed rows=rows described_by="text-hint" invalid=invalid disabled=disabled autofocus=focus look="input mono" />
                    </div>
                </div>
                <div class="save-bar">
                    {match why_not {
                        Some(reason) => view! { <Disabled reason=reason /> }.drawn(),
                        None => view! { <UnsavedGuard form="text-form".to_owned() dirty=typed_before /> }.drawn(),
                    }}
                    <button type="submit" class="button primary" disabled=disabled>"Review changes"</button>
                </div>
            </form>
        })}
    }
    .drawn()
}

/// The numbers of the lines, drawn by the style sheet: what links to a line leads to them. A line with a finding is marked.
fn numbers(lines: usize, findings: &[ConfFinding]) -> Drawn {
    (1..=lines.min(NUMBERED_LINES))
        .map(|number| {
            let mut here = findings.iter().filter(|finding| finding.line == Some(number));
            let class = here.clone().next().map(|_| match here.any(|finding| finding.severity == Severity::Error) {
                true => "danger",
                false => "warning",
            });
            view! { <span id=format!("L{number}") class=class></span> }
        })
        .collect_view()
        .drawn()
}
