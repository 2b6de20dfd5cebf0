//! Asks for the password again before a sensitive change, with all that was sent: nothing is typed twice but the password.

use app::drawn::Draw;
use app::pages::account::{ConfirmPasswordPage, SentForm};
use axum::http::{HeaderValue, StatusCode, header};
use engine::accounts::users::AccountError;
use leptos::prelude::*;

use super::form::wrong;
use super::{Console, Form, Page, PageError, Refusal};
use crate::http::confirmed;

/// The field with the password.
const PASSWORD: &str = "password";

impl Console {
    /// Whether who asks has confirmed the password a moment ago.
    pub async fn is_password_confirmed(&self) -> bool {
        confirmed::is_confirmed(self, &self.session).await
    }
}

impl Form {
    /// Checks the password that was typed again.
    ///
    /// # Errors
    /// [`AccountError`] when it was wrong or not checked.
    pub async fn confirm(&self, typed: &str) -> Result<(), AccountError> {
        let handle = self.signed_in().map_or("", |(_, handle)| handle);
        self.engine.confirm_password(&self.actor(), self.name(), handle, typed).await
    }

    /// The page that asks for the password before this form is carried out, at `home` and in place of the form's own; none when the
    /// password came with the form or was confirmed a moment ago.
    ///
    /// # Errors
    /// [`PageError`] when the database does not respond.
    pub async fn ask_password(&self, home: &str) -> Result<Option<Page>, PageError> {
        let problem = match (self.is_password_confirmed().await, self.value(PASSWORD)) {
            (true, _) => return Ok(None),
            (false, "") => None,
            (false, typed) => match self.confirm(typed).await {
                Ok(()) => {
                    confirmed::note(&self.engine, &self.session).await.map_err(PageError::internal)?;
                    return Ok(None);
                }
                Err(AccountError::Sql(failed)) => return Err(failed.into()),
                Err(refused) => Some(refused),
            },
        };
        let fields = self.values.iter().filter(|(name, _)| name != PASSWORD).cloned().collect();
        let (path, back) = (self.parts.uri.path().to_owned(), home.to_owned());
        let data = SentForm { path, back, fields, minutes: confirmed::HOLDS_MS / 60_000 };
        let page = Page::new("Confirm your password", || view! { <ConfirmPasswordPage data=data /> }.drawn()).at(home);
        let Some(refused) = problem else { return Ok(Some(page.status(StatusCode::UNAUTHORIZED))) };
        let error = match &refused {
            AccountError::Wrong => wrong(Some(PASSWORD), "This is not your current password."),
            other => wrong(Some(PASSWORD), other),
        };
        let page = page.status(refused.status()).with_form(self.state(vec![error]));
        Ok(Some(match refused.retry_after_s() {
            Some(seconds) => page.header(header::RETRY_AFTER, HeaderValue::from(seconds)),
            None => page,
        }))
    }
}
