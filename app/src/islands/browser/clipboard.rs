//! Copying. The clipboard API needs a secure context; elsewhere a selection and the older command do it.

use leptos::prelude::{document, window};
use wasm_bindgen::prelude::*;
use web_sys::{HtmlDocument, HtmlTextAreaElement};

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
