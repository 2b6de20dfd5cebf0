//! Two-step sign-in of the own account, and its place in signing in.

use super::Kept;
use crate::components::{Card, Confirm, Copyable, Field, FormErrors, Hidden, PageHeader, Pill, Submit};
use crate::drawn::Draw;
use crate::islands::CopyButton;
use crate::paths;
use crate::request::{Tone, request};
use leptos::prelude::*;
use licensing::words::count;

/// The page of two-step sign-in.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TwoStepPage {
    pub state: TwoStep,
    /// This server requires it of who looks at the page.
    pub required: bool,
    /// Recovery codes that were just made, shown once.
    pub codes: Vec<String>,
}

/// How far it is.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum TwoStep {
    #[default]
    Off,
    /// Waits for the first code of the app.
    Waiting {
        /// The secret as text and as a picture; none without the password.
        secret: Option<String>,
        qr_svg: Option<String>,
    },
    On {
        /// Recovery codes that were not used yet.
        left: usize,
    },
}

/// Set-up, recovery codes, turning it off.
#[component]
pub fn TwoStepView(data: TwoStepPage) -> impl IntoView {
    let crumbs = vec![("Account".to_owned(), paths::ACCOUNT.to_owned())];
    let is_off = !matches!(data.state, TwoStep::On { .. });
    let lead = if data.required && is_off {
        "This server requires it of administrators. Set it up to go on."
    } else {
        "A code from an app on your phone, besides the password."
    };
    let codes = data.codes;
    view! {
        <PageHeader title="Two-step sign-in" crumbs=crumbs lead=lead.drawn() />
        <FormErrors />
        {(!codes.is_empty()).then(|| view! { <Codes codes=codes /> })}
        {match data.state {
            TwoStep::Off => view! {
                <Card title="Set up" id="set-up">
                    <p>"You need an authenticator app: any that reads time-based codes (TOTP). Once it is set up, signing in asks for its code after the password."</p>
                    <form method="post" action=paths::ACCOUNT_TOTP_START class="actions">
                        <Submit look="primary">"Set up two-step sign-in"</Submit>
                    </form>
                </Card>
            }.drawn(),
            TwoStep::Waiting { secret, qr_svg } => view! { <Waiting secret=secret qr_svg=qr_svg /> }.drawn(),
            TwoStep::On { left } => view! { <On left=left required=data.required /> }.drawn(),
        }}
    }
    .drawn()
}

#[component]
fn Waiting(secret: Option<String>, qr_svg: Option<String>) -> impl IntoView {
    view! {
        <div class="grid two-step">
            <Card title="1. Add this server to your app" id="add" span="c6">
                {qr_svg.map(|svg| view! {
                    <p>"Scan the code with the app:"</p>
                    <div class="qr" role="img" aria-label="QR code for the authenticator app" inner_html=svg></div>
                })}
                {match secret {
                    Some(secret) => view! {
                        <p>"Or type this secret into the app:"</p>
                        <Copyable value=secret what="the secret" />
                    }.drawn(),
                    None => view! {
                        <p>"The secret is shown for a few minutes after you confirm your password. If your app has it, enter its code. Otherwise start again."</p>
                    }.drawn(),
                }}
            </Card>
            <Card title="2. Enter its code" id="first-code" span="c6">
                <form method="post" action=paths::ACCOUNT_TOTP_CONFIRM class="stack">
                    <Field name="code" label="Code" hint="The 6 digits the app shows now." autocomplete="one-time-code" mono=true required=true />
                    <div class="actions"><Submit look="primary">"Turn on two-step sign-in"</Submit></div>
                </form>
                <form method="post" action=paths::ACCOUNT_TOTP_START class="actions">
                    <Submit look="quiet">"Start again with another secret"</Submit>
                </form>
            </Card>
        </div>
    }
    .drawn()
}

#[component]
fn On(left: usize, required: bool) -> impl IntoView {
    let few = left < 3;
    let words = format!("{} left of the last set.", count(left, "recovery code", "recovery codes"));
    let follows = if required {
        "The password alone is asked for until you set it up again. This server requires two-step sign-in of administrators, so that comes next."
    } else {
        "The password alone is asked for from then on."
    };
    view! {
        <div class="grid">
            <Card title="Recovery codes" id="recovery" span="c6">
                <p>{few.then(|| view! { <Pill tone=Tone::Warning text="Few" />" " })}{words}</p>
                <p class="muted">"Each signs you in once in place of the app. New codes replace all of before."</p>
                <form method="post" action=paths::ACCOUNT_TOTP_CODES class="actions">
                    <Submit>"Create new recovery codes"</Submit>
                </form>
            </Card>
            <Card title="Turn off" id="off" span="c6">
                <p class="muted">"To change to another app, turn it off and set it up again."</p>
                <div class="actions">
                    <Confirm id="turn-off" title="Turn off two-step sign-in?" verb="Turn off two-step sign-in" action=paths::ACCOUNT_TOTP_OFF>
                        <p>{follows}</p>
                    </Confirm>
                </div>
            </Card>
        </div>
    }
    .drawn()
}

/// The codes that were just made.
#[component]
fn Codes(codes: Vec<String>) -> impl IntoView {
    let all = codes.join("\n");
    view! {
        <Card title="Your recovery codes" id="codes">
            <div class="invitation" role="status">
                <p>"Two-step sign-in is on. Keep these codes apart from your phone: each signs you in once if you lose it. They are shown only now."</p>
                <ul class="recovery-codes">
                    {codes.into_iter().map(|code| view! { <li><code>{code}</code></li> }).collect_view()}
                </ul>
                <div class="actions"><CopyButton text=all what="all codes".to_owned() /></div>
            </div>
        </Card>
    }
    .drawn()
}

/// The code after the password.
#[component]
pub fn LoginCodePage(
    /// The page to go to afterwards; a path of this console.
    next: String,
) -> impl IntoView {
    let name = request().form.as_ref().and_then(|form| form.value("name").map(str::to_owned)).unwrap_or_default();
    let whom = if name.is_empty() { "your account".to_owned() } else { name };
    view! {
        <div class="login">
            <PageHeader title="Enter your code" lead=view! { "for " <b>{whom.clone()}</b> }.drawn() />
            <form method="post" action=paths::LOGIN_CODE class="stack">
                <FormErrors />
                <Hidden name="next" value=next />
                <Hidden name="name" value=whom />
                <Kept />
                <Field name="code" label="Code" hint="The 6 digits your authenticator app shows, or a recovery code." autocomplete="one-time-code" mono=true required=true first=true />
                <button type="submit" class="button primary wide">"Sign in"</button>
            </form>
            <p class="fine">
                "Lost your phone? Use a recovery code, or ask an administrator to reset two-step sign-in. "
                <a href=paths::LOGIN>"Sign in as somebody else"</a>
            </p>
        </div>
    }
    .drawn()
}
