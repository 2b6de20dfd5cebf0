//! The diagnostics in their states, and the results of a check.

use crate::Preview;
use crate::pages::inside;
use crate::samples::*;
use app::pages::diagnostics::{
    Cell, DiagnosticsPage, DiagnosticsView, FirewallModel, FirewallRow, MatrixBlock, MatrixRow, WorkingPort,
};
use app::request::{FlashKind, Tone};
use leptos::prelude::*;
use licensing::self_check::{
    CertificateFacts, ClockFacts, DatabaseFacts, DiskFacts, Facts as SelfCheck, NameFacts, PortFacts, PortState,
    VersionFacts,
};

const HTTP: [u16; 5] = [80, 8080, 13449, 24963, 43038];
const HTTPS: [u16; 5] = [443, 8443, 23028, 39520, 48846];

fn node(https: bool, number: usize) -> String {
    format!("flexlicense{}.lumenvox.com", if https { format!("-s{number:02}") } else { number.to_string() })
}

fn ok(port: u16, ms: u32) -> Cell {
    Cell {
        port,
        state: "ok".into(),
        stage: "HTTP".into(),
        ms,
        sentence: "A licensing node answered.".into(),
        issuer: None,
    }
}

fn failed(port: u16, stage: &str, ms: u32, sentence: &str, issuer: Option<&str>) -> Cell {
    Cell {
        port,
        state: "failed".into(),
        stage: stage.into(),
        ms,
        sentence: sentence.into(),
        issuer: issuer.map(Into::into),
    }
}

const SILENT: &str =
    "No answer within 4 s. A firewall usually drops such connections without a word: ask for this port to be opened.";
const REFUSED: &str =
    "The connection was refused. The node or something before it is there, but nothing listens at this port.";
const INSPECTED: &str = "The certificate is not from an issuer this machine trusts. Something on the way opens TLS connections: ask for an exception for the licensing nodes.";
const LOGIN: &str = "A web page answered, not a licensing node: a proxy or a login page of the network stands between.";

/// One protocol: the first port is silent, the second works, the rest are mixed.
fn block(https: bool, active: bool) -> MatrixBlock {
    let ports = if https { HTTPS } else { HTTP };
    let rows = (1..=10)
        .map(|number| MatrixRow {
            node: node(https, number),
            cells: ports
                .into_iter()
                .enumerate()
                .map(|(column, port)| match (column, number, https) {
                    (0, _, _) => failed(port, "TCP", 4_002, SILENT, None),
                    (_, 7, true) => failed(port, "DNS", 12, "The name could not be resolved. Ask whoever keeps the name servers, or remove this node from the list.", None),
                    (1, ..) => ok(port, 31 + number as u32 * 4),
                    (2, 3, true) => failed(port, "TLS", 87, INSPECTED, Some("CN=Corp Web Gateway, O=Example AG")),
                    (2, _, false) => failed(port, "HTTP", 61, LOGIN, None),
                    (2, ..) => ok(port, 45),
                    (4, ..) => failed(port, "TCP", 9, REFUSED, None),
                    _ => failed(port, "TCP", 4_001, SILENT, None),
                })
                .collect(),
        })
        .collect();
    MatrixBlock { protocol: if https { "HTTPS" } else { "HTTP" }.into(), ports: ports.to_vec(), rows, active }
}

fn firewall() -> FirewallModel {
    let rows: Vec<FirewallRow> = (1..=10)
        .map(|number| FirewallRow {
            host: node(true, number),
            addresses: if number == 7 {
                Vec::new()
            } else {
                vec![format!("203.0.113.{number}"), format!("2001:db8::{number}")]
            },
            ports: HTTPS.to_vec(),
            protocol: "TCP, HTTPS".into(),
            direction: "outbound".into(),
        })
        .collect();
    let text = format!(
        "Firewall request for the license server lic-01.example\nAs of 2026-11-21 14:10 UTC\n\nPlease allow these outbound TCP connections:\n\n{}",
        rows.iter()
            .map(|row| format!(
                "{}  {}\n",
                row.host,
                row.ports.iter().map(u16::to_string).collect::<Vec<_>>().join(", ")
            ))
            .collect::<String>()
    );
    FirewallModel { rows, text }
}

fn port(https: bool, number: u16, ok: usize, current: bool) -> WorkingPort {
    WorkingPort { https, port: number, nodes_ok: ok, nodes: 10, current }
}

/// A server on which all is well.
fn own_facts() -> SelfCheck {
    let port = |name: &str, state| PortFacts { name: name.into(), state, is_vital: true };
    let clock = |name: &str, off| ClockFacts { name: name.into(), off, at: NOW - 3 * MINUTE };
    SelfCheck {
        ports: vec![
            port("License port", PortState::Listening("0.0.0.0:7569".parse().expect("an address"))),
            port("Console", PortState::Listening("[::]:8084".parse().expect("an address"))),
            port("VE port", PortState::Off("It opens when a license of this machine is installed.".into())),
        ],
        clocks: vec![clock("flexlicense1.lumenvox.com", 400), clock("lic-02.example", -1_200)],
        disk: DiskFacts { free: Some(41_300_000_000), total: Some(80_000_000_000), data: Some(612_000_000) },
        database: DatabaseFacts {
            version: Some("SQLite 3.50.4".into()),
            size: Some(42_000_000),
            stored: Some(NOW - 3_000),
            integrity: Some((NOW - 3 * MINUTE, None)),
            audit: None,
        },
        certificates: vec![CertificateFacts {
            name: "the console".into(),
            path: "/etc/leasehold/console.crt".into(),
            until: Ok(NOW + 200 * DAY),
            fingerprint: Some(["A7:1C:5E:90"; 8].join(":")),
            is_own: false,
        }],
        names: vec![
            NameFacts {
                name: "flexlicense1.lumenvox.com".into(),
                is_node: true,
                addresses: Ok(vec![
                    "203.0.113.1".parse().expect("an address"),
                    "2001:db8::1".parse().expect("an address"),
                ]),
            },
            NameFacts {
                name: "lic-02.example".into(),
                is_node: false,
                addresses: Ok(vec!["10.0.0.12".parse().expect("an address")]),
            },
        ],
        nodes: Some((10, 10)),
        checked: Some(NOW - 3 * MINUTE),
        version: "1.0.0".into(),
        versions: vec![VersionFacts { name: "lic-02.example".into(), version: "1.0.0".into(), is_peer: true }],
        now: NOW,
    }
}

/// The same where nothing is.
fn ill() -> SelfCheck {
    let mut facts = own_facts();
    facts.ports[0].state = PortState::Closed(
        "Another program is using port 7569 on 0.0.0.0. Stop it, change port_number in license_server.conf, or choose another address with --clients.".into(),
    );
    facts.clocks[1].off = -7 * MINUTE;
    facts.disk.free = Some(60_000_000);
    facts.database.stored = Some(NOW - 4 * MINUTE);
    facts.database.integrity =
        Some((NOW - 3 * MINUTE, Some("Tree 12 page 40: btreeInitPage() returns error code 11".into())));
    facts.database.audit = Some("The audit log was altered at entry 229, or before it.".into());
    facts.certificates[0].until = Ok(NOW + 3 * DAY);
    facts.names[1].addresses = Err("This machine's DNS server has no entry for lic-02.example.".into());
    facts.versions[0].version = "0.9.2".into();
    facts
}

/// A finished check: HTTP port 80 is blocked, others work.
pub fn checked() -> DiagnosticsPage {
    DiagnosticsPage {
        protocol: "HTTP".into(),
        running: false,
        done: 100,
        total: 100,
        ran_ms: Some(NOW - 3 * MINUTE),
        matrix: vec![block(false, true), block(true, false)],
        works: vec![port(false, 8080, 10, false), port(true, 8443, 9, false), port(true, 23028, 8, false)],
        current: "HTTP, port 80".into(),
        proxy: None,
        firewall: firewall(),
        sentence: "No node answers at HTTP, port 80. Three other ports work.".into(),
        tone: Tone::Danger,
    }
}

/// A check under way.
pub fn running() -> DiagnosticsPage {
    let mut data = checked();
    let mut left = 66;
    for cell in
        data.matrix.iter_mut().rev().flat_map(|block| &mut block.rows).rev().flat_map(|row| &mut row.cells).rev()
    {
        if left > 0 {
            left -= 1;
            *cell = Cell { port: cell.port, state: "not_probed".into(), ..Cell::default() };
        }
    }
    DiagnosticsPage {
        running: true,
        done: 34,
        ran_ms: None,
        works: vec![port(false, 8080, 7, false)],
        sentence: "The nodes are being asked: 34 of 100 connections are done.".into(),
        tone: Tone::Info,
        ..data
    }
}

/// Everything works at the port in use.
fn fine() -> DiagnosticsPage {
    let rows = |https: bool| {
        (1..=10)
            .map(|number| MatrixRow {
                node: node(https, number),
                cells: HTTPS.into_iter().map(|port| ok(port, 20 + number as u32 * 3)).collect(),
            })
            .collect()
    };
    DiagnosticsPage {
        protocol: "HTTPS".into(),
        matrix: vec![MatrixBlock { protocol: "HTTPS".into(), ports: HTTPS.to_vec(), rows: rows(true), active: true }],
        works: HTTPS.into_iter().map(|number| port(true, number, 10, number == 443)).collect(),
        current: "HTTPS, port 443".into(),
        proxy: Some("proxy.example:3128".into()),
        sentence: "All 10 nodes answer at HTTPS, port 443.".into(),
        tone: Tone::Success,
        ..checked()
    }
}

/// All states.
pub fn pages() -> Vec<Preview> {
    let fresh = DiagnosticsPage {
        ran_ms: None,
        matrix: Vec::new(),
        works: Vec::new(),
        sentence: "The nodes have not been checked yet.".into(),
        tone: Tone::Neutral,
        ..checked()
    };
    let unnamed = DiagnosticsPage {
        firewall: FirewallModel::default(),
        sentence: "No licensing node is named in the configuration file.".into(),
        tone: Tone::Warning,
        ..fresh.clone()
    };
    let mut none = checked();
    none.works.clear();
    none.sentence = "No node can be reached on any port tried.".into();
    for cell in none.matrix.iter_mut().flat_map(|block| &mut block.rows).flat_map(|row| &mut row.cells) {
        *cell = failed(cell.port, "TCP", 4_001, SILENT, None);
    }
    let own = DiagnosticsPage {
        matrix: vec![MatrixBlock {
            protocol: "HTTP".into(),
            ports: vec![80, 8080],
            rows: vec![
                MatrixRow { node: "node.example:4711".into(), cells: vec![ok(4711, 3)] },
                MatrixRow {
                    node: "other.example".into(),
                    cells: vec![ok(80, 12), failed(8080, "TCP", 9, REFUSED, None)],
                },
            ],
            active: true,
        }],
        works: vec![WorkingPort { https: false, port: 80, nodes_ok: 1, nodes: 1, current: true }],
        sentence: "All nodes answer.".into(),
        tone: Tone::Success,
        ..checked()
    };
    let mut saved = administrator("/diagnostics");
    saved.flash = Some(app::request::Flash {
        kind: FlashKind::Success,
        text: "The configuration now says HTTPS, port 8443. The next exchange uses it.".into(),
        undo: None,
    });
    let page = |name: &str, context, data: DiagnosticsPage| {
        inside(name, context, move || view! { <DiagnosticsView data=data /> }.into_any())
    };
    let whole = |name: &str, own: SelfCheck| {
        inside(name, administrator("/diagnostics"), || {
            view! { <DiagnosticsView data=fine() own=Some(own) /> }.into_any()
        })
    };
    vec![
        whole("diagnostics-well", own_facts()),
        whole("diagnostics-ill", ill()),
        whole("diagnostics-unchecked", SelfCheck { now: NOW, version: "1.0.0".into(), ..SelfCheck::default() }),
        page("diagnostics", administrator("/diagnostics"), checked()),
        page("diagnostics-fine", saved, fine()),
        page("diagnostics-running", administrator("/diagnostics"), running()),
        page("diagnostics-empty", administrator("/diagnostics"), fresh.clone()),
        page("diagnostics-none", administrator("/diagnostics"), none),
        page("diagnostics-own-port", administrator("/diagnostics"), own),
        page("diagnostics-no-nodes", administrator("/diagnostics"), unnamed),
        page("diagnostics-viewer", viewer("/diagnostics"), checked()),
        page("diagnostics-viewer-empty", viewer("/diagnostics"), fresh),
    ]
}
