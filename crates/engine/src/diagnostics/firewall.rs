use std::{collections::BTreeMap, fmt::Write as _, net::IpAddr};

use licensing::{conf::effective::Effective, contact::Limit};

use super::{allowed_ports, foreign::shown};

/// The connections one node needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FirewallRow {
    /// Host of the node.
    pub host: String,
    /// Its addresses at this time; they may change.
    pub addresses: Vec<IpAddr>,
    /// TCP ports. The first is in use; one of them is enough.
    pub ports: Vec<u16>,
    /// HTTPS, else HTTP.
    pub https: bool,
}

impl FirewallRow {
    fn protocol(&self) -> &'static str {
        if self.https { "HTTPS" } else { "HTTP" }
    }
}

/// The connections that the nodes in use need, with the addresses in `resolved`.
#[must_use]
pub fn firewall_rows(effective: &Effective, resolved: &BTreeMap<String, Vec<IpAddr>>) -> Vec<FirewallRow> {
    let https = effective.https;
    let mut offered = allowed_ports(https);
    // The one in use first; the others keep their order.
    offered.sort_by_key(|port| *port != effective.node_port());
    let mut rows: Vec<FirewallRow> = Vec::new();
    for node in effective.nodes() {
        let ports = node.port.map_or_else(|| offered.clone(), |port| vec![port]);
        let addresses = resolved.get(&node.host).cloned().unwrap_or_default();
        rows.push(FirewallRow { host: node.host.clone(), addresses, ports, https });
    }
    rows
}

/// Why the connections are needed.
fn why() -> String {
    format!(
        "Once a day, the license server reports license usage to the vendor's licensing nodes and receives its licenses. After {} days or more without this exchange, its licenses leave service. It sends nothing about people or calls. One of the nodes, on one of its ports, is enough.",
        Limit::LEAST.days()
    )
}

/// The request as plain text for the firewall's administrators. `at`: the time of writing.
#[must_use]
pub fn firewall_text(rows: &[FirewallRow], server_name: &str, at: &str) -> String {
    let mut text = String::from("Firewall request: license server to its licensing nodes\n\n");
    // Writing into a string cannot fail.
    let mut field = |name: &str, value: &str| {
        let _ = writeln!(text, "{name:<11}{}", wrapped(value, 11));
    };
    field("From", &shown(server_name));
    field("Written", &shown(at));
    field("Direction", "outbound; the nodes open no connections to the server");
    field("Transport", "TCP");
    field("Why", &why());
    field("Addresses", "as of now. The vendor may change them: where possible, allow the names instead.");
    if rows.iter().any(|row| row.https) {
        field(
            "Inspection",
            "please exempt these names from TLS inspection; the server accepts only trusted certificates.",
        );
    }
    if rows.is_empty() {
        text.push_str("\nThe configuration has no licensing nodes.\n");
        return text;
    }
    let mut groups: Vec<&FirewallRow> = Vec::new();
    for row in rows {
        if !groups.iter().any(|first| alike(first, row)) {
            groups.push(row);
        }
    }
    let width = rows.iter().map(|row| row.host.chars().count()).max().unwrap_or_default();
    for first in groups {
        let _ = writeln!(text, "\n{}, TCP {}\n", first.protocol(), ports(first));
        for row in rows.iter().filter(|row| alike(first, row)) {
            let mut addresses = row.addresses.iter().map(ToString::to_string);
            let address = addresses.next().unwrap_or_else(|| "address unknown".to_owned());
            let _ = writeln!(text, "  {:<width$}  {address}", row.host);
            for address in addresses {
                let _ = writeln!(text, "  {:<width$}  {address}", "");
            }
        }
    }
    text
}

/// Whether two nodes share a heading.
fn alike(one: &FirewallRow, other: &FirewallRow) -> bool {
    (one.https, &one.ports) == (other.https, &other.ports)
}

/// `port 443 (in use), or one of 8443, 23028`.
fn ports(row: &FirewallRow) -> String {
    match row.ports.split_first() {
        None => "without a port".to_owned(),
        Some((first, [])) => format!("port {first}"),
        Some((first, others)) => format!("port {first} (in use), or one of {}", listed(others, ", ")),
    }
}

fn listed<T: ToString>(items: &[T], between: &str) -> String {
    items.iter().map(ToString::to_string).collect::<Vec<_>>().join(between)
}

/// `value` in lines that end before column 80, continued at column `indent`.
fn wrapped(value: &str, indent: usize) -> String {
    let mut lines = vec![String::new()];
    for word in value.split(' ') {
        let line = lines.last().map_or(0, |line| line.chars().count());
        if line > 0 && indent + line + 1 + word.chars().count() >= 80 {
            lines.push(String::new());
        }
        if let Some(line) = lines.last_mut() {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines.join(&format!("\n{}", " ".repeat(indent)))
}

/// The request as CSV (RFC 4180), one line per node.
#[must_use]
pub fn firewall_csv(rows: &[FirewallRow]) -> String {
    let header = ["direction", "transport", "protocol", "host", "addresses_now", "port_in_use", "other_ports", "why"];
    let mut csv = record(header.map(str::to_owned));
    for row in rows {
        let (first, others) = row.ports.split_first().map_or((String::new(), &[][..]), |(f, o)| (f.to_string(), o));
        csv.push_str(&record([
            "outbound".to_owned(),
            "TCP".to_owned(),
            row.protocol().to_owned(),
            row.host.clone(),
            listed(&row.addresses, " "),
            first,
            listed(others, " "),
            why(),
        ]));
    }
    csv
}

fn record<const N: usize>(fields: [String; N]) -> String {
    format!("{}\r\n", fields.map(|field| cell(&field)).join(","))
}

/// One field. An apostrophe keeps spreadsheets from reading it as a formula.
fn cell(field: &str) -> String {
    let formula = field.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']);
    let text = format!("{}{field}", if formula { "'" } else { "" });
    if text.contains([',', '"', '\r', '\n']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

#[cfg(test)]
mod tests;
