//! The file as text: an editor, and the lines as they are with what the check found beside them.

use super::model::ConfigurationText;
use super::{FileLine, FileProblem, FindingList, crumbs, look};
use crate::components::{Card, Disabled, FormErrors, Hidden, Icon, LinkButton, PageHeader, TextArea};
use crate::drawn::Draw;
use crate::islands::UnsavedGuard;
use crate::paths;
use crate::request::request;
use leptos::prelude::*;
use licensing::conf::check::ConfFinding;
use licensing::permission::Permission;

/// Lines shown with their numbers; a larger file is shown in the editor only.
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
    let rows = (typed.lines().count() + 2).clamp(12, 32) as u32;
    let file = data.file.clone();
    let unplaced: Vec<ConfFinding> = data.findings.iter().filter(|finding| finding.line.is_none()).cloned().collect();
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
        {readable.then(|| view! {
            <form method="post" action=paths::CONFIGURATION_TEXT class="card" id="text-form">
                <Hidden name="base" value=file.base />
                {(!comment.is_empty()).then(|| view! { <Hidden name="comment" value=comment /> })}
                <div class="field">
                    <label for="text">"The text of the file"</label>
                    <p class="hint" id="text-hint">"Lines you don't touch keep every byte, line endings included. You review the changes before anything is saved."</p>
                    <TextArea name="text" id="text" text=typed rows=rows described_by="text-hint" invalid=invalid disabled=disabled autofocus=focus look="input mono editor" />
                </div>
                <div class="save-bar">
                    {match why_not {
                        Some(reason) => view! { <Disabled reason=reason /> }.drawn(),
                        None => view! { <UnsavedGuard form="text-form".to_owned() dirty=typed_before /> }.drawn(),
                    }}
                    <button type="submit" class="button primary" disabled=disabled>"Review changes"</button>
                </div>
            </form>
            <Card title="Current file, line by line" id="lines">
                {(!unplaced.is_empty()).then(|| view! { <FindingList findings=unplaced /> })}
                <Lines text=data.text findings=data.findings />
            </Card>
        })}
    }
    .drawn()
}

#[component]
fn Lines(text: String, findings: Vec<ConfFinding>) -> impl IntoView {
    let mut lines: Vec<String> = text.split('\n').map(str::to_owned).collect();
    if lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    let total = lines.len();
    view! {
        <div class="source" role="group" aria-label="The lines of the file" tabindex="0">
            <ol>
                {lines.into_iter().take(NUMBERED_LINES).enumerate().map(|(index, line)| {
                    let number = index + 1;
                    let class = kind(&line);
                    let here: Vec<&ConfFinding> = findings.iter().filter(|finding| finding.line == Some(number)).collect();
                    view! {
                        <li id=format!("L{number}") class=class>
                            <code>{line}</code>
                            {here.into_iter().map(|finding| {
                                let (class, glyph, word) = look(&finding.severity);
                                view! {
                                    <p class=format!("beside {class}")>
                                        <Icon glyph=glyph /><span class="vh">{format!("{word}: ")}</span><span>{finding.sentence.clone()}</span>
                                    </p>
                                }
                            }).collect_view()}
                        </li>
                    }
                }).collect_view()}
            </ol>
        </div>
        {(total > NUMBERED_LINES).then(|| view! {
            <p class="fine">{format!("The first {NUMBERED_LINES} of {total} lines. The editor above holds all of them.")}</p>
        })}
    }
    .drawn()
}

/// The look of a line: comments step back, sections stand out.
fn kind(line: &str) -> &'static str {
    match line.trim_start().chars().next() {
        Some('#' | ';') => "comment-line",
        Some('[') => "section-line",
        _ => "",
    }
}
