//! The form of a channel. What is secret is typed in, and never shown again.

use super::crumbs;
use crate::components::{
    Card, Field, FieldProblem, FormErrors, Hidden, PageHeader, Removal, Submit, TextArea, described_by,
};
use crate::drawn::Draw;
use crate::paths;
use crate::request::request;
use leptos::prelude::*;
use licensing::permission::Permission;

/// The form of a channel.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChannelForm {
    /// The channel that is changed; none for a new one.
    pub id: Option<i64>,
    pub webhook: bool,
    pub name: String,
    pub host: String,
    pub port: String,
    pub security: String,
    pub user: String,
    pub from: String,
    /// One a line.
    pub to: String,
    /// Scheme and host of the address that is kept.
    pub kept_address: Option<String>,
    /// A password or a key is kept.
    pub has_secret: bool,
    /// The path of the CA file; may be empty.
    pub ca: String,
    /// How many rules tell it.
    pub rules: usize,
}

/// How a mail server is spoken to: the value sent and its words.
const SECURITY: [(&str, &str); 3] = [
    ("starttls", "STARTTLS (usually port 587)"),
    ("tls", "TLS (usually port 465)"),
    ("none", "No TLS (this machine only)"),
];

/// The page of a new channel, or of one that is changed.
#[component]
pub fn ChannelFormView(data: ChannelForm) -> impl IntoView {
    let title = match (data.id, data.webhook) {
        (Some(_), _) => data.name.clone(),
        (None, true) => "Add a webhook".to_owned(),
        (None, false) => "Add mail".to_owned(),
    };
    let lead = if data.webhook {
        "Alerts are posted as JSON to one address. Redirects are not followed."
    } else {
        "Alerts are sent as plain-text mail through one mail server."
    };
    let why_not = request().why_not(Permission::EditConfiguration).map(str::to_owned);
    let disabled = why_not.is_some();
    let (id, name, rules) = (data.id, data.name.clone(), data.rules);
    let heading = if data.webhook { "Webhook" } else { "Mail" };
    view! {
        <PageHeader title=title crumbs=crumbs() lead=view! { {lead} }.drawn() />
        <FormErrors />
        <Card title=heading id="channel">
            <form method="post" action=paths::ALERT_CHANNELS class="pairs">
                <Hidden name="kind" value=if data.webhook { "webhook" } else { "email" } />
                {id.map(|id| view! { <Hidden name="id" value=id.to_string() /> })}
                <Field name="name" label="Name" value=data.name.clone() hint="Its name in this console." disabled=disabled required=true />
                {if data.webhook {
                    view! { <Webhook data=data disabled=disabled /> }.drawn()
                } else {
                    view! { <Mail data=data disabled=disabled /> }.drawn()
                }}
                <div class="actions full">
                    <Submit look="primary" why_not=why_not>{if id.is_some() { "Save the channel" } else { "Add the channel" }}</Submit>
                </div>
            </form>
        </Card>
        {id.map(|id| view! { <Remove id=id name=name rules=rules /> })}
    }
    .drawn()
}

#[component]
fn Mail(data: ChannelForm, disabled: bool) -> impl IntoView {
    let context = request();
    let chosen = context.typed("security", &data.security);
    let wrong = context.error("security");
    let wrong_to = context.error("to");
    let secret = if data.has_secret {
        "One is saved. Leave empty to keep it."
    } else {
        "Leave user and password empty if the server requires none."
    };
    view! {
        <Field name="host" label="Mail server" value=data.host hint="Its name or address, such as mail.example.com." mono=true disabled=disabled required=true />
        <Field name="port" label="Port" value=data.port hint="587 for STARTTLS, 465 for TLS." mono=true disabled=disabled required=true />
        <div class="field">
            <label for="security">"Encryption"</label>
            <p class="hint" id="security-hint">"This machine must trust its certificate, or you name its CA file below."</p>
            <select class="input" id="security" name="security" disabled=disabled aria-describedby=described_by("security", true, wrong.is_some()) aria-invalid=wrong.is_some().then_some("true") autofocus=context.focuses("security")>
                {SECURITY.into_iter().map(|(value, words)| {
                    let selected = value == chosen;
                    view! { <option value=value selected=selected>{words}</option> }
                }).collect_view()}
            </select>
            {wrong.map(|sentence| view! { <FieldProblem name="security".to_owned() sentence=sentence /> })}
        </div>
        <Field name="user" label="User name" value=data.user hint="Of the mail account." disabled=disabled />
        <Field name="password" kind="password" label="Password" autocomplete="new-password" hint=secret disabled=disabled />
        <Field name="from" label="Sender" value=data.from hint="One address, such as leasehold@example.com." disabled=disabled required=true />
        <div class="field">
            <label for="to">"Recipients"</label>
            <p class="hint" id="to-hint">"One address per line, up to 20."</p>
            <TextArea name="to" id="to" text=context.typed("to", &data.to) rows=3 described_by=described_by("to", true, wrong_to.is_some()).unwrap_or_default() invalid=wrong_to.is_some() disabled=disabled autofocus=context.focuses("to") look="input" />
            {wrong_to.map(|sentence| view! { <FieldProblem name="to".to_owned() sentence=sentence /> })}
        </div>
        <Authority ca=data.ca disabled=disabled />
        {data.has_secret.then(|| view! { <Forget words="Delete the saved password" disabled=disabled /> })}
    }
    .drawn()
}

#[component]
fn Webhook(data: ChannelForm, disabled: bool) -> impl IntoView {
    let hint = match &data.kept_address {
        Some(host) => {
            format!("An address at {host} is saved; its path may be secret and is not shown. Leave empty to keep it.")
        }
        None => "Starts with https://. Its path may be secret and is not shown again.".to_owned(),
    };
    let key = if data.has_secret {
        "One is saved. Leave empty to keep it."
    } else {
        "Signs each post so the receiver can verify it. Leave empty to send unsigned."
    };
    let required = data.kept_address.is_none();
    view! {
        <Field name="url" label="Address" hint=hint mono=true disabled=disabled required=required />
        <div class="full"><Field name="key" kind="password" label="Signing secret" autocomplete="new-password" hint=key disabled=disabled /></div>
        <Authority ca=data.ca disabled=disabled />
        {data.has_secret.then(|| view! { <Forget words="Delete the saved secret" disabled=disabled /> })}
    }
    .drawn()
}

/// Who may vouch for the other side besides those this machine trusts.
#[component]
fn Authority(ca: String, disabled: bool) -> impl IntoView {
    view! {
        <Field name="ca" label="CA file" value=ca hint="Full path of a PEM file on this server, if the other side uses a private CA. Otherwise leave empty." mono=true disabled=disabled />
    }
    .drawn()
}

#[component]
fn Forget(words: &'static str, disabled: bool) -> impl IntoView {
    let checked = request().typed("forget", "") == "on";
    view! {
        <div class="check full">
            <input type="checkbox" id="forget" name="forget" value="on" checked=checked disabled=disabled />
            <label for="forget">{words}</label>
        </div>
    }
    .drawn()
}

/// Removal, behind one more step.
#[component]
fn Remove(id: i64, name: String, rules: usize) -> impl IntoView {
    let consequence = match rules {
        0 => "No rule uses it.".to_owned(),
        1 => "1 rule uses it and will notify one channel fewer.".to_owned(),
        many => format!("{many} rules use it and will notify one channel fewer."),
    };
    view! {
        <Removal verb=format!("Remove {name}") action=paths::alert_channel_action(id, "remove")>
            {consequence}" Pending deliveries to it are dropped."
        </Removal>
    }
}
