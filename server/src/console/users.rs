//! Users: the list, invitations, and what administrators do with one user's account.

use app::drawn::Draw;
use app::pages::users::{InvitationRow, NewLink, OwnedSession, UserPage, UserRow, UserView, UsersPage, UsersView};
use app::paths;
use engine::accounts::people::UserSession;
use engine::accounts::users::{AccountError, User};
use leptos::prelude::*;
use licensing::permission::{Role, RoleError};
use licensing::words::count;

use super::account::session_item;
use super::form::{Form, wrong};
use super::{Console, Id, Page, PageError};
use crate::api::link_url;

/// `GET /users`
pub async fn page(console: Console) -> Result<Page, PageError> {
    show(&console, None).await
}

async fn show(console: &Console, link: Option<NewLink>) -> Result<Page, PageError> {
    let data = load(console, link).await.map_err(PageError::internal)?;
    Ok(Page::new("Users", || view! { <UsersView data=data /> }.drawn()))
}

async fn load(console: &Console, link: Option<NewLink>) -> Result<UsersPage, AccountError> {
    let engine = &console.engine;
    let sessions = engine.all_sessions().await?;
    let users = engine.users().await?;
    let invitations = engine.invitations().await?;
    let handle = console.signed_in().map(|(_, handle)| handle);
    Ok(UsersPage {
        users: users.into_iter().map(|user| row(console, user, &sessions)).collect(),
        invitations: invitations
            .into_iter()
            .map(|of| InvitationRow {
                id: of.id,
                role: of.role,
                invitee: of.invitee,
                by: of.created_by,
                until_ms: of.expires_at,
            })
            .collect(),
        sessions: sessions
            .into_iter()
            .map(|of| OwnedSession { user_id: of.user_id, user: of.user, session: session_item(of.session, handle) })
            .collect(),
        link,
        requires_totp: console.require_totp,
    })
}

fn row(console: &Console, user: User, sessions: &[UserSession]) -> UserRow {
    UserRow {
        id: user.id,
        sessions: sessions.iter().filter(|session| session.user_id == user.id).count(),
        is_own: console.signed_in().is_some_and(|(own, _)| own == user.id),
        name: user.name,
        role: user.role,
        created_ms: user.created_at,
        password_ms: user.password_at,
        signed_in_ms: user.signed_in_at,
        disabled_ms: user.disabled_at,
        totp: user.totp,
    }
}

/// `GET /users/{id}`
pub async fn one(Id(id): Id, console: Console) -> Result<Page, PageError> {
    show_one(&console, id, None).await
}

async fn show_one(console: &Console, id: i64, link: Option<NewLink>) -> Result<Page, PageError> {
    let user = known(console, id).await?;
    let all = console.engine.all_sessions().await.map_err(PageError::internal)?;
    let users = console.engine.users().await.map_err(PageError::internal)?;
    let mut managing = users.iter().filter(|user| user.role == Role::Administrator && user.disabled_at.is_none());
    let is_last = managing.clone().count() == 1 && managing.any(|user| user.id == id);
    let handle = console.signed_in().map(|(_, handle)| handle);
    let title = user.name.clone();
    let data = UserPage {
        user: row(console, user, &all),
        sessions: all.into_iter().filter(|of| of.user_id == id).map(|of| session_item(of.session, handle)).collect(),
        link,
        is_last,
    };
    Ok(Page::new(title, || view! { <UserView data=data /> }.drawn()))
}

/// The user of an address.
async fn known(console: &Console, id: i64) -> Result<User, PageError> {
    let user = console.engine.user(id).await.map_err(PageError::internal)?;
    user.ok_or_else(|| PageError::gone("There is no such user. Perhaps it was removed."))
}

/// Asks for the password if need be; then whose page the form came from.
async fn begin(form: &Form, id: i64) -> Result<Result<User, Page>, PageError> {
    match form.ask_password(&paths::user(id)).await? {
        Some(page) => Ok(Err(page)),
        None => known(form, id).await.map(Ok),
    }
}

/// What came of a change of a user: back to the user's page.
async fn end(form: &Form, id: i64, done: Result<String, AccountError>) -> Result<Page, PageError> {
    match done {
        Ok(text) => Ok(form.done(text, paths::user(id)).await),
        Err(refused) => form.refused(&refused, paths::user(id), show_one(form, id, None)).await,
    }
}

/// The role that was chosen.
fn role(form: &Form) -> Result<Role, RoleError> {
    form.value("role").parse()
}

/// `POST /users/invite`: the link is in the answer itself and nowhere else.
pub async fn invite(form: Form) -> Result<Page, PageError> {
    if let Some(page) = form.ask_password(paths::USERS).await? {
        return Ok(page);
    }
    let role = match role(&form) {
        Ok(role) => role,
        Err(error) => return form.refuse(paths::USERS, vec![wrong(Some("role"), error)], show(&form, None)).await,
    };
    match form.engine.invite_user(&form.actor(), role, form.value("invitee")).await {
        Ok(link) => {
            let new = NewLink {
                title: format!("Invitation as {role}"),
                what: "Send this link to the invited person over a channel you trust.".to_owned(),
                url: link_url(&form.installation.origin, &link),
                until_ms: link.expires_at,
            };
            Ok(show(&form, Some(new)).await?.at(paths::USERS))
        }
        Err(refused) => form.refused(&refused, paths::USERS, show(&form, None)).await,
    }
}

/// `POST /users/withdraw`
pub async fn withdraw(form: Form) -> Result<Page, PageError> {
    // What is no number is no invitation either.
    let id = form.value("id").parse().unwrap_or(0);
    match form.engine.withdraw_invitation(&form.actor(), id).await {
        Ok(()) => Ok(form.done("The invitation is withdrawn; its link no longer works.", paths::USERS).await),
        Err(refused) => form.refused(&refused, paths::USERS, show(&form, None)).await,
    }
}

/// `POST /users/{id}/role`
pub async fn set_role(Id(id): Id, form: Form) -> Result<Page, PageError> {
    let user = match begin(&form, id).await? {
        Ok(user) => user,
        Err(page) => return Ok(page),
    };
    let role = match role(&form) {
        Ok(role) => role,
        Err(error) => {
            let errors = vec![wrong(Some("role"), error)];
            return form.refuse(paths::user(id), errors, show_one(&form, id, None)).await;
        }
    };
    let before = user.role;
    let done = form.engine.set_role(&form.actor(), &user.name, role).await;
    let text = |user: User| match before == role {
        true => format!("{} was {role} already.", user.name),
        false => format!("{} is now {role}, and signed out everywhere.", user.name),
    };
    end(&form, id, done.map(text)).await
}

/// `POST /users/{id}/disable`
pub async fn disable(Id(id): Id, form: Form) -> Result<Page, PageError> {
    let user = match begin(&form, id).await? {
        Ok(user) => user,
        Err(page) => return Ok(page),
    };
    let done = form.engine.disable_user(&form.actor(), &user.name).await;
    end(&form, id, done.map(|user| format!("{} is disabled and signed out everywhere.", user.name))).await
}

/// `POST /users/{id}/enable`
pub async fn enable(Id(id): Id, form: Form) -> Result<Page, PageError> {
    let user = match begin(&form, id).await? {
        Ok(user) => user,
        Err(page) => return Ok(page),
    };
    let done = form.engine.enable_user(&form.actor(), &user.name).await;
    end(&form, id, done.map(|user| format!("{} can sign in again.", user.name))).await
}

/// `POST /users/{id}/password-link`: as [`invite`].
pub async fn password_link(Id(id): Id, form: Form) -> Result<Page, PageError> {
    let user = match begin(&form, id).await? {
        Ok(user) => user,
        Err(page) => return Ok(page),
    };
    match form.engine.password_link(&form.actor(), &user.name).await {
        Ok(link) => {
            let new = NewLink {
                title: "Password link".to_owned(),
                what: format!("Send this link to {} over a channel you trust.", user.name),
                url: link_url(&form.installation.origin, &link),
                until_ms: link.expires_at,
            };
            Ok(show_one(&form, id, Some(new)).await?.at(paths::user(id)))
        }
        Err(refused) => end(&form, id, Err(refused)).await,
    }
}

/// `POST /users/{id}/reset-two-step`
pub async fn reset_two_step(Id(id): Id, form: Form) -> Result<Page, PageError> {
    let user = match begin(&form, id).await? {
        Ok(user) => user,
        Err(page) => return Ok(page),
    };
    let done = form.engine.reset_totp(&form.actor(), &user.name).await;
    end(&form, id, done.map(|name| format!("{name} now signs in with the password alone."))).await
}

/// `POST /users/{id}/end-sessions`: one of them, or all.
pub async fn end_sessions(Id(id): Id, form: Form) -> Result<Page, PageError> {
    let user = known(&form, id).await?;
    let handle = Some(form.value("id")).filter(|handle| !handle.is_empty());
    let done = form.engine.end_sessions_of(&form.actor(), &user.name, handle).await;
    let text = |ended: u64| match ended {
        0 => "This session has already ended.".to_owned(),
        ended => format!("Signed out {} of {}.", count(ended, "session", "sessions"), user.name),
    };
    match done.map(text) {
        Ok(text) if form.value("back") == "users" => Ok(form.done(text, paths::USERS).await),
        done => end(&form, id, done).await,
    }
}

/// `POST /users/{id}/remove`
pub async fn remove(Id(id): Id, form: Form) -> Result<Page, PageError> {
    let user = match begin(&form, id).await? {
        Ok(user) => user,
        Err(page) => return Ok(page),
    };
    match form.engine.remove_user(&form.actor(), &user.name).await {
        Ok(name) => Ok(form.done(format!("{name} is removed."), paths::USERS).await),
        Err(refused) => end(&form, id, Err(refused)).await,
    }
}
