//! The monitor license: what it covers, where it comes from, and how many users were observed.

use crate::components::{Card, Column, Date, Fact, Facts, Pill, Table};
use crate::drawn::{Draw, Drawn};
use crate::request::{Tone, request};
use engine::monitor::{FirstObserved, MonitorSource, MonitorView};
use engine::service::local_zone;
use leptos::prelude::*;
use licensing::monitor::{GRACE, MonitorLicense, ObservationWindow, Standing};
use licensing::words::grouped;

/// The monitor license.
#[derive(Clone, Debug, PartialEq)]
pub struct MonitorModel {
    pub view: MonitorView,
    /// Since when users are counted, Unix milliseconds.
    pub counted_from: i64,
    /// The days since then on which users were first observed.
    pub first_observed: Vec<FirstObserved>,
}

/// The license; one line where none was ever needed.
#[component]
pub fn MonitorBlock(data: MonitorModel) -> impl IntoView {
    let now = request().now_ms;
    let MonitorModel { view: MonitorView { standing, licenses, sources, users, licensed, window, state }, .. } = data;
    let sentence = standing.sentence(now, &local_zone);
    if standing == Standing::NotNeeded {
        return view! { <p class="fine" id="monitor-license">{sentence}</p> }.drawn();
    }
    let (tone, label) = (Tone::from(standing.level(now)), standing.label());
    let observed = match licensed {
        Some(licensed) => format!("{} of {} licensed", grouped(users), grouped(licensed)),
        None => grouped(users),
    };
    let others = state.lasting().filter(|(violation, _)| Some(*violation) != standing.violation());
    let others = others.map(|(violation, since)| {
        let ends = since.saturating_add(GRACE);
        let other = match ends <= now {
            true => Standing::Locking { violation, since },
            false => Standing::Grace { violation, since, ends },
        };
        view! { <p>{format!("{} {}", other.sentence(now, &local_zone), violation.to_do())}</p> }
    });
    let others = others.collect_view();
    view! {
        <Card title="Monitor license" id="monitor-license" aside=view! { <Pill tone=tone text=label /> }.drawn()>
            <p>{sentence}</p>
            {standing.violation().map(|violation| view! { <p>{violation.to_do()}</p> })}
            {others}
            <Facts>
                <Fact label="Users observed">{observed}" "<span class="muted">{counted(window, data.counted_from)}</span></Fact>
            </Facts>
            {license_table(&licenses)}
            {(data.first_observed.len() > 1).then(|| observed_table(&data.first_observed))}
            {source_table(&sources)}
        </Card>
    }
    .drawn()
}

/// Since when users are counted, and when that begins again.
fn counted(window: ObservationWindow, from: i64) -> Drawn {
    let again = match window {
        ObservationWindow::Day => "each day",
        ObservationWindow::Week => "each Monday",
        ObservationWindow::Month => "on the first of each month",
    };
    view! { "since "<Date at_ms=from />{format!("; counting starts again {again}, UTC.")} }.drawn()
}

fn license_table(licenses: &[MonitorLicense]) -> Drawn {
    Table::new("Monitor licenses")
        .column(Column::row_header("License", |license: &MonitorLicense, cell| cell.code(&license.id)))
        .column(Column::time("From", |license: &MonitorLicense, cell| cell.date_of(license.from)))
        .column(Column::time("To", |license: &MonitorLicense, cell| cell.date_of(license.to)))
        .column(Column::number("Users", |license: &MonitorLicense, cell| cell.number(license.users)))
        .column(Column::state("State", |license: &MonitorLicense, cell| match cell.now_ms() {
            now if license.covers_time(now) => cell.pill(Tone::Success, "In force"),
            now if now < license.from => cell.pill(Tone::Info, "Not started"),
            _ => cell.pill(Tone::Neutral, "Ended"),
        }))
        .empty(view! { <p class="muted">"No license can be read now."</p> }.drawn())
        .draw(licenses)
}

fn observed_table(days: &[FirstObserved]) -> Drawn {
    Table::new("Users by the day they were first observed")
        .column(Column::row_header("First observed", |day: &FirstObserved, cell| cell.date_of(day.at)))
        .column(Column::number("User numbers", |day: &FirstObserved, cell| match day.first == day.last {
            true => cell.number(day.first),
            false => cell.text(&format!("{}–{}", grouped(day.first), grouped(day.last))),
        }))
        .column(Column::number("New", |day: &FirstObserved, cell| cell.number(day.last + 1 - day.first)))
        .draw(days)
}

fn source_table(sources: &[MonitorSource]) -> Drawn {
    Table::new("Where monitor licenses come from")
        .column(Column::row_header("Source", |source: &MonitorSource, cell| {
            cell.text(match source.name {
                "key-file" => "Key file",
                "server" => "Another server",
                _ => "Sync with the vendor",
            });
            if source.name != "exchange" {
                cell.sub(|cell| cell.code(&source.path_or_address));
            }
        }))
        .column(Column::state("State", |source: &MonitorSource, cell| match source.problem {
            None => cell.pill(Tone::Success, "Readable"),
            Some(_) => cell.pill(Tone::Danger, "Unreadable"),
        }))
        .column(Column::time("Last read", |source: &MonitorSource, cell| match source.last_read {
            Some(at) => cell.ago(at),
            None => cell.text("Never"),
        }))
        .column(
            Column::text("Problem", |source: &MonitorSource, cell| {
                cell.text(source.problem.as_deref().unwrap_or_default())
            })
            .whole_line(),
        )
        .empty(().drawn())
        .draw(sources)
}
