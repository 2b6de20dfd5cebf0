//! Small words that state a condition. A pill has a dot and a word; a tag only a word.

use crate::request::Tone;
use leptos::prelude::*;

/// A condition: dot and word.
#[component]
pub fn Pill(#[prop(optional)] tone: Tone, #[prop(into)] text: String) -> impl IntoView {
    view! { <span class=format!("pill {}", tone.class())>{text}</span> }
}

/// A property: a word in a frame.
#[component]
pub fn Tag(
    #[prop(into)] text: String,
    /// One of `set`, `off`, `locked`, `absent`; none for a plain tag.
    #[prop(optional)]
    look: &'static str,
) -> impl IntoView {
    view! { <span class=format!("tag {look}")>{text}</span> }
}
