//! Parts of pages of which only one thing is asked: to be drawn.
//!
//! Everything a page shows is loaded before it is drawn, so nothing in it waits. [`Draw::drawn`] forgets the type of a view, as leptos'
//! `into_any` does, without its ways to wait, to be built in a browser, and to change there: two fifths of all code of the server were
//! those. Islands, which do live in the browser, keep to `into_any`.

use std::fmt;

use leptos::children::{ChildrenOptContainer, ToChildren};
use leptos::prelude::*;
use leptos::tachys::html::attribute::Attribute;
use leptos::tachys::html::attribute::any_attribute::AnyAttribute;
use leptos::tachys::hydration::Cursor;
use leptos::tachys::view::{Position, PositionState};

/// To forget the type of a view.
pub trait Draw {
    /// The view, to be drawn once.
    fn drawn(self) -> Drawn;
}

impl<V: RenderHtml + 'static> Draw for V {
    fn drawn(self) -> Drawn {
        drawn(self)
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
        Self(Box::new(move || drawn(inner())))
    }
}

/// A single text.
impl<V: RenderHtml + 'static> ToChildren<ChildrenOptContainer<V>> for Inner {
    fn to_children(inner: ChildrenOptContainer<V>) -> Self {
        Self(Box::new(move || drawn(inner.0)))
    }
}

/// Draws once: to the end of a text, after what stands at this position, escaped or not.
type Draws = dyn FnOnce(&mut String, &mut Position, bool) + Send;

/// A view that only draws.
pub struct Drawn(Box<Draws>);

/// Forgets the type of a view.
fn drawn(view: impl RenderHtml + 'static) -> Drawn {
    Drawn(Box::new(move |html, position, escape| view.to_html_with_buf(html, position, escape, false, Vec::new())))
}

/// Markup that is written already, by who escaped what is in it.
pub(crate) fn written(markup: String) -> Drawn {
    Drawn(Box::new(move |html, position, _| {
        html.push_str(&markup);
        *position = Position::NextChild;
    }))
}

impl fmt::Debug for Drawn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Drawn").finish_non_exhaustive()
    }
}

/// The server has no document: there is nothing to build and nothing to keep.
impl Render for Drawn {
    type State = ();

    fn build(self) {}

    fn rebuild(self, (): &mut ()) {}
}

/// A part has no element of its own that could take an attribute.
impl AddAnyAttr for Drawn {
    type Output<A: Attribute> = Self;

    fn add_any_attr<A: Attribute>(self, _: A) -> Self {
        self
    }
}

impl RenderHtml for Drawn {
    type AsyncOutput = Self;
    type Owned = Self;

    const MIN_LENGTH: usize = 0;

    fn dry_resolve(&mut self) {}

    async fn resolve(self) -> Self {
        self
    }

    fn to_html_with_buf(
        self,
        html: &mut String,
        position: &mut Position,
        escape: bool,
        _mark_branches: bool,
        _extra_attributes: Vec<AnyAttribute>,
    ) {
        (self.0)(html, position, escape);
    }

    fn hydrate<const FROM_SERVER: bool>(self, _: &Cursor, _: &PositionState) {}

    fn into_owned(self) -> Self {
        self
    }
}
