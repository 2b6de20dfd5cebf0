//! The form of a rule: what is watched, how long it must last, whom it tells.

use super::{Silenced, crumbs};
use crate::components::{
    Banner, Card, Column, Field, FormErrors, Hidden, PageHeader, Removal, Submit, Table, TimeStamp,
};
use crate::drawn::Draw;
use crate::paths;
use crate::request::{Tone, request};
use leptos::prelude::*;
use licensing::alerts::{ConditionKind, Episode};
use licensing::permission::Permission;

/// The form of a rule.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RuleForm {
    /// The rule that is changed; none for a new one.
    pub id: Option<i64>,
    /// What it watches; none while that is to be chosen.
    pub chosen: Option<ConditionKind>,
    pub number: String,
    /// Minutes.
    pub wait: String,
    /// Hours.
    pub remind: String,
    /// Those there are, and whether it tells them.
    pub channels: Vec<(i64, String, bool)>,
    /// It is on.
    pub enabled: bool,
    /// It sends nothing until then, Unix milliseconds.
    pub silenced_until: Option<i64>,
}

/// A rule before it is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RuleReview {
    pub id: Option<i64>,
    pub sentence: String,
    pub pace: String,
    /// Names of those it tells.
    pub channels: Vec<String>,
    /// How good the news of the past is.
    pub tone: Tone,
    /// What it would have done, in a sentence.
    pub tried: String,
    /// How good the news of this moment is.
    pub present_tone: Tone,
    /// How things stand at this moment, in a sentence.
    pub present: String,
    /// What that rests on.
    pub rests_on: String,
    /// The newest first.
    pub episodes: Vec<Episode>,
    /// Further ones that are not listed.
    pub more: usize,
    /// Name and value of what the form carries.
    pub fields: Vec<(String, String)>,
}

/// The page of a new rule, or of one that is changed.
#[component]
pub fn RuleFormView(data: RuleForm) -> impl IntoView {
    let title = if data.id.is_some() { "Change a rule" } else { "Add a rule" };
    let lead = data.chosen.map_or("Condition", ConditionKind::help);
    let id = data.id;
    let silence = id.filter(|_| data.enabled);
    let silenced_until = data.silenced_until;
    let body = match data.chosen {
        Some(kind) => view! { <Form data=data kind=kind /> }.drawn(),
        None => view! { <Choice /> }.drawn(),
    };
    view! {
        <PageHeader title=title crumbs=crumbs() lead=view! { {lead} }.drawn() />
        <FormErrors />
        {body}
        {silence.map(|id| view! { <Silence id=id until_ms=silenced_until /> })}
        {id.map(|id| view! { <Remove id=id /> })}
    }
    .drawn()
}

/// What there is to watch.
#[component]
fn Choice() -> impl IntoView {
    view! {
        <Card title="Choose one" id="kinds">
            <ul class="alert-list">
                {ConditionKind::ALL.iter().map(|kind| view! {
                    <li>
                        <div class="alert-text">
                            <p class="alert-title"><a class="strong" href=paths::alert_rule_of(kind.as_str())>{kind.title()}</a></p>
                            <p class="fine">{kind.help()}</p>
                        </div>
                    </li>
                }).collect_view()}
            </ul>
        </Card>
    }
    .drawn()
}

#[component]
fn Form(data: RuleForm, kind: ConditionKind) -> impl IntoView {
    let why_not = request().why_not(Permission::EditConfiguration).map(str::to_owned);
    let disabled = why_not.is_some();
    let id = data.id.map(|id| id.to_string());
    let number = kind.threshold().map(|threshold| {
        let hint = format!("A whole number of {}, {} to {}.", threshold.unit, threshold.least, threshold.most);
        view! { <Field name="number" label=threshold.label value=data.number hint=hint disabled=disabled required=true /> }
    });
    view! {
        <Card title=kind.title() id="rule">
            <form method="post" action=paths::ALERT_REVIEW class="pairs">
                <Hidden name="kind" value=kind.as_str() />
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

/// Hours a rule can be silenced for, with their words.
const SILENCES: [(&str, &str); 5] =
    [("1", "1 hour"), ("4", "4 hours"), ("12", "12 hours"), ("24", "1 day"), ("168", "7 days")];

/// No notifications for a while, such as during planned work.
#[component]
fn Silence(id: i64, until_ms: Option<i64>) -> impl IntoView {
    let why_not = request().why_not(Permission::HandleAlerts).map(str::to_owned);
    let disabled = why_not.is_some();
    let button = if until_ms.is_some() { "Change the silence" } else { "Silence the rule" };
    view! {
        <Card title="Silence" id="silence">
            {match until_ms {
                Some(until) => view! { <Silenced until_ms=until /> }.drawn(),
                None => view! { <p class="muted">"No notifications for a while; the rule is still checked. Alerts still firing when it ends are notified then."</p> }.drawn(),
            }}
            <form method="post" action=paths::alert_rule_action(id, "silence") class="stack">
                <div class="field">
                    <label for="until">"From now, for"</label>
                    <select class="input" id="until" name="until" disabled=disabled>
                        {SILENCES.into_iter().map(|(hours, words)| view! { <option value=hours>{words}</option> }).collect_view()}
                    </select>
                </div>
                <div class="actions"><Submit why_not=why_not>{button}</Submit></div>
            </form>
            {(until_ms.is_some() && !disabled).then(|| view! {
                <form method="post" action=paths::alert_rule_action(id, "silence") class="actions">
                    <Hidden name="until" value="0" />
                    <Submit>"End the silence"</Submit>
                </form>
            })}
        </Card>
    }
    .drawn()
}

/// Removal, behind one more step.
#[component]
fn Remove(id: i64) -> impl IntoView {
    view! {
        <Removal verb="Remove this rule" action=paths::alert_rule_action(id, "remove")>
            "It stops at once, without a notification. Its past notifications stay in the list."
        </Removal>
    }
}

/// The answer to the form of a rule.
#[component]
pub fn RuleReviewView(data: RuleReview) -> impl IntoView {
    let why_not = request().why_not(Permission::EditConfiguration).map(str::to_owned);
    let RuleReview { sentence, pace, channels, tone, tried, episodes, more, fields, .. } = data;
    let (present_tone, present, rests_on) = (data.present_tone, data.present, data.rests_on);
    let nobody = channels.is_empty();
    let tells = if nobody { "No one".to_owned() } else { channels.join(", ") };
    view! {
        <PageHeader title="Review the rule" crumbs=crumbs() lead=view! { {sentence} }.drawn() />
        <FormErrors />
        <Card title="Right now" id="present">
            <Banner tone=present_tone text=present role="note" />
        </Card>
        <Card title="Past alerts" id="tried">
            <Banner tone=tone text=tried role="note" />
            {(!episodes.is_empty()).then(|| view! { <Episodes episodes=episodes more=more /> })}
            <p class="fine">{rests_on}</p>
        </Card>
        <Card title="The rule" id="rule">
            <dl class="facts">
                <div><dt>"Notify"</dt><dd>{tells}</dd></div>
                <div><dt>"Timing"</dt><dd>{pace}</dd></div>
            </dl>
            {nobody.then(|| view! { <Banner tone=Tone::Warning role="note" text="It sends no notifications: it appears on the Alerts page and in the metrics only." /> })}
            <form method="post" action=paths::ALERT_RULES class="actions">
                {fields.into_iter().map(|(name, value)| view! { <Hidden name=name value=value /> }).collect_view()}
                <Submit look="primary" sends=Some(("enabled", "on")) why_not=why_not.clone()>"Turn the rule on"</Submit>
                <button type="submit" class="button" name="enabled" value="off" disabled=why_not.is_some()>"Save it turned off"</button>
                <button type="submit" class="button" formaction=paths::ALERT_REVIEW name="intent" value="edit" disabled=why_not.is_some()>"Back to editing"</button>
            </form>
        </Card>
    }
    .drawn()
}

#[component]
fn Episodes(episodes: Vec<Episode>, more: usize) -> impl IntoView {
    let named = episodes.iter().any(|episode| !episode.subject.is_empty());
    let table = Table::new("Times it would have fired, latest first")
        .labelled()
        .column(Column::row_header("Fired", |episode: &Episode, cell| {
            cell.view(view! { <TimeStamp at_ms=episode.fired /> });
        }))
        .column_if(named, Column::text("What", |episode: &Episode, cell| cell.text(&episode.subject)))
        .column(Column::text("Resolved", |episode: &Episode, cell| match episode.resolved {
            Some(at) => cell.view(view! { <div><TimeStamp at_ms=at /></div> }),
            None => cell.text("Not yet"),
        }))
        .column(Column::number("Reminders", |episode: &Episode, cell| cell.number(episode.reminders)))
        .draw(&episodes);
    view! {
        {table}
        {(more > 0).then(|| view! { <p class="fine">{format!("And {more} earlier.")}</p> })}
    }
    .drawn()
}
