//! Parts of pages of which only one thing is asked: to be drawn.
//!
//! Everything a page shows is loaded before it is drawn, so nothing in it waits. [`Draw::drawn`] forgets the type of a view, as leptos'
//! `into_any` does, without its ways to wait, to be built in a browser, and to change there: two fifths of all code of the server were
//! those. Islands, which do live in the browser, keep to `into_any`; there, both are the same.

#[cfg(not(feature = "ssr"))]
#[path = "drawn/in_browser.rs"]
mod here;
#[cfg(feature = "ssr")]
#[path = "drawn/on_server.rs"]
mod here;

use std::fmt;

pub use here::Drawn;
use leptos::children::{ChildrenOptContainer, ToChildren};
use leptos::prelude::*;

/// To forget the type of a view.
pub trait Draw {
    /// The view, to be drawn once.
    fn drawn(self) -> Drawn;
}

impl<V: RenderHtml + 'static> Draw for V {
    fn drawn(self) -> Drawn {
        here::drawn(self)
    }
}

/// What stands between the tags of a component.
pub struct Inner(Box<dyn FnOnce() -> Drawn + Send>);

impl Inner {
    /// Draws it.
    pub fn draw(self) -> Drawn {
        (self.0)()
    }
}

impl fmt::Debug for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inner").finish_non_exhaustive()
    }
}

impl<F, V> ToChildren<F> for Inner
where
    F: FnOnce() -> V + Send + 'static,
    V: RenderHtml + 'static,
{
    fn to_children(inner: F) -> Self {
        Self(Box::new(move || here::drawn(inner())))
    }
}

/// A single text.
impl<V: RenderHtml + 'static> ToChildren<ChildrenOptContainer<V>> for Inner {
    fn to_children(inner: ChildrenOptContainer<V>) -> Self {
        Self(Box::new(move || here::drawn(inner.0)))
    }
}
