//! Peaks over time, the hours of the week, and how many licenses would have been enough.

use super::detail::{Files, Steps};
use super::model::{CoursePoint, Detail, UsagePage};
use super::summary::refused_words;
use crate::charts::{Bar, Course, CourseChart, HeatMap, Legend};
use crate::components::{Card, Column, Table};
use crate::drawn::Draw;
use leptos::prelude::*;
use licensing::words::{count, grouped, time_in_use};

/// The words of a step: "Hour", "each hour".
pub(super) fn step_words(step: &str) -> (&'static str, &'static str) {
    match step {
        "hour" => ("Hour", "each hour"),
        "week" => ("Week", "each week"),
        "month" => ("Month", "each month"),
        _ => ("Day", "each day"),
    }
}

/// The picture in a sentence, for those who do not see it.
fn description(detail: &Detail, data: &UsagePage) -> String {
    let row = &detail.row;
    let steps = detail.course.len();
    let licensed = row.licensed.map(|n| format!(" of {} licensed", grouped(n))).unwrap_or_default();
    let full = detail.course.iter().filter(|point| at_limit(point)).count();
    let when = row.peak_at.as_ref().map(|at| format!(" on {}", at.words)).unwrap_or_default();
    format!(
        "Peak of {} for {}, {}: {steps} columns. The highest is {}{licensed}{when}. {} reached the licensed number; {}. The numbers are in the table below.",
        row.product,
        step_words(&detail.step).1,
        data.period.words,
        grouped(row.totals.peak),
        match full {
            0 => "None".to_owned(),
            n => n.to_string(),
        },
        refused_words(row.totals.denied),
    )
}

fn at_limit(point: &CoursePoint) -> bool {
    point.totals.peak > 0 && point.licensed.is_some_and(|licensed| point.totals.peak >= licensed)
}

/// What a column says when it is pointed at.
fn hint(point: &CoursePoint) -> String {
    let of = point.licensed.map(|n| format!(" of {}", grouped(n))).unwrap_or_default();
    let refused =
        if point.totals.denied > 0 { format!(", {}", refused_words(point.totals.denied)) } else { String::new() };
    let before = point.before.map(|n| format!(" (before: {})", grouped(n))).unwrap_or_default();
    format!("{}: peak {}{of}{before}{refused}", point.label, grouped(point.totals.peak))
}

fn course(detail: &Detail, data: &UsagePage) -> Course {
    let points = &detail.course;
    let has_before = points.iter().any(|point| point.before.is_some());
    Course {
        peaks: points.iter().map(|point| point.totals.peak).collect(),
        licensed: points.iter().map(|point| point.licensed).collect(),
        before: if has_before { points.iter().map(|point| point.before).collect() } else { Vec::new() },
        refused: points.iter().map(|point| point.totals.denied).collect(),
        ticks: points.iter().map(|point| point.tick.clone()).collect(),
        hints: points.iter().map(hint).collect(),
        description: description(detail, data),
    }
}

fn legend(detail: &Detail, data: &UsagePage) -> Vec<(&'static str, String)> {
    let points = &detail.course;
    let mut items = vec![("peak", "Peak in use".to_owned())];
    if points.iter().any(at_limit) {
        items.push(("full", "Peak at the limit".to_owned()));
    }
    if points.iter().any(|point| point.licensed.is_some()) {
        items.push(("licensed", "Licensed".to_owned()));
    }
    if points.iter().any(|point| point.before.is_some()) {
        items.push(("before", format!("Peak before ({})", data.period.before_words)));
    }
    if points.iter().any(|point| point.totals.denied > 0) {
        items.push(("refused", "Denied".to_owned()));
    }
    items
}

/// The view of the tab.
#[component]
pub(super) fn OverTime(detail: Detail, data: UsagePage) -> impl IntoView {
    let files = view! { <Files detail=detail.clone() /> }.drawn();
    let title = format!("Peak for {}", step_words(&detail.step).1);
    let chart = course(&detail, &data);
    let legend = legend(&detail, &data);
    let has_heat = detail.heat.iter().flatten().any(|cell| cell.peak > 0);
    let cells =
        detail.heat.iter().map(|day| day.iter().map(|cell| (cell.mean, cell.peak)).collect()).collect::<Vec<_>>();
    let zone = data.period.zone.clone();
    let heat = format!(
        "{}: average peak in each hour of the week, {}. Hours begin in {zone}.",
        detail.row.product, data.period.words
    );
    let steps = view! { <Steps detail=detail.clone() filter=data.filter.clone() /> };
    let table = view! { <CourseTable detail=detail.clone() /> };
    view! {
        <Card title=title id="course" aside=files>
            <div class="course-tools"><Legend items=legend />{steps}</div>
            <CourseChart course=chart />
            {table}
        </Card>
        <Coverage detail=detail data=data />
        {has_heat.then(|| view! {
            <Card title="By hour of the week" id="week">
                <p class="muted">{format!("Average peak in each hour over the period. Time zone: {zone}.")}</p>
                <HeatMap cells=cells caption=heat />
            </Card>
        })}
    }
    .drawn()
}

/// The numbers behind the chart.
#[component]
fn CourseTable(detail: Detail) -> impl IntoView {
    let has_before = detail.course.iter().any(|point| point.before.is_some());
    view! {
        <details class="disclosure">
            <summary>"Show as a table"</summary>
            <div class="scroll" tabindex="0" role="group" aria-label="The table of the chart">
                <table class="plain-table">
                    <caption class="vh">{format!("{} for {}", detail.row.product, step_words(&detail.step).1)}</caption>
                    <thead><tr>
                        <th scope="col">{step_words(&detail.step).0}</th>
                        <th scope="col" class="num">"Peak"</th>
                        <th scope="col" class="num">"Licensed"</th>
                        {has_before.then(|| view! { <th scope="col" class="num">"Before"</th> })}
                        <th scope="col" class="num">"Check-outs"</th>
                        <th scope="col" class="num">"Time"</th>
                        <th scope="col" class="num">"Denied"</th>
                    </tr></thead>
                    <tbody inner_html=table_rows(&detail.course, has_before)></tbody>
                </table>
            </div>
        </details>
    }
    .drawn()
}

/// The rows of the table. Written as text because there may be hundreds, and the marks a framework leaves would weigh more than
/// the numbers.
fn table_rows(points: &[CoursePoint], has_before: bool) -> String {
    let number = |value: Option<u64>| value.map_or_else(|| "\u{2013}".to_owned(), grouped);
    points
        .iter()
        .map(|point| {
            let before = if has_before { format!("<td>{}", number(point.before)) } else { String::new() };
            format!(
                "<tr><th scope=row>{}<td>{}<td>{}{before}<td>{}<td>{}<td>{}",
                html_text(&point.day),
                grouped(point.totals.peak),
                number(point.licensed),
                grouped(point.totals.taken),
                html_text(&time_in_use(point.totals.use_ms)),
                grouped(point.totals.denied),
            )
        })
        .collect()
}

/// Text as HTML.
fn html_text(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

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
    let Some(sentence) = sentence(&detail.coverage, licensed).filter(|_| !one) else { return ().drawn() };
    let table = Table::new(format!("Licenses of {} that would have covered the use", detail.row.product))
        .labelled()
        .look("coverage")
        .column(Column::row_header("Of the time", |(share, _): &(f64, u64), cell| cell.text(&share_words(*share))))
        .column(Column::number("Licenses", |(_, needed): &(f64, u64), cell| cell.number(*needed)))
        .column(
            Column::text("Chart", |(_, needed): &(f64, u64), cell| {
                let look = if licensed.is_some_and(|licensed| *needed > licensed) { "over" } else { "" };
                cell.view(view! { <Bar value=*needed of=most mark=licensed look=look /> });
            })
            .head_hidden()
            .class("bar-cell"),
        )
        .column(
            Column::text("vs. licensed now", |(_, needed): &(f64, u64), cell| cell.text(&against(*needed, licensed)))
                .class("muted"),
        )
        .draw(&detail.coverage);
    view! {
        <Card title="Licenses needed" id="coverage">
            <p class="strong">{sentence}</p>
            {table}
            {refused.then(|| view! {
                <p class="fine">"Denied requests are not included: with more licenses, more would have been in use."</p>
            })}
        </Card>
    }
    .drawn()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::usage::Totals;

    #[test]
    fn the_table_of_two_years_of_days_stays_small_and_is_only_text() {
        let point = |day: usize| CoursePoint {
            day: format!("2026-11-{day:02}"),
            totals: Totals { taken: 1_234, use_ms: 90_000_000, denied: 3, peak: 38 },
            licensed: Some(40),
            before: Some(36),
            ..CoursePoint::default()
        };
        let rows = table_rows(&(0..540).map(point).collect::<Vec<_>>(), true);
        assert!(rows.len() < 50_000, "{}", rows.len());
        let evil = CoursePoint { day: "<script>&".into(), ..CoursePoint::default() };
        assert!(table_rows(&[evil], false).starts_with("<tr><th scope=row>&lt;script&gt;&amp;<td>0<td>\u{2013}<td>0"));
    }

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
