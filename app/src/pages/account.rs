//! Signing in, and the own account: password, two-step sign-in, sessions, theme.

mod invite;
mod two_step;

pub use invite::{InvitePage, Invited, InvitedFor};
pub use two_step::{LoginCodePage, TwoStep, TwoStepPage, TwoStepView};

use crate::components::{Card, Field, FormErrors, Hidden, LinkButton, PageHeader, Pill, Submit, ThemeChoice, TimeAgo};
use crate::drawn::Draw;
use crate::paths;
use crate::request::{Tone, request};
use leptos::prelude::*;
use licensing::permission::Role;

/// The own account.
#[component]
pub fn AccountPage(data: Account) -> impl IntoView {
    let others = data.sessions.iter().filter(|session| !session.current).count();
    let changed = data.password_changed_ms;
    view! {
        <PageHeader title="Account" lead=view! { "Signed in as " <b>{data.name}</b> ", " {data.role.to_string()} "." }.drawn() />
        <FormErrors />
        <div class="grid">
            <Card title="Password" id="password-card" span="c6">
                {changed.map(|at| view! { <p class="muted">"Last changed " <TimeAgo at_ms=at />". Changing it signs out all other sessions."</p> })}
                <form method="post" action=paths::ACCOUNT_PASSWORD class="stack">
                    <Field name="current" label="Current password" kind="password" autocomplete="current-password" required=true />
                    <Field
                        name="password" label="New password" kind="password" autocomplete="new-password" required=true
                        hint=format!("At least {} characters. A few unrelated words are easy to remember.", data.password_min)
                    />
                    <Field name="password_again" label="Confirm new password" kind="password" autocomplete="new-password" required=true />
                    <div class="actions"><Submit look="primary">"Change password"</Submit></div>
                </form>
            </Card>
            <div class="c6 stacked">
                <Card title="Two-step sign-in" id="two-step">
                    <p>{if data.totp {
                        view! { <Pill tone=Tone::Success text="On" /> }.drawn()
                    } else {
                        view! { <Pill tone=Tone::Neutral text="Off" /> }.drawn()
                    }}</p>
                    <p class="muted">"A code from an app on your phone, besides the password."</p>
                    <div class="actions"><LinkButton href=paths::ACCOUNT_TOTP>{if data.totp { "Manage two-step sign-in" } else { "Set up two-step sign-in" }}</LinkButton></div>
                </Card>
                <Card title="Appearance" id="appearance">
                    <p class="muted">"System follows your device. The choice is saved in this browser."</p>
                    <ThemeChoice />
                </Card>
            </div>
            <Card title="Sessions" id="sessions" span="c12">
                <ul class="sessions">
                    {data.sessions.into_iter().map(|session| view! { <SessionLine session=session action=paths::ACCOUNT_SESSIONS_REVOKE.to_owned() /> }).collect_view()}
                </ul>
                {(others > 0).then(|| view! {
                    <form method="post" action=paths::ACCOUNT_SESSIONS_REVOKE_OTHERS class="actions">
                        <Submit look="danger">{if others == 1 {
                            "Sign out the other session".to_owned()
                        } else {
                            format!("Sign out the {others} other sessions")
                        }}</Submit>
                    </form>
                })}
            </Card>
        </div>
    }
    .drawn()
}

/// One signed-in browser, with the button that signs it out.
#[component]
pub(super) fn SessionLine(
    session: SessionItem,
    /// Where the form is sent.
    action: String,
    /// Whose it is, where that is not plain.
    #[prop(optional, into)]
    of: String,
    /// The page to come back to, where the form has several.
    #[prop(optional)]
    back: &'static str,
) -> impl IntoView {
    let whose = if of.is_empty() { String::new() } else { format!("{of}, ") };
    let label = format!("Sign out {whose}{} at {}", session.device, session.address);
    let shown = (!of.is_empty() && !back.is_empty()).then(|| view! { <b>{of.clone()}</b> " · " });
    // The own session of an administrator ends at its sign-out, not by mistake in a list.
    view! {
        <li>
            <div class="event-text">
                <p>{shown}<b>{session.device}</b> " " {session.current.then(|| view! { <Pill tone=Tone::Success text="This session" /> })}</p>
                <p class="fine"><code>{session.address}</code>" · last seen " <TimeAgo at_ms=session.last_seen_ms />" · signed in " <TimeAgo at_ms=session.started_ms /></p>
            </div>
            {(!session.current).then(|| view! {
                <form method="post" action=action>
                    <Hidden name="id" value=session.id />
                    {(!back.is_empty()).then(|| view! { <Hidden name="back" value=back /> })}
                    <button type="submit" class="button" aria-label=label>"Sign out"</button>
                </form>
            })}
        </li>
    }
    .drawn()
}

/// The own account.
#[derive(Clone, Debug, PartialEq)]
pub struct Account {
    pub name: String,
    pub role: Role,
    pub password_changed_ms: Option<i64>,
    /// Two-step sign-in is on.
    pub totp: bool,
    /// Signed in now, newest use first.
    pub sessions: Vec<SessionItem>,
    /// The fewest characters of a password.
    pub password_min: usize,
}

/// One signed-in browser.
#[derive(Clone, Debug, PartialEq)]
pub struct SessionItem {
    /// Names the session in forms; not the secret of its cookie.
    pub id: String,
    /// "Firefox on Linux".
    pub device: String,
    pub address: String,
    pub started_ms: i64,
    pub last_seen_ms: i64,
    /// The session of this request.
    pub current: bool,
}

/// The data of the sign-in page.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Login {
    /// The page to go to afterwards; a path of this console.
    pub next: String,
}

/// What was typed when the session had ended: carried along, and offered again after signing in.
#[component]
fn Kept() -> impl IntoView {
    let context = request();
    let kept = ["resume_path", "resume"].map(|name| (name, context.typed(name, "")));
    kept.into_iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| view! { <Hidden name=name value=value /> })
        .collect_view()
        .drawn()
}

/// The data of the page that gives back what was typed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Resume {
    /// Where the form was sent.
    pub path: String,
    /// What it held.
    pub fields: Vec<(String, String)>,
}

/// Signed in again after a form was sent too late: the form can go on its way.
#[component]
pub fn ResumePage(data: Resume) -> impl IntoView {
    view! {
        <div class="login">
            <PageHeader title="You are signed in again" lead=view! { "Your entries are still here." }.drawn() />
            <form method="post" action=data.path class="stack">
                {data.fields.into_iter().map(|(name, value)| view! { <Hidden name=name value=value /> }).collect_view()}
                <button type="submit" class="button primary wide">"Continue with my entries"</button>
            </form>
            <p class="fine"><a href=paths::OVERVIEW>"Go to the overview instead"</a></p>
        </div>
    }
    .drawn()
}

/// A form that waits for the password.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SentForm {
    /// Where it was sent.
    pub path: String,
    /// The page it belongs to.
    pub back: String,
    /// What it holds.
    pub fields: Vec<(String, String)>,
    /// A confirmed password holds for so many minutes.
    pub minutes: i64,
}

/// Before a sensitive change the password is asked for again.
#[component]
pub fn ConfirmPasswordPage(data: SentForm) -> impl IntoView {
    let lead = format!("Nothing has changed yet. For the next {} minutes you won't be asked again.", data.minutes);
    let what = match data.path.as_str() {
        paths::SERVERS_INVITE => "Make a code for another server",
        paths::SERVERS_JOIN => "Join another server",
        paths::SERVERS_REMOVE => "Remove a server",
        paths::SERVERS_DRAIN => "Drain to backup",
        paths::SERVERS_DRILL => "Start a failover drill",
        paths::EXCHANGE_REGISTRATION | paths::EXCHANGE_REGISTRATION_CORRECT => "Change the registration",
        // A save asks for the password only when it undoes a revision.
        paths::CONFIGURATION_UNDO | paths::CONFIGURATION_SAVE => "Undo a change of the configuration",
        paths::LICENSE_INSTALL => "Install a machine license",
        paths::SOURCES => "Add a source",
        _ => "Your password",
    };
    view! {
        <PageHeader title="Confirm your password" lead=lead.drawn() />
        <Card title=what id="confirm">
            <form method="post" action=data.path class="stack">
                <FormErrors />
                {data.fields.into_iter().map(|(name, value)| view! { <Hidden name=name value=value /> }).collect_view()}
                <Field name="password" label="Password" kind="password" autocomplete="current-password" required=true first=true />
                <div class="actions">
                    <Submit look="primary">"Confirm and continue"</Submit>
                    <a class="button" href=data.back>"Cancel"</a>
                </div>
            </form>
        </Card>
    }
    .drawn()
}

/// Name and password.
#[component]
pub fn LoginPage(data: Login) -> impl IntoView {
    let server = request().badge.server_name.clone();
    view! {
        <div class="login">
            <PageHeader title="Sign in" lead=view! { "to " <b>{if server.is_empty() { "Leasehold".to_owned() } else { server }}</b> }.drawn() />
            <form method="post" action=paths::LOGIN class="stack">
                <FormErrors />
                <Hidden name="next" value=data.next />
                <Kept />
                <Field name="name" label="Name" autocomplete="username" required=true first=true />
                <Field name="password" label="Password" kind="password" autocomplete="current-password" required=true />
                <button type="submit" class="button primary wide">"Sign in"</button>
            </form>
            <p class="fine">
                "Forgot your password? Ask an administrator for a link, or set a new one on the server: " <code>"leasehold user reset NAME --password-stdin"</code>
            </p>
        </div>
    }
    .drawn()
}
