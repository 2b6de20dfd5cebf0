//! A titled block of a page.

use crate::drawn::{Draw, Drawn, Inner};
use leptos::prelude::*;

/// A section with a heading and, at its right, a link or a tag.
#[component]
pub fn Card(
    #[prop(into)] title: String,
    /// Anchor of the section; also names its heading.
    id: &'static str,
    /// Columns out of twelve on wide screens: a class such as `c8`.
    #[prop(optional)]
    span: &'static str,
    /// What stands at the right of the heading.
    #[prop(optional, into)]
    aside: Option<Drawn>,
    children: Inner,
) -> impl IntoView {
    let heading = format!("{id}-title");
    view! {
        <section class=format!("card {span}") id=id aria-labelledby=heading>
            <header>
                <h2 id=heading.clone()>{title}</h2>
                {aside.map(|aside| view! { <div class="aside">{aside}</div> })}
            </header>
            {children.draw()}
        </section>
    }
    .drawn()
}
