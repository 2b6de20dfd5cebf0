//! Step 1: prove that this machine is yours.

use super::frame::SetupFrame;
use super::model::{SetupToken, Step};
use crate::components::{Copyable, Field};
use crate::drawn::Draw;
use crate::paths;
use leptos::prelude::*;

/// Asks for the one-time token.
#[component]
pub fn SetupTokenPage(data: SetupToken) -> impl IntoView {
    view! {
        <SetupFrame step=Step::Token title="Claim this server" lead="A one-time token shows that the machine is yours. It was printed when Leasehold started.">
            <form method="post" action=paths::SETUP class="stack">
                <Field name="token" label="Token" value=data.token mono=true required=true first=true />
                <div class="actions"><button type="submit" class="button primary large">"Continue"</button></div>
            </form>
            <aside class="note">
                <h2>"Where to find it"</h2>
                <p>"In the output of the server, in the line that begins with " <code>"setup:"</code> ", and in this file, which only its owner can read:"</p>
                <p><Copyable value=data.token_file what="the path" /></p>
                <p>{format!("A token is good for {} minutes. This prints a new link:", data.minutes)}</p>
                <p><Copyable value=data.command what="the command" /></p>
            </aside>
        </SetupFrame>
    }
    .drawn()
}
