//! Counts what was changed in a form, and asks before the page is left with it.

use leptos::html;
use leptos::prelude::*;

/// Watches the form with this id.
#[component]
pub fn UnsavedGuard(
    form: String,
    /// The form came back with what was typed: leaving would lose it.
    dirty: bool,
) -> impl IntoView {
    view! { <div class="around" data-form=form data-dirty=dirty.then_some("")><Unsaved /></div> }
}

#[island]
fn Unsaved() -> impl IntoView {
    let line = NodeRef::<html::P>::new();
    let changed = RwSignal::new(0_usize);
    Effect::new(move |_| {
        if let Some(line) = line.get() {
            watch(&line, changed);
        }
    });
    view! {
        <p class="unsaved" role="status" node_ref=line>
            {move || match changed.get() {
                0 => String::new(),
                1 => "1 unsaved change".to_owned(),
                more => format!("{more} unsaved changes"),
            }}
        </p>
    }
}

#[cfg(feature = "hydrate")]
fn watch(line: &web_sys::Element, changed: RwSignal<usize>) {
    let Some(form) = super::browser::around(line, "data-form") else { return };
    let dirty = super::browser::around(line, "data-dirty").is_some();
    super::browser::watch_form(&form, dirty, move |count| changed.set(count));
}

#[cfg(not(feature = "hydrate"))]
fn watch<T>(_line: &T, _changed: RwSignal<usize>) {}
