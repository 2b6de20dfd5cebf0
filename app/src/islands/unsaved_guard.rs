//! Counts what was changed in a form, and asks before the page is left with it.

use leptos::prelude::*;

/// Watches the form with this id.
#[island]
pub fn UnsavedGuard(
    form: String,
    /// The form came back with what was typed: leaving would lose it.
    dirty: bool,
) -> impl IntoView {
    let changed = RwSignal::new(0_usize);
    Effect::new(move |_| watch(&form, dirty, changed));
    view! {
        <p class="unsaved" role="status">
            {move || match changed.get() {
                0 => String::new(),
                1 => "1 unsaved change".to_owned(),
                more => format!("{more} unsaved changes"),
            }}
        </p>
    }
}

#[cfg(feature = "hydrate")]
fn watch(form: &str, dirty: bool, changed: RwSignal<usize>) {
    super::browser::watch_form(form, dirty, move |count| changed.set(count));
}

#[cfg(not(feature = "hydrate"))]
fn watch(_form: &str, _dirty: bool, _changed: RwSignal<usize>) {}
