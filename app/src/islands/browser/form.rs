//! Forms: what is typed, and whether something is not saved yet.

use leptos::prelude::{document, window};
use std::cell::Cell;
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use web_sys::{BeforeUnloadEvent, Element, Event, HtmlFormElement, HtmlInputElement};

#[wasm_bindgen]
extern "C" {
    /// Of `frontend/live.js`: whether a control is not as the server sent it.
    #[wasm_bindgen(js_name = isChanged)]
    fn is_changed(control: &Element) -> bool;
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

    let changed = {
        let (form, unsaved) = (form.clone(), Rc::clone(&unsaved));
        Closure::<dyn FnMut(Event)>::new(move |_| {
            let controls = form.elements();
            let count = (0..controls.length()).filter_map(|index| controls.item(index)).filter(is_changed).count();
            unsaved.set(dirty || count > 0);
            tell(count);
        })
    };
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
