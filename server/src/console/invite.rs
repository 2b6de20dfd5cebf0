//! One-time links: who was invited chooses name and password, who has lost the password a new one.

use app::drawn::Draw;
use app::pages::account::{InvitePage, Invited, InvitedFor};
use app::paths;
use axum::extract::Path;
use axum::http::StatusCode;
use engine::accounts::links::LinkPurpose;
use engine::accounts::password;
use engine::accounts::users::AccountError;
use leptos::prelude::*;

use super::form::{Form, wrong};
use super::{Console, Page, PageError, Refusal, login};

/// What a link is for.
///
/// # Errors
/// A page that says so when it is not good.
async fn purpose(console: &Console, token: &str) -> Result<LinkPurpose, PageError> {
    let purpose = console.engine.link_purpose(token).await.map_err(PageError::internal)?;
    purpose.ok_or_else(|| {
        PageError::Said(StatusCode::NOT_FOUND, "Link not valid".into(), AccountError::Link.to_string().into())
    })
}

fn show(purpose: &LinkPurpose) -> Page {
    let purpose = match purpose {
        LinkPurpose::Invitation(role) => InvitedFor::Join(*role),
        LinkPurpose::Password(name) => InvitedFor::Password(name.clone()),
    };
    let data = Invited { purpose, password_min: password::MIN_CHARACTERS };
    Page::bare("Welcome", || view! { <InvitePage data=data /> }.drawn())
}

/// `GET /invite/{token}`: the link is spent by the form, not by the visit, so that a preview of it does no harm.
pub async fn page(Path(token): Path<String>, console: Console) -> Result<Page, PageError> {
    Ok(show(&purpose(&console, &token).await?))
}

/// `POST /invite/{token}`
pub async fn accept(Path(token): Path<String>, form: Form) -> Result<Page, PageError> {
    // A password is hashed only for who has a link.
    let purpose = purpose(&form, &token).await?;
    let home = paths::invite(&token);
    let refuse = |error| form.refuse(home.clone(), vec![error], async { Ok(show(&purpose)) });
    if form.value("password") != form.value("password_again") {
        return refuse(wrong(Some("password_again"), "The passwords do not match.")).await;
    }
    let mut caller = form.caller.clone();
    caller.known = None;
    let mut actor = caller.actor(engine::Origin::Console);
    let done = match &purpose {
        LinkPurpose::Invitation(_) => {
            let name = form.value("name").trim();
            actor.name = name.chars().filter(|c| !c.is_control()).take(64).collect();
            form.engine.accept_invitation(&actor, &token, name, form.value("password")).await.map(Some)
        }
        LinkPurpose::Password(name) => {
            actor.name.clone_from(name);
            form.engine.use_password_link(&actor, &token, form.value("password")).await.map(|_| None)
        }
    };
    match done {
        Ok(Some(user)) => {
            login::enter(&form, &user).await.map_err(PageError::internal)?;
            Ok(Page::to(paths::OVERVIEW))
        }
        // The second step, where there is one, is asked for at the sign-in.
        Ok(None) => Ok(form.done("Your new password is set. Sign in with it.", paths::LOGIN).await),
        Err(error @ (AccountError::Sql(_) | AccountError::Link)) => match error {
            AccountError::Sql(error) => Err(error.into()),
            error => Err(PageError::Said(StatusCode::NOT_FOUND, "Link not valid".into(), error.to_string().into())),
        },
        Err(AccountError::Taken(name)) => {
            refuse(wrong(Some("name"), format!("There is already a user named {name}. Choose another name."))).await
        }
        Err(error) => {
            let (field, status) = (error.field().map(str::to_owned), error.status());
            Ok(refuse(wrong(field.as_deref(), error)).await?.status(status))
        }
    }
}
