//! Users: who may sign in, invitations, everybody's sessions, and what each role may.

mod roles;
mod tokens;
mod user;

pub use tokens::{CreatedToken, TokenRow, TokensPage, TokensView};
pub use user::{UserPage, UserView};

use super::account::{SessionItem, SessionLine};
use crate::components::{
    Banner, Card, Column, Confirm, Copyable, EmptyState, Field, FieldProblem, FormErrors, Hidden, LinkButton,
    PageHeader, ShowAsCurl, Submit, Table, TimeUntil, described_by,
};
use crate::drawn::Draw;
use crate::pages::exchange::curl;
use crate::paths;
use crate::request::{Tone, request};
use leptos::prelude::*;
use licensing::permission::Role;
use roles::Roles;

/// The page of all users.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct UsersPage {
    pub users: Vec<UserRow>,
    pub invitations: Vec<InvitationRow>,
    /// Everybody's sessions, last used first.
    pub sessions: Vec<OwnedSession>,
    /// A link that was just made, shown once.
    pub link: Option<NewLink>,
    /// Administrators must sign in in two steps.
    pub requires_totp: bool,
}

/// One user.
#[derive(Clone, Debug, PartialEq)]
pub struct UserRow {
    pub id: i64,
    pub name: String,
    pub role: Role,
    pub created_ms: i64,
    pub password_ms: i64,
    pub signed_in_ms: Option<i64>,
    pub disabled_ms: Option<i64>,
    /// Two-step sign-in is on.
    pub totp: bool,
    /// Browsers in which the user is signed in.
    pub sessions: usize,
    /// Who looks at the page.
    pub is_own: bool,
}

/// An invitation that waits.
#[derive(Clone, Debug, PartialEq)]
pub struct InvitationRow {
    pub id: i64,
    pub role: Role,
    /// For whom; may be empty.
    pub invitee: String,
    pub by: String,
    pub until_ms: i64,
}

/// A session and whose it is.
#[derive(Clone, Debug, PartialEq)]
pub struct OwnedSession {
    pub user_id: i64,
    pub user: String,
    pub session: SessionItem,
}

/// A link that works once.
#[derive(Clone, Debug, PartialEq)]
pub struct NewLink {
    /// What it is for: "Invitation as viewer".
    pub title: String,
    /// What its recipient does with it.
    pub what: String,
    pub url: String,
    pub until_ms: i64,
}

/// All users.
#[component]
pub fn UsersView(data: UsersPage) -> impl IntoView {
    let actions = view! { <LinkButton href=paths::TOKENS>"API tokens"</LinkButton> }.drawn();
    let lead = "Who may sign in to this console, and what each may do.".drawn();
    let without =
        data.users.iter().filter(|user| user.role == Role::Administrator && !user.totp && user.disabled_ms.is_none());
    let must_set_up = if data.requires_totp { without.count() } else { 0 };
    let invitations = data.invitations.clone();
    view! {
        <PageHeader title="Users" lead=lead actions=actions />
        <FormErrors />
        {data.link.map(|link| view! { <LinkOnce link=link /> })}
        {(must_set_up > 0).then(|| view! {
            <Banner tone=Tone::Warning text=format!("Two-step sign-in is required of administrators; {must_set_up} must set it up at the next sign-in.") />
        })}
        <Card title="Users" id="users">{table(&data.users)}</Card>
        <div class="grid">
            <Card title="Invite" id="invite" span="c6">
                <p class="muted">"The invited person opens a link and chooses name and password. It works once, for 72 hours."</p>
                <form method="post" action=paths::USERS_INVITE class="stack">
                    <RoleChoice chosen=Role::Viewer />
                    <Field name="invitee" label="For" hint="Optional: a name or note, to tell invitations apart." />
                    <div class="actions"><Submit look="primary">"Create an invitation"</Submit></div>
                </form>
            </Card>
            <Card title="Open invitations" id="invitations" span="c6">
                {if invitations.is_empty() {
                    view! { <EmptyState title="No open invitations" why="Each appears here until it is used, withdrawn or expires." /> }.drawn()
                } else {
                    view! { <ul class="sessions">{invitations.into_iter().map(|row| view! { <Invited row=row /> }).collect_view()}</ul> }.drawn()
                }}
            </Card>
        </div>
        <Card title="Sessions" id="sessions">
            <ul class="sessions">
                {data.sessions.into_iter().map(|owned| {
                    let action = paths::user_action(owned.user_id, "end-sessions");
                    view! { <SessionLine session=owned.session action=action of=owned.user back="users" /> }
                }).collect_view()}
            </ul>
        </Card>
        <Roles />
        <ShowAsCurl command=curl("GET", paths::API_USERS, "") note="Replace $TOKEN with an API token." />
    }
    .drawn()
}

fn table(users: &[UserRow]) -> crate::drawn::Drawn {
    Table::new("Users of this console")
        .look("users")
        .sorts("users", "name", false)
        .column(
            Column::row_header("Name", |user: &UserRow, cell| {
                cell.link(&paths::user(user.id), &user.name);
                if user.is_own {
                    cell.sub(|cell| cell.text("you"));
                }
            })
            .sort_by("name", |user| user.name.to_lowercase()),
        )
        .column(
            Column::text("Role", |user: &UserRow, cell| cell.text(user.role.as_str()))
                .sort_by("role", |user| std::cmp::Reverse(user.role)),
        )
        .column(
            Column::time("Last sign-in", |user: &UserRow, cell| match user.signed_in_ms {
                Some(at) => cell.ago(at),
                None => cell.muted("never"),
            })
            .sort_by("seen", |user| user.signed_in_ms),
        )
        .column(
            Column::text(
                "Two-step sign-in",
                |user: &UserRow, cell| {
                    if user.totp { cell.text("on") } else { cell.muted("off") }
                },
            )
            .sort_by("totp", |user| !user.totp),
        )
        .column(
            Column::number("Sessions", |user: &UserRow, cell| cell.number(user.sessions as u64))
                .sort_by("sessions", |user| user.sessions),
        )
        .column(Column::state("State", |user: &UserRow, cell| match user.disabled_ms {
            Some(_) => cell.pill(Tone::Neutral, "Disabled"),
            None => cell.pill(Tone::Success, "Enabled"),
        }))
        .draw(users)
}

/// A link that was just made: the only time it is shown.
#[component]
pub(super) fn LinkOnce(link: NewLink) -> impl IntoView {
    view! {
        <Card title=link.title id="link">
            <div class="invitation" role="status">
                <p>{link.what}" It expires "<TimeUntil at_ms=link.until_ms />" and is shown only once:"</p>
                <Copyable value=link.url what="the link" />
            </div>
        </Card>
    }
    .drawn()
}

#[component]
fn Invited(row: InvitationRow) -> impl IntoView {
    let whom = if row.invitee.is_empty() { "Without a note".to_owned() } else { row.invitee.clone() };
    let of = if row.invitee.is_empty() { row.role.to_string() } else { row.invitee };
    view! {
        <li>
            <div class="event-text">
                <p><b>{whom}</b>", "{row.role.to_string()}</p>
                <p class="fine">"by "{row.by}" · expires "<TimeUntil at_ms=row.until_ms /></p>
            </div>
            <form method="post" action=paths::USERS_WITHDRAW>
                <Hidden name="id" value=row.id.to_string() />
                <button type="submit" class="button" aria-label=format!("Withdraw the invitation for {of}")>"Withdraw"</button>
            </form>
        </li>
    }
    .drawn()
}

/// The choice of a role.
#[component]
pub(super) fn RoleChoice(chosen: Role) -> impl IntoView {
    let context = request();
    let chosen = context.typed("role", chosen.as_str());
    let wrong = context.error("role");
    view! {
        <div class="field">
            <label for="role">"Role"</label>
            <select class="input" id="role" name="role" aria-describedby=described_by("role", false, wrong.is_some()) aria-invalid=wrong.is_some().then_some("true") autofocus=context.focuses("role")>
                {Role::ALL.into_iter().map(|role| {
                    let selected = role.as_str() == chosen;
                    view! { <option value=role.as_str() selected=selected>{role.as_str()}</option> }
                }).collect_view()}
            </select>
            {wrong.map(|sentence| view! { <FieldProblem name="role".to_owned() sentence=sentence /> })}
        </div>
    }
    .drawn()
}

/// A dangerous step with a user: its words and where it is sent.
#[component]
pub(super) fn Step(
    id: &'static str,
    #[prop(into)] title: String,
    #[prop(into)] verb: String,
    action: String,
    #[prop(into)] follows: String,
) -> impl IntoView {
    view! {
        <Confirm id=id title=title verb=verb action=action>
            <p>{follows}</p>
        </Confirm>
    }
    .drawn()
}
