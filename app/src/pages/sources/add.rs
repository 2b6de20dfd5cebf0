//! The form of another source.

use super::kind_words;
use crate::components::{Card, Disabled, Field, FieldProblem, TextArea, described_by};
use crate::drawn::Draw;
use crate::paths;
use crate::request::request;
use engine::sources::{DEFAULT_EVERY_S, EVERY_S};
use leptos::prelude::*;
use licensing::permission::Permission;
use licensing::source::SourceKind;
use licensing::words::grouped;

/// Adds a source: from a program, from a file, or from what is pushed.
#[component]
pub(super) fn Add() -> impl IntoView {
    let context = request();
    let why_not = context.why_not(Permission::ManageSources);
    let disabled = why_not.is_some();
    let wrong = context.error("command");
    let every = format!("{} to {}.", grouped((*EVERY_S.start()).into()), grouped((*EVERY_S.end()).into()));
    view! {
        <Card title="Add a source" id="add">
            <p class="muted">"Give a program or a file. Without either, Leasehold reads the texts that you push with the command "<code>"leasehold source push"</code>", over the API, or on the page of the source."</p>
            <form method="post" action=paths::SOURCES class="pairs">
                <Field name="tag" label="Tag" hint="Its name: letters, digits, “_” and “-”, such as eu_acme." mono=true disabled=disabled required=true />
                <Kind disabled=disabled />
                <div class="field">
                    <label for="command">"Program"</label>
                    <p class="hint" id="command-hint">"Absolute path, then one argument per line. Runs without a shell as the user of this server, at most 60 s."</p>
                    <TextArea name="command" id="command" text=context.typed("command", "") rows=5 described_by=described_by("command", true, wrong.is_some()).unwrap_or_default() invalid=wrong.is_some() disabled=disabled autofocus=context.focuses("command") look="input mono" />
                    {wrong.map(|sentence| view! { <FieldProblem name="command".to_owned() sentence=sentence /> })}
                </div>
                <Field name="path" label="File" hint="Absolute path on this machine. A log is followed, across rotation too." mono=true disabled=disabled />
                <Field name="every" label="Interval, seconds" kind="number" value=DEFAULT_EVERY_S.to_string() hint=every disabled=disabled required=true />
                <Field name="zone" label="Time zone" hint="Of the machine that prints it, such as Europe/Berlin. Empty: the zone of this machine." mono=true disabled=disabled />
                <div class="actions full">
                    <button type="submit" class="button primary" disabled=disabled>"Add the source"</button>
                    {why_not.map(|reason| view! { <Disabled reason=reason /> })}
                </div>
            </form>
        </Card>
    }
    .drawn()
}

/// How its text is read.
#[component]
fn Kind(disabled: bool) -> impl IntoView {
    let context = request();
    let chosen = context.typed("kind", "");
    let wrong = context.error("kind");
    view! {
        <div class="field">
            <label for="kind">"Kind"</label>
            <p class="hint" id="kind-hint">"What the text is, and so how it is read."</p>
            <select class="input" id="kind" name="kind" disabled=disabled aria-describedby=described_by("kind", true, wrong.is_some()) aria-invalid=wrong.is_some().then_some("true") autofocus=context.focuses("kind")>
                {SourceKind::all().iter().map(|kind| {
                    let value = kind.to_string();
                    let selected = value == chosen;
                    view! { <option value=value selected=selected>{kind_words(*kind)}</option> }
                }).collect_view()}
            </select>
            {wrong.map(|sentence| view! { <FieldProblem name="kind".to_owned() sentence=sentence /> })}
        </div>
    }
    .drawn()
}
