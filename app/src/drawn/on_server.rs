use std::fmt;

use leptos::prelude::*;
use leptos::tachys::html::attribute::Attribute;
use leptos::tachys::html::attribute::any_attribute::AnyAttribute;
use leptos::tachys::hydration::Cursor;
use leptos::tachys::view::{Position, PositionState};

/// Draws once: to the end of a text, after what stands at this position, escaped or not.
type Draws = dyn FnOnce(&mut String, &mut Position, bool) + Send;

/// A view that only draws.
pub struct Drawn(Box<Draws>);

/// Forgets the type of a view.
pub(super) fn drawn(view: impl RenderHtml + 'static) -> Drawn {
    Drawn(Box::new(move |html, position, escape| view.to_html_with_buf(html, position, escape, false, Vec::new())))
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
