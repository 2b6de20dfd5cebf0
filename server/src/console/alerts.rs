//! Alerts: what fires is acknowledged, rules go by way of a review, channels have a test; nothing typed is lost. And the
//! page of Leasehold's own settings.

mod shown;

use super::form::{Form, wrong};
use super::{Console, Id, Page, PageError};
use app::drawn::Draw;
use app::pages::alerts::{AlertFilter, AlertsView, ChannelFormView, RuleFormView, RuleReviewView};
use app::pages::settings::SettingsPage;
use app::paths;
use app::request::{FieldError, FlashKind};
use axum::http::Uri;
use engine::alerts::{AlertError, NewChannel, NewRule};
use leptos::prelude::*;
use licensing::alerts::{Condition, ConditionKind, RuleSettings};
use licensing::words::{count, span};

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;

/// `GET /alerts`
pub async fn page(console: Console) -> Result<Page, PageError> {
    list(&console).await
}

async fn list(console: &Console) -> Result<Page, PageError> {
    let data = shown::page(&console.engine, console.filter::<AlertFilter>().page, console.now_ms).await?;
    Ok(Page::new("Alerts", || view! { <AlertsView data=data /> }.drawn()))
}

/// `GET /settings/alerts…`, where the alerts were before: leads to where they are.
pub async fn moved(uri: Uri) -> Page {
    let path = uri.path_and_query().map_or(paths::ALERTS, |path| path.as_str());
    Page::to(path.strip_prefix(paths::SETTINGS).unwrap_or(paths::ALERTS))
}

/// `GET /alerts/rules/new`
pub async fn new_rule(console: Console) -> Result<Page, PageError> {
    let kind = console.query("kind").to_owned();
    rule_form(&console, None, &kind).await
}

/// `GET /alerts/rules/{id}`
pub async fn rule(console: Console, Id(id): Id) -> Result<Page, PageError> {
    rule_form(&console, Some(id), "").await
}

async fn rule_form(console: &Console, id: Option<i64>, kind: &str) -> Result<Page, PageError> {
    let data = shown::rule_form(&console.engine, id, kind).await?.ok_or(PageError::NOWHERE)?;
    let title = if id.is_none() { "Add a rule" } else { "Change a rule" };
    Ok(Page::new(title, || view! { <RuleFormView data=data /> }.drawn()))
}

/// `GET /alerts/channels/new`
pub async fn new_channel(console: Console) -> Result<Page, PageError> {
    let webhook = console.query("kind") == "webhook";
    channel_form(&console, None, webhook).await
}

/// `GET /alerts/channels/{id}`
pub async fn channel(console: Console, Id(id): Id) -> Result<Page, PageError> {
    channel_form(&console, Some(id), false).await
}

async fn channel_form(console: &Console, id: Option<i64>, webhook: bool) -> Result<Page, PageError> {
    let data = shown::channel_form(&console.engine, id, webhook).await?.ok_or(PageError::NOWHERE)?;
    let title = if id.is_none() { "Add a channel" } else { "Change a channel" };
    Ok(Page::new(title, || view! { <ChannelFormView data=data /> }.drawn()))
}

/// The rule a form is about; none for a new one.
fn id_of(form: &Form) -> Option<i64> {
    form.value("id").parse().ok()
}

/// The page a refused form of a rule is drawn on.
fn rule_page(form: &Form) -> String {
    match id_of(form) {
        Some(id) => paths::alert_rule(id),
        None => paths::alert_rule_of(form.value("kind")),
    }
}

/// What a form says, or all that is wrong with it.
fn rule_of(form: &Form) -> Result<NewRule, Vec<FieldError>> {
    let mut errors = Vec::new();
    let Some(kind) = ConditionKind::parse(form.value("kind")) else {
        return Err(vec![wrong(None, "Choose a condition.")]);
    };
    let number = |name: &str| form.value(name).trim().parse::<u32>().ok();
    let condition = Condition::new(kind, number("number"));
    if let Err(error) = condition {
        errors.push(wrong(Some("number"), error));
    }
    // What is no number is out of every limit, and the limits are in the answer.
    let length = |name: &str, unit: i64| number(name).map_or(-1, |number| i64::from(number).saturating_mul(unit));
    let channels = form.values.iter().filter(|(name, _)| name == "channels");
    let new = NewRule {
        rule: RuleSettings {
            condition: condition.unwrap_or(Condition::usual(kind)),
            wait_ms: length("wait", MINUTE),
            remind_ms: length("remind", HOUR),
        },
        enabled: form.value("enabled") == "on",
        channels: channels.filter_map(|(_, id)| id.parse().ok()).collect(),
    };
    errors.extend(new.check().into_iter().map(|(field, message)| wrong(Some(field), message)));
    if errors.is_empty() { Ok(new) } else { Err(errors) }
}

/// The form of a rule as it came.
async fn rule_again(form: &Form) -> Result<Page, PageError> {
    rule_form(form, id_of(form), form.value("kind")).await
}

/// `POST /alerts/rules/review`
pub async fn review(form: Form) -> Result<Page, PageError> {
    if form.value("intent") == "edit" {
        return Ok(rule_again(&form).await?.at(rule_page(&form)).with_form(form.state(Vec::new())));
    }
    let new = match rule_of(&form) {
        Ok(new) => new,
        Err(errors) => return form.refuse(rule_page(&form), errors, rule_again(&form)).await,
    };
    let data = shown::review(&form.engine, id_of(&form), &new).await?;
    Ok(Page::new("Review the rule", || view! { <RuleReviewView data=data /> }.drawn()))
}

/// `POST /alerts/rules`
pub async fn save_rule(form: Form) -> Result<Page, PageError> {
    let new = match rule_of(&form) {
        Ok(new) => new,
        Err(errors) => return form.refuse(rule_page(&form), errors, rule_again(&form)).await,
    };
    let saved = form.engine.save_alert_rule(&form.actor(), id_of(&form), &new).await;
    let text = if new.enabled { "The rule is on." } else { "The rule is saved, turned off." };
    done(&form, saved, text, &rule_page(&form), rule_again(&form)).await
}

/// `POST /alerts/suggested`
pub async fn add_suggested(form: Form) -> Result<Page, PageError> {
    let added = form.engine.add_suggested_rules(&form.actor()).await;
    let text = match &added {
        Ok(ids) if ids.is_empty() => "All suggested rules are there.".to_owned(),
        Ok(ids) => format!("{} added and turned on.", count(ids.len(), "rule was", "rules were")),
        Err(_) => String::new(),
    };
    done(&form, added, &text, paths::ALERTS, list(&form)).await
}

/// `POST /alerts/rules/{id}/acknowledge`: one subject of what fires, or everything.
pub async fn acknowledge(Id(id): Id, form: Form) -> Result<Page, PageError> {
    let subject = form.values.iter().find(|(name, _)| name == "subject").map(|(_, subject)| subject.as_str());
    let result = form.engine.acknowledge_alert(&form.actor(), id, subject).await;
    let words = result.as_ref().map(|words| words.join(", ")).unwrap_or_default();
    let text = format!("Acknowledged: {words}. No reminders until it resolves.");
    done(&form, result, &text, paths::ALERTS, list(&form)).await
}

/// `POST /alerts/rules/{id}/silence`: for some hours, or no longer.
pub async fn silence(Id(id): Id, form: Form) -> Result<Page, PageError> {
    // What is no number of hours is a time in the past, which is refused.
    let until = match form.value("until") {
        "" | "0" => None,
        hours => Some(hours.parse::<u32>().map_or(0, |hours| form.now_ms + i64::from(hours) * HOUR)),
    };
    let result = form.engine.silence_alert(&form.actor(), id, until).await;
    let text = match until {
        Some(until) => format!("The rule is silenced for {}. It is still checked.", span(until - form.now_ms)),
        None => "The rule sends notifications again.".to_owned(),
    };
    done(&form, result, &text, &paths::alert_rule(id), rule_form(&form, Some(id), "")).await
}

/// `POST /alerts/rules/{id}/disable`
pub async fn disable(Id(id): Id, form: Form) -> Result<Page, PageError> {
    let result = form.engine.disable_alert_rule(&form.actor(), id).await;
    done(&form, result, "The rule is off.", paths::ALERTS, list(&form)).await
}

/// `POST /alerts/rules/{id}/remove`
pub async fn remove_rule(Id(id): Id, form: Form) -> Result<Page, PageError> {
    let result = form.engine.remove_alert_rule(&form.actor(), id).await;
    done(&form, result, "The rule was removed.", paths::ALERTS, list(&form)).await
}

/// `POST /alerts/channels`
pub async fn save_channel(form: Form) -> Result<Page, PageError> {
    let text = |name: &str| form.value(name).to_owned();
    let webhook = form.value("kind") == "webhook";
    let new = NewChannel {
        name: text("name"),
        webhook,
        host: text("host"),
        port: text("port"),
        security: text("security"),
        user: text("user"),
        password: text("password"),
        from: text("from"),
        to: text("to"),
        url: text("url"),
        key: text("key"),
        forget: form.value("forget") == "on",
        ca: text("ca"),
    };
    let id = id_of(&form);
    let saved = form.engine.save_alert_channel(&form.actor(), id, &new).await;
    let name = new.name.trim();
    let (path, text) = match id {
        Some(id) => {
            (paths::alert_channel(id), format!("The channel {name} was changed. Send a test to see whether it works."))
        }
        None => {
            let path = paths::alert_channel_of(if webhook { "webhook" } else { "email" });
            (path, format!("The channel {name} was added. Send a test to see whether it works."))
        }
    };
    done(&form, saved, &text, &path, channel_form(&form, id, webhook)).await
}

/// `POST /alerts/channels/{id}/test`: tells exactly what came of it.
pub async fn test(Id(id): Id, form: Form) -> Result<Page, PageError> {
    match form.engine.test_alert_channel(&form.actor(), id).await {
        Ok(outcome) => {
            let kind = if outcome.delivered { FlashKind::Success } else { FlashKind::Danger };
            Ok(form.tell(kind, outcome.said, paths::ALERTS).await)
        }
        Err(error) => done(&form, Err::<(), _>(error), "", paths::ALERTS, list(&form)).await,
    }
}

/// `POST /alerts/channels/{id}/remove`
pub async fn remove_channel(Id(id): Id, form: Form) -> Result<Page, PageError> {
    let result = form.engine.remove_alert_channel(&form.actor(), id).await;
    done(&form, result, "The channel was removed.", paths::ALERTS, list(&form)).await
}

/// Back to the list with a message, or to the form at `path` with all that is wrong.
async fn done<T>(
    form: &Form,
    result: Result<T, AlertError>,
    text: &str,
    path: &str,
    again: impl Future<Output = Result<Page, PageError>>,
) -> Result<Page, PageError> {
    match result {
        Ok(_) => Ok(form.done(text, paths::ALERTS).await),
        Err(gone @ AlertError::Gone(_)) => Err(PageError::gone(gone.to_string())),
        Err(refused) => form.refused(&refused, path, again).await,
    }
}

/// `GET /settings`
pub async fn settings(console: Console) -> Page {
    let data = console.installation.settings.clone();
    Page::new("Settings", || view! { <SettingsPage data=data /> }.drawn())
}
