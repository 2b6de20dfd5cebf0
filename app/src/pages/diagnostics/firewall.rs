//! The request to the network team, ready to send.

use super::{FirewallModel, FirewallRow};
use crate::components::{Card, Column, EmptyState, LinkButton, Table};
use crate::drawn::Draw;
use crate::islands::CopyButton;
use crate::paths;
use leptos::prelude::*;

/// The firewall request: as a table, as text to copy, and as files.
#[component]
pub(super) fn Firewall(data: FirewallModel) -> impl IntoView {
    if data.rows.is_empty() {
        return view! {
            <Card title="Firewall request" id="firewall">
                <EmptyState title="No nodes configured" why="The node list in the configuration file is empty.">
                    <LinkButton href=paths::setting("FLEX_NODE_LIST")>"Edit the node list"</LinkButton>
                </EmptyState>
            </Card>
        }
        .drawn();
    }
    view! {
        <Card title="Firewall request" id="firewall">
            <p>"Send this to your network team. One working port is enough; more provide a fallback."</p>
            {groups(data.rows).into_iter().enumerate().map(|(number, group)| view! { <Hosts number=number group=group /> }).collect_view()}
            <details class="disclosure">
                <summary>"The request as text"</summary>
                <div class="command">
                    <pre tabindex="0" role="group" aria-label="The firewall request"><code>{data.text.clone()}</code></pre>
                    <CopyButton text=data.text what="the firewall request".to_owned() />
                </div>
            </details>
            <div class="actions">
                <a class="button" href=paths::DIAGNOSTICS_FIREWALL_TEXT>"Download as text"</a>
                <a class="button" href=paths::DIAGNOSTICS_FIREWALL_CSV>"Download as CSV"</a>
            </div>
        </Card>
    }
    .drawn()
}

/// Hosts for which the same is asked.
#[derive(Clone, Debug, PartialEq)]
struct Group {
    ports: Vec<u16>,
    protocol: String,
    direction: String,
    /// Host and its addresses.
    hosts: Vec<(String, Vec<String>)>,
}

/// Rows with equal ports together, in their order.
fn groups(rows: Vec<FirewallRow>) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for row in rows {
        let alike = |group: &&mut Group| {
            group.ports == row.ports && group.protocol == row.protocol && group.direction == row.direction
        };
        match groups.iter_mut().find(alike) {
            Some(group) => group.hosts.push((row.host, row.addresses)),
            None => groups.push(Group {
                ports: row.ports,
                protocol: row.protocol,
                direction: row.direction,
                hosts: vec![(row.host, row.addresses)],
            }),
        }
    }
    groups
}

/// What is asked, and the hosts it is asked for.
#[component]
fn Hosts(number: usize, group: Group) -> impl IntoView {
    let ports = group.ports.iter().map(u16::to_string).collect::<Vec<_>>().join(", ");
    let word = if group.ports.len() == 1 { "port" } else { "ports" };
    let heading = format!("hosts-{number}");
    let table = Table::named_by(heading.clone())
        .labelled()
        .column(Column::row_header("Host", |(host, _): &(String, Vec<String>), cell| cell.code(host)))
        .column(
            Column::text("Addresses now", |(_, addresses): &(String, Vec<String>), cell| {
                if addresses.is_empty() {
                    return cell.muted("No address known");
                }
                cell.markup("<span class=\"addresses\">");
                for address in addresses {
                    cell.code(address);
                }
                cell.markup("</span>");
            })
            .unlabelled(),
        )
        .draw(&group.hosts);
    view! {
        <div class="firewall">
            <h3 id=heading>{format!("{}, {}, {word} {ports}", group.protocol, group.direction)}</h3>
            {table}
        </div>
    }
    .drawn()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_that_need_the_same_ports_stand_together() {
        let row = |host: &str, ports: &[u16]| FirewallRow {
            host: host.into(),
            ports: ports.to_vec(),
            ..FirewallRow::default()
        };
        let made = groups(vec![row("a", &[80, 8080]), row("own", &[4711]), row("b", &[80, 8080])]);
        let hosts = |group: &Group| group.hosts.iter().map(|(host, _)| host.clone()).collect::<Vec<_>>();
        assert_eq!(made.iter().map(hosts).collect::<Vec<_>>(), [vec!["a", "b"], vec!["own"]]);
    }
}
