//! Users of the console, API tokens, and the one-time link that makes the first administrator.

use axum::Extension;
use axum::Json as Answer;
use axum::extract::State;
use axum::http::StatusCode;
use engine::accounts::setup::SetupError;
use engine::accounts::tokens::{MAX_DAYS, Token as StoredToken, TokenError};
use engine::accounts::users::{AccountError, User as StoredUser};
use licensing::permission::Permission::{ManageTokens, ManageUsers, OwnAccount};
use licensing::permission::{Permission, Role};
use serde::{Deserialize, Serialize};
use tower_sessions::Session;
use utoipa_axum::routes;

use super::request::{By, Json, Path};
use super::{Api, Operations, Time};
use crate::http::access::Access::{May, Person};
use crate::http::confirmed;
use crate::http::problem::Problem;

pub fn operations(all: Operations) -> Operations {
    // A token that could let people in, or set their passwords, would be an administrator whatever it is limited to.
    all.add(routes!(list_users), May(ManageUsers), &[])
        .add(routes!(add_user), Person(ManageUsers), &["user.add"])
        .add(routes!(reset_password), Person(ManageUsers), &["user.password"])
        .add(routes!(list_tokens), May(ManageTokens), &[])
        // A token that could make tokens would outlive its own end.
        .add(routes!(create_token), Person(ManageTokens), &["token.create"])
        .add(routes!(revoke_token), May(ManageTokens), &["token.revoke"])
        .add(routes!(make_setup_link), May(ManageUsers), &[])
        .add(routes!(confirm_password), Person(OwnAccount), &[])
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct User {
    id: i64,
    /// Name to sign in with.
    name: String,
    role: Role,
    created_at: Time,
    /// The last sign-in.
    signed_in_at: Option<Time>,
    /// Since when the user may not sign in.
    disabled_at: Option<Time>,
    /// Signs in with a code of an authenticator app besides the password.
    totp: bool,
}

impl From<StoredUser> for User {
    fn from(of: StoredUser) -> Self {
        Self {
            id: of.id,
            name: of.name,
            role: of.role,
            created_at: Time(of.created_at),
            signed_in_at: of.signed_in_at.map(Time),
            disabled_at: of.disabled_at.map(Time),
            totp: of.totp,
        }
    }
}

/// All users by name.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Users {
    items: Vec<User>,
    /// All users fit on one page: always null.
    next: Option<i64>,
}

/// All users.
#[utoipa::path(get, path = "/api/v1/users", tag = "users", responses((status = 200, description = "All users by name", body = Users)))]
async fn list_users(State(Api { engine, .. }): State<Api>) -> Result<Answer<Users>, Problem> {
    let items = engine.users().await?.into_iter().map(Into::into).collect();
    Ok(Answer(Users { items, next: None }))
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "name": "grace", "role": "operator", "password": "seven green lamps hum" }))]
struct NewUser {
    name: String,
    role: Role,
    /// At least 15 characters, and not a common one.
    #[schema(write_only)]
    password: String,
}

/// Adds a user. Not available with a token.
#[utoipa::path(post, path = "/api/v1/users", tag = "users", request_body = NewUser, responses(
    (status = 201, description = "Added", body = User),
    (status = 409, description = "A user of that name already exists")))]
async fn add_user(
    State(Api { engine, .. }): State<Api>,
    by: By,
    Json(new): Json<NewUser>,
) -> Result<(StatusCode, Answer<User>), Problem> {
    let user = engine.add_user(&by.actor(), &new.name, new.role, &new.password).await?;
    Ok((StatusCode::CREATED, Answer(user.into())))
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "password": "nine blue kettles sing" }))]
struct NewPassword {
    #[schema(write_only)]
    password: String,
}

/// The user or token it was about.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Named {
    pub name: String,
}

/// Sets a user's new password and ends that user's sessions. Not available with a token.
#[utoipa::path(put, path = "/api/v1/users/{name}/password", tag = "users", request_body = NewPassword,
    params(("name" = String, Path, description = "Name to sign in with", example = "grace")),
    responses(
        (status = 200, description = "Set", body = Named),
        (status = 404, description = "No such user")))]
async fn reset_password(
    State(Api { engine, .. }): State<Api>,
    by: By,
    Path(name): Path<String>,
    Json(new): Json<NewPassword>,
) -> Result<Answer<Named>, Problem> {
    engine.set_password(&by.actor(), &name, &new.password, None).await?;
    Ok(Answer(Named { name }))
}

impl From<AccountError> for Problem {
    fn from(error: AccountError) -> Self {
        match error {
            AccountError::Sql(error) => error.into(),
            AccountError::Name => Problem::field("name", error),
            AccountError::Password(_) | AccountError::Wrong => Problem::field("password", error),
            AccountError::WrongCode | AccountError::UsedCode => Problem::field("code", error),
            AccountError::Invitee => Problem::field("invitee", error),
            AccountError::Taken(_)
            | AccountError::Claimed
            | AccountError::LastAdministrator(_)
            | AccountError::TotpOn
            | AccountError::TotpOff(_)
            | AccountError::TotpNotStarted => Self::new(StatusCode::CONFLICT, error.to_string()),
            AccountError::Unknown(_) | AccountError::NoInvitation | AccountError::Link => {
                Self::new(StatusCode::NOT_FOUND, error.to_string())
            }
            AccountError::Disabled => Self::new(StatusCode::FORBIDDEN, error.to_string()),
            AccountError::Wait(_) => Self::new(StatusCode::TOO_MANY_REQUESTS, error.to_string()),
            AccountError::Busy => Self::new(StatusCode::SERVICE_UNAVAILABLE, error.to_string()),
        }
    }
}

/// A token in the list, without its secret.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Token {
    name: String,
    role: Role,
    /// The permissions it is limited to; null: all of its role.
    only: Option<Vec<Permission>>,
    created_by: String,
    created_at: Time,
    expires_at: Time,
    last_used_at: Option<Time>,
    /// The address it was last used from.
    last_used_from: Option<String>,
    revoked_at: Option<Time>,
}

impl From<StoredToken> for Token {
    fn from(of: StoredToken) -> Self {
        Self {
            name: of.name,
            role: of.role,
            only: of.only,
            created_by: of.created_by,
            created_at: Time(of.created_at),
            expires_at: Time(of.expires_at),
            last_used_at: of.last_used_at.map(Time),
            last_used_from: of.last_used_from,
            revoked_at: of.revoked_at.map(Time),
        }
    }
}

/// All tokens by name.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Tokens {
    items: Vec<Token>,
    /// All tokens fit on one page: always null.
    next: Option<i64>,
}

/// All tokens, including revoked ones.
#[utoipa::path(get, path = "/api/v1/tokens", tag = "tokens", responses((status = 200, description = "All tokens by name", body = Tokens)))]
async fn list_tokens(State(Api { engine, .. }): State<Api>) -> Result<Answer<Tokens>, Problem> {
    let items = engine.tokens().await?.into_iter().map(Into::into).collect();
    Ok(Answer(Tokens { items, next: None }))
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "name": "backup-job", "role": "viewer", "days": 30 }))]
struct NewToken {
    name: String,
    #[serde(default = "least")]
    #[schema(default = "viewer")]
    role: Role,
    /// Limits it to these permissions of its role, and seeing; empty: all that its role may.
    #[serde(default)]
    only: Vec<Permission>,
    #[serde(default = "quarter")]
    #[schema(default = 90, minimum = 1, maximum = 366)]
    days: u32,
}

fn least() -> Role {
    Role::Viewer
}

fn quarter() -> u32 {
    90
}

const _: () = assert!(MAX_DAYS == 366, "the document says so");

/// A token, shown only once.
#[derive(Serialize, utoipa::ToSchema)]
struct CreatedToken {
    token: String,
    name: String,
    role: Role,
    only: Vec<Permission>,
    days: u32,
}

/// Creates a token and returns it once. Not available with a token.
#[utoipa::path(post, path = "/api/v1/tokens", tag = "tokens", request_body = NewToken, responses(
    (status = 201, description = "Made", body = CreatedToken),
    (status = 409, description = "A token of that name already exists")))]
async fn create_token(
    State(Api { engine, .. }): State<Api>,
    by: By,
    Json(NewToken { name, role, only, days }): Json<NewToken>,
) -> Result<(StatusCode, Answer<CreatedToken>), Problem> {
    let token = engine.create_token(&by.actor(), &name, role, &only, days).await?;
    Ok((StatusCode::CREATED, Answer(CreatedToken { token, name, role, only, days })))
}

/// Revokes a token.
#[utoipa::path(delete, path = "/api/v1/tokens/{name}", tag = "tokens",
    params(("name" = String, Path, description = "Name of the token", example = "backup-job")),
    responses(
        (status = 200, description = "Ended", body = Named),
        (status = 404, description = "No such token, or already revoked")))]
async fn revoke_token(
    State(Api { engine, .. }): State<Api>,
    by: By,
    Path(name): Path<String>,
) -> Result<Answer<Named>, Problem> {
    engine.revoke_token(&by.actor(), &name).await?;
    Ok(Answer(Named { name }))
}

impl From<TokenError> for Problem {
    fn from(error: TokenError) -> Self {
        match error {
            TokenError::Sql(error) => error.into(),
            TokenError::Name => Problem::field("name", error),
            TokenError::Days => Problem::field("days", error),
            TokenError::Beyond(_) => Problem::field("only", error),
            TokenError::Taken(_) => Self::new(StatusCode::CONFLICT, error.to_string()),
            TokenError::Unknown(_) => Self::new(StatusCode::NOT_FOUND, error.to_string()),
        }
    }
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "password": "seven green lamps hum" }))]
struct OwnPassword {
    /// That of the caller.
    #[schema(write_only)]
    password: String,
}

/// For how long the password need not be confirmed again.
#[derive(Serialize, utoipa::ToSchema)]
struct PasswordConfirmed {
    seconds: i64,
}

/// Confirms the password of a session of the console, which operations on users, tokens, servers, the registration and licenses ask
/// for. Not available with a token, which needs none.
#[utoipa::path(post, path = "/api/v1/account/confirm", tag = "users", request_body = OwnPassword, responses(
    (status = 200, description = "Confirmed", body = PasswordConfirmed),
    (status = 429, description = "Too many wrong passwords"),
    (status = 503, description = "Too many passwords are being checked")))]
async fn confirm_password(
    State(Api { engine, .. }): State<Api>,
    by: By,
    session: Option<Extension<Session>>,
    Json(OwnPassword { password }): Json<OwnPassword>,
) -> Result<Answer<PasswordConfirmed>, Problem> {
    // A command on this machine has no session and is not asked.
    if let (Some((name, handle)), Some(Extension(session))) = (by.session(), session) {
        engine.confirm_password(&by.actor(), name, handle, &password).await?;
        confirmed::note(&engine, &session).await.map_err(|failed| Problem::internal(&failed))?;
    }
    Ok(Answer(PasswordConfirmed { seconds: confirmed::HOLDS_MS / 1000 }))
}

#[derive(Serialize, utoipa::ToSchema)]
struct SetupLink {
    url: String,
}

/// The one-time link to the set-up wizard; a new one if the old has expired. Only for commands on the server's own
/// machine.
#[utoipa::path(post, path = "/api/v1/setup-link", tag = "users", responses(
    (status = 200, description = "The link", body = SetupLink),
    (status = 410, description = "The server already has an administrator")))]
async fn make_setup_link(State(Api { engine, console, .. }): State<Api>, by: By) -> Result<Answer<SetupLink>, Problem> {
    if !by.is_local() && !engine.setup().await?.claimed {
        let detail = "The set-up link is available only on the server itself: run `leasehold setup-link` there.";
        return Err(Problem::new(StatusCode::FORBIDDEN, detail));
    }
    let token = engine.setup_token().await.map_err(|error| match error {
        SetupError::Claimed => Problem::new(StatusCode::GONE, error.to_string()),
        SetupError::Io { .. } => Problem::internal(&error),
        SetupError::Sql(error) => error.into(),
    })?;
    Ok(Answer(SetupLink { url: setup_url(&console, &token) }))
}

/// Link to the set-up wizard.
pub fn setup_url(console: &str, token: &str) -> String {
    format!("{console}/setup?token={token}")
}
