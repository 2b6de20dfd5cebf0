//! What the check found, each with its line.

use crate::components::{Glyph, Icon};
use crate::drawn::Draw;
use crate::paths;
use leptos::prelude::*;
use licensing::conf::check::{Finding, Severity};

/// The findings as a list; each leads to its line.
#[component]
pub fn FindingList(
    findings: Vec<Finding>,
    /// The lines can be shown: the findings are about the file as it is.
    #[prop(optional)]
    linked: bool,
) -> impl IntoView {
    view! {
        <ul class="findings">
            {findings.into_iter().map(|finding| {
                let (class, glyph, word) = look(&finding.severity);
                view! {
                    <li class=class>
                        <Icon glyph=glyph />
                        <span class="vh">{format!("{word}: ")}</span>
                        <p>{finding.sentence}</p>
                        {finding.line.map(|line| if linked {
                            view! { <a class="line-link" href=paths::text_line(line)>{format!("line {line}")}</a> }.drawn()
                        } else {
                            view! { <span class="line-link">{format!("line {line}")}</span> }.drawn()
                        })}
                    </li>
                }
            }).collect_view()}
        </ul>
    }
    .drawn()
}

/// Class, icon and word of a severity.
pub(super) fn look(severity: &Severity) -> (&'static str, Glyph, &'static str) {
    match severity {
        Severity::Error => ("danger", Glyph::Danger, "Error"),
        Severity::Warning => ("warning", Glyph::Warning, "Warning"),
    }
}

/// How many errors and how many warnings.
pub(super) fn counted(findings: &[Finding]) -> (usize, usize) {
    let errors = findings.iter().filter(|finding| matches!(finding.severity, Severity::Error)).count();
    (errors, findings.len() - errors)
}
