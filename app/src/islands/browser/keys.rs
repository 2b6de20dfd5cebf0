//! The shortcuts of the console. Single keys do nothing while somebody types.

use leptos::ev;
use leptos::prelude::{document, window_event_listener};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlDialogElement, HtmlElement, KeyboardEvent};

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

/// The pages of the sidebar: name and address.
pub(crate) fn places() -> Vec<(String, String)> {
    let Ok(links) = document().query_selector_all(".side a") else { return Vec::new() };
    let links = (0..links.length()).filter_map(|index| links.item(index)?.dyn_into::<Element>().ok());
    let place = |link: Element| {
        let label = link.query_selector("span").ok()??.text_content()?;
        Some((label, link.get_attribute("href")?))
    };
    links.filter_map(place).collect()
}
