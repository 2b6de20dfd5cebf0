//! What administrators do with users: invitations, role, disabling, removal, links for a new password, sessions.

use axum::Json as Answer;
use axum::extract::State;
use axum::http::StatusCode;
use engine::accounts::links::{Invitation as StoredInvitation, OneTimeLink};
use engine::accounts::people::UserSession as StoredSession;
use licensing::permission::Permission::ManageUsers;
use licensing::permission::Role;
use serde::{Deserialize, Serialize};
use utoipa_axum::routes;

use super::accounts::{Named, User};
use super::request::{By, Json, Path, Query};
use super::{Api, Operations, Time};
use crate::http::access::Access::{May, Person};
use crate::http::access::NO_TOKENS;
use crate::http::problem::Problem;

pub fn operations(all: Operations) -> Operations {
    // A token that could let people in would be an administrator whatever it is limited to: it only keeps people out.
    all.add(routes!(change_user), May(ManageUsers), &["user.role", "user.disable", "user.enable"])
        .add(routes!(remove_user), May(ManageUsers), &["user.remove"])
        .add(routes!(create_password_link), Person(ManageUsers), &["user.reset-link"])
        .add(routes!(reset_totp), Person(ManageUsers), &["user.totp-reset"])
        .add(routes!(list_sessions), May(ManageUsers), &[])
        .add(routes!(end_sessions), May(ManageUsers), &["session.end"])
        .add(routes!(end_session), May(ManageUsers), &["session.end"])
        .add(routes!(list_invitations), May(ManageUsers), &[])
        .add(routes!(invite_user), Person(ManageUsers), &["user.invite"])
        .add(routes!(withdraw_invitation), May(ManageUsers), &["user.withdraw"])
}

/// One change of a user.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "disabled": true }))]
struct UserChange {
    /// The new role; ends that user's sessions.
    role: Option<Role>,
    /// Whether the user may not sign in; ends that user's sessions.
    disabled: Option<bool>,
}

/// Changes a user's role, or disables or enables the user. One administrator who can sign in always stays. A token may only disable.
#[utoipa::path(patch, path = "/api/v1/users/{name}", tag = "users", request_body = UserChange,
    params(("name" = String, Path, description = "Name to sign in with", example = "grace")),
    responses(
        (status = 200, description = "Changed", body = User),
        (status = 404, description = "No such user"),
        (status = 409, description = "No administrator who can sign in would be left")))]
async fn change_user(
    State(Api { engine, .. }): State<Api>,
    by: By,
    Path(name): Path<String>,
    Json(change): Json<UserChange>,
) -> Result<Answer<User>, Problem> {
    if by.is_token() && (change.role.is_some() || change.disabled == Some(false)) {
        return Err(Problem::new(StatusCode::FORBIDDEN, NO_TOKENS));
    }
    let user = match (change.role, change.disabled) {
        (Some(role), None) => engine.set_role(&by.actor(), &name, role).await?,
        (None, Some(true)) => engine.disable_user(&by.actor(), &name).await?,
        (None, Some(false)) => engine.enable_user(&by.actor(), &name).await?,
        _ => return Err(Problem::field("role", "Send either `role` or `disabled`.")),
    };
    Ok(Answer(user.into()))
}

/// Removes a user with all sessions. API tokens the user created keep working. One administrator who can sign in always stays.
#[utoipa::path(delete, path = "/api/v1/users/{name}", tag = "users",
    params(("name" = String, Path, description = "Name to sign in with", example = "grace")),
    responses(
        (status = 200, description = "Removed", body = Named),
        (status = 404, description = "No such user"),
        (status = 409, description = "No administrator who can sign in would be left")))]
async fn remove_user(
    State(Api { engine, .. }): State<Api>,
    by: By,
    Path(name): Path<String>,
) -> Result<Answer<Named>, Problem> {
    let name = engine.remove_user(&by.actor(), &name).await?;
    Ok(Answer(Named { name }))
}

/// A link that works once, shown only now.
#[derive(Serialize, utoipa::ToSchema)]
struct PasswordLink {
    name: String,
    url: String,
    expires_at: Time,
}

/// Creates a link with which the user sets a new password. It works once, for 24 hours. Not available with a token.
#[utoipa::path(post, path = "/api/v1/users/{name}/password-link", tag = "users",
    params(("name" = String, Path, description = "Name to sign in with", example = "grace")),
    responses(
        (status = 201, description = "Created", body = PasswordLink),
        (status = 404, description = "No such user")))]
async fn create_password_link(
    State(Api { engine, console, .. }): State<Api>,
    by: By,
    Path(name): Path<String>,
) -> Result<(StatusCode, Answer<PasswordLink>), Problem> {
    let link = engine.password_link(&by.actor(), &name).await?;
    let answer = PasswordLink { name, url: link_url(&console, &link), expires_at: Time(link.expires_at) };
    Ok((StatusCode::CREATED, Answer(answer)))
}

/// The address of a one-time link.
pub fn link_url(console: &str, link: &OneTimeLink) -> String {
    format!("{console}{}", app::paths::invite(&link.token))
}

/// Turns two-step sign-in off for a user who has lost the authenticator app and the recovery codes. Not available with a token.
#[utoipa::path(delete, path = "/api/v1/users/{name}/totp", tag = "users",
    params(("name" = String, Path, description = "Name to sign in with", example = "grace")),
    responses(
        (status = 200, description = "Turned off", body = Named),
        (status = 404, description = "No such user"),
        (status = 409, description = "It is not on")))]
async fn reset_totp(
    State(Api { engine, .. }): State<Api>,
    by: By,
    Path(name): Path<String>,
) -> Result<Answer<Named>, Problem> {
    let name = engine.reset_totp(&by.actor(), &name).await?;
    Ok(Answer(Named { name }))
}

/// Whose sessions.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
struct SessionFilter {
    /// Only those of this user.
    #[serde(default)]
    user: String,
}

/// A signed-in browser.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct UserSession {
    /// Names the session; opens nothing.
    id: String,
    user: String,
    /// Network address at sign-in.
    address: Option<String>,
    /// Browser at sign-in, in its own words.
    agent: Option<String>,
    /// Since when it is signed in.
    created_at: Time,
    /// Its last request.
    seen_at: Time,
}

impl From<StoredSession> for UserSession {
    fn from(StoredSession { user, session, .. }: StoredSession) -> Self {
        Self {
            id: session.handle,
            user,
            address: session.address,
            agent: session.agent,
            created_at: Time(session.created_at),
            seen_at: Time(session.seen_at),
        }
    }
}

/// The live sessions, last used first.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct UserSessions {
    items: Vec<UserSession>,
    /// All fit on one page: always null.
    next: Option<i64>,
}

/// The live sessions of all users, or of one.
#[utoipa::path(get, path = "/api/v1/sessions", tag = "users", params(SessionFilter),
    responses((status = 200, description = "The sessions, last used first", body = UserSessions)))]
async fn list_sessions(
    State(Api { engine, .. }): State<Api>,
    Query(filter): Query<SessionFilter>,
) -> Result<Answer<UserSessions>, Problem> {
    let all = engine.all_sessions().await?.into_iter();
    let asked = all.filter(|of| filter.user.is_empty() || of.user.eq_ignore_ascii_case(&filter.user));
    Ok(Answer(UserSessions { items: asked.map(Into::into).collect(), next: None }))
}

/// How many sessions of a user have ended.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct EndedSessions {
    name: String,
    ended: u64,
}

/// Ends all sessions of a user.
#[utoipa::path(delete, path = "/api/v1/users/{name}/sessions", tag = "users",
    params(("name" = String, Path, description = "Name to sign in with", example = "grace")),
    responses(
        (status = 200, description = "Ended", body = EndedSessions),
        (status = 404, description = "No such user")))]
async fn end_sessions(
    State(Api { engine, .. }): State<Api>,
    by: By,
    Path(name): Path<String>,
) -> Result<Answer<EndedSessions>, Problem> {
    let ended = engine.end_sessions_of(&by.actor(), &name, None).await?;
    Ok(Answer(EndedSessions { name, ended }))
}

/// Ends one session of a user. One that has already ended is no error: `ended` is 0.
#[utoipa::path(delete, path = "/api/v1/users/{name}/sessions/{id}", tag = "users",
    params(
        ("name" = String, Path, description = "Name to sign in with", example = "grace"),
        ("id" = String, Path, description = "`id` of the session", example = "5f2c9a01d3e4b677")),
    responses(
        (status = 200, description = "Ended", body = EndedSessions),
        (status = 404, description = "No such user")))]
async fn end_session(
    State(Api { engine, .. }): State<Api>,
    by: By,
    Path((name, id)): Path<(String, String)>,
) -> Result<Answer<EndedSessions>, Problem> {
    let ended = engine.end_sessions_of(&by.actor(), &name, Some(&id)).await?;
    Ok(Answer(EndedSessions { name, ended }))
}

/// An invitation that waits, without its link.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct UserInvitation {
    id: i64,
    /// Role of the user it makes.
    role: Role,
    /// For whom; may be empty.
    invitee: String,
    created_by: String,
    created_at: Time,
    expires_at: Time,
}

impl From<StoredInvitation> for UserInvitation {
    fn from(of: StoredInvitation) -> Self {
        Self {
            id: of.id,
            role: of.role,
            invitee: of.invitee,
            created_by: of.created_by,
            created_at: Time(of.created_at),
            expires_at: Time(of.expires_at),
        }
    }
}

/// Invitations, the newest first.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct UserInvitations {
    items: Vec<UserInvitation>,
    /// All fit on one page: always null.
    next: Option<i64>,
}

/// The invitations that wait.
#[utoipa::path(get, path = "/api/v1/invitations", tag = "users",
    responses((status = 200, description = "The invitations, the newest first", body = UserInvitations)))]
async fn list_invitations(State(Api { engine, .. }): State<Api>) -> Result<Answer<UserInvitations>, Problem> {
    let items = engine.invitations().await?.into_iter().map(Into::into).collect();
    Ok(Answer(UserInvitations { items, next: None }))
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "role": "viewer", "invitee": "Grace, night shift" }))]
struct NewInvitation {
    /// Role of the new user.
    role: Role,
    /// For whom, to tell invitations apart.
    #[serde(default)]
    invitee: String,
}

/// An invitation with its link, shown only now.
#[derive(Serialize, utoipa::ToSchema)]
struct InvitationLink {
    id: i64,
    role: Role,
    url: String,
    expires_at: Time,
}

/// Invites a new user with a link that works once, for 72 hours; the invited person chooses name and password. Not
/// available with a token.
#[utoipa::path(post, path = "/api/v1/invitations", tag = "users", request_body = NewInvitation,
    responses((status = 201, description = "Created", body = InvitationLink)))]
async fn invite_user(
    State(Api { engine, console, .. }): State<Api>,
    by: By,
    Json(NewInvitation { role, invitee }): Json<NewInvitation>,
) -> Result<(StatusCode, Answer<InvitationLink>), Problem> {
    let link = engine.invite_user(&by.actor(), role, &invitee).await?;
    let url = link_url(&console, &link);
    let answer = InvitationLink { id: link.id, role, url, expires_at: Time(link.expires_at) };
    Ok((StatusCode::CREATED, Answer(answer)))
}

/// The invitation it was about.
#[derive(Serialize, utoipa::ToSchema)]
struct WithdrawnInvitation {
    id: i64,
}

/// Withdraws an invitation: its link stops working.
#[utoipa::path(delete, path = "/api/v1/invitations/{id}", tag = "users",
    params(("id" = i64, Path, description = "Number of the invitation", example = 1)),
    responses(
        (status = 200, description = "Withdrawn", body = WithdrawnInvitation),
        (status = 404, description = "No such invitation, or used or expired")))]
async fn withdraw_invitation(
    State(Api { engine, .. }): State<Api>,
    by: By,
    Path(id): Path<i64>,
) -> Result<Answer<WithdrawnInvitation>, Problem> {
    engine.withdraw_invitation(&by.actor(), id).await?;
    Ok(Answer(WithdrawnInvitation { id }))
}
