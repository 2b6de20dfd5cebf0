//! Who asks: a signed-in user, an API token, or nobody.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use engine::accounts::session_store::{SessionUser, WHO, unattended};
use engine::actor::{Actor, Origin};
use licensing::permission::{Permission, Rights, Role};
use tower_sessions::Session;

use super::problem::Problem;
use super::state::App;
use super::{confirmed, forwarded};

/// All that is known about the caller.
#[derive(Clone, Debug, Default)]
pub struct Caller {
    /// Network address.
    pub address: Option<String>,
    /// Browser, as it names itself; shortened.
    pub agent: Option<String>,
    /// The caller, if known.
    pub known: Option<AuthenticatedCaller>,
    /// Whether the session has confirmed its password a moment ago.
    pub is_confirmed: bool,
    /// Two-step sign-in is required of this user and not set up: nothing but the own account is open.
    pub must_set_up_totp: bool,
}

/// A caller that has proven who it is.
#[derive(Clone, Debug)]
pub enum AuthenticatedCaller {
    /// Signed in to the console.
    User { name: String, role: Role, who: SessionUser },
    /// An API token.
    Token { name: String, rights: Rights },
    /// A user of this machine, who has opened the control socket or the data folder.
    Local { name: String },
}

impl AuthenticatedCaller {
    pub fn name(&self) -> &str {
        match self {
            Self::User { name, .. } | Self::Token { name, .. } | Self::Local { name } => name,
        }
    }

    pub fn role(&self) -> Role {
        match self {
            Self::User { role, .. } => *role,
            Self::Token { rights, .. } => rights.role(),
            Self::Local { .. } => Role::Administrator,
        }
    }

    /// What it may do.
    pub fn rights(&self) -> Rights {
        match self {
            Self::Token { rights, .. } => rights.clone(),
            other => Rights::of(other.role()),
        }
    }

    /// Why it may not do this; `None` when it may.
    pub fn why_not(&self, permission: Permission) -> Option<&'static str> {
        self.rights().why_not(permission)
    }
}

impl Caller {
    /// For the audit log: who acts, and through which door.
    pub fn actor(&self, origin: Origin) -> Actor {
        let name = match &self.known {
            Some(AuthenticatedCaller::User { name, .. } | AuthenticatedCaller::Local { name }) => name.clone(),
            Some(AuthenticatedCaller::Token { name, .. }) => format!("token {name}"),
            None => "nobody".to_owned(),
        };
        Actor { name, origin, address: self.address.clone() }
    }
}

/// Sent by pages that refresh themselves.
pub const LIVE: HeaderName = HeaderName::from_static("x-leasehold-live");

/// Requests that open pages make without a person don't extend the session.
pub async fn attend(request: Request, next: Next) -> Response {
    if request.headers().contains_key(LIVE) || request.uri().path() == app::paths::EVENTS {
        unattended(next.run(request)).await
    } else {
        next.run(request).await
    }
}

/// Identifies the caller. A request with an invalid bearer token ends here.
pub async fn identify(State(app): State<App>, session: Session, mut request: Request, next: Next) -> Response {
    let address = forwarded::address(request.extensions()).map(|address| address.to_string());
    let agent =
        text(request.headers(), &header::USER_AGENT).map(|a| a.chars().filter(|c| !c.is_control()).take(200).collect());
    let mut caller = Caller { address, agent, ..Caller::default() };
    // Other schemes are not ours: a proxy in front may ask for a password of its own.
    let token = text(request.headers(), &header::AUTHORIZATION)
        .and_then(|authorization| authorization.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| token.trim());
    if let Some(token) = token {
        match app.engine.token(token, caller.address.as_deref()).await {
            Ok(Some((name, rights))) => caller.known = Some(AuthenticatedCaller::Token { name, rights }),
            Ok(None) => {
                return Problem::unauthorized(
                    "This token is unknown, expired or revoked. Create one with `leasehold token create`.",
                )
                .into_response();
            }
            Err(error) => return Problem::internal(&error).into_response(),
        }
    } else if let Ok(Some(who)) = session.get::<SessionUser>(WHO).await {
        match app.engine.user(who.user_id).await {
            Ok(Some(user)) if user.disabled_at.is_none() => {
                caller.must_set_up_totp = app.require_totp && user.role == Role::Administrator && !user.totp;
                caller.known = Some(AuthenticatedCaller::User { name: user.name, role: user.role, who });
                caller.is_confirmed = confirmed::is_confirmed(&app, &session).await;
            }
            Ok(_) => {}
            Err(error) => return Problem::internal(&error).into_response(),
        }
    }
    request.extensions_mut().insert(caller);
    next.run(request).await
}

fn text<'a>(headers: &'a HeaderMap, name: &header::HeaderName) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}
