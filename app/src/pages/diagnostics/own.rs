//! This server and what surrounds it: ports, clocks, storage, certificates, names, versions.

use crate::components::{Card, Cell, Column, Fact, Facts, Statement, Table, TimeAgo};
use crate::drawn::{Draw, Drawn};
use crate::request::Tone;
use leptos::prelude::*;
use licensing::self_check::{
    CLOCK_OFF, CertificateFacts, ClockFacts, Facts as SelfCheck, Finding, NameFacts, PortFacts, PortState,
    STORED_WITHIN, VersionFacts, summary,
};
use licensing::words::{about, bytes};

/// How all is in a sentence, then what is wrong and what to do.
#[component]
pub(super) fn Opening(findings: Vec<Finding>) -> impl IntoView {
    let (level, sentence) = summary(&findings);
    // The summary has said the only one, or the worst.
    let rest = findings.iter().filter(|finding| !sentence.ends_with(&finding.sentence)).cloned().collect::<Vec<_>>();
    view! {
        <Statement tone=level.into() sentence=sentence>
            {(!rest.is_empty()).then(|| view! {
                <ul class="plain-list">{rest.into_iter().map(|finding| view! { <li>{finding.sentence}</li> }).collect_view()}</ul>
            })}
        </Statement>
    }
    .drawn()
}

/// What there is, block by block.
#[component]
pub(super) fn Surroundings(facts: SelfCheck) -> impl IntoView {
    let unchecked = facts.checked.is_none();
    let (ports, clocks, names) =
        (ports(&facts.ports), clocks(&facts.clocks, unchecked), names(&facts.names, unchecked));
    let (certificates, versions) = (certificates(&facts.certificates), versions(&facts));
    view! {
        <Card title="Ports" id="own-ports">{ports}</Card>
        <div class="columns">
            <div>
                <Storage facts=facts />
                <Card title="Clocks" id="clocks">{clocks}</Card>
            </div>
            <div>
                <Card title="Certificates" id="certificates">{certificates}</Card>
                <Card title="Versions" id="versions">{versions}</Card>
            </div>
        </div>
        <Card title="Names" id="names">{names}</Card>
    }
    .drawn()
}

fn nothing(words: &'static str) -> Drawn {
    view! { <p class="muted">{words}</p> }.drawn()
}

fn ports(ports: &[PortFacts]) -> Drawn {
    Table::new("Ports of this server")
        .column(Column::row_header("Port", |port: &PortFacts, cell| cell.text(&port.name)))
        .column(Column::state("State", |port: &PortFacts, cell| match &port.state {
            PortState::Listening(_) => cell.pill(Tone::Success, "Listening"),
            PortState::Off(_) => cell.pill(Tone::Neutral, "Off"),
            PortState::Closed(_) => cell.pill(Tone::Danger, "Closed"),
        }))
        .column(
            Column::text("Address, or why not", |port: &PortFacts, cell| match &port.state {
                PortState::Listening(address) => cell.code(&address.to_string()),
                PortState::Off(why) => cell.muted(why),
                PortState::Closed(why) => cell.text(why),
            })
            .whole_line(),
        )
        .empty(nothing("No ports are known."))
        .draw(ports)
}

#[component]
fn Storage(facts: SelfCheck) -> impl IntoView {
    let size = |size: Option<u64>| size.map_or_else(|| "unknown".to_owned(), bytes);
    let (disk, database) = (facts.disk, facts.database);
    let stored = database.stored.map(|at| match facts.now.saturating_sub(at) {
        age if age < STORED_WITHIN => "a moment ago".drawn(),
        _ => view! { <TimeAgo at_ms=at /> }.drawn(),
    });
    let integrity = match database.integrity {
        None => "Not checked since startup".drawn(),
        Some((at, None)) => view! { "In order, checked "<TimeAgo at_ms=at /> }.drawn(),
        Some((_, Some(wrong))) => wrong.drawn(),
    };
    view! {
        <Card title="Storage" id="storage">
            <Facts>
                <Fact label="Free space">{format!("{} of {}", size(disk.free), size(disk.total))}</Fact>
                <Fact label="Data folder">{size(disk.data)}</Fact>
                <Fact label="Database">{format!("{}, {}", database.version.unwrap_or_else(|| "not responding".to_owned()), size(database.size))}</Fact>
                {stored.map(|stored| view! { <Fact label="Last stored">{stored}</Fact> })}
                <Fact label="Database pages">{integrity}</Fact>
                <Fact label="Audit chain">{database.audit.unwrap_or_else(|| "Intact".to_owned())}</Fact>
            </Facts>
        </Card>
    }
    .drawn()
}

/// "900 ms ahead", "2 min behind".
fn off_words(off: i64) -> String {
    let size = off.saturating_abs();
    let words = if size < 1_000 { format!("{size} ms") } else { about(size) };
    format!("{words} {}", if off < 0 { "behind" } else { "ahead" })
}

fn clocks(clocks: &[ClockFacts], unchecked: bool) -> Drawn {
    let none =
        if unchecked { "Not measured yet. Check the nodes below." } else { "No other machine reported its time." };
    Table::new("Clocks of other machines, against this one")
        .column(Column::row_header("Machine", |clock: &ClockFacts, cell| cell.text(&clock.name)))
        .column(Column::state("Offset", |clock: &ClockFacts, cell| {
            let tone = if clock.off.saturating_abs() < CLOCK_OFF { Tone::Success } else { Tone::Warning };
            cell.pill(tone, &off_words(clock.off));
        }))
        .column(Column::time("Measured", |clock: &ClockFacts, cell| cell.ago(clock.at)))
        .empty(nothing(none))
        .draw(clocks)
}

fn certificates(certificates: &[CertificateFacts]) -> Drawn {
    Table::new("Certificates of this server")
        .column(Column::row_header("For", |of: &CertificateFacts, cell| {
            cell.text(&of.name);
            cell.sub(|cell| cell.text(if of.is_own { "made by Leasehold" } else { &of.path }));
            if let Some(fingerprint) = &of.fingerprint {
                cell.sub(|cell| {
                    cell.text("SHA-256 ");
                    cell.code(fingerprint);
                });
            }
        }))
        .column(Column::time("Expires", |of: &CertificateFacts, cell: &mut Cell<'_>| match &of.until {
            Ok(until) => cell.date_of(*until),
            Err(_) => cell.pill(Tone::Danger, "Unreadable"),
        }))
        .empty(nothing("The console and the license port show no certificate."))
        .draw(certificates)
}

fn versions(facts: &SelfCheck) -> Drawn {
    let own = VersionFacts { name: "This server".to_owned(), version: facts.version.clone(), is_peer: true };
    let all: Vec<VersionFacts> = std::iter::once(own).chain(facts.versions.iter().cloned()).collect();
    Table::new("What each machine runs")
        .column(Column::row_header("Machine", |of: &VersionFacts, cell| cell.text(&of.name)))
        .column(Column::text("Version", |of: &VersionFacts, cell| {
            cell.text(&if of.is_peer { format!("Leasehold {}", of.version) } else { of.version.clone() });
            if of.is_peer && of.version != facts.version {
                cell.markup(" ");
                cell.pill(Tone::Info, "Differs");
            }
        }))
        .draw(&all)
}

fn names(names: &[NameFacts], unchecked: bool) -> Drawn {
    let none = if unchecked { "Not looked up yet. Check the nodes below." } else { "No names are configured." };
    Table::new("Configured names, and what they resolve to")
        .column(Column::row_header("Name", |name: &NameFacts, cell| {
            cell.code(&name.name);
            cell.sub(|cell| cell.text(if name.is_node { "licensing node" } else { "peer" }));
        }))
        .column(Column::state("State", |name: &NameFacts, cell| match &name.addresses {
            Ok(_) => cell.pill(Tone::Success, "Resolved"),
            Err(_) => cell.pill(Tone::Danger, "Not resolved"),
        }))
        .column(
            Column::text("Addresses, or why not", |name: &NameFacts, cell| match &name.addresses {
                Ok(addresses) => {
                    cell.markup("<span class=\"addresses\">");
                    for address in addresses {
                        cell.code(&address.to_string());
                    }
                    cell.markup("</span>");
                }
                Err(why) => cell.text(why),
            })
            .whole_line(),
        )
        .empty(nothing(none))
        .draw(names)
}

#[cfg(test)]
mod tests {
    use super::off_words;

    #[test]
    fn an_offset_says_by_how_much_and_which_way() {
        for (off, words) in
            [(0, "0 ms ahead"), (-900, "900 ms behind"), (2_400, "2 s ahead"), (-600_000, "10 min behind")]
        {
            assert_eq!(off_words(off), words);
        }
    }
}
