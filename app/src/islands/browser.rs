//! What the islands ask of the browser. Nothing here knows what is shown.

mod stream;

pub(super) use stream::{follow, remember, remembered};

use leptos::ev;
use leptos::prelude::{document, window, window_event_listener};
use std::cell::Cell;
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use web_sys::{
    BeforeUnloadEvent, Element, Event, HtmlDialogElement, HtmlDocument, HtmlElement, HtmlFormElement, HtmlInputElement,
    HtmlTextAreaElement, KeyboardEvent,
};

/// Copies a text and tells whether that worked.
pub(crate) fn copy(text: &str, done: impl Fn(bool) + Clone + 'static) {
    if !window().is_secure_context() {
        done(copy_by_selection(text).unwrap_or(false));
        return;
    }
    let accepted = done.clone();
    let worked = Closure::<dyn FnMut(JsValue)>::new(move |_| accepted(true));
    let typed = text.to_owned();
    let refused = Closure::<dyn FnMut(JsValue)>::new(move |_| done(copy_by_selection(&typed).unwrap_or(false)));
    let _ = window().navigator().clipboard().write_text(text).then2(&worked, &refused);
    worked.forget();
    refused.forget();
}

/// Selects the text in a text area outside the view and runs the older command. The focus goes back where it was.
fn copy_by_selection(text: &str) -> Option<bool> {
    let document = document();
    let before = document.active_element().and_then(|element| element.dyn_into::<web_sys::HtmlElement>().ok());
    let area: HtmlTextAreaElement = document.create_element("textarea").ok()?.dyn_into().ok()?;
    area.set_class_name("vh");
    area.set_value(text);
    document.body()?.append_child(&area).ok()?;
    area.select();
    let copied = document.dyn_ref::<HtmlDocument>()?.exec_command("copy").unwrap_or(false);
    area.remove();
    if let Some(before) = before {
        let _ = before.focus();
    }
    Some(copied)
}

#[wasm_bindgen]
extern "C" {
    /// Of `frontend/live.js`: how many controls of a form are changed; marks those that say so.
    #[wasm_bindgen(js_name = countChanges)]
    fn count_changes(form: &Element) -> usize;
    /// The same: filter, defaults and line numbers of a form of the configuration.
    fn enliven(form: &Element);

    /// Of `frontend/live.js`: asks the server what the words find, and calls `done` with six texts for each.
    #[wasm_bindgen(js_name = searchFor)]
    fn search_server(words: &str, done: &JsValue);

    /// Of `frontend/live.js`: sends a form with one field.
    #[wasm_bindgen(js_name = sendForm)]
    pub(crate) fn send(href: &str, name: &str, value: &str);

    /// Of `frontend/chart.js`: follows pointer and keys on a chart.
    #[wasm_bindgen(js_name = readChart)]
    pub(crate) fn read_chart(over: &Element);
}

/// An attribute of what stands around an element.
pub(crate) fn around(element: &Element, name: &str) -> Option<String> {
    element.closest(&format!("[{name}]")).ok().flatten()?.get_attribute(name)
}

/// Calls `judge` with what is typed into the field with this id; it says whether that is wrong.
pub(crate) fn on_typing(id: &str, judge: impl Fn(String) -> bool + 'static) {
    let Some(field) = document().get_element_by_id(id).and_then(|field| field.dyn_into::<HtmlInputElement>().ok())
    else {
        return;
    };
    let typed = {
        let field = field.clone();
        Closure::<dyn FnMut(Event)>::new(move |_| {
            let _ = match judge(field.value()) {
                true => field.set_attribute("aria-invalid", "true"),
                false => field.remove_attribute("aria-invalid"),
            };
        })
    };
    let _ = field.add_event_listener_with_callback("input", typed.as_ref().unchecked_ref());
    typed.forget();
}

/// Calls `tell` with the number of changed controls, and asks before the page is left with changes. `dirty`: what the
/// form shows is already more than what is saved.
pub(crate) fn watch_form(id: &str, dirty: bool, tell: impl Fn(usize) + 'static) {
    let Some(form) = document().get_element_by_id(id).and_then(|form| form.dyn_into::<HtmlFormElement>().ok()) else {
        return;
    };
    let unsaved = Rc::new(Cell::new(dirty));

    let count = {
        let (form, unsaved) = (form.clone(), Rc::clone(&unsaved));
        move || {
            let count = count_changes(&form);
            unsaved.set(dirty || count > 0);
            tell(count);
        }
    };
    // What came back from the server may differ from the file already.
    count();
    enliven(&form);
    let changed = Closure::<dyn FnMut(Event)>::new(move |_| count());
    let _ = form.add_event_listener_with_callback("input", changed.as_ref().unchecked_ref());
    changed.forget();

    let sent = {
        let unsaved = Rc::clone(&unsaved);
        Closure::<dyn FnMut(Event)>::new(move |_| unsaved.set(false))
    };
    let _ = form.add_event_listener_with_callback("submit", sent.as_ref().unchecked_ref());
    sent.forget();

    let leaving = Closure::<dyn FnMut(BeforeUnloadEvent)>::new(move |event: BeforeUnloadEvent| {
        if unsaved.get() {
            event.prevent_default();
            event.set_return_value("unsaved");
        }
    });
    let _ = window().add_event_listener_with_callback("beforeunload", leaving.as_ref().unchecked_ref());
    leaving.forget();
}

/// Listens for Ctrl/Cmd+K, `/` and `?`.
pub(crate) fn on_shortcuts(palette: impl Fn() + 'static, shortcuts: impl Fn() + 'static) {
    let palette = Rc::new(palette);
    let by_link = palette.clone();
    let _clicks = window_event_listener(ev::click, move |event| {
        let link = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        if link.is_some_and(|link| link.closest("[data-palette]").ok().flatten().is_some()) {
            event.prevent_default();
            by_link();
        }
    });
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

/// Whether a dialog is open.
pub(crate) fn is_shown(dialog: &HtmlDialogElement) -> bool {
    dialog.open()
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

/// Asks the server what the words find: six texts for each result.
pub(crate) fn search(words: String, done: impl FnOnce(Vec<String>) + 'static) {
    search_server(&words, &Closure::once_into_js(done));
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
