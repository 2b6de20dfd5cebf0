//! Alerts: rules, channels and notifications.

use axum::Json as Answer;
use axum::extract::State;
use axum::http::StatusCode;
use engine::Engine;
use engine::alerts::{
    AlertError, AlertRule, Channel, ChannelSettings, DAYS_KEPT, Delivery, NewChannel, NewRule, Progress, WrongField,
};
use licensing::alerts::{
    AlertStatus, Condition, ConditionKind, LONGEST_REMIND, LONGEST_SILENCE, LONGEST_WAIT, RuleSettings, SubjectState,
};
use licensing::permission::Permission::{EditConfiguration, HandleAlerts, View};
use serde::{Deserialize, Serialize};
use utoipa_axum::routes;

use super::request::{By, Json, Path, Query, page};
use super::{Api, Operations, Time};
use crate::http::access::Access::May;
use crate::http::problem::{InputError, Problem};

pub fn operations(all: Operations) -> Operations {
    all.add(routes!(list_alerts), May(View), &[])
        .add(routes!(add_alert), May(EditConfiguration), &["alert.add"])
        .add(routes!(change_alert), May(EditConfiguration), &["alert.change"])
        .add(routes!(remove_alert), May(EditConfiguration), &["alert.remove"])
        .add(routes!(try_alert), May(View), &[])
        .add(routes!(add_suggested_alerts), May(EditConfiguration), &["alert.add"])
        .add(routes!(acknowledge_alert), May(HandleAlerts), &["alert.acknowledge"])
        .add(routes!(silence_alert), May(HandleAlerts), &["alert.silence"])
        .add(routes!(list_channels), May(View), &[])
        .add(routes!(add_channel), May(EditConfiguration), &["alert.channel.add"])
        .add(routes!(change_channel), May(EditConfiguration), &["alert.channel.change"])
        .add(routes!(remove_channel), May(EditConfiguration), &["alert.channel.remove"])
        .add(routes!(test_channel), May(EditConfiguration), &["alert.test"])
        .add(routes!(list_deliveries), May(View), &[])
}

impl From<AlertError> for Problem {
    fn from(error: AlertError) -> Self {
        let sentence = error.to_string();
        match error {
            AlertError::Sql(error) => error.into(),
            AlertError::Gone(_) => Self::new(StatusCode::NOT_FOUND, sentence),
            AlertError::TooMany { .. } | AlertError::NothingFires => Self::new(StatusCode::CONFLICT, sentence),
            AlertError::Fields(all) => {
                let one = |WrongField { field, message }| InputError { field: field.to_owned(), message };
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, sentence).with_errors(all.into_iter().map(one).collect())
            }
        }
    }
}

/// Rules on one page.
const PAGE: usize = 25;

/// Which rules.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
struct AlertFilter {
    /// The following page: `next` of the previous one.
    before: Option<i64>,
}

/// Rules with their states, in the order they were added.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Alerts {
    items: Vec<Alert>,
    next: Option<i64>,
}

/// One rule.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Alert {
    id: i64,
    condition: ConditionKind,
    /// The threshold, in the unit of the condition: hours, seconds, days, denials, percent or GB.
    threshold: Option<u32>,
    /// The condition as a sentence.
    sentence: String,
    /// Fires once the condition has lasted this long, seconds.
    wait_seconds: i64,
    /// Pause between reminders, seconds; 0: none.
    remind_seconds: i64,
    enabled: bool,
    /// `ok`, `pending`, `firing`, `unknown` or `off`.
    state: String,
    /// Since when its state is unknown.
    unknown_since: Option<Time>,
    last_fired: Option<Time>,
    /// No notifications until then; its state goes on.
    silenced_until: Option<Time>,
    /// What it is firing or pending for: the first 20.
    subjects: Vec<AlertSubject>,
    /// Further subjects, which are not listed.
    more_subjects: usize,
    /// Names of the channels it notifies.
    channels: Vec<String>,
}

/// One subject that it is firing or pending for.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct AlertSubject {
    /// A peer, a client, a product; empty for the server itself.
    name: String,
    /// `pending` or `firing`.
    state: String,
    since: Time,
    /// The last finding.
    sentence: String,
    /// Who takes care of it; null while nobody does.
    acknowledged: Option<AlertAcknowledgement>,
}

/// Somebody takes care of a firing alert: no reminders until it resolves.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct AlertAcknowledgement {
    by: String,
    at: Time,
}

/// Subjects of a rule that are listed; the others are counted.
const SUBJECTS: usize = 20;

fn alert(of: AlertRule, channels: &[Channel], now: i64) -> Alert {
    let subject = |(name, subject): (&String, &SubjectState)| {
        let (state, since) = match subject.standing {
            AlertStatus::Pending { since } => ("pending", since),
            AlertStatus::Firing { since, .. } => ("firing", since),
            AlertStatus::Resolved { .. } => return None,
        };
        let sentence = of.rule.condition.kind().found(name, &subject.evidence, now);
        let acknowledged = subject.acknowledged.clone();
        Some(AlertSubject {
            name: name.clone(),
            state: state.to_owned(),
            since: Time(since),
            sentence,
            acknowledged: acknowledged.map(|by| AlertAcknowledgement { by: by.by, at: Time(by.at) }),
        })
    };
    let is_open = |subject: &&SubjectState| !matches!(subject.standing, AlertStatus::Resolved { .. });
    let open = of.state.subjects.values().filter(is_open).count();
    let name = |id: &i64| channels.iter().find(|channel| channel.id == *id).map(|channel| channel.name.clone());
    Alert {
        id: of.id,
        condition: of.rule.condition.kind(),
        threshold: of.rule.condition.number(),
        sentence: of.rule.condition.sentence(),
        wait_seconds: of.rule.wait_ms / 1_000,
        remind_seconds: of.rule.remind_ms / 1_000,
        enabled: of.enabled,
        state: of.standing().to_owned(),
        unknown_since: of.state.unknown_since.filter(|_| of.enabled).map(Time),
        last_fired: of.last_fired.map(Time),
        silenced_until: of.state.silenced_until.filter(|_| of.enabled && of.state.is_silenced(now)).map(Time),
        subjects: of.state.subjects.iter().filter_map(subject).take(SUBJECTS).collect(),
        more_subjects: open.saturating_sub(SUBJECTS),
        channels: of.channels.iter().filter_map(name).collect(),
    }
}

/// The rules with their states.
#[utoipa::path(get, path = "/api/v1/alerts", tag = "alerts", params(AlertFilter), responses(
    (status = 200, description = "One page", body = Alerts)))]
async fn list_alerts(
    State(Api { engine, .. }): State<Api>,
    Query(filter): Query<AlertFilter>,
) -> Result<Answer<Alerts>, Problem> {
    let (channels, rules, now) = (engine.alert_channels().await?, engine.alert_rules().await?, engine.now_ms());
    let (rules, next) = page(rules, |rule| rule.id, filter.before.as_ref(), PAGE);
    let items = rules.into_iter().map(|rule| alert(rule, &channels, now)).collect();
    Ok(Answer(Alerts { items, next }))
}

/// A rule to save.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "condition": "days_since_sync", "threshold": 7, "wait_seconds": 0, "remind_seconds": 86400, "channels": [1] }))]
struct NewAlert {
    condition: ConditionKind,
    /// The threshold, in the unit of the condition: hours, seconds, days, denials, percent or GB. Left out for a
    /// condition without one.
    threshold: Option<u32>,
    /// Fires once the condition has lasted this long, seconds.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 86400)]
    wait_seconds: i64,
    /// Pause between reminders, seconds; 0: none.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 604800)]
    remind_seconds: i64,
    #[serde(default = "yes")]
    #[schema(default = true)]
    enabled: bool,
    /// The channels it notifies, by their numbers.
    #[serde(default)]
    channels: Vec<i64>,
}

fn yes() -> bool {
    true
}

impl NewAlert {
    /// The rule, or everything that is wrong with it.
    async fn checked(self, engine: &Engine) -> Result<NewRule, Problem> {
        let mut errors = Vec::new();
        let mut wrong = |field: &str, message: String| errors.push(InputError { field: field.to_owned(), message });
        let condition = Condition::new(self.condition, self.threshold);
        if let Err(error) = condition {
            wrong("threshold", error.to_string());
        }
        let spans = [
            ("wait_seconds", self.wait_seconds, LONGEST_WAIT),
            ("remind_seconds", self.remind_seconds, LONGEST_REMIND),
        ];
        for (field, seconds, longest) in spans {
            if !(0..=longest / 1_000).contains(&seconds) {
                wrong(field, format!("Enter a whole number of seconds from 0 to {}.", longest / 1_000));
            }
        }
        let known = engine.alert_channels().await?;
        for id in self.channels.iter().filter(|id| known.iter().all(|channel| channel.id != **id)) {
            wrong("channels", format!("Unknown channel {id}."));
        }
        let Ok(condition) = condition else { return Err(refused(errors)) };
        if !errors.is_empty() {
            return Err(refused(errors));
        }
        let rule =
            RuleSettings { condition, wait_ms: self.wait_seconds * 1_000, remind_ms: self.remind_seconds * 1_000 };
        Ok(NewRule { rule, enabled: self.enabled, channels: self.channels })
    }
}

fn refused(errors: Vec<InputError>) -> Problem {
    let detail = errors.iter().map(|error| error.message.as_str()).collect::<Vec<_>>().join(" ");
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, detail).with_errors(errors)
}

async fn saved(engine: &Engine, by: &By, id: Option<i64>, new: NewAlert) -> Result<Answer<Alert>, Problem> {
    let new = new.checked(engine).await?;
    let id = engine.save_alert_rule(&by.actor(), id, &new).await?;
    one_alert(engine, id).await
}

/// Adds a rule.
#[utoipa::path(post, path = "/api/v1/alerts", tag = "alerts", request_body = NewAlert, responses(
    (status = 201, description = "Added", body = Alert),
    (status = 404, description = "It has since been removed"),
    (status = 409, description = "The maximum number exists")))]
async fn add_alert(
    State(Api { engine, .. }): State<Api>,
    by: By,
    Json(new): Json<NewAlert>,
) -> Result<(StatusCode, Answer<Alert>), Problem> {
    Ok((StatusCode::CREATED, saved(&engine, &by, None, new).await?))
}

/// Changes a rule. Its state starts over, with nothing firing.
#[utoipa::path(put, path = "/api/v1/alerts/{id}", tag = "alerts", request_body = NewAlert,
    params(("id" = i64, Path, description = "Its number", example = 1)),
    responses(
        (status = 200, description = "Changed", body = Alert),
        (status = 404, description = "No such rule")))]
async fn change_alert(
    State(Api { engine, .. }): State<Api>,
    by: By,
    Path(id): Path<i64>,
    Json(new): Json<NewAlert>,
) -> Result<Answer<Alert>, Problem> {
    saved(&engine, &by, Some(id), new).await
}

/// Adds the suggested rules whose condition has no rule yet, turned on, with all channels. A second call adds nothing.
#[utoipa::path(post, path = "/api/v1/alerts/suggested", tag = "alerts", responses(
    (status = 200, description = "The rules that were added", body = Alerts),
    (status = 409, description = "The maximum number exists")))]
async fn add_suggested_alerts(State(Api { engine, .. }): State<Api>, by: By) -> Result<Answer<Alerts>, Problem> {
    let ids = engine.add_suggested_rules(&by.actor()).await?;
    let (channels, rules, now) = (engine.alert_channels().await?, engine.alert_rules().await?, engine.now_ms());
    let added = rules.into_iter().filter(|rule| ids.contains(&rule.id));
    Ok(Answer(Alerts { items: added.map(|rule| alert(rule, &channels, now)).collect(), next: None }))
}

/// What to acknowledge.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "subject": "lic-02" }))]
struct AcknowledgeAlert {
    /// A peer, a client, a product; everything that fires when left out.
    subject: Option<String>,
}

/// Acknowledges what fires of a rule: no reminders until it resolves, and it no longer counts as urgent.
#[utoipa::path(post, path = "/api/v1/alerts/{id}/acknowledge", tag = "alerts", request_body = AcknowledgeAlert,
    params(("id" = i64, Path, description = "Its number", example = 2)),
    responses(
        (status = 200, description = "Acknowledged", body = Alert),
        (status = 404, description = "No such rule, or it is off"),
        (status = 409, description = "It isn't firing, or is acknowledged already")))]
async fn acknowledge_alert(
    State(Api { engine, .. }): State<Api>,
    by: By,
    Path(id): Path<i64>,
    Json(of): Json<AcknowledgeAlert>,
) -> Result<Answer<Alert>, Problem> {
    engine.acknowledge_alert(&by.actor(), id, of.subject.as_deref()).await?;
    one_alert(&engine, id).await
}

/// How long to silence a rule.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "seconds": 3600 }))]
struct SilenceAlert {
    /// From now, seconds; 0 ends the silence.
    #[schema(minimum = 0, maximum = 2678400)]
    seconds: i64,
}

/// Silences a rule: it sends no notifications for a time, and its state goes on. What fired meanwhile and still fires is
/// told when the silence ends.
#[utoipa::path(post, path = "/api/v1/alerts/{id}/silence", tag = "alerts", request_body = SilenceAlert,
    params(("id" = i64, Path, description = "Its number", example = 2)),
    responses(
        (status = 200, description = "Silenced, or no longer", body = Alert),
        (status = 404, description = "No such rule, or it is off")))]
async fn silence_alert(
    State(Api { engine, .. }): State<Api>,
    by: By,
    Path(id): Path<i64>,
    Json(SilenceAlert { seconds }): Json<SilenceAlert>,
) -> Result<Answer<Alert>, Problem> {
    if !(0..=LONGEST_SILENCE / 1_000).contains(&seconds) {
        let message = format!("Enter a whole number of seconds from 0 to {}.", LONGEST_SILENCE / 1_000);
        return Err(refused(vec![InputError { field: "seconds".to_owned(), message }]));
    }
    let until = (seconds > 0).then(|| engine.now_ms() + seconds * 1_000);
    engine.silence_alert(&by.actor(), id, until).await?;
    one_alert(&engine, id).await
}

async fn one_alert(engine: &Engine, id: i64) -> Result<Answer<Alert>, Problem> {
    let rule = engine.alert_rule(id).await?.ok_or(AlertError::Gone("rule"))?;
    Ok(Answer(alert(rule, &engine.alert_channels().await?, engine.now_ms())))
}

/// What was removed.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct RemovedNumber {
    id: i64,
}

/// Removes a rule. Its notifications stay in the list.
#[utoipa::path(delete, path = "/api/v1/alerts/{id}", tag = "alerts",
    params(("id" = i64, Path, description = "Its number", example = 1)),
    responses(
        (status = 200, description = "Removed", body = RemovedNumber),
        (status = 404, description = "No such rule")))]
async fn remove_alert(
    State(Api { engine, .. }): State<Api>,
    by: By,
    Path(id): Path<i64>,
) -> Result<Answer<RemovedNumber>, Problem> {
    engine.remove_alert_rule(&by.actor(), id).await?;
    Ok(Answer(RemovedNumber { id }))
}

/// A rule tried on recorded data.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct TriedAlert {
    /// Start of the recorded data; null if there is none.
    from: Option<Time>,
    /// Whether the recorded data covers its condition.
    known: bool,
    episodes: Vec<AlertEpisode>,
}

/// When it would have fired.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct AlertEpisode {
    /// A peer, a client, a product; empty for the server itself.
    subject: String,
    fired: Time,
    resolved: Option<Time>,
    reminders: u32,
}

/// Which days to try a rule on.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
struct TrialPeriod {
    /// The last days, 1 to 90 [default: 30].
    #[param(minimum = 1, maximum = 90)]
    days: Option<u32>,
}

/// Days a rule is tried on unless the caller says otherwise; as in the console.
const TRIED_DAYS: u32 = 30;

/// When a rule would have fired in the last days. Nothing is saved.
#[utoipa::path(post, path = "/api/v1/alerts/try", tag = "alerts", params(TrialPeriod), request_body = NewAlert, responses(
    (status = 200, description = "When it would have fired", body = TriedAlert)))]
async fn try_alert(
    State(Api { engine, .. }): State<Api>,
    Query(period): Query<TrialPeriod>,
    Json(new): Json<NewAlert>,
) -> Result<Answer<TriedAlert>, Problem> {
    let days = period.days.unwrap_or(TRIED_DAYS);
    if !(1..=DAYS_KEPT).contains(&days) {
        return Err(Problem::field("days", format!("Enter a number of days from 1 to {DAYS_KEPT}.")));
    }
    let tried = engine.try_rule(&new.checked(&engine).await?.rule, days).await?;
    let episodes = tried.episodes.into_iter().map(|of| AlertEpisode {
        subject: of.subject,
        fired: Time(of.fired),
        resolved: of.resolved.map(Time),
        reminders: of.reminders,
    });
    Ok(Answer(TriedAlert { from: tried.from.map(Time), known: tried.known, episodes: episodes.collect() }))
}

/// All channels by name.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct AlertChannels {
    items: Vec<AlertChannel>,
    /// All channels fit on one page: always null.
    next: Option<i64>,
}

/// A channel, without its secrets.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct AlertChannel {
    id: i64,
    name: String,
    #[serde(flatten)]
    settings: AlertChannelSettings,
    /// Whether a password or key is saved for it.
    has_secret: bool,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum AlertChannelSettings {
    Email {
        /// The mail server.
        host: String,
        port: u16,
        /// `starttls`, `tls` or `none`.
        security: String,
        /// User name there; empty for none.
        user: String,
        /// The sender.
        from: String,
        /// Recipients.
        to: Vec<String>,
        /// File with certificate authorities to trust besides the system's; empty for none.
        ca: String,
    },
    Webhook {
        /// Scheme, host and port; the rest of the address is often a secret.
        host: String,
        /// File with certificate authorities to trust besides the system's; empty for none.
        ca: String,
    },
}

fn channel(Channel { id, name, settings, has_secret }: Channel) -> AlertChannel {
    let settings = match settings {
        ChannelSettings::Email { host, port, security, user, from, to, ca } => {
            AlertChannelSettings::Email { host, port, security: security.as_str().to_owned(), user, from, to, ca }
        }
        ChannelSettings::Webhook { host, ca } => AlertChannelSettings::Webhook { host, ca },
    };
    AlertChannel { id, name, settings, has_secret }
}

/// All channels by name.
#[utoipa::path(get, path = "/api/v1/alerts/channels", tag = "alerts", responses(
    (status = 200, description = "All channels", body = AlertChannels)))]
async fn list_channels(State(Api { engine, .. }): State<Api>) -> Result<Answer<AlertChannels>, Problem> {
    let items = engine.alert_channels().await?.into_iter().map(channel).collect();
    Ok(Answer(AlertChannels { items, next: None }))
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
enum AlertChannelKind {
    #[default]
    Email,
    Webhook,
}

/// A channel to save. A secret that is left out stays as it is.
#[derive(Default, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(example = json!({ "name": "On call", "kind": "webhook", "url": "https://127.0.0.1:9/hook" }))]
struct NewAlertChannel {
    #[schema(required)]
    name: String,
    #[schema(required)]
    kind: AlertChannelKind,
    /// Of e-mail: the mail server.
    host: String,
    /// Of e-mail: the mail server's port.
    port: u16,
    /// Of e-mail: `starttls`, `tls` or `none`.
    security: String,
    /// Of e-mail: user name at the mail server; empty for none.
    user: String,
    #[schema(write_only)]
    password: String,
    /// Of e-mail: the sender.
    from: String,
    /// Of e-mail: the recipients.
    to: Vec<String>,
    /// Of a webhook: the address to post to.
    #[schema(write_only)]
    url: String,
    /// Of a webhook: the secret that signs posts.
    #[schema(write_only)]
    key: String,
    /// Deletes the saved password or key.
    forget: bool,
    /// File with certificate authorities to trust besides the system's.
    ca: String,
}

impl From<NewAlertChannel> for NewChannel {
    fn from(of: NewAlertChannel) -> Self {
        Self {
            webhook: of.kind == AlertChannelKind::Webhook,
            name: of.name,
            host: of.host,
            port: of.port.to_string(),
            security: of.security,
            user: of.user,
            password: of.password,
            from: of.from,
            to: of.to.join("\n"),
            url: of.url,
            key: of.key,
            forget: of.forget,
            ca: of.ca,
        }
    }
}

async fn saved_channel(
    engine: &Engine,
    by: &By,
    id: Option<i64>,
    new: NewAlertChannel,
) -> Result<Answer<AlertChannel>, Problem> {
    let id = engine.save_alert_channel(&by.actor(), id, &new.into()).await?;
    Ok(Answer(channel(engine.alert_channel(id).await?.ok_or(AlertError::Gone("channel"))?)))
}

/// Adds a channel.
#[utoipa::path(post, path = "/api/v1/alerts/channels", tag = "alerts", request_body = NewAlertChannel, responses(
    (status = 201, description = "Added", body = AlertChannel),
    (status = 404, description = "It has since been removed"),
    (status = 409, description = "The maximum number exists")))]
async fn add_channel(
    State(Api { engine, .. }): State<Api>,
    by: By,
    Json(new): Json<NewAlertChannel>,
) -> Result<(StatusCode, Answer<AlertChannel>), Problem> {
    Ok((StatusCode::CREATED, saved_channel(&engine, &by, None, new).await?))
}

/// Changes a channel.
#[utoipa::path(put, path = "/api/v1/alerts/channels/{id}", tag = "alerts", request_body = NewAlertChannel,
    params(("id" = i64, Path, description = "Its number", example = 1)),
    responses(
        (status = 200, description = "Changed", body = AlertChannel),
        (status = 404, description = "No such channel")))]
async fn change_channel(
    State(Api { engine, .. }): State<Api>,
    by: By,
    Path(id): Path<i64>,
    Json(new): Json<NewAlertChannel>,
) -> Result<Answer<AlertChannel>, Problem> {
    saved_channel(&engine, &by, Some(id), new).await
}

/// Removes a channel. Its waiting notifications are dropped.
#[utoipa::path(delete, path = "/api/v1/alerts/channels/{id}", tag = "alerts",
    params(("id" = i64, Path, description = "Its number", example = 1)),
    responses(
        (status = 200, description = "Removed", body = RemovedNumber),
        (status = 404, description = "No such channel")))]
async fn remove_channel(
    State(Api { engine, .. }): State<Api>,
    by: By,
    Path(id): Path<i64>,
) -> Result<Answer<RemovedNumber>, Problem> {
    engine.remove_alert_channel(&by.actor(), id).await?;
    Ok(Answer(RemovedNumber { id }))
}

/// The result of a test.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct ChannelTested {
    delivered: bool,
    /// The reply, or why nothing was sent.
    said: String,
}

/// Sends a test over a channel now.
#[utoipa::path(post, path = "/api/v1/alerts/channels/{id}/test", tag = "alerts",
    params(("id" = i64, Path, description = "Its number", example = 1)),
    responses(
        (status = 200, description = "The result", body = ChannelTested),
        (status = 404, description = "No such channel")))]
async fn test_channel(
    State(Api { engine, .. }): State<Api>,
    by: By,
    Path(id): Path<i64>,
) -> Result<Answer<ChannelTested>, Problem> {
    let outcome = engine.test_alert_channel(&by.actor(), id).await?;
    Ok(Answer(ChannelTested { delivered: outcome.delivered, said: outcome.said }))
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
struct DeliveryFilter {
    /// Maximum number, up to 500.
    #[param(example = 20)]
    limit: Option<i64>,
}

/// The newest notifications.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct AlertDeliveries {
    items: Vec<AlertDelivery>,
    /// Only the newest are listed: always null.
    next: Option<i64>,
}

/// A notification.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct AlertDelivery {
    /// Id; the same for each attempt.
    id: String,
    /// `fired`, `reminder`, `resolved` or `test`.
    kind: String,
    /// The channel's name at that time.
    channel: String,
    title: String,
    made_at: Time,
    attempts: u32,
    /// `waiting`, `delivered` or `given_up`.
    state: String,
    /// Next attempt, if it is waiting.
    next_at: Option<Time>,
    /// Result of the last attempt.
    outcome: Option<String>,
}

fn delivery(of: Delivery) -> AlertDelivery {
    let (state, next_at) = match of.progress {
        Progress::Waiting { next } => ("waiting", Some(Time(next))),
        Progress::Delivered => ("delivered", None),
        Progress::GivenUp => ("given_up", None),
    };
    AlertDelivery {
        id: of.id,
        kind: of.kind,
        channel: of.channel,
        title: of.title,
        made_at: Time(of.made_at),
        attempts: of.attempts,
        state: state.to_owned(),
        next_at,
        outcome: of.outcome,
    }
}

/// The newest notifications.
#[utoipa::path(get, path = "/api/v1/alerts/deliveries", tag = "alerts", params(DeliveryFilter), responses(
    (status = 200, description = "Newest first", body = AlertDeliveries)))]
async fn list_deliveries(
    State(Api { engine, .. }): State<Api>,
    Query(filter): Query<DeliveryFilter>,
) -> Result<Answer<AlertDeliveries>, Problem> {
    let found = engine.alert_deliveries(filter.limit.map_or(100, |limit| limit.clamp(1, 500) as u32)).await?;
    Ok(Answer(AlertDeliveries { items: found.into_iter().map(delivery).collect(), next: None }))
}
