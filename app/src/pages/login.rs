//! Signing in.

use crate::components::{Field, FormErrors, Hidden, PageHeader};
use crate::paths;
use crate::request::request;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// The data of the sign-in page.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Login {
    /// The page to go to afterwards; a path of this console.
    pub next: String,
}

/// Name and password.
#[component]
pub fn LoginPage(data: Login) -> impl IntoView {
    let server = request().badge.server_name;
    view! {
        <div class="login">
            <PageHeader title="Sign in" lead=view! { "to " <b>{if server.is_empty() { "Leasehold".to_owned() } else { server }}</b> }.into_any() />
            <form method="post" action=paths::LOGIN class="stack">
                <FormErrors />
                <Hidden name="next" value=data.next />
                <Field name="name" label="Name" autocomplete="username" required=true first=true />
                <Field name="password" label="Password" kind="password" autocomplete="current-password" required=true />
                <button type="submit" class="button primary wide">"Sign in"</button>
            </form>
            <p class="fine">
                "Password lost? On the server, " <code>"leasehold user reset NAME --password-stdin"</code> " sets a new one."
            </p>
        </div>
    }
    .into_any()
}
