//! The parts that run in the browser. Each is optional: without it the page is still complete.

#[cfg(feature = "hydrate")]
mod browser;
pub mod chart;
pub mod guid_field;
pub mod live;
pub mod palette;

#[cfg(feature = "hydrate")]
use browser::around;
use leptos::html;
use leptos::prelude::*;

/// What the last press led to.
#[cfg_attr(not(feature = "hydrate"), expect(dead_code, reason = "some are made in the browser only"))]
#[derive(Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Idle,
    Copied,
    Refused,
}

/// A button that copies `text`; it appears once script runs. On plain `http` the clipboard API is absent; then the browser's older
/// command is used.
#[component]
pub fn CopyButton(
    text: String,
    /// Completes "Copy": "the GUID".
    what: String,
) -> impl IntoView {
    view! { <span class="around" data-copy=text data-what=what><Copier /></span> }
}

#[island]
fn Copier() -> impl IntoView {
    let button = NodeRef::<html::Button>::new();
    let label = RwSignal::new(None::<String>);
    let outcome = RwSignal::new(Outcome::Idle);
    Effect::new(move |_| {
        label.set(button.get().and_then(|button| around(&button, "data-what")).map(|what| format!("Copy {what}")))
    });
    let press = move |_| {
        let text = button.get_untracked().and_then(|button| around(&button, "data-copy"));
        copy(&text.unwrap_or_default(), outcome);
        set_timeout(move || outcome.set(Outcome::Idle), std::time::Duration::from_millis(2_500));
    };
    view! {
        <button
            type="button" class="copy" node_ref=button hidden=move || label.get().is_none()
            aria-label=move || label.get() on:click=press
        >
            {move || match outcome.get() {
                Outcome::Idle => "Copy",
                Outcome::Copied => "Copied",
                Outcome::Refused => "Select and copy manually",
            }}
        </button>
        <span class="vh" role="status">
            {move || match outcome.get() {
                Outcome::Idle => "",
                Outcome::Copied => "Copied.",
                Outcome::Refused => "The browser blocked copying. Select the text and copy it manually.",
            }}
        </span>
    }
}

#[cfg(feature = "hydrate")]
fn copy(text: &str, outcome: RwSignal<Outcome>) {
    browser::copy(text, move |done| outcome.set(if done { Outcome::Copied } else { Outcome::Refused }));
}

#[cfg(not(feature = "hydrate"))]
fn copy(_text: &str, _outcome: RwSignal<Outcome>) {}
#[cfg(not(feature = "hydrate"))]
fn around<T>(_element: &T, _name: &str) -> Option<String> {
    None
}

/// Counts what was changed in the form with this id, and asks before the page is left with it.
#[component]
pub fn UnsavedGuard(
    form: String,
    /// The form came back with what was typed, and can't be compared with what it changes: leaving would lose it.
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
        <p class="unsaved" class:changed=move || { changed.get() > 0 } role="status" node_ref=line>
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
    let Some(form) = browser::around(line, "data-form") else { return };
    let dirty = browser::around(line, "data-dirty").is_some();
    browser::watch_form(&form, dirty, move |count| changed.set(count));
}

#[cfg(not(feature = "hydrate"))]
fn watch<T>(_line: &T, _changed: RwSignal<usize>) {}
