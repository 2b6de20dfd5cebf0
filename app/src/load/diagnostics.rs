//! The reachability of the nodes.

use std::collections::BTreeMap;

use engine::diagnostics::{self, Matrix, Probe};
use engine::reachability::Reachability;
use engine::{DatabaseError, Engine};
use licensing::conf::effective::Effective;

use crate::pages::diagnostics::{
    Cell, DiagnosticsPage, FirewallModel, FirewallRow, MatrixBlock, MatrixRow, WorkingPort,
};
use crate::request::{Tone, request};

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

/// The request to whoever keeps the firewall.
pub fn firewall_rows(engine: &Engine) -> Vec<diagnostics::FirewallRow> {
    let resolved = engine.reachability().matrix.map(|matrix| matrix.addresses()).unwrap_or_default();
    diagnostics::firewall_rows(&engine.conf().effective, &resolved)
}

/// The request as text.
pub fn firewall_text(rows: &[diagnostics::FirewallRow], server: &str, now_ms: i64) -> String {
    let at = jiff::Timestamp::from_millisecond(now_ms)
        .map(|at| at.to_zoned(jiff::tz::TimeZone::system()).strftime("%Y-%m-%d %H:%M %Z").to_string())
        .unwrap_or_default();
    diagnostics::firewall_text(rows, server, &at)
}

fn firewall(effective: &Effective, resolved: &BTreeMap<String, Vec<std::net::IpAddr>>) -> FirewallModel {
    let rows = diagnostics::firewall_rows(effective, resolved);
    let request = request();
    FirewallModel {
        text: firewall_text(&rows, &request.badge.server_name, request.now_ms),
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
        return (
            format!("The nodes are being asked: {} of {} connections are done.", state.done, state.total),
            Tone::Info,
        );
    }
    let Some(matrix) = &state.matrix else {
        return ("It was not checked yet which nodes can be reached from here.".to_owned(), Tone::Neutral);
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
        (0, ..) => ("No node can be reached from here, by any port that was tried.".to_owned(), Tone::Danger),
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
pub fn model(state: &Reachability, effective: &Effective, proxy: Option<String>) -> DiagnosticsPage {
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
        current: super::exchange::protocol(effective),
        proxy,
        firewall: firewall(effective, &resolved),
        sentence,
        tone,
    }
}

/// `/diagnostics`
pub async fn load(engine: &Engine) -> Result<DiagnosticsPage, DatabaseError> {
    let effective = engine.conf().effective;
    Ok(model(&engine.reachability(), &effective, engine.node_proxy()))
}
