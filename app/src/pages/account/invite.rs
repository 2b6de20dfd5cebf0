//! What a one-time link opens: the invited person chooses name and password; who has lost the password, a new one.

use crate::components::{Field, FormErrors, PageHeader};
use crate::drawn::Draw;
use crate::request::request;
use leptos::prelude::*;
use licensing::permission::Role;

/// The data of the page of a one-time link.
#[derive(Clone, Debug, PartialEq)]
pub struct Invited {
    pub purpose: InvitedFor,
    /// The fewest characters of a password.
    pub password_min: usize,
}

/// What the link is for.
#[derive(Clone, Debug, PartialEq)]
pub enum InvitedFor {
    /// A new user with this role.
    Join(Role),
    /// A new password of this user.
    Password(String),
}

/// The form behind a one-time link. It is sent to its own address.
#[component]
pub fn InvitePage(data: Invited) -> impl IntoView {
    let server = request().badge.server_name.clone();
    let server = if server.is_empty() { "Leasehold".to_owned() } else { server };
    let (title, lead, verb) = match &data.purpose {
        InvitedFor::Join(role) => ("Welcome", format!("You are invited to {server} as {role}."), "Create my account"),
        InvitedFor::Password(name) => ("New password", format!("For {name} on {server}."), "Set the password"),
    };
    let joins = matches!(data.purpose, InvitedFor::Join(_));
    view! {
        <div class="login">
            <PageHeader title=title lead=lead.drawn() />
            <form method="post" class="stack">
                <FormErrors />
                {joins.then(|| view! {
                    <Field name="name" label="Name" hint="You sign in with it, and it is shown next to every change you make." autocomplete="username" required=true first=true />
                })}
                <Field
                    name="password" label="Password" kind="password" autocomplete="new-password" required=true first=!joins
                    hint=format!("At least {} characters. A few unrelated words are easy to remember.", data.password_min)
                />
                <Field name="password_again" label="Confirm password" kind="password" autocomplete="new-password" required=true />
                <button type="submit" class="button primary wide">{verb}</button>
            </form>
        </div>
    }
    .drawn()
}
