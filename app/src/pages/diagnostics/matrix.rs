//! Nodes against ports. A table where there is room, a list of ports under each node where there is not.

use super::{Cell, MatrixBlock, MatrixRow};
use crate::components::{Card, Glyph, Icon, Pill};
use crate::drawn::Draw;
use crate::request::Tone;
use leptos::prelude::*;

/// The nodes of one protocol, as a block of a page.
#[component]
pub(super) fn Matrix(
    block: MatrixBlock,
    /// The check is still under way.
    running: bool,
) -> impl IntoView {
    let id = if block.protocol == "HTTPS" { "nodes-https" } else { "nodes-http" };
    let tally = tally_words(&block);
    let title = format!("Nodes over {}", block.protocol);
    if block.active || running {
        let aside = block.active.then(|| view! { <Pill tone=Tone::Info text="In use" /> });
        return view! {
            <Card title=title id=id aside=aside.drawn()>
                <p class="muted">{tally}</p>
                <MatrixTable block=block running=running />
            </Card>
        }
        .drawn();
    }
    // What is not in use is folded away; the ports that work are named above.
    view! {
        <Card title=title id=id>
            <p class="muted">{tally}</p>
            <details class="disclosure">
                <summary>{format!("Each node and port over {}", block.protocol)}</summary>
                <MatrixTable block=block running=running />
            </details>
        </Card>
    }
    .drawn()
}

/// The table of one protocol.
#[component]
pub(crate) fn MatrixTable(block: MatrixBlock, running: bool) -> impl IntoView {
    let ports = columns(&block);
    let caption = format!("How far the connection to each node got over {}, by port", block.protocol);
    view! {
        <div class="matrix">
            <table>
                <caption class="vh">{caption}</caption>
                <thead>
                    <tr>
                        <th scope="col">"Node"</th>
                        {ports.iter().map(|port| view! { <th scope="col">{format!("Port {port}")}</th> }).collect_view()}
                    </tr>
                </thead>
                {block.rows.into_iter().map(|row| view! { <Node row=row ports=ports.clone() running=running /> }).collect_view()}
            </table>
        </div>
    }
    .drawn()
}

/// One node: its cells, and under them why some of them failed.
#[component]
fn Node(row: MatrixRow, ports: Vec<u16>, running: bool) -> impl IntoView {
    let reasons = reasons(&row.cells);
    let failed: Vec<String> = ports
        .iter()
        .filter(|port| row.cells.iter().any(|cell| cell.port == **port && cell.state == "failed"))
        .map(u16::to_string)
        .collect();
    let span = (ports.len() + 1).to_string();
    let node = row.node.clone();
    view! {
        <tbody>
            <tr>
                <th scope="row"><code>{row.node}</code></th>
                {ports.into_iter().map(|port| {
                    let cell = row.cells.iter().find(|cell| cell.port == port).cloned();
                    view! { <Reached port=port cell=cell running=running /> }
                }).collect_view()}
            </tr>
            {(!reasons.is_empty()).then(|| view! {
                <tr class="reasons">
                    <td colspan=span>
                        <details class="disclosure">
                            <summary><span>{summary(&failed)}<span class="vh">{format!(": {node}")}</span></span></summary>
                            <ul>
                                {reasons.into_iter().map(|reason| view! {
                                    <li>
                                        <b>{joined(&reason.ports)}</b>
                                        <span>{reason.sentence}{reason.issuer.map(|issuer| view! { " The certificate is from " <code>{issuer}</code> "." })}</span>
                                    </li>
                                }).collect_view()}
                            </ul>
                        </details>
                    </td>
                </tr>
            })}
        </tbody>
    }
    .drawn()
}

/// One cell: icon and word, then how far it came and how long that took.
#[component]
fn Reached(port: u16, cell: Option<Cell>, running: bool) -> impl IntoView {
    let Some(cell) = cell else {
        return view! {
            <td class="apart"><span class="cell-port">{format!("Port {port}")}</span><span class="cell-word">"Not tried"</span></td>
        }
        .drawn();
    };
    let (class, glyph, word) = match (cell.state.as_str(), running) {
        ("ok", _) => ("reached", Glyph::Check, "Reached"),
        ("failed", _) => ("failed", Glyph::Cross, "Failed"),
        (_, true) => ("waiting", Glyph::Dash, "Waiting"),
        (_, false) => ("waiting", Glyph::Dash, "Not checked"),
    };
    let probed = matches!(cell.state.as_str(), "ok" | "failed");
    view! {
        <td class=class>
            <span class="cell-port">{format!("Port {port}")}</span>
            <span class="cell-word"><Icon glyph=glyph />{word}</span>
            {probed.then(|| view! { <span class="cell-how">{format!("{}, {}", cell.stage, ms_words(cell.ms))}</span> })}
        </td>
    }
    .drawn()
}

/// Why ports failed; equal reasons together.
#[derive(Clone, Debug, PartialEq)]
struct Reason {
    ports: Vec<u16>,
    sentence: String,
    issuer: Option<String>,
}

fn reasons(cells: &[Cell]) -> Vec<Reason> {
    let mut reasons: Vec<Reason> = Vec::new();
    for cell in cells.iter().filter(|cell| cell.state == "failed" || cell.issuer.is_some()) {
        match reasons.iter_mut().find(|known| known.sentence == cell.sentence && known.issuer == cell.issuer) {
            Some(known) => known.ports.push(cell.port),
            None => reasons.push(Reason {
                ports: vec![cell.port],
                sentence: cell.sentence.clone(),
                issuer: cell.issuer.clone(),
            }),
        }
    }
    reasons
}

/// "Why port 443 failed"; "Why 3 ports failed".
fn summary(failed: &[String]) -> String {
    match failed {
        [] => "Anomalies".to_owned(),
        [only] => format!("Why port {only} failed"),
        more => format!("Why {} ports failed", more.len()),
    }
}

/// "Port 80"; "Ports 80, 24963".
fn joined(ports: &[u16]) -> String {
    let numbers = ports.iter().map(u16::to_string).collect::<Vec<_>>().join(", ");
    if ports.len() == 1 { format!("Port {numbers}") } else { format!("Ports {numbers}") }
}

/// The ports of the block, and after them those that only single nodes have.
fn columns(block: &MatrixBlock) -> Vec<u16> {
    let mut ports = block.ports.clone();
    for cell in block.rows.iter().flat_map(|row| &row.cells) {
        if !ports.contains(&cell.port) {
            ports.push(cell.port);
        }
    }
    ports
}

/// "38 of 50 connections reached a node."
pub(crate) fn tally_words(block: &MatrixBlock) -> String {
    match tally(block) {
        (_, 0) => "No connections tried yet.".to_owned(),
        (reached, ended) => format!("{reached} of {ended} connections reached a node."),
    }
}

/// How many connections reached a node, of those that ended.
fn tally(block: &MatrixBlock) -> (usize, usize) {
    let count = |wanted: &[&str]| {
        block.rows.iter().flat_map(|row| &row.cells).filter(|cell| wanted.contains(&cell.state.as_str())).count()
    };
    (count(&["ok"]), count(&["ok", "failed"]))
}

/// "38 ms", "4.0 s".
fn ms_words(ms: u32) -> String {
    if ms < 1_000 { format!("{ms} ms") } else { format!("{:.1} s", f64::from(ms) / 1_000.0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(port: u16, state: &str, sentence: &str) -> Cell {
        Cell { port, state: state.into(), sentence: sentence.into(), ..Cell::default() }
    }

    #[test]
    fn equal_reasons_are_told_once_and_ports_that_answered_give_none() {
        let cells = [cell(443, "failed", "No answer."), cell(8443, "ok", "Fine."), cell(23028, "failed", "No answer.")];
        let told = reasons(&cells);
        assert_eq!(told.len(), 1);
        assert_eq!(told[0].ports, [443, 23028]);
    }

    #[test]
    fn a_port_that_only_one_node_has_gets_a_column_of_its_own() {
        let row = |node: &str, port: u16| MatrixRow { node: node.into(), cells: vec![cell(port, "ok", "")] };
        let block =
            MatrixBlock { ports: vec![80, 8080], rows: vec![row("a", 80), row("b", 4711)], ..MatrixBlock::default() };
        assert_eq!(columns(&block), [80, 8080, 4711]);
    }

    #[test]
    fn connections_that_did_not_end_yet_are_not_counted() {
        let row = MatrixRow {
            node: "a".into(),
            cells: vec![cell(1, "ok", ""), cell(2, "failed", ""), cell(3, "not_probed", "")],
        };
        assert_eq!(tally(&MatrixBlock { rows: vec![row], ..MatrixBlock::default() }), (1, 2));
    }

    #[test]
    fn spans_below_a_second_are_told_in_milliseconds() {
        for (ms, words) in [(0, "0 ms"), (999, "999 ms"), (1_000, "1.0 s"), (4_002, "4.0 s")] {
            assert_eq!(ms_words(ms), words);
        }
    }
}
