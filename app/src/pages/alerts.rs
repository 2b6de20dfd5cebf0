//! Alerts: what fires now, the rules and their states, the channels, and the notifications sent.

mod channel_form;
mod rule_form;

pub use channel_form::{ChannelForm, ChannelFormView};
pub use rule_form::{RuleForm, RuleFormView, RuleReview, RuleReviewView};

use crate::components::{
    Card, Disabled, EmptyState, FormErrors, Glyph, Hidden, Icon, LinkButton, PageHeader, PagePart, Pages, Pill,
    Statement, Submit, Tag, TimeAgo, TimeStamp, TimeUntil, lenient,
};
use crate::drawn::Draw;
use crate::paths;
use crate::request::{Tone, request};
use engine::alerts::{Channel as AlertChannel, ChannelKind, Delivery, Progress};
use leptos::prelude::*;
use licensing::permission::Permission;
use licensing::words::{count, list};
use serde::{Deserialize, Serialize};

/// `/alerts`
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AlertsPage {
    /// What nobody has acknowledged first, then the latest; no more than [`FIRING`].
    pub firing: Vec<FiringRow>,
    /// How many fire, and how many of them are acknowledged.
    pub firing_counts: FiringCounts,
    pub rules: Vec<RuleRow>,
    /// Which page of the rules, from 1.
    pub page: Option<usize>,
    /// Titles of the suggested rules that are missing.
    pub suggested: Vec<String>,
    pub channels: Vec<AlertChannel>,
    /// The newest first.
    pub deliveries: Vec<Delivery>,
}

/// How much fires now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FiringCounts {
    pub all: usize,
    pub acknowledged: usize,
}

/// The query of the address.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AlertFilter {
    /// Which page of the rules, from 1.
    #[serde(deserialize_with = "lenient")]
    pub page: Option<usize>,
}

/// One thing that fires now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FiringRow {
    /// Its rule.
    pub rule: i64,
    /// A peer, a client, a product; empty for the server itself.
    pub subject: String,
    /// What is wrong, without a period.
    pub headline: String,
    /// The same measured, in a sentence.
    pub words: String,
    pub since_ms: i64,
    /// A sentence.
    pub to_do: &'static str,
    /// The page that shows the cause.
    pub cause: &'static str,
    /// Who takes care of it, and since when.
    pub acknowledged: Option<(String, i64)>,
    /// Its rule sends nothing until then, Unix milliseconds.
    pub silenced_until: Option<i64>,
}

/// A rule and how it stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RuleRow {
    pub id: i64,
    /// What it watches, with its number.
    pub sentence: String,
    pub enabled: bool,
    pub tone: Tone,
    /// "Firing", "All well".
    pub state: String,
    /// How many subjects fire.
    pub firing: usize,
    /// What is about to fire.
    pub pending: Vec<SubjectRow>,
    /// It sends nothing until then, Unix milliseconds.
    pub silenced_until: Option<i64>,
    /// Its signal is not known since then, Unix milliseconds.
    pub unknown_since: Option<i64>,
    pub last_fired: Option<i64>,
    /// Names of those it tells.
    pub channels: Vec<String>,
    /// How long it waits and how often it reminds, in words.
    pub pace: String,
    /// Name and value of what a form about it carries.
    pub fields: Vec<(String, String)>,
}

/// One thing that is not well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubjectRow {
    /// A sentence.
    pub words: String,
    pub since_ms: i64,
}

/// The pages above the forms.
fn crumbs() -> Vec<(String, String)> {
    vec![("Alerts".to_owned(), paths::ALERTS.to_owned())]
}

/// The page of `/alerts`.
#[component]
pub fn AlertsView(data: AlertsPage) -> impl IntoView {
    let may = request().why_not(Permission::EditConfiguration).is_none();
    let more_rules = may.then(|| view! { <a href=paths::ALERT_RULE_NEW>"Add a rule"</a> }.drawn());
    let AlertsPage { firing, firing_counts, rules, page, suggested, channels, deliveries } = data;
    let part = PagePart::new(page, rules.len());
    let is_first = rules.is_empty();
    let missing = if is_first { Vec::new() } else { suggested.clone() };
    view! {
        <PageHeader title="Alerts" lead=view! { "What fires now, and who is notified of it." }.drawn() />
        <FormErrors />
        <Summary firing=firing_counts rules=rules.clone() has_channels=!channels.is_empty() suggested=if is_first { suggested } else { Vec::new() } />
        {(!firing.is_empty()).then(|| view! { <Card title="Firing now" id="firing"><Firing items=firing all=firing_counts.all /></Card> })}
        <Card title="Rules" id="rules" aside=more_rules.drawn()>
            <Rules rules=rules[part.range()].to_vec() />
            <Pages part=part href=Box::new(|page| paths::with(paths::ALERTS, &AlertFilter { page })) />
            {(may && !missing.is_empty()).then(|| view! { <div class="alert-suggested"><Suggested titles=missing look="" /></div> })}
        </Card>
        <Card title="Channels" id="channels"><Channels channels=channels /></Card>
        <Card title="Recent notifications" id="deliveries"><Deliveries items=deliveries /></Card>
    }
    .drawn()
}

/// How things stand, in a sentence.
#[component]
fn Summary(
    firing: FiringCounts,
    rules: Vec<RuleRow>,
    has_channels: bool,
    /// Offered while there are no rules.
    suggested: Vec<String>,
) -> impl IntoView {
    let may = request().why_not(Permission::EditConfiguration).is_none();
    let on = rules.iter().filter(|rule| rule.enabled).count();
    let FiringCounts { all: number, acknowledged } = firing;
    let unknown = rules.iter().filter(|rule| rule.enabled && rule.firing == 0 && rule.unknown_since.is_some()).count();
    let all = count(number, "alert is firing", "alerts are firing");
    let (tone, sentence, why) = match (on, number) {
        (0, _) => (
            Tone::Neutral,
            if rules.is_empty() { "No alert rules yet." } else { "No alert rule is on." }.to_owned(),
            "Add rules to be notified of a failover, denials, failing syncs and the like.",
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
        (_, many) if acknowledged == many => {
            (Tone::Info, format!("{all}, acknowledged."), "No reminders are sent until what fires resolves.")
        }
        _ => (
            Tone::Danger,
            match acknowledged {
                0 => format!("{all}."),
                some => format!("{all}, {some} acknowledged."),
            },
            "Acknowledge what you take care of: it then sends no reminders until it resolves.",
        ),
    };
    let silent = on > 0 && rules.iter().any(|rule| rule.enabled && rule.channels.is_empty());
    let is_offered = !suggested.is_empty();
    view! {
        <Statement tone=tone sentence=sentence>
            <p class="muted">{why}</p>
            {silent.then(|| view! { <p class="muted">"A rule without a channel sends no notifications: it appears here and in the metrics only."</p> })}
            {(may && is_offered).then(|| view! { <Suggested titles=suggested look="primary" /> })}
            {(may && on == 0).then(|| view! {
                <div class="actions">
                    <LinkButton href=paths::ALERT_RULE_NEW>"Add a rule"</LinkButton>
                    {(!has_channels).then(|| view! { <LinkButton href=paths::alert_channel_of("email")>"Add mail"</LinkButton> })}
                </div>
            })}
        </Statement>
    }
    .drawn()
}

/// The suggested rules that are missing, added with one button.
#[component]
fn Suggested(titles: Vec<String>, look: &'static str) -> impl IntoView {
    let button = match titles.len() {
        1 => "Add the suggested rule".to_owned(),
        many => format!("Add {many} suggested rules"),
    };
    view! {
        <form method="post" action=paths::ALERTS_SUGGESTED class="stack">
            <p class="muted">{format!("Suggested: {}. They are turned on and notify all channels.", list(titles))}</p>
            <div class="actions"><Submit look=look>{button}</Submit></div>
        </form>
    }
    .drawn()
}

/// What fires now, each with what to do and the button to acknowledge it.
#[component]
fn Firing(items: Vec<FiringRow>, all: usize) -> impl IntoView {
    let why_not = request().why_not(Permission::HandleAlerts);
    let more = all.saturating_sub(items.len().min(FIRING));
    view! {
        <ul class="alert-list">
            {items.into_iter().take(FIRING).map(|row| view! { <FiringItem row=row may=why_not.is_none() /> }).collect_view()}
        </ul>
        {(more > 0).then(|| view! { <p class="fine">{format!("And {more} more.")}</p> })}
        {why_not.map(|reason| view! { <p><Disabled reason=reason /></p> })}
    }
    .drawn()
}

#[component]
fn FiringItem(row: FiringRow, may: bool) -> impl IntoView {
    let (tone, state) = match row.acknowledged {
        Some(_) => (Tone::Info, "Acknowledged"),
        None => (Tone::Danger, "Firing"),
    };
    let is_open = row.acknowledged.is_none();
    let headline = row.headline.clone();
    view! {
        <li class=tone.class()>
            <span class="alert-mark"><Icon glyph=if is_open { Glyph::Danger } else { Glyph::Check } /></span>
            <div class="alert-text">
                <p class="alert-title"><a class="strong" href=row.cause>{row.headline}</a><Pill tone=tone text=state /></p>
                <p>{row.words}</p>
                <p class="fine">"Since "<TimeStamp at_ms=row.since_ms />", "<TimeAgo at_ms=row.since_ms />"."</p>
                <p>{row.to_do}</p>
                {row.acknowledged.map(|(by, at)| view! {
                    <p class="fine">{format!("Acknowledged by {by} ")}<TimeAgo at_ms=at />". No reminders until it resolves."</p>
                })}
                {row.silenced_until.map(|until| view! { <Silenced until_ms=until /> })}
                <p class="fine"><a href=paths::alert_rule(row.rule)>{format!("Rule {}", row.rule)}</a></p>
            </div>
            {may.then(|| view! {
                <div class="alert-action actions">
                    {is_open.then(|| view! {
                        <form method="post" action=paths::alert_rule_action(row.rule, "acknowledge")>
                            <Hidden name="subject" value=row.subject />
                            <Submit look="primary">"Acknowledge"<span class="vh">{format!(": {headline}")}</span></Submit>
                        </form>
                    })}
                    <LinkButton href=paths::alert_rule_silence(row.rule)>"Silence"<span class="vh">{format!(" rule {}", row.rule)}</span></LinkButton>
                </div>
            })}
        </li>
    }
    .drawn()
}

/// A rule sends nothing for a while.
#[component]
pub(crate) fn Silenced(until_ms: i64) -> impl IntoView {
    view! { <p class="fine">"Silenced until "<TimeStamp at_ms=until_ms />". The rule is still checked."</p> }.drawn()
}

/// Things that fire and are shown.
pub const FIRING: usize = 50;
/// Things that are listed one by one.
const LISTED: usize = 10;

#[component]
fn Rules(rules: Vec<RuleRow>) -> impl IntoView {
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
fn rule_mark(tone: Tone) -> Glyph {
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
    let more = rule.pending.len().saturating_sub(LISTED);
    let unknown = rule.enabled.then_some(rule.unknown_since).flatten();
    view! {
        <li class=rule.tone.class()>
            <span class="alert-mark"><Icon glyph=rule_mark(rule.tone) /></span>
            <div class="alert-text">
                <p class="alert-title">
                    <a class="strong" href=paths::alert_rule(rule.id)>{rule.sentence.clone()}</a>
                    <Pill tone=rule.tone text=rule.state.clone() />
                </p>
                {(!rule.pending.is_empty()).then(|| view! {
                    <ul class="alert-subjects">
                        {rule.pending.into_iter().take(LISTED).map(|subject| view! { <Subject subject=subject /> }).collect_view()}
                        {(more > 0).then(|| view! { <li>{format!("And {more} more.")}</li> })}
                    </ul>
                })}
                {unknown.map(|since| view! { <p>"No data since "<TimeAgo at_ms=since />"."</p> })}
                {rule.silenced_until.map(|until| view! { <Silenced until_ms=until /> })}
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
            {subject.words}" Since "<TimeAgo at_ms=subject.since_ms />"; no notification yet."
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

/// The channels that alerts are sent to, each with a test.
#[component]
fn Channels(channels: Vec<AlertChannel>) -> impl IntoView {
    let why_not = request().why_not(Permission::EditConfiguration);
    let may = why_not.is_none();
    let add = match why_not {
        Some(reason) => view! { <Disabled reason=reason /> }.drawn(),
        None => view! {
            <LinkButton href=paths::alert_channel_of("email")>"Add mail"</LinkButton>
            <LinkButton href=paths::alert_channel_of("webhook")>"Add a webhook"</LinkButton>
        }
        .drawn(),
    };
    if channels.is_empty() {
        return view! {
            <EmptyState title="No channels yet" why="A channel is a mail account or a webhook address. Alerts go nowhere else.">{add}</EmptyState>
        }
        .drawn();
    }
    view! {
        <ul class="alert-list">
            {channels.into_iter().map(|channel| view! { <Channel channel=channel may=may /> }).collect_view()}
        </ul>
        <div class="actions">{add}</div>
    }
    .drawn()
}

#[component]
fn Channel(channel: AlertChannel, may: bool) -> impl IntoView {
    let (kind, secret) = match channel.kind() {
        ChannelKind::Email => ("Mail", "The password is saved, not shown."),
        ChannelKind::Webhook => ("Webhook", "Posts are signed; the secret is saved, not shown."),
    };
    let leads_to = channel.settings.leads_to();
    let mut letters = leads_to.chars();
    let leads_to: String =
        letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default();
    let name = channel.name.clone();
    view! {
        <li>
            <div class="alert-text">
                <p class="alert-title"><a class="strong" href=paths::alert_channel(channel.id)>{channel.name}</a><Tag text=kind /></p>
                <p class="path">{leads_to}</p>
                {channel.has_secret.then(|| view! { <p class="fine">{secret}</p> })}
            </div>
            {may.then(|| view! {
                <form method="post" action=paths::alert_channel_action(channel.id, "test") class="alert-action">
                    <Submit>"Send a test"<span class="vh">{format!(" to {name}")}</span></Submit>
                </form>
            })}
        </li>
    }
    .drawn()
}

/// What was told, and what the other side said to it.
#[component]
fn Deliveries(items: Vec<Delivery>) -> impl IntoView {
    if items.is_empty() {
        return view! { <EmptyState title="No notifications yet" why="Each message appears here with what the mail server or the webhook answered." /> }
            .drawn();
    }
    view! {
        <ul class="events">
            {items.into_iter().map(|item| view! { <DeliveryItem item=item /> }).collect_view()}
        </ul>
    }
    .drawn()
}

#[component]
fn DeliveryItem(item: Delivery) -> impl IntoView {
    let (tone, state, next) = match item.progress {
        Progress::Delivered => (Tone::Success, "Delivered", None),
        Progress::Waiting { next } => (Tone::Warning, "Waiting", Some(next)),
        Progress::GivenUp if item.kind == "test" => (Tone::Danger, "Failed", None),
        Progress::GivenUp => (Tone::Danger, "Given up", None),
    };
    let attempts = (item.attempts > 1).then(|| format!("{} attempts.", item.attempts));
    view! {
        <li>
            <div class="event-text">
                <p><b>{item.title}</b>" "<Pill tone=tone text=state /></p>
                {item.outcome.map(|said| view! { <p class="path">{said}</p> })}
                <p class="fine">
                    {format!("Via {}. ", item.channel)}
                    {attempts}
                    {next.map(|next| view! { " Next attempt "<TimeUntil at_ms=next />"." })}
                </p>
            </div>
            <span class="when"><TimeAgo at_ms=item.made_at /></span>
        </li>
    }
    .drawn()
}
