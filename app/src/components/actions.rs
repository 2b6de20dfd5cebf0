//! Buttons, links that look like buttons, and the reason why one is disabled.

use crate::drawn::{Draw, Inner};
use leptos::prelude::*;

/// A link that looks like a button.
#[component]
pub fn LinkButton(#[prop(into)] href: String, #[prop(optional)] look: &'static str, children: Inner) -> impl IntoView {
    view! { <a class=format!("button {look}") href=href>{children.draw()}</a> }
}

/// The button that sends a form; disabled with its reason when there is one.
#[component]
pub fn Submit(
    /// `primary`, `danger`, `quiet`, or none.
    #[prop(optional)]
    look: &'static str,
    /// Sent with the form: name and value.
    #[prop(optional_no_strip)]
    sends: Option<(&'static str, &'static str)>,
    /// Why it cannot be used.
    #[prop(optional_no_strip)]
    why_not: Option<String>,
    children: Inner,
) -> impl IntoView {
    let disabled = why_not.is_some();
    view! {
        <button
            type="submit"
            class=format!("button {look}")
            name=sends.map(|(name, _)| name)
            value=sends.map(|(_, value)| value)
            disabled=disabled
        >
            {children.draw()}
        </button>
        {why_not.map(|reason| view! { <Disabled reason=reason /> })}
    }
    .drawn()
}

/// The reason beside a disabled control.
#[component]
pub fn Disabled(#[prop(into)] reason: String) -> impl IntoView {
    use super::icon::{Glyph, Icon};
    view! { <span class="why-not"><Icon glyph=Glyph::Lock /><span>{reason}</span></span> }
}
