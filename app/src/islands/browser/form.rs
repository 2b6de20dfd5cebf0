//! Watching a form for changes that are not saved yet.

use leptos::prelude::{document, window};
use std::cell::Cell;
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use web_sys::{
    BeforeUnloadEvent, Element, Event, HtmlFormElement, HtmlInputElement, HtmlSelectElement, HtmlTextAreaElement,
};

/// Calls `tell` with the number of changed controls, and asks before the page is left with changes. `dirty`: what the
/// form shows is already more than what is saved.
pub(crate) fn watch_form(id: &str, dirty: bool, tell: impl Fn(usize) + 'static) {
    let Some(form) = document().get_element_by_id(id).and_then(|form| form.dyn_into::<HtmlFormElement>().ok()) else {
        return;
    };
    let at_first: Vec<Option<String>> = values(&form);
    let unsaved = Rc::new(Cell::new(dirty));

    let changed = {
        let (form, unsaved) = (form.clone(), Rc::clone(&unsaved));
        Closure::<dyn FnMut(Event)>::new(move |_| {
            let count = values(&form).iter().zip(&at_first).filter(|(now, before)| now != before).count();
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

/// The values of the controls in their order; none for those without one.
fn values(form: &HtmlFormElement) -> Vec<Option<String>> {
    let elements = form.elements();
    (0..elements.length()).map(|index| elements.item(index).as_ref().and_then(value)).collect()
}

fn value(element: &Element) -> Option<String> {
    if let Some(input) = element.dyn_ref::<HtmlInputElement>() {
        return Some(input.value());
    }
    if let Some(select) = element.dyn_ref::<HtmlSelectElement>() {
        return Some(select.value());
    }
    element.dyn_ref::<HtmlTextAreaElement>().map(HtmlTextAreaElement::value)
}
