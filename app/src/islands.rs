//! The parts that run in the browser. Each is optional: without it the page is still complete.

#[cfg(feature = "hydrate")]
mod browser;
pub mod copy_button;
pub mod guid_field;
pub mod live;
pub mod palette;
pub mod unsaved_guard;
