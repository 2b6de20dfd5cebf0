//! Signing in.

use crate::components::{Field, FormErrors, Hidden, PageHeader};
use crate::drawn::Draw;
use crate::paths;
use crate::request::request;
use leptos::prelude::*;

/// The data of the sign-in page.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Login {
    /// The page to go to afterwards; a path of this console.
    pub next: String,
}

/// What was typed when the session had ended: carried along, and offered again after signing in.
#[component]
fn Kept() -> impl IntoView {
    let context = request();
    let kept = ["resume_path", "resume"].map(|name| (name, context.typed(name, "")));
    kept.into_iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| view! { <Hidden name=name value=value /> })
        .collect_view()
        .drawn()
}

/// The data of the page that gives back what was typed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Resume {
    /// Where the form was sent.
    pub path: String,
    /// What it held.
    pub fields: Vec<(String, String)>,
}

/// Signed in again after a form was sent too late: the form can go on its way.
#[component]
pub fn ResumePage(data: Resume) -> impl IntoView {
    view! {
        <div class="login">
            <PageHeader title="You are signed in again" lead=view! { "Your entries are still here." }.drawn() />
            <form method="post" action=data.path class="stack">
                {data.fields.into_iter().map(|(name, value)| view! { <Hidden name=name value=value /> }).collect_view()}
                <button type="submit" class="button primary wide">"Continue with my entries"</button>
            </form>
            <p class="fine"><a href=paths::OVERVIEW>"Go to the overview instead"</a></p>
        </div>
    }
    .drawn()
}

/// Name and password.
#[component]
pub fn LoginPage(data: Login) -> impl IntoView {
    let server = request().badge.server_name.clone();
    view! {
        <div class="login">
            <PageHeader title="Sign in" lead=view! { "to " <b>{if server.is_empty() { "Leasehold".to_owned() } else { server }}</b> }.drawn() />
            <form method="post" action=paths::LOGIN class="stack">
                <FormErrors />
                <Hidden name="next" value=data.next />
                <Kept />
                <Field name="name" label="Name" autocomplete="username" required=true first=true />
                <Field name="password" label="Password" kind="password" autocomplete="current-password" required=true />
                <button type="submit" class="button primary wide">"Sign in"</button>
            </form>
            <p class="fine">
                "Forgot your password? On the server, " <code>"leasehold user reset NAME --password-stdin"</code> " sets a new one."
            </p>
        </div>
    }
    .drawn()
}
