//! Peaks over time, the hours of the week, and how many licenses would have been enough.

use super::detail::{Files, Steps};
use super::model::{CoursePoint, Detail, UsageFilter, UsagePage};
use super::summary::refused_words;
use crate::charts::{Bar, Course, CourseChart, HeatMap, Legend};
use crate::components::{Card, Cell, Column, Table};
use crate::drawn::{Draw, Drawn};
use crate::islands::chart::ChartSource;
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
    let licensed = row.licensed.map(|n| format!(" of {} licensed then", grouped(n))).unwrap_or_default();
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
        source: ChartSource {
            table: TABLE,
            name: format!("Peak of {} for {}", detail.row.product, step_words(&detail.step).1),
            step: detail.step.clone(),
            href: UsageFilter {
                step: String::new(),
                before: String::new(),
                ..data.filter.at_tab(&detail.row.product, "")
            }
            .href_at_product(),
            last_day: data.period.last_day.clone(),
            zone: data.period.zone.clone(),
        },
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
    let unknown =
        !detail.row.metered && detail.course.iter().any(|point| point.totals.peak > 0 && point.licensed.is_none());
    let table = view! { <CourseTable detail=detail.clone() filter=data.filter.clone() /> };
    view! {
        <Card title=title id="course" aside=files>
            <div class="course-tools"><Legend items=legend />{steps}</div>
            <CourseChart course=chart />
            {unknown.then(|| view! { <p class="fine">"Where the line is missing, the number licensed then is not known."</p> })}
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

/// Where the chart's table is; its rows are what the chart is read out from.
const TABLE: &str = "course-table";

/// The numbers behind the chart; a number of denials leads to them.
#[component]
fn CourseTable(detail: Detail, filter: UsageFilter) -> impl IntoView {
    // Somebody who sorts it sees it.
    let open = filter.sort.starts_with("course.");
    view! {
        <details class="disclosure" id=TABLE open=open>
            <summary>"Show as a table"</summary>
            <div class="scroll" tabindex="0" role="group" aria-label="The table of the chart">{course_table(&detail, &filter)}</div>
        </details>
    }
    .drawn()
}

fn course_table(detail: &Detail, filter: &UsageFilter) -> Drawn {
    let has_before = detail.course.iter().any(|point| point.before.is_some());
    let denials = filter.at_tab(&detail.row.product, "refused");
    let number = |value: Option<u64>, cell: &mut Cell<'_>| match value {
        Some(value) => cell.number(value),
        None => cell.text("\u{2013}"),
    };
    let (head, each) = step_words(&detail.step);
    Table::new(format!("{} for {each}", detail.row.product))
        .plain()
        .sorts("course", "day", false)
        .column(
            Column::row_header(head, |point: &CoursePoint, cell| cell.text(&point.day))
                .sort_by("day", |point| point.at_ms),
        )
        .column(
            Column::number("Peak", |point: &CoursePoint, cell| cell.number(point.totals.peak))
                .sort_by("peak", |point| point.totals.peak),
        )
        .column(
            Column::number("Licensed", move |point: &CoursePoint, cell| number(point.licensed, cell))
                .meaning("In the hour of the peak".to_owned())
                .sort_by("licensed", |point| point.licensed),
        )
        .column_if(has_before, Column::number("Before", move |point: &CoursePoint, cell| number(point.before, cell)))
        .column(
            Column::number("Check-outs", |point: &CoursePoint, cell| cell.number(point.totals.taken))
                .sort_by("taken", |point| point.totals.taken),
        )
        .column(
            Column::number("Time", |point: &CoursePoint, cell| cell.text(&time_in_use(point.totals.use_ms)))
                .sort_by("time", |point| point.totals.use_ms),
        )
        .column(
            Column::number("Denied", |point: &CoursePoint, cell| match point.totals.denied {
                0 => cell.text("0"),
                denied => cell.link(&denials.in_days(&point.days).href_at_product(), &grouped(denied)),
            })
            .sort_by("denied", |point| point.totals.denied),
        )
        .draw(&detail.course)
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
    let licensed = detail.row.licensed_now.filter(|_| !detail.row.metered);
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
    use crate::pages::usage::{ProductRow, Totals};

    #[test]
    fn the_table_of_two_years_of_days_stays_small_and_is_only_text() {
        let point = |day: usize| CoursePoint {
            day: format!("2026-11-{day:02}"),
            totals: Totals { taken: 1_234, use_ms: 90_000_000, denied: 0, peak: 38 },
            licensed: Some(40),
            before: Some(36),
            ..CoursePoint::default()
        };
        let html = |course: Vec<CoursePoint>| {
            let detail = Detail { step: "day".into(), course, ..Detail::default() };
            Owner::new().with(|| course_table(&detail, &UsageFilter::default()).to_html())
        };
        let rows = html((0..540).map(point).collect());
        assert!(rows.len() < 65_000, "{}", rows.len());
        let evil = html(vec![CoursePoint { day: "<script>&".into(), ..CoursePoint::default() }]);
        assert!(
            evil.contains("<th scope=\"row\">&lt;script&gt;&amp;</th><td>0</td><td>\u{2013}</td><td>0</td>"),
            "{evil}"
        );
    }

    #[test]
    fn a_number_of_denials_leads_to_the_denials_of_those_days() {
        let point = CoursePoint {
            totals: Totals { denied: 12, ..Totals::default() },
            days: ("2026-11-16".into(), "2026-11-22".into()),
            ..CoursePoint::default()
        };
        let row = ProductRow { product: "TTS3".into(), ..ProductRow::default() };
        let detail = Detail { step: "week".into(), course: vec![point], row, ..Detail::default() };
        let filter =
            UsageFilter { range: "365d".into(), step: "week".into(), before: "7".into(), ..UsageFilter::default() };
        let html = Owner::new().with(|| course_table(&detail, &filter).to_html());
        let href = "/usage?product=TTS3&amp;range=custom&amp;from=2026-11-16&amp;to=2026-11-22&amp;tab=refused#product";
        assert!(html.contains(&format!("<td><a href=\"{href}\">12</a></td>")), "{html}");
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
