//! A value people carry elsewhere, with a copy button when script runs.

use crate::drawn::Draw;
use crate::islands::copy_button::CopyButton;
use leptos::prelude::*;

/// A fixed-width value with a copy button.
#[component]
pub fn Copyable(
    #[prop(into)] value: String,
    /// Completes "Copy": "the GUID".
    #[prop(into)]
    what: String,
) -> impl IntoView {
    view! {
        <span class="copyable">
            <code>{value.clone()}</code>
            <CopyButton text=value what=what />
        </span>
    }
    .drawn()
}
