//! The monitor license: what it covers, where it comes from, and how many users were observed.

use crate::components::{Card, Cell, Column, Fact, Facts, Pill, Table};
use crate::drawn::{Draw, Drawn};
use crate::request::{Tone, request};
use engine::service::local_zone;
use leptos::prelude::*;
use licensing::monitor::{MonitorLicense, ObservationWindow, Standing};
use licensing::words::grouped;

/// The monitor license. Times are Unix milliseconds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MonitorModel {
    pub standing: Standing,
    /// Of all sources that can be read.
    pub licenses: Vec<MonitorLicense>,
    pub sources: Vec<SourceRow>,
    /// Observed since `counted_from`.
    pub users: u64,
    /// None while no license is in force.
    pub licensed: Option<u64>,
    pub window: ObservationWindow,
    pub counted_from: i64,
    /// The days on which users were first observed, oldest first.
    pub first_seen: Vec<FirstSeen>,
}

/// A source of licenses.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SourceRow {
    /// "Key file".
    pub name: String,
    /// Its path or address.
    pub place: String,
    pub read_ms: Option<i64>,
    /// Why it can't be read now, in a sentence.
    pub problem: Option<String>,
}

/// The users that were first observed on one day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FirstSeen {
    /// The first of them.
    pub at_ms: i64,
    /// Their numbers, in order of first appearance.
    pub first: u64,
    pub last: u64,
}

/// The license; one line where none was ever needed.
#[component]
pub fn MonitorBlock(data: MonitorModel) -> impl IntoView {
    let now = request().now_ms;
    let sentence = data.standing.sentence(now, &local_zone);
    if data.standing == Standing::NotNeeded {
        return view! { <p class="fine" id="monitor-license">{sentence}</p> }.drawn();
    }
    let (tone, label) = (Tone::from(data.standing.level(now)), data.standing.label());
    let observed = match data.licensed {
        Some(licensed) => format!("{} of {} licensed", grouped(data.users), grouped(licensed)),
        None => grouped(data.users),
    };
    view! {
        <Card title="Monitor license" id="monitor-license" aside=view! { <Pill tone=tone text=label /> }.drawn()>
            <p>{sentence}</p>
            {data.standing.violation().map(|violation| view! { <p>{violation.to_do()}</p> })}
            <Facts>
                <Fact label="Users observed">{observed}" "<span class="muted">{counted(data.window, data.counted_from)}</span></Fact>
            </Facts>
            {licenses(&data.licenses)}
            {(data.first_seen.len() > 1).then(|| first_seen(&data.first_seen))}
            {sources(&data.sources)}
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
    let since = Cell::alone(|cell| cell.date_of(from));
    view! { "since "{since}{format!("; counting starts again {again}, UTC.")} }.drawn()
}

fn licenses(licenses: &[MonitorLicense]) -> Drawn {
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

fn first_seen(days: &[FirstSeen]) -> Drawn {
    Table::new("Users by the day they were first observed")
        .column(Column::row_header("First observed", |day: &FirstSeen, cell| cell.date_of(day.at_ms)))
        .column(Column::number("User numbers", |day: &FirstSeen, cell| match day.first == day.last {
            true => cell.number(day.first),
            false => cell.text(&format!("{}–{}", grouped(day.first), grouped(day.last))),
        }))
        .column(Column::number("New", |day: &FirstSeen, cell| cell.number(day.last + 1 - day.first)))
        .draw(days)
}

fn sources(sources: &[SourceRow]) -> Drawn {
    Table::new("Where monitor licenses come from")
        .column(Column::row_header("Source", |source: &SourceRow, cell| {
            cell.text(&source.name);
            if !source.place.is_empty() {
                cell.sub(|cell| cell.code(&source.place));
            }
        }))
        .column(Column::state("State", |source: &SourceRow, cell| match source.problem {
            None => cell.pill(Tone::Success, "Readable"),
            Some(_) => cell.pill(Tone::Danger, "Unreadable"),
        }))
        .column(Column::time("Last read", |source: &SourceRow, cell| match source.read_ms {
            Some(at) => cell.ago(at),
            None => cell.text("Never"),
        }))
        .column(
            Column::text("Problem", |source: &SourceRow, cell| cell.text(source.problem.as_deref().unwrap_or_default()))
                .whole_line(),
        )
        .empty(().drawn())
        .draw(sources)
}

