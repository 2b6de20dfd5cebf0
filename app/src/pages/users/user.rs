//! One user, and what administrators can do with the account.

use super::{LinkOnce, NewLink, RoleChoice, Step, UserRow};
use crate::components::{
    Card, EmptyState, Fact, Facts, FormErrors, LinkButton, PageHeader, Pill, Submit, TimeAgo, TimeNear,
};
use crate::drawn::Draw;
use crate::pages::account::{SessionItem, SessionLine};
use crate::paths;
use crate::request::Tone;
use leptos::prelude::*;
use licensing::permission::Role;

/// The page of one user.
#[derive(Clone, Debug, PartialEq)]
pub struct UserPage {
    pub user: UserRow,
    pub sessions: Vec<SessionItem>,
    /// A link that was just made, shown once.
    pub link: Option<NewLink>,
    /// The only administrator who can sign in.
    pub is_last: bool,
}

/// One user.
#[component]
pub fn UserView(data: UserPage) -> impl IntoView {
    let UserPage { user, sessions, link, is_last } = data;
    let (id, name) = (user.id, user.name.clone());
    let crumbs = vec![("Users".to_owned(), paths::USERS.to_owned())];
    let actions = view! { <LinkButton href=paths::audit_of(&name)>"Audit entries"</LinkButton> }.drawn();
    let why_not = is_last.then(|| last(&name));
    let reset = user.totp.then(|| {
        let follows = format!("{name} signs in with the password alone until it is set up again. Do this only when you know that it is {name} who asks.");
        let title = format!("Reset two-step sign-in of {name}?");
        view! { <Step id="reset-two-step" title=title verb="Reset two-step sign-in" action=paths::user_action(id, "reset-two-step") follows=follows /> }.drawn()
    });
    let account = user.clone();
    view! {
        <PageHeader title=name crumbs=crumbs actions=actions />
        <FormErrors />
        {link.map(|link| view! { <LinkOnce link=link /> })}
        <div class="grid">
            <Card title="Account" id="account" span="c6">
                <Facts>
                    <Fact label="Role">{user.role.as_str()}</Fact>
                    <Fact label="State">{match user.disabled_ms {
                        Some(at) => view! { <Pill tone=Tone::Neutral text="Disabled" />" since "<TimeNear at_ms=at /> }.drawn(),
                        None => view! { <Pill tone=Tone::Success text="Enabled" /> }.drawn(),
                    }}</Fact>
                    <Fact label="Two-step sign-in">{if user.totp { "on" } else { "off" }}</Fact>
                    <Fact label="Last sign-in">{match user.signed_in_ms {
                        Some(at) => view! { <TimeAgo at_ms=at /> }.drawn(),
                        None => "never".drawn(),
                    }}</Fact>
                    <Fact label="Password set"><TimeNear at_ms=user.password_ms /></Fact>
                    <Fact label="Added"><TimeNear at_ms=user.created_ms /></Fact>
                </Facts>
            </Card>
            <Card title="Change the role" id="role-card" span="c6">
                <p class="muted">"Another role signs the user out everywhere. The table on the page of users says what each role may do."</p>
                <form method="post" action=paths::user_action(id, "role") class="stack">
                    <RoleChoice chosen=user.role />
                    <div class="actions"><Submit why_not=why_not>"Change the role"</Submit></div>
                </form>
            </Card>
            <Card title="Password and second step" id="credentials" span="c6">
                <p class="muted">"A link lets the user set a new password; the current one works until then."</p>
                <div class="actions">
                    <form method="post" action=paths::user_action(id, "password-link")>
                        <Submit>"Create a password link"</Submit>
                    </form>
                    {reset}
                </div>
            </Card>
            <Card title="Access" id="access" span="c6">
                <Access user=account is_last=is_last />
            </Card>
        </div>
        <Sessions id=id name=user.name sessions=sessions />
    }
    .drawn()
}

/// Browsers in which the user is signed in.
#[component]
fn Sessions(id: i64, name: String, sessions: Vec<SessionItem>) -> impl IntoView {
    let end = paths::user_action(id, "end-sessions");
    let all = end.clone();
    let verb = format!("Sign out {name} everywhere");
    view! {
        <Card title="Sessions" id="sessions">
            {if sessions.is_empty() {
                view! { <EmptyState title="Not signed in" why="Each browser appears here while the user is signed in with it." /> }.drawn()
            } else {
                view! {
                    <ul class="sessions">
                        {sessions.into_iter().map(|session| view! { <SessionLine session=session action=end.clone() of=name.clone() /> }).collect_view()}
                    </ul>
                    <form method="post" action=all class="actions">
                        <Submit look="danger">{verb}</Submit>
                    </form>
                }.drawn()
            }}
        </Card>
    }
    .drawn()
}

/// Why nobody may take away the last administrator.
fn last(name: &str) -> String {
    format!("{name} is the only administrator who can sign in.")
}

/// Disabling, enabling, removing.
#[component]
fn Access(user: UserRow, is_last: bool) -> impl IntoView {
    let (id, name) = (user.id, user.name);
    if is_last {
        let why = format!("{} Make another user {} first.", last(&name), Role::Administrator);
        return view! { <p class="muted">{why}</p> }.drawn();
    }
    view! {
        <p class="muted">"A disabled user stays in the list and can't sign in. A removed user is gone; the audit log keeps the name."</p>
        <div class="actions">
            {match user.disabled_ms {
                Some(_) => view! {
                    <form method="post" action=paths::user_action(id, "enable")>
                        <Submit>{format!("Enable {name}")}</Submit>
                    </form>
                }.drawn(),
                None => view! {
                    <Step id="disable" title=format!("Disable {name}?") verb=format!("Disable {name}") action=paths::user_action(id, "disable")
                        follows=format!("{name} is signed out everywhere and can't sign in until enabled again.") />
                }.drawn(),
            }}
            <Step id="remove" title=format!("Remove {name}?") verb=format!("Remove {name}") action=paths::user_action(id, "remove")
                follows=format!("{name} is signed out everywhere and removed with two-step sign-in. API tokens that {name} created keep working; check them on the page of API tokens.") />
        </div>
    }
    .drawn()
}
