//! What the islands ask of the browser. Nothing here knows what is shown.

mod clipboard;
mod form;
mod keys;
mod stream;

pub(super) use clipboard::copy;
pub(super) use form::{around, on_typing, watch_form};
pub(super) use keys::{on_shortcuts, places, show_modal};
pub(super) use stream::{follow, remember, remembered};
