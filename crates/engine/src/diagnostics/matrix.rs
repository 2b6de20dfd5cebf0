use std::{cmp::Reverse, collections::BTreeMap, net::IpAddr};

use super::{Probe, allowed_ports};

/// All probes of one run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matrix {
    /// When, Unix milliseconds.
    pub at_ms: i64,
    /// In the order of their targets.
    pub probes: Vec<Probe>,
}

impl Matrix {
    /// What works: HTTPS or not, the port, how many nodes can be reached there, and how many were probed. Best first:
    /// the largest share of nodes, then HTTPS, then more nodes, then the order of the ports.
    ///
    /// May include a port that only one node has; [`allowed_ports`] lists those that can be chosen.
    #[must_use]
    pub fn working_ports(&self) -> Vec<(bool, u16, usize, usize)> {
        let mut counts: BTreeMap<(bool, u16), (usize, usize)> = BTreeMap::new();
        for probe in &self.probes {
            let (ok, nodes) = counts.entry((probe.target.https, probe.target.port)).or_default();
            *ok += usize::from(probe.ok);
            *nodes += 1;
        }
        let place = |https: bool, port: u16| {
            let ports = allowed_ports(https);
            ports.iter().position(|allowed| *allowed == port).unwrap_or(ports.len())
        };
        let mut working: Vec<_> =
            counts.into_iter().filter(|(_, (ok, _))| *ok > 0).map(|((s, p), (ok, n))| (s, p, ok, n)).collect();
        working.sort_by(|a, b| {
            let ((https_a, port_a, ok_a, nodes_a), (https_b, port_b, ok_b, nodes_b)) = (*a, *b);
            let share = (ok_b * nodes_a).cmp(&(ok_a * nodes_b));
            let rest = |https, ok, port| (Reverse(https), Reverse(ok), place(https, port), port);
            share.then_with(|| rest(https_a, ok_a, port_a).cmp(&rest(https_b, ok_b, port_b)))
        });
        working
    }

    /// The resolved addresses of the hosts, for the firewall request.
    #[must_use]
    pub fn addresses(&self) -> BTreeMap<String, Vec<IpAddr>> {
        self.probes.iter().map(|probe| (probe.target.host.clone(), probe.addresses.clone())).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostics::{ProbeStage, ProbeTarget};

    fn matrix(rows: &[(&str, bool, u16, bool)]) -> Matrix {
        let probes = rows.iter().map(|(host, https, port, ok)| Probe {
            target: ProbeTarget { host: (*host).to_owned(), port: *port, https: *https },
            ok: *ok,
            stage: ProbeStage::Http,
            ms: 1,
            sentence: String::new(),
            addresses: vec!["192.0.2.1".parse().unwrap()],
            clock_ms: None,
            software: None,
            issuer: None,
        });
        Matrix { at_ms: 0, probes: probes.collect() }
    }

    #[test]
    fn the_port_that_reaches_the_greatest_share_of_nodes_comes_first_and_https_before_http() {
        let matrix = matrix(&[
            ("a", false, 80, true),
            ("b", false, 80, false),
            ("a", false, 43038, true),
            ("b", false, 43038, true),
            ("a", false, 8080, true),
            ("b", false, 8080, true),
            ("s", true, 8443, true),
            ("s", true, 443, false),
            ("t", true, 9000, true),
        ]);
        let expected =
            [(true, 8443, 1, 1), (true, 9000, 1, 1), (false, 8080, 2, 2), (false, 43038, 2, 2), (false, 80, 1, 2)];
        assert_eq!(matrix.working_ports(), expected);
        assert_eq!(matrix.addresses().into_keys().collect::<Vec<_>>(), ["a", "b", "s", "t"]);
    }

    #[test]
    fn where_nothing_works_no_port_is_named() {
        assert!(matrix(&[("a", false, 80, false)]).working_ports().is_empty());
        assert!(matrix(&[]).working_ports().is_empty());
    }
}
