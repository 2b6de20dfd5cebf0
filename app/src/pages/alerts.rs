//! Alerts: what is watched, how it stands, whom it tells, and what became of that.

mod channel_form;
mod channels;
mod deliveries;
mod model;
mod review;
mod rule_form;
mod rules;
mod tabs;

use crate::components::{Card, FormErrors, LinkButton, PageHeader, Statement};
use crate::drawn::Draw;
use crate::paths;
use crate::request::{Tone, request};
use channels::Channels;
use deliveries::Deliveries;
use leptos::prelude::*;
use licensing::permission::Permission;
use licensing::words::count;
use rules::Rules;

pub use channel_form::ChannelFormView;
pub use model::*;
pub use review::RuleReviewView;
pub use rule_form::RuleFormView;
pub(crate) use tabs::SettingsTabs;

/// The pages above the forms.
fn crumbs() -> Vec<(String, String)> {
    vec![("Settings".to_owned(), paths::SETTINGS.to_owned()), ("Alerts".to_owned(), paths::ALERTS.to_owned())]
}

/// The page of `/settings/alerts`.
#[component]
pub fn AlertsView(data: AlertsPage) -> impl IntoView {
    let may = request().why_not(Permission::EditConfiguration).is_none();
    let more_rules = may.then(|| view! { <a href=paths::ALERT_RULE_NEW>"Add a rule"</a> }.drawn());
    let AlertsPage { rules, channels, deliveries } = data;
    view! {
        <PageHeader title="Alerts" lead=view! { "Notifications when something needs attention." }.drawn() />
        <SettingsTabs />
        <FormErrors />
        <Summary rules=rules.clone() has_channels=!channels.is_empty() />
        <Card title="Rules" id="rules" aside=more_rules.drawn()><Rules rules=rules /></Card>
        <Card title="Channels" id="channels"><Channels channels=channels /></Card>
        <Card title="Recent notifications" id="deliveries"><Deliveries items=deliveries /></Card>
    }
    .drawn()
}

/// How things stand, in a sentence.
#[component]
fn Summary(rules: Vec<RuleRow>, has_channels: bool) -> impl IntoView {
    let may = request().why_not(Permission::EditConfiguration).is_none();
    let on = rules.iter().filter(|rule| rule.enabled).count();
    let firing = rules.iter().filter(|rule| rule.firing > 0).count();
    let unknown = rules.iter().filter(|rule| rule.enabled && rule.firing == 0 && rule.unknown_since.is_some()).count();
    let (tone, sentence, why) = match (on, firing) {
        (0, _) => (
            Tone::Neutral,
            if rules.is_empty() { "No alert rules yet." } else { "No alert rule is on." }.to_owned(),
            "Add a rule to be notified when backup hours run low, a peer stops responding or syncs fail.",
        ),
        (_, 0) if unknown > 0 => (
            Tone::Warning,
            format!("Nothing is firing, but {} can't be checked.", count(unknown, "rule", "rules")),
            "This server has no current data for it. Such a rule neither fires nor resolves until it does.",
        ),
        (_, 0) => (
            Tone::Success,
            format!("All is well: {} on, nothing is firing.", count(on, "rule is", "rules are")),
            "Each rule is checked every 10 seconds.",
        ),
        _ => (
            Tone::Danger,
            format!("{}.", count(firing, "alert is firing", "alerts are firing")),
            "The rule below says what happened and since when.",
        ),
    };
    let silent = on > 0 && rules.iter().any(|rule| rule.enabled && rule.channels.is_empty());
    view! {
        <Statement tone=tone sentence=sentence>
            <p class="muted">{why}</p>
            {silent.then(|| view! { <p class="muted">"A rule without a channel sends no notifications: it appears here and in the metrics only."</p> })}
            {(may && on == 0).then(|| view! {
                <div class="actions">
                    <LinkButton href=paths::ALERT_RULE_NEW look="primary">"Add a rule"</LinkButton>
                    {(!has_channels).then(|| view! { <LinkButton href=paths::alert_channel_of("email")>"Add mail"</LinkButton> })}
                </div>
            })}
        </Statement>
    }
    .drawn()
}
