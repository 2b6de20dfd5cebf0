//! The shortcuts of the console. Single keys do nothing while somebody types.

use leptos::ev;
use leptos::prelude::{document, window_event_listener};
use wasm_bindgen::JsCast;
use web_sys::{HtmlDialogElement, HtmlElement, KeyboardEvent};

/// Listens for Ctrl/Cmd+K, `/` and `?`.
pub(crate) fn on_shortcuts(palette: impl Fn() + 'static, shortcuts: impl Fn() + 'static) {
    let _listening = window_event_listener(ev::keydown, move |event: KeyboardEvent| {
        let command = event.ctrl_key() || event.meta_key();
        match event.key().as_str() {
            "k" if command => palette(),
            "/" if !command && !typing() && focus_filter() => {}
            "?" if !command && !typing() => shortcuts(),
            _ => return,
        }
        event.prevent_default();
    });
}

/// Opens a dialog unless it is open.
pub(crate) fn show_modal(dialog: &HtmlDialogElement) {
    if !dialog.open() {
        let _ = dialog.show_modal();
    }
}

/// Whether the focus is where keys write text.
fn typing() -> bool {
    document().active_element().is_some_and(|element| {
        matches!(element.tag_name().as_str(), "INPUT" | "TEXTAREA" | "SELECT")
            || element.closest("dialog").ok().flatten().is_some()
    })
}

/// Focuses the filter of the page; false when it has none.
fn focus_filter() -> bool {
    let found = document().query_selector("[data-filter]").ok().flatten();
    found.and_then(|element| element.dyn_into::<HtmlElement>().ok()).is_some_and(|filter| filter.focus().is_ok())
}
