//! What the islands ask of the browser. Nothing here knows what is shown.

mod clipboard;
mod form;
mod keys;
mod stream;

pub(super) use clipboard::copy;
pub(super) use form::watch_form;
pub(super) use keys::{on_shortcuts, show_modal};
pub(super) use stream::{listen, remember, remembered};
