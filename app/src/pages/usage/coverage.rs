//! How many licenses would have covered how much of the time.

use super::model::{Detail, UsagePage};
use crate::charts::Bar;
use crate::components::Card;
use crate::drawn::Draw;
use leptos::prelude::*;
use licensing::words::{count, grouped};

/// The share the sentence is about, percent.
const SENTENCE: f64 = 99.9;

/// "99.9 %", "95 %".
fn share_words(share: f64) -> String {
    if share.fract() == 0.0 { format!("{share:.0} %") } else { format!("{share} %") }
}

/// "37 licenses would have been enough 99.9 % of the time; 40 are licensed."
fn sentence(coverage: &[(f64, u64)], licensed: Option<u64>) -> Option<String> {
    let (share, needed) = coverage.iter().find(|(share, _)| (share - SENTENCE).abs() < 1e-9).or(coverage.last())?;
    let licensed = match licensed {
        None => String::new(),
        Some(1) => "; 1 is licensed".to_owned(),
        Some(number) => format!("; {} are licensed", grouped(number)),
    };
    let needed = count(usize::try_from(*needed).unwrap_or(usize::MAX), "license", "licenses");
    Some(format!("{needed} would have been enough {} of the time{licensed}.", share_words(*share)))
}

/// "2 fewer than licensed", "as many as licensed", "1 more than licensed".
fn against(needed: u64, licensed: Option<u64>) -> String {
    match licensed.map(|licensed| (needed.cmp(&licensed), needed.abs_diff(licensed))) {
        None => String::new(),
        Some((std::cmp::Ordering::Less, by)) => format!("{} fewer than licensed", grouped(by)),
        Some((std::cmp::Ordering::Equal, _)) => "as many as licensed".to_owned(),
        Some((std::cmp::Ordering::Greater, by)) => format!("{} more than licensed", grouped(by)),
    }
}

#[component]
pub(super) fn Coverage(detail: Detail, data: UsagePage) -> impl IntoView {
    let licensed = detail.row.licensed;
    let most = detail.coverage.iter().map(|(_, needed)| *needed).chain(licensed).max().unwrap_or(0);
    let refused = detail.row.totals.denied > 0;
    let one = !data.filter.client.is_empty();
    sentence(&detail.coverage, licensed)
        .filter(|_| !one)
        .map(|sentence| view! {
            <Card title="Licenses needed" id="coverage">
                <p class="strong">{sentence}</p>
                <table class="table coverage">
                    <caption class="vh">{format!("Licenses of {} that would have covered the use", detail.row.product)}</caption>
                    <thead><tr>
                        <th scope="col">"Of the time"</th>
                        <th scope="col" class="num">"Licenses"</th>
                        <th scope="col"><span class="vh">"Chart"</span></th>
                        <th scope="col">"vs. licensed now"</th>
                    </tr></thead>
                    <tbody>{detail.coverage.into_iter().map(|(share, needed)| {
                        let look = if licensed.is_some_and(|licensed| needed > licensed) { "over" } else { "" };
                        view! {
                            <tr>
                                <th scope="row">{share_words(share)}</th>
                                <td class="num" data-label="Licenses">{grouped(needed)}</td>
                                <td class="bar-cell"><Bar value=needed of=most mark=licensed look=look /></td>
                                <td class="muted" data-label="vs. licensed now">{against(needed, licensed)}</td>
                            </tr>
                        }
                    }).collect_view()}</tbody>
                </table>
                {refused.then(|| view! {
                    <p class="fine">"Denied requests are not included: with more licenses, more would have been in use."</p>
                })}
            </Card>
        })
        .drawn()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sentence_compares_what_was_needed_with_what_is_licensed() {
        let coverage = [(95.0, 31), (99.0, 35), (99.9, 37), (100.0, 38)];
        assert_eq!(
            sentence(&coverage, Some(40)).as_deref(),
            Some("37 licenses would have been enough 99.9 % of the time; 40 are licensed.")
        );
        assert_eq!(
            sentence(&[(100.0, 1)], None).as_deref(),
            Some("1 license would have been enough 100 % of the time.")
        );
        assert_eq!(sentence(&[], Some(1)), None);
        assert_eq!(
            [against(38, Some(40)), against(40, Some(40)), against(41, Some(40)), against(1, None)],
            ["2 fewer than licensed", "as many as licensed", "1 more than licensed", ""]
        );
    }
}
