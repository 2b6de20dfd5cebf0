//! What is missing for an exchange, given after the wizard: the registration file, or auth string and fingerprint.

use crate::components::{Disabled, Field, FieldProblem, FormErrors, described_by};
use crate::drawn::Draw;
use crate::paths;
use crate::request::request;
use leptos::prelude::*;
use licensing::permission::Permission;

/// The form. `by_hand`: the GUID is known, so its auth string and the vendor's fingerprint can be typed as well.
#[component]
pub(super) fn RegisterForm(by_hand: bool) -> impl IntoView {
    let context = request();
    let why_not = context.why_not(Permission::Register);
    let disabled = why_not.is_some();
    let wrong = context.error("registration_file");
    view! {
        <form method="post" action=paths::EXCHANGE_REGISTRATION enctype="multipart/form-data" class="stack" id="register">
            <FormErrors />
            <div class="field">
                <label for="registration_file">"Registration file"</label>
                <p class="hint" id="registration_file-hint">"It contains the GUID, the auth string and the vendor's key."</p>
                <input class="input file" type="file" id="registration_file" name="registration_file" accept=".json,application/json" disabled=disabled aria-describedby=described_by("registration_file", true, wrong.is_some()) aria-invalid=wrong.is_some().then_some("true") autofocus=context.focuses("registration_file") />
                {wrong.map(|sentence| view! { <FieldProblem name="registration_file".to_owned() sentence=sentence /> })}
            </div>
            {by_hand.then(|| view! {
                <p class="muted">"Or, without a file:"</p>
                <Field name="auth" label="Auth string" hint="Leave empty to keep the saved one." mono=true disabled=disabled />
                <Field name="typed" label="Fingerprint of the vendor's key" hint="The one you received through another channel than this network. Leasehold fetches the key from a node and compares." mono=true disabled=disabled />
            })}
            <div class="actions">
                <button type="submit" class="button primary" disabled=disabled>"Register"</button>
                {why_not.map(|reason| view! { <Disabled reason=reason /> })}
            </div>
        </form>
    }
    .drawn()
}
