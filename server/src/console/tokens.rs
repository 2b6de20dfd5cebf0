//! API tokens.

use app::drawn::Draw;
use app::pages::users::{CreatedToken, TokenRow, TokensPage, TokensView};
use app::paths;
use engine::accounts::tokens::{MAX_DAYS, TokenError};
use leptos::prelude::*;
use licensing::permission::{Permission, PermissionError, Role, RoleError};

use super::form::{Form, wrong};
use super::{Console, Page, PageError};

/// `GET /users/tokens`
pub async fn page(console: Console) -> Result<Page, PageError> {
    show(&console, None).await
}

async fn show(console: &Console, created: Option<CreatedToken>) -> Result<Page, PageError> {
    let tokens = console.engine.tokens().await.map_err(PageError::internal)?;
    let mut tokens: Vec<TokenRow> = tokens
        .into_iter()
        .map(|of| TokenRow {
            id: of.id,
            name: of.name,
            role: of.role,
            only: of.only,
            by: of.created_by,
            until_ms: of.expires_at,
            used_ms: of.last_used_at,
            used_from: of.last_used_from,
            revoked_ms: of.revoked_at,
        })
        .collect();
    // Those that work first.
    tokens.sort_by_key(|token| token.revoked_ms.is_some() || token.until_ms <= console.now_ms);
    let data = TokensPage { tokens, created, most_days: MAX_DAYS };
    Ok(Page::new("API tokens", || view! { <TokensView data=data /> }.drawn()))
}

/// `POST /users/tokens`: the token is in the answer itself and nowhere else.
pub async fn create(form: Form) -> Result<Page, PageError> {
    if let Some(page) = form.ask_password(paths::TOKENS).await? {
        return Ok(page);
    }
    let role: Result<Role, RoleError> = form.value("role").parse();
    let words = form.values.iter().filter(|(name, _)| name == "only").map(|(_, word)| word.parse());
    let only: Result<Vec<Permission>, PermissionError> = words.collect();
    let (role, only) = match (role, only) {
        (Ok(role), Ok(only)) => (role, only),
        (role, only) => {
            let errors = [
                role.err().map(|error| wrong(Some("role"), error)),
                only.err().map(|error| wrong(Some("only"), error)),
            ];
            return form.refuse(paths::TOKENS, errors.into_iter().flatten().collect(), show(&form, None)).await;
        }
    };
    // What is no number is refused by the engine, with its limits.
    let days = form.value("days").trim().parse().unwrap_or(0);
    let name = form.value("name").trim();
    match form.engine.create_token(&form.actor(), name, role, &only, days).await {
        Ok(token) => {
            let created = CreatedToken { name: name.to_owned(), token };
            Ok(show(&form, Some(created)).await?.at(paths::TOKENS))
        }
        Err(refused) => form.refused(&refused, paths::TOKENS, show(&form, None)).await,
    }
}

/// `POST /users/tokens/revoke`
pub async fn revoke(form: Form) -> Result<Page, PageError> {
    if let Some(page) = form.ask_password(paths::TOKENS).await? {
        return Ok(page);
    }
    let name = form.value("name");
    match form.engine.revoke_token(&form.actor(), name).await {
        Ok(()) => Ok(form.done(format!("Token {name} is revoked."), paths::TOKENS).await),
        Err(TokenError::Unknown(_)) => {
            Ok(form.done(format!("There is no active token named {name}."), paths::TOKENS).await)
        }
        Err(refused) => form.refused(&refused, paths::TOKENS, show(&form, None)).await,
    }
}
