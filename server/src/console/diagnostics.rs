//! The reachability of the nodes.

use std::collections::BTreeMap;

use app::drawn::Draw;
use app::pages::diagnostics::{
    Cell, DiagnosticsPage, DiagnosticsView, FirewallModel, FirewallRow, MatrixBlock, MatrixRow, WorkingPort,
};
use app::paths;
use app::request::Tone;
use axum::response::Response;
use engine::Engine;
use engine::audit::AuditOutcome;
use engine::conf::{BaseRevision, ConfChange};
use engine::diagnostics::{self, Matrix, Probe};
use engine::reachability::Reachability;
use leptos::prelude::*;
use licensing::conf::effective::Effective;

use super::form::{Form, wrong};
use super::{Console, Page, PageError, attachment, csv_file, exchange};

/// `GET /diagnostics`
pub async fn page(console: Console) -> Page {
    show(&console).await
}

async fn show(console: &Console) -> Page {
    let effective = console.engine.conf().effective;
    let data = model(&console.engine.reachability(), &effective, console);
    let own = console.engine.self_check().await;
    Page::new("Diagnostics", || view! { <DiagnosticsView data=data own=Some(own) /> }.drawn())
}

/// `POST /diagnostics/probe`
pub async fn probe(form: Form) -> Result<Page, PageError> {
    if form.engine.check_reachability() {
        let sentence =
            "Checked the connections to the licensing nodes, the names of the peers, and the database.".to_owned();
        form.engine.audit.note(&form.actor(), "diagnostics.probe", sentence, AuditOutcome::Done).await?;
    }
    Ok(Page::to(paths::DIAGNOSTICS))
}

/// The values that use a port of a protocol; none when it is not among the allowed.
pub fn port_values(https: bool, port: &str) -> Option<Vec<(String, String)>> {
    let port: u16 = port.parse().ok()?;
    if !diagnostics::allowed_ports(https).contains(&port) {
        return None;
    }
    let key = if https { "FLEX_REPORTING_PORT_HTTPS" } else { "FLEX_REPORTING_PORT" };
    let protocol = ("USE_FLEX_REPORTING_HTTPS".to_owned(), if https { "1" } else { "0" }.to_owned());
    Some(vec![protocol, (key.to_owned(), port.to_string())])
}

/// `POST /diagnostics/port`: uses the port that works.
pub async fn port(form: Form) -> Result<Page, PageError> {
    let https = form.value("https") == "1";
    let Some(values) = port_values(https, form.value("port")) else {
        let message = "The licensing nodes do not listen on this port. Choose one from the list.";
        return form.refuse(paths::DIAGNOSTICS, vec![wrong(None, message)], async { Ok(show(&form).await) }).await;
    };
    let words = format!("{}, port {}", protocol(https), form.value("port"));
    let comment = format!("Diagnostics found that {words} works.");
    match form.engine.save_conf(&form.actor(), &BaseRevision::Newest, &ConfChange::Values(values), &comment).await {
        Ok(saved) => {
            let number = saved.revision.number;
            let text = format!("Leasehold now uses {words} for the licensing nodes (revision {number}).");
            Ok(form.saved(text, &saved, paths::DIAGNOSTICS).await)
        }
        Err(refused) => form.refused(&refused, paths::DIAGNOSTICS, async { Ok(show(&form).await) }).await,
    }
}

/// `GET /diagnostics/firewall.txt`
pub async fn firewall_as_text(console: Console) -> Response {
    let text = firewall_text(&firewall_rows(&console.engine), &console);
    attachment("text/plain; charset=utf-8", "leasehold-firewall-request.txt", text)
}

/// `GET /diagnostics/firewall.csv`
pub async fn firewall_as_csv(console: Console) -> Response {
    let csv = diagnostics::firewall_csv(&firewall_rows(&console.engine));
    csv_file("leasehold-firewall-request.csv", csv)
}

fn protocol(https: bool) -> &'static str {
    if https { "HTTPS" } else { "HTTP" }
}

fn cell(probe: &Probe) -> Cell {
    Cell {
        port: probe.target.port,
        state: if probe.ok { "ok" } else { "failed" }.to_owned(),
        stage: probe.stage.as_str().to_owned(),
        ms: probe.ms,
        sentence: probe.sentence.clone(),
        issuer: probe.issuer.clone(),
    }
}

fn block(matrix: &Matrix, https: bool, effective: &Effective) -> Option<MatrixBlock> {
    let probes: Vec<&Probe> = matrix.probes.iter().filter(|probe| probe.target.https == https).collect();
    if probes.is_empty() {
        return None;
    }
    let mut ports = diagnostics::allowed_ports(https);
    let mut rows: Vec<MatrixRow> = Vec::new();
    for probe in probes {
        if !ports.contains(&probe.target.port) {
            ports.push(probe.target.port);
        }
        match rows.iter_mut().find(|row| row.node == probe.target.host) {
            Some(row) => row.cells.push(cell(probe)),
            None => rows.push(MatrixRow { node: probe.target.host.clone(), cells: vec![cell(probe)] }),
        }
    }
    // A column that no node has says nothing.
    ports.retain(|port| rows.iter().any(|row| row.cells.iter().any(|cell| cell.port == *port)));
    Some(MatrixBlock { protocol: protocol(https).to_owned(), ports, rows, active: effective.https == https })
}

fn working(matrix: &Matrix, effective: &Effective) -> Vec<WorkingPort> {
    let port = |(https, port, nodes_ok, nodes): (bool, u16, usize, usize)| WorkingPort {
        https,
        port,
        nodes_ok,
        nodes,
        current: https == effective.https && port == effective.node_port(),
    };
    let can_be_chosen =
        |(https, port, ..): &(bool, u16, usize, usize)| diagnostics::allowed_ports(*https).contains(port);
    matrix.working_ports().into_iter().filter(can_be_chosen).map(port).collect()
}

/// The request to the network team.
fn firewall_rows(engine: &Engine) -> Vec<diagnostics::FirewallRow> {
    let resolved = engine.reachability().matrix.map(|matrix| matrix.addresses()).unwrap_or_default();
    diagnostics::firewall_rows(&engine.conf().effective, &resolved)
}

/// The request as text.
fn firewall_text(rows: &[diagnostics::FirewallRow], console: &Console) -> String {
    let at = jiff::Timestamp::from_millisecond(console.now_ms)
        .map(|at| at.to_zoned(jiff::tz::TimeZone::system()).strftime("%Y-%m-%d %H:%M %Z").to_string())
        .unwrap_or_default();
    diagnostics::firewall_text(rows, &console.server_name, &at)
}

fn firewall(
    effective: &Effective,
    resolved: &BTreeMap<String, Vec<std::net::IpAddr>>,
    console: &Console,
) -> FirewallModel {
    let rows = diagnostics::firewall_rows(effective, resolved);
    FirewallModel {
        text: firewall_text(&rows, console),
        rows: rows
            .into_iter()
            .map(|row| FirewallRow {
                host: row.host,
                addresses: row.addresses.iter().map(ToString::to_string).collect(),
                ports: row.ports,
                protocol: format!("TCP, {}", protocol(row.https)),
                direction: "outbound".to_owned(),
            })
            .collect(),
    }
}

fn sentence(state: &Reachability, effective: &Effective) -> (String, Tone) {
    if let Some(problem) = &state.problem {
        return (problem.clone(), Tone::Danger);
    }
    if state.running {
        return (format!("Checking the nodes: {} of {} connections done.", state.done, state.total), Tone::Info);
    }
    let Some(matrix) = &state.matrix else {
        return ("The nodes have not been checked yet.".to_owned(), Tone::Neutral);
    };
    let here = |probe: &&Probe| probe.target.https == effective.https;
    // A node that names its own port is reached there, whatever the configured port is.
    let in_use = |probe: &&Probe| {
        effective.nodes().iter().any(|node| {
            node.host == probe.target.host && node.port.unwrap_or_else(|| effective.node_port()) == probe.target.port
        })
    };
    let asked: Vec<&Probe> = matrix.probes.iter().filter(here).filter(in_use).collect();
    let reached = asked.iter().filter(|probe| probe.ok).count();
    let works = working(matrix, effective);
    match (reached, asked.len(), works.first()) {
        (0, _, Some(best)) => {
            (format!("No node can be reached as configured, but {} works.", best.words()), Tone::Warning)
        }
        (0, ..) => ("No node can be reached on any port tried.".to_owned(), Tone::Danger),
        (reached, all, _) if reached == all && all == 1 => {
            ("The node can be reached as configured.".to_owned(), Tone::Success)
        }
        (reached, all, _) if reached == all => {
            (format!("All {all} nodes can be reached as configured."), Tone::Success)
        }
        (reached, all, _) => {
            (format!("{reached} of {all} nodes can be reached as configured. One is enough."), Tone::Success)
        }
    }
}

/// A check as pages show it.
pub fn model(state: &Reachability, effective: &Effective, console: &Console) -> DiagnosticsPage {
    let (sentence, tone) = sentence(state, effective);
    let resolved = state.matrix.as_ref().map(|matrix| matrix.addresses()).unwrap_or_default();
    let blocks = |matrix: &Matrix| {
        let order = [effective.https, !effective.https];
        order.into_iter().filter_map(|https| block(matrix, https, effective)).collect()
    };
    DiagnosticsPage {
        protocol: protocol(effective.https).to_owned(),
        running: state.running,
        done: state.done,
        total: state.total,
        ran_ms: state.matrix.as_ref().map(|matrix| matrix.at_ms),
        matrix: state.matrix.as_deref().map(blocks).unwrap_or_default(),
        works: state.matrix.as_deref().map(|matrix| working(matrix, effective)).unwrap_or_default(),
        current: exchange::protocol(effective),
        proxy: console.engine.node_proxy(),
        firewall: firewall(effective, &resolved, console),
        sentence,
        tone,
    }
}
