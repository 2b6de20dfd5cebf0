//! The form of a rule: what is watched, how long it must last, whom it tells.

use super::crumbs;
use super::model::{KindRow, RuleForm};
use crate::components::{Card, Disabled, Field, FormErrors, Hidden, PageHeader, Submit};
use crate::drawn::Draw;
use crate::paths;
use crate::request::request;
use leptos::prelude::*;
use licensing::permission::Permission;

/// The page of a new rule, or of one that is changed.
#[component]
pub fn RuleFormView(data: RuleForm) -> impl IntoView {
    let title = if data.id.is_some() { "Change a rule" } else { "Add a rule" };
    let lead = data.chosen.as_ref().map_or("Condition".to_owned(), |kind| kind.help.clone());
    let id = data.id;
    let body = match data.chosen.clone() {
        Some(kind) => view! { <Form data=data kind=kind /> }.drawn(),
        None => view! { <Choice kinds=data.kinds /> }.drawn(),
    };
    view! {
        <PageHeader title=title crumbs=crumbs() lead=view! { {lead} }.drawn() />
        <FormErrors />
        {body}
        {id.map(|id| view! { <Remove id=id /> })}
    }
    .drawn()
}

/// What there is to watch.
#[component]
fn Choice(kinds: Vec<KindRow>) -> impl IntoView {
    view! {
        <Card title="Choose one" id="kinds">
            <ul class="alert-list">
                {kinds.into_iter().map(|kind| view! {
                    <li>
                        <div class="alert-text">
                            <p class="alert-title"><a class="strong" href=paths::alert_rule_of(&kind.word)>{kind.title}</a></p>
                            <p class="fine">{kind.help}</p>
                        </div>
                    </li>
                }).collect_view()}
            </ul>
        </Card>
    }
    .drawn()
}

#[component]
fn Form(data: RuleForm, kind: KindRow) -> impl IntoView {
    let why_not = request().why_not(Permission::EditConfiguration).map(str::to_owned);
    let disabled = why_not.is_some();
    let id = data.id.map(|id| id.to_string());
    let number = kind.number.map(|(label, unit, least, most)| {
        let hint = format!("A whole number of {unit}, {least} to {most}.");
        view! { <Field name="number" label=label value=data.number hint=hint disabled=disabled required=true /> }
    });
    view! {
        <Card title=kind.title id="rule">
            <form method="post" action=paths::ALERT_REVIEW class="pairs">
                <Hidden name="kind" value=kind.word />
                {id.map(|id| view! { <Hidden name="id" value=id /> })}
                {number}
                <Field name="wait" label="Notify after" value=data.wait hint="Minutes; 0 means at once. Anything shorter is ignored." disabled=disabled required=true />
                <Field name="remind" label="Remind every" value=data.remind hint="Hours, while it lasts; 0 means never." disabled=disabled required=true />
                <Tells channels=data.channels disabled=disabled />
                <div class="actions full">
                    <Submit look="primary" why_not=why_not>"Review"</Submit>
                </div>
                <p class="fine full">"Nothing is saved yet. The next step shows when this rule would have fired in the past."</p>
            </form>
        </Card>
    }
    .drawn()
}

/// A box for each channel.
#[component]
fn Tells(channels: Vec<(i64, String, bool)>, disabled: bool) -> impl IntoView {
    let context = request();
    let typed: Option<Vec<String>> = context.form.as_ref().map(|form| {
        form.values.iter().filter(|(name, _)| name == "channels").map(|(_, value)| value.clone()).collect()
    });
    if channels.is_empty() {
        return view! { <p class="hint full">"There are no channels yet, so this rule sends no notifications. It appears on the Alerts page and in the metrics."</p> }
            .drawn();
    }
    view! {
        <fieldset class="full alert-tells">
            <legend>"Notify"</legend>
            {channels.into_iter().map(|(id, name, chosen)| {
                let (value, field) = (id.to_string(), format!("channel-{id}"));
                let checked = typed.as_ref().map_or(chosen, |typed| typed.contains(&value));
                view! {
                    <div class="check">
                        <input type="checkbox" id=field.clone() name="channels" value=value checked=checked disabled=disabled />
                        <label for=field>{name}</label>
                    </div>
                }
            }).collect_view()}
        </fieldset>
    }
    .drawn()
}

/// Removal, behind one more step.
#[component]
fn Remove(id: i64) -> impl IntoView {
    let why_not = request().why_not(Permission::EditConfiguration);
    view! {
        <details class="disclosure danger-zone">
            <summary>"Remove this rule"</summary>
            <p>"It stops at once, without a notification. Its past notifications stay in the list."</p>
            <form method="post" action=paths::alert_rule_action(id, "remove") class="actions">
                <button type="submit" class="button danger" disabled=why_not.is_some()>"Remove this rule"</button>
                {why_not.map(|reason| view! { <Disabled reason=reason /> })}
            </form>
        </details>
    }
    .drawn()
}
