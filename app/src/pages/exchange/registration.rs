//! The registration, on the page of the exchange: who this server is at the nodes, the keys it trusts, and the form that corrects it.

use super::RegisterForm;
use crate::components::{
    Banner, Card, Copyable, EmptyState, Fact, Facts, Field, FieldProblem, FormErrors, Hidden, Pill, Submit, TimeAgo,
    described_by,
};
use crate::drawn::Draw;
use crate::islands::guid_field::GuidField;
use crate::pages::exchange::AttemptList;
use crate::paths;
use crate::request::{RequestContext, Tone, request};
use engine::exchange::{Attempt, PinnedKey};
use leptos::prelude::*;
use licensing::context::Context;
use licensing::permission::Permission;

/// The registration as it is, and what came of trying a correction.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RegistrationCard {
    /// Canonical; none before the server is registered.
    pub guid: Option<String>,
    /// Of the reporting API; the first is the GUID's own.
    pub deployments: Vec<String>,
    pub operator: Option<String>,
    pub context: Option<Context>,
    pub customer: Option<String>,
    /// Whether there is an auth string. Its text is never here.
    pub has_auth: bool,
    /// Since when it is this one, or since when there is none, Unix milliseconds.
    pub auth_since_ms: Option<i64>,
    /// The vendor's keys this server trusts.
    pub keys: Vec<PinnedKey>,
    /// The form is open: a node refused the last sync.
    pub open: bool,
    /// An auth string that was typed waits in the session to be used.
    pub auth_is_kept: bool,
    /// The password was confirmed a moment ago.
    pub is_confirmed: bool,
    /// A correction that no node could be asked about.
    pub unchecked: Option<Unchecked>,
}

/// A correction that no node accepted or refused.
#[derive(Clone, Debug, PartialEq)]
pub struct Unchecked {
    /// Why.
    pub sentence: String,
    /// The nodes asked.
    pub attempts: Vec<Attempt>,
}

/// The hidden field by which the server and this page tell the correction from the other forms.
pub const CORRECTION: &str = "correct";

/// Whether the form that was refused is the correction.
pub(super) fn is_correction(context: &RequestContext) -> bool {
    context.form.as_ref().and_then(|form| form.value("form")) == Some(CORRECTION)
}

/// The card.
#[component]
pub fn Registration(data: RegistrationCard, tls: bool) -> impl IntoView {
    let keys = data.keys.clone();
    let facts = match data.guid.clone() {
        None => view! {
            <EmptyState title="Not registered" why="The vendor's registration file contains the GUID, the auth string and the vendor's key." />
        }
        .drawn(),
        Some(guid) => view! { <Values data=data.clone() guid=guid /> }.drawn(),
    };
    view! {
        <Card title="Registration" id="registration">
            {facts}
            {data.guid.is_some().then(|| view! { <Correct data=data tls=tls /> })}
            <Keys keys=keys />
        </Card>
    }
    .drawn()
}

/// Who this server is at the nodes.
#[component]
fn Values(data: RegistrationCard, guid: String) -> impl IntoView {
    let name = if data.deployments.len() == 1 { "Deployment id" } else { "Deployment ids" };
    let (tone, word) = match (data.has_auth, data.open) {
        // A node refused the last sync: nothing says that this one is right.
        (true, true) => (Tone::Warning, "Set"),
        (true, false) => (Tone::Success, "Set"),
        (false, _) => (Tone::Warning, "Missing"),
    };
    view! {
        <Facts>
            <Fact label="GUID"><Copyable value=guid what="the GUID" /></Fact>
            <Fact label="Context">{match data.context {
                Some(context) => context.to_string().drawn(),
                None => view! { <span class="muted">"Not known until the first sync"</span> }.drawn(),
            }}</Fact>
            <Fact label="Customer">{match data.customer {
                Some(customer) => customer.drawn(),
                None => view! { <span class="muted">"None given"</span> }.drawn(),
            }}</Fact>
            <Fact label="Auth string">
                <Pill tone=tone text=word />
                {data.auth_since_ms.map(|at| view! { <span class="muted">", since " <TimeAgo at_ms=at /></span> })}
            </Fact>
            <Fact label=name>
                <span class="lines">{data.deployments.into_iter().map(|id| view! { <Copyable value=id what="the deployment id" /> }).collect_view()}</span>
            </Fact>
            {data.operator.map(|id| view! { <Fact label="Operator id"><Copyable value=id what="the operator id" /></Fact> })}
        </Facts>
    }
    .drawn()
}

/// The form. Each value is tried at the nodes before it is kept; a refusal is shown at its field.
#[component]
fn Correct(data: RegistrationCard, tls: bool) -> impl IntoView {
    let context = request();
    let mine = is_correction(&context);
    let why_not = context.why_not(Permission::Register).map(str::to_owned);
    let disabled = why_not.is_some();
    let unchecked = data.unchecked.clone();
    let may_keep = unchecked.is_some();
    let open = mine || data.open || may_keep;
    let guid_error = context.error("new_guid");
    let guid = context.typed("new_guid", data.guid.as_deref().unwrap_or_default());
    let described = described_by("new_guid", true, guid_error.is_some()).unwrap_or_default();
    let auth_hint = match (data.auth_is_kept, data.has_auth) {
        (true, _) => "The one you typed last is used while this is empty.",
        (false, true) => "Leave empty to keep the saved one.",
        (false, false) => "From the vendor, together with the GUID.",
    };
    view! {
        <details class="disclosure" open=open id="correct">
            <summary>"Correct the registration"</summary>
            {unchecked.map(|unchecked| view! {
                <Banner tone=Tone::Warning text=format!("{} Nothing has changed yet. Try again, or keep the correction without the check: the next sync then shows whether the nodes accept it.", unchecked.sentence) />
                {(!unchecked.attempts.is_empty()).then(|| view! {
                    <details class="disclosure"><summary>"Nodes tried"</summary><AttemptList attempts=unchecked.attempts tls=tls /></details>
                })}
            })}
            <form method="post" action=paths::EXCHANGE_REGISTRATION_CORRECT class="stack">
                {mine.then(|| view! { <FormErrors /> })}
                <Hidden name="form" value=CORRECTION />
                {data.auth_is_kept.then(|| view! { <Hidden name="auth_kept" value="yes" /> })}
                <p class="muted">"What you enter is tried at the licensing nodes before it is saved."</p>
                {if disabled {
                    view! { <Field name="new_guid" label="Corrected GUID" value=guid mono=true disabled=true /> }.drawn()
                } else {
                    view! {
                        <div class="field">
                            <label for="new_guid">"Corrected GUID"</label>
                            <p class="hint" id="new_guid-hint">"With another GUID this is another server to the vendor: its licenses leave service until the next sync."</p>
                            <GuidField name="new_guid".to_owned() value=guid described=described invalid=guid_error.is_some() focus=context.focuses("new_guid") />
                            {guid_error.map(|sentence| view! { <FieldProblem name="new_guid".to_owned() sentence=sentence /> })}
                        </div>
                    }.drawn()
                }}
                <ContextChoice chosen=data.context disabled=disabled />
                <Field name="new_customer" label="Customer's name" value=data.customer.unwrap_or_default() hint="Kept here only; the nodes don't need it." disabled=disabled />
                <Field name="new_auth" label="New auth string" hint=auth_hint mono=true disabled=disabled />
                {(!data.is_confirmed && !disabled).then(|| view! {
                    <Field name="password" label="Your password" kind="password" autocomplete="current-password" hint="Asked again before the server's identity changes." />
                })}
                <div class="actions">
                    <Submit look="primary" sends=Some(("intent", "check")) why_not=why_not>"Check and save"</Submit>
                    {may_keep.then(|| view! { <button type="submit" class="button" name="intent" value="keep">"Keep without the check"</button> })}
                </div>
            </form>
        </details>
    }
    .drawn()
}

/// The contexts, and that the licenses tell it.
#[component]
fn ContextChoice(chosen: Option<Context>, disabled: bool) -> impl IntoView {
    let context = request();
    let error = context.error("new_context");
    let chosen = context.typed("new_context", chosen.map_or("", Context::as_str));
    let options = [("", "As the licenses say")].into_iter();
    let options = options.chain(Context::ALL.into_iter().map(|context| (context.as_str(), context.as_str())));
    view! {
        <div class="field">
            <label for="new_context">"Corrected context"</label>
            <p class="hint" id="new_context-hint">"What the vendor issued the licenses for."</p>
            <select
                class="input" id="new_context" name="new_context" disabled=disabled autofocus=context.focuses("new_context")
                aria-describedby=described_by("new_context", true, error.is_some()) aria-invalid=error.is_some().then_some("true")
            >
                {options.map(|(value, words)| view! { <option value=value selected=value == chosen>{words}</option> }).collect_view()}
            </select>
            {error.map(|sentence| view! { <FieldProblem name="new_context".to_owned() sentence=sentence /> })}
        </div>
    }
    .drawn()
}

/// The vendor's keys this server trusts, and where each came from.
#[component]
fn Keys(keys: Vec<PinnedKey>) -> impl IntoView {
    let body = if keys.is_empty() {
        view! { <EmptyState title="No key is trusted yet" why="Leasehold sends nothing and accepts no answer until you confirm the vendor's key." /> }.drawn()
    } else {
        let waiting = keys.iter().all(|key| key.key.is_none());
        view! {
            {waiting.then(|| view! {
                <Banner tone=Tone::Warning text="No node has presented the key with this fingerprint yet, so nothing is sent. If the fingerprint is wrong, enter the correct one here.".to_owned() role="note" />
                <RegisterForm by_hand=true />
            })}
            <p class="muted">"Leasehold accepts only answers signed with one of these keys. Compare them with the fingerprint the vendor gave you."</p>
            <ul class="keys">
                {keys.into_iter().map(|key| view! {
                    <li>
                        <Copyable value=key.fingerprint.grouped() what="the fingerprint" />
                        <p class="fine">
                            {key.origin.map(|origin| format!("{}. ", origin.words()))}
                            {format!("Confirmed by {}, ", key.by)}<TimeAgo at_ms=key.at />
                        </p>
                    </li>
                }).collect_view()}
            </ul>
        }
        .drawn()
    };
    view! { <section class="stack" id="keys" aria-labelledby="keys-title"><h3 id="keys-title">"Trusted keys"</h3>{body}</section> }.drawn()
}
