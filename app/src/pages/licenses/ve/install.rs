//! The way to a license: a request goes out, the vendor's answer comes in.

use crate::components::{Disabled, Field, FieldProblem, FormErrors, Glyph, Icon, Submit, TextArea, described_by};
use crate::drawn::Draw;
use crate::paths;
use crate::request::request;
use leptos::prelude::*;
use licensing::permission::Permission;

/// The fields of the form; a refusal names one of them.
pub const TEXT: &str = "license_text";
/// A file with the license.
pub const FILE: &str = "license_file";
/// A fingerprint to trust.
pub const KEY: &str = "vendor_key";

/// Three steps, for a machine that has none.
#[component]
pub(super) fn Get(folded: bool) -> impl IntoView {
    let open = !folded || refused();
    view! {
        <p class="muted">"A machine license is for virtual environments that log in with a passphrase. It comes from the vendor offline and is bound to this machine. Licenses that arrive by sync don't need one."</p>
        <details class="disclosure" open=open>
            <summary>"Get a machine license"</summary>
            <div class="stack wide">
            <div class="way">
                <h3>"1. Request"</h3>
                <p>"It describes this machine by digests; ids stay on this server."</p>
                <Download />
            </div>
            <div class="way">
                <h3>"2. Carry"</h3>
                <p>"Send it to your vendor. You get back a text that begins with KEYSEC and ends with SIGNEND."</p>
            </div>
            <div class="way">
                <h3>"3. Install"</h3>
                <InstallForm />
            </div>
            </div>
        </details>
    }
    .drawn()
}

/// A form of this page was refused.
fn refused() -> bool {
    request().form.as_ref().is_some_and(|form| !form.errors.is_empty())
}

/// The same, folded, for a machine that has one.
#[component]
pub(super) fn Another() -> impl IntoView {
    view! {
        <details class="disclosure" open=refused()>
            <summary>"Install another license"</summary>
            <div class="stack wide">
                <p class="muted">"A newer license replaces this one. An older one can't be installed again."</p>
                <Download />
                <InstallForm />
            </div>
        </details>
    }
    .drawn()
}

#[component]
fn Download() -> impl IntoView {
    match request().why_not(Permission::Exchange) {
        Some(reason) => view! { <p><Disabled reason=reason /></p> }.drawn(),
        None => view! {
            <p><a class="button" href=paths::LICENSE_REQUEST download=""><Icon glyph=Glyph::Download />"Download the request"</a></p>
        }
        .drawn(),
    }
}

#[component]
fn InstallForm() -> impl IntoView {
    let context = request();
    let why_not = context.why_not(Permission::EditConfiguration).map(str::to_owned);
    let disabled = why_not.is_some();
    let (wrong, wrong_file) = (context.error(TEXT), context.error(FILE));
    let typed = context.typed(TEXT, "");
    view! {
        <form method="post" action=paths::LICENSE_INSTALL enctype="multipart/form-data" class="stack wide" id="install">
            <FormErrors />
            <div class="field">
                <label for=TEXT>"The license"</label>
                <p class="hint" id="license_text-hint">"Paste all of it, from KEYSEC to SIGNEND."</p>
                <TextArea name=TEXT id=TEXT text=typed rows=7 described_by=described_by(TEXT, true, wrong.is_some()).unwrap_or_default() invalid=wrong.is_some() disabled=disabled autofocus=context.focuses(TEXT) look="input mono" />
                {wrong.map(|sentence| view! { <FieldProblem name=TEXT.to_owned() sentence=sentence /> })}
            </div>
            <div class="field">
                <label for=FILE>"Or upload it as a file"</label>
                <input class="input file" type="file" id=FILE name=FILE aria-describedby=described_by(FILE, false, wrong_file.is_some()) aria-invalid=wrong_file.is_some().then_some("true") disabled=disabled autofocus=context.focuses(FILE) />
                {wrong_file.map(|sentence| view! { <FieldProblem name=FILE.to_owned() sentence=sentence /> })}
            </div>
            <Field name=KEY label="Fingerprint of the vendor's key" hint="Only for the first license from a vendor this server doesn't know yet. Enter the fingerprint you received through another channel; the key becomes a trusted key." mono=true disabled=disabled />
            <div class="actions"><Submit look="primary" why_not=why_not>"Install the license"</Submit></div>
        </form>
    }
    .drawn()
}
