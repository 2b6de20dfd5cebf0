//! The form of a channel. What is secret is typed in, and never shown again.

use super::crumbs;
use super::model::ChannelForm;
use crate::components::{
    Card, Disabled, Field, FieldProblem, FormErrors, Hidden, PageHeader, Submit, TextArea, described_by,
};
use crate::drawn::Draw;
use crate::paths;
use crate::request::request;
use leptos::prelude::*;
use licensing::permission::Permission;

/// How a mail server is spoken to: the value sent and its words.
const SECURITY: [(&str, &str); 3] = [
    ("starttls", "STARTTLS (usually port 587)"),
    ("tls", "TLS from the start (usually port 465)"),
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
        "Alerts are posted as JSON to one address, and nowhere else. Redirects are not followed."
    } else {
        "Alerts are sent as plain mail by way of one mail server, and no other."
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
                <Field name="name" label="Name" value=data.name.clone() hint="As you call it here." disabled=disabled required=true />
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
        "One is kept. Leave it empty to keep it."
    } else {
        "Leave user and password empty when the server asks for none."
    };
    view! {
        <Field name="host" label="Mail server" value=data.host hint="Its name or address, such as mail.example.com." mono=true disabled=disabled required=true />
        <Field name="port" label="Port" value=data.port hint="587 for STARTTLS, 465 for TLS." mono=true disabled=disabled required=true />
        <div class="field">
            <label for="security">"How it is spoken to"</label>
            <p class="hint" id="security-hint">"Its certificate is checked: this machine must trust it, or the CA file below."</p>
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
            <label for="to">"Who gets it"</label>
            <p class="hint" id="to-hint">"One address a line, up to 20."</p>
            <TextArea name="to" id="to" text=context.typed("to", &data.to) rows=3 described_by=described_by("to", true, wrong_to.is_some()).unwrap_or_default() invalid=wrong_to.is_some() disabled=disabled autofocus=context.focuses("to") look="input" />
            {wrong_to.map(|sentence| view! { <FieldProblem name="to".to_owned() sentence=sentence /> })}
        </div>
        <Authority ca=data.ca disabled=disabled />
        {data.has_secret.then(|| view! { <Forget words="Forget the password that is kept" disabled=disabled /> })}
    }
    .drawn()
}

#[component]
fn Webhook(data: ChannelForm, disabled: bool) -> impl IntoView {
    let hint = match &data.kept_address {
        Some(host) => {
            format!("One at {host} is kept; its path may be a secret and is not shown. Leave it empty to keep it.")
        }
        None => "It begins with https://. Its path may be a secret and is not shown again.".to_owned(),
    };
    let key = if data.has_secret {
        "One is kept. Leave it empty to keep it."
    } else {
        "Signs each post, so that the other side can tell that it comes from here. Leave it empty to send without."
    };
    let required = data.kept_address.is_none();
    view! {
        <Field name="url" label="Address" hint=hint mono=true disabled=disabled required=required />
        <div class="full"><Field name="key" kind="password" label="Signing secret" autocomplete="new-password" hint=key disabled=disabled /></div>
        <Authority ca=data.ca disabled=disabled />
        {data.has_secret.then(|| view! { <Forget words="Forget the secret that is kept" disabled=disabled /> })}
    }
    .drawn()
}

/// Who may vouch for the other side besides those this machine trusts.
#[component]
fn Authority(ca: String, disabled: bool) -> impl IntoView {
    view! {
        <Field name="ca" label="CA file" value=ca hint="Full path of a PEM file on this server, when the other side has a certificate of your company's own. Leave it empty otherwise." mono=true disabled=disabled />
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
    let why_not = request().why_not(Permission::EditConfiguration);
    let consequence = match rules {
        0 => "No rule tells it.".to_owned(),
        1 => "1 rule tells it and will tell one channel less.".to_owned(),
        many => format!("{many} rules tell it and will tell one channel less."),
    };
    view! {
        <details class="disclosure danger-zone">
            <summary>{format!("Remove {name}")}</summary>
            <p>{consequence}" What still waits for it is given up."</p>
            <form method="post" action=paths::alert_channel_action(id, "remove") class="actions">
                <button type="submit" class="button danger" disabled=why_not.is_some()>{format!("Remove {name}")}</button>
                {why_not.map(|reason| view! { <Disabled reason=reason /> })}
            </form>
        </details>
    }
    .drawn()
}
