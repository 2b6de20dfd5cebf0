use std::fmt;

use leptos::children::{ChildrenOptContainer, ToChildren};
use leptos::prelude::*;

/// A view of an island.
pub type Drawn = AnyView;

/// Forgets the type of a view.
pub(super) fn drawn(view: impl RenderHtml + 'static) -> Drawn {
    view.into_any()
}

/// What stands between the tags of a component.
pub struct Inner(Children);

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
