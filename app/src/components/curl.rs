//! "Show as curl": the same action for a script.

use crate::drawn::Draw;
use crate::islands::copy_button::CopyButton;
use leptos::prelude::*;

/// A disclosure with a command to copy.
#[component]
pub fn ShowAsCurl(#[prop(into)] command: String, #[prop(optional, into)] note: Option<String>) -> impl IntoView {
    view! {
        <details class="disclosure curl">
            <summary>"Show as curl"</summary>
            <div class="command">
                <pre tabindex="0" role="group" aria-label="The command"><code>{command.clone()}</code></pre>
                <CopyButton text=command what="the command".to_owned() />
            </div>
            {note.map(|note| view! { <p class="fine">{note}</p> })}
        </details>
    }
    .drawn()
}
