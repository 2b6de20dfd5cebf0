//! The frame of the wizard: where one is, and the step itself.

use super::model::Step;
use crate::components::FormErrors;
use crate::components::{FlashMessage, Glyph, Icon, Mark, PageHeader, ThemeChoice};
use crate::drawn::{Draw, Inner};
use leptos::prelude::*;

/// A step with its heading and its lead. Brings its own frame: no sidebar, no bars.
#[component]
pub fn SetupFrame(
    step: Step,
    #[prop(into)] title: String,
    #[prop(into)] lead: String,
    children: Inner,
) -> impl IntoView {
    let number = Step::ALL.iter().position(|other| *other == step).unwrap_or_default() + 1;
    view! {
        <a class="skip" href="#main">"Skip to the content"</a>
        <div class="wizard">
            <header class="rail">
                <p class="brand"><Mark /><span>"Leasehold"</span></p>
                <nav aria-label="Steps of the setup">
                    <ol class="rail-steps">
                        {Step::ALL.into_iter().enumerate().map(|(index, other)| view! {
                            <li class=progress(other, step) aria-current=(other == step).then_some("step")>
                                <span class="rail-dot" aria-hidden="true">
                                    {if other < step || step == Step::Done {
                                        view! { <Icon glyph=Glyph::Check /> }.drawn()
                                    } else {
                                        view! { {index + 1} }.drawn()
                                    }}
                                </span>
                                <span class="rail-label">{other.label()}</span>
                                {(other < step).then(|| view! { <span class="vh">" (done)"</span> })}
                            </li>
                        }).collect_view()}
                    </ol>
                </nav>
                <div class="rail-foot"><ThemeChoice /></div>
            </header>
            <main id="main" tabindex="-1">
                <FlashMessage />
                <p class="eyebrow">{format!("Step {number} of {}", Step::ALL.len())}</p>
                <PageHeader title=title lead=lead.drawn() />
                <FormErrors />
                {children.draw()}
            </main>
        </div>
    }
    .drawn()
}

fn progress(other: Step, step: Step) -> &'static str {
    match other.cmp(&step) {
        std::cmp::Ordering::Less => "done",
        std::cmp::Ordering::Equal => "now",
        std::cmp::Ordering::Greater => "ahead",
    }
}
