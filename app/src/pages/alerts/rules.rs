//! The rules: how each stands, since when, whom it tells.

use super::model::{RuleRow, SubjectRow};
use crate::components::{Disabled, EmptyState, Glyph, Hidden, Icon, LinkButton, Pill, Submit, TimeAgo};
use crate::drawn::Draw;
use crate::paths;
use crate::request::{Tone, request};
use leptos::prelude::*;
use licensing::permission::Permission;

/// Things that are listed one by one.
const LISTED: usize = 10;

#[component]
pub(super) fn Rules(rules: Vec<RuleRow>) -> impl IntoView {
    let why_not = request().why_not(Permission::EditConfiguration);
    if rules.is_empty() {
        return view! {
            <EmptyState title="No alert rules yet" why="A rule has a condition and the channels to notify. It is tested on recorded data before you turn it on.">
                {match why_not {
                    Some(reason) => view! { <Disabled reason=reason /> }.drawn(),
                    None => view! { <LinkButton href=paths::ALERT_RULE_NEW>"Add a rule"</LinkButton> }.drawn(),
                }}
            </EmptyState>
        }
        .drawn();
    }
    view! {
        <ul class="alert-list">
            {rules.into_iter().map(|rule| view! { <Rule rule=rule may=why_not.is_none() /> }).collect_view()}
        </ul>
        {why_not.map(|reason| view! { <p><Disabled reason=reason /></p> })}
    }
    .drawn()
}

/// The icon next to the word of a state.
fn mark(tone: Tone) -> Glyph {
    match tone {
        Tone::Success => Glyph::Check,
        Tone::Danger => Glyph::Danger,
        Tone::Warning => Glyph::Warning,
        Tone::Info => Glyph::Clock,
        Tone::Neutral => Glyph::Dash,
    }
}

#[component]
fn Rule(rule: RuleRow, may: bool) -> impl IntoView {
    let tells = if rule.channels.is_empty() {
        "Notifies no one".to_owned()
    } else {
        format!("Notifies {}", rule.channels.join(", "))
    };
    let more = rule.subjects.len().saturating_sub(LISTED);
    let unknown = rule.enabled.then_some(rule.unknown_since).flatten();
    view! {
        <li class=rule.tone.class()>
            <span class="alert-mark"><Icon glyph=mark(rule.tone) /></span>
            <div class="alert-text">
                <p class="alert-title">
                    <a class="strong" href=paths::alert_rule(rule.id)>{rule.sentence.clone()}</a>
                    <Pill tone=rule.tone text=rule.state.clone() />
                </p>
                {(!rule.subjects.is_empty()).then(|| view! {
                    <ul class="alert-subjects">
                        {rule.subjects.into_iter().take(LISTED).map(|subject| view! { <Subject subject=subject /> }).collect_view()}
                        {(more > 0).then(|| view! { <li>{format!("And {more} more.")}</li> })}
                    </ul>
                })}
                {unknown.map(|since| view! { <p>"No data since "<TimeAgo at_ms=since />"."</p> })}
                <p class="fine">{tells}". "{rule.pace}</p>
                <p class="fine">
                    {match rule.last_fired {
                        Some(at) => view! { "Last fired "<TimeAgo at_ms=at />"." }.drawn(),
                        None => view! { "Never fired." }.drawn(),
                    }}
                </p>
            </div>
            {may.then(|| view! { <Switch id=rule.id enabled=rule.enabled fields=rule.fields /> })}
        </li>
    }
    .drawn()
}

#[component]
fn Subject(subject: SubjectRow) -> impl IntoView {
    view! {
        <li>
            {subject.words}" Since "<TimeAgo at_ms=subject.since_ms />
            {if subject.pending { "; no notification yet." } else { "." }}
        </li>
    }
    .drawn()
}

/// Turning on leads by way of the review, turning off does not.
#[component]
fn Switch(id: i64, enabled: bool, fields: Vec<(String, String)>) -> impl IntoView {
    if enabled {
        return view! {
            <form method="post" action=paths::alert_rule_action(id, "disable") class="alert-action">
                <Submit>"Turn off"<span class="vh">{format!(" rule {id}")}</span></Submit>
            </form>
        }
        .drawn();
    }
    view! {
        <form method="post" action=paths::ALERT_REVIEW class="alert-action">
            {fields.into_iter().map(|(name, value)| view! { <Hidden name=name value=value /> }).collect_view()}
            <Submit>"Review and turn on"<span class="vh">{format!(" rule {id}")}</span></Submit>
        </form>
    }
    .drawn()
}
