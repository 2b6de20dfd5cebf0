//! Step 2: the first account.

use super::frame::SetupFrame;
use super::model::{SetupAdministrator, Step};
use crate::components::Field;
use crate::drawn::Draw;
use crate::paths;
use leptos::prelude::*;

/// Asks for name and password of the first administrator.
#[component]
pub fn SetupAdministratorPage(data: SetupAdministrator) -> impl IntoView {
    view! {
        <SetupFrame step=Step::Administrator title="Your account" lead="The first administrator. There is no default account; this is the only way in.">
            <form method="post" action=paths::SETUP_ADMINISTRATOR class="stack">
                <Field name="name" label="Name" value=data.name autocomplete="username" required=true first=true hint="What you type to sign in. It stands beside each change you make." />
                <Field
                    name="password" label="Password" kind="password" autocomplete="new-password" required=true
                    hint=format!("At least {} characters. A few unrelated words are easy to remember; no digits or signs are demanded.", data.password_min)
                />
                <Field name="password_again" label="Password again" kind="password" autocomplete="new-password" required=true />
                <div class="actions"><button type="submit" class="button primary large">"Continue"</button></div>
            </form>
        </SetupFrame>
    }
    .drawn()
}
