use leptos::prelude::*;

/// A view of an island.
pub type Drawn = AnyView;

/// Forgets the type of a view.
pub(super) fn drawn(view: impl RenderHtml + 'static) -> Drawn {
    view.into_any()
}
