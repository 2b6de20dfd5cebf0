//! A number as a bar beside it: the number is in the table, the bar is for the eye only.

use crate::drawn::Draw;
use leptos::prelude::*;

/// A bar of `value` out of `of`, with a mark where a limit lies.
#[component]
pub fn Bar(
    value: u64,
    /// The whole length.
    of: u64,
    /// Where a limit lies.
    #[prop(optional_no_strip)]
    mark: Option<u64>,
    /// `full` for a bar that reached its limit, `over` for one beyond it.
    #[prop(optional)]
    look: &'static str,
) -> impl IntoView {
    let fill = percent(value, of);
    view! {
        <svg class=format!("bar {look}") width="100%" height="12" aria-hidden="true" focusable="false">
            <rect class="bar-ground" y="2" width="100%" height="8" rx="2" />
            {(value > 0).then(|| view! { <rect class="bar-fill" y="2" width=fill height="8" rx="2" /> })}
            {mark.filter(|mark| *mark > 0).map(|mark| {
                let at = percent(mark, of);
                view! { <line class="bar-mark" x1=at.clone() x2=at y1="0" y2="12" /> }
            })}
        </svg>
    }
    .drawn()
}

/// A share as a length; never beyond the picture.
#[expect(clippy::cast_precision_loss, reason = "a place in a picture")]
fn percent(value: u64, of: u64) -> String {
    let share = if of == 0 { 0.0 } else { (value as f64 / of as f64).min(1.0) };
    format!("{:.1}%", share * 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_never_leaves_its_ground() {
        assert_eq!(percent(1, 4), "25.0%");
        assert_eq!(percent(9, 4), "100.0%");
        assert_eq!(percent(1, 0), "0.0%");
        assert_eq!(percent(u64::MAX, u64::MAX), "100.0%");
    }
}
