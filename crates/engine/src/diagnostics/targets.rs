use std::fmt;

use licensing::conf::{
    effective::Effective,
    setting::{NodeHost, SettingKind, find},
};

/// One port of one node.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ProbeTarget {
    /// Host name, IPv4 address, or IPv6 address without its brackets.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// HTTPS, else HTTP.
    pub https: bool,
}

impl ProbeTarget {
    /// `HTTPS` or `HTTP`.
    #[must_use]
    pub fn protocol(&self) -> &'static str {
        if self.https { "HTTPS" } else { "HTTP" }
    }

    /// The value of the `Host` header: with the port only if it isn't the protocol's default.
    pub(super) fn host_header(&self) -> String {
        let usual = if self.https { 443 } else { 80 };
        NodeHost { host: self.host.clone(), port: (self.port != usual).then_some(self.port) }.to_string()
    }

    fn same(&self, other: &ProbeTarget) -> bool {
        self.https == other.https && self.port == other.port && self.host.eq_ignore_ascii_case(&other.host)
    }
}

/// `host:port`, IPv6 addresses in brackets.
impl fmt::Display for ProbeTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        NodeHost { host: self.host.clone(), port: Some(self.port) }.fmt(f)
    }
}

/// The ports that can be chosen for a protocol, the default first.
#[must_use]
pub fn allowed_ports(https: bool) -> Vec<u16> {
    let key = if https { "FLEX_REPORTING_PORT_HTTPS" } else { "FLEX_REPORTING_PORT" };
    let choices = find(key).map_or(SettingKind::Port, |setting| setting.kind).choices();
    choices.iter().filter_map(|choice| choice.value.parse().ok()).collect()
}

/// What to probe: every node of the protocol in use on every port that it allows, a node with its own port only on that. The nodes of the
/// other protocol are not configured to be used, so nothing asks them.
#[must_use]
pub fn targets(effective: &Effective) -> Vec<ProbeTarget> {
    let https = effective.https;
    let mut all: Vec<ProbeTarget> = Vec::new();
    for node in effective.nodes() {
        for port in node.port.map_or_else(|| allowed_ports(https), |port| vec![port]) {
            let target = ProbeTarget { host: node.host.clone(), port, https };
            if !all.iter().any(|other| other.same(&target)) {
                all.push(target);
            }
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use licensing::conf::document::Document;

    fn of(lines: &str) -> Vec<String> {
        let effective = Effective::of(&Document::parse(format!("[GLOBAL]\n{lines}")));
        targets(&effective).iter().map(|t| format!("{} {t}", t.protocol())).collect()
    }

    #[test]
    fn every_node_in_use_is_probed_on_five_ports_and_no_other() {
        let lines = "FLEX_NODE_LIST = a.example\nFLEX_NODE_LIST_HTTPS = s.example\n";
        let http = ["80", "8080", "13449", "24963", "43038"].map(|port| format!("HTTP a.example:{port}"));
        let https = ["443", "8443", "23028", "39520", "48846"].map(|port| format!("HTTPS s.example:{port}"));
        assert_eq!(of(lines), http);
        let on = format!("USE_FLEX_REPORTING_HTTPS = 1\n{lines}");
        assert_eq!(of(&on), https);
        // The vendor's own nodes over HTTPS are not asked while HTTPS is off.
        assert!(of("").iter().all(|target| target.starts_with("HTTP ")));
        assert_eq!(of("").len(), 10 * 5);
    }

    #[test]
    fn a_node_with_its_own_port_is_probed_only_there_and_nothing_twice() {
        assert_eq!(of("FLEX_NODE_LIST = [2001:db8::1]:4711"), ["HTTP [2001:db8::1]:4711"]);
        let both = of("FLEX_NODE_LIST = A.example:8080;a.example;a.example:99");
        assert_eq!(both.len(), 6);
        assert_eq!((both[0].as_str(), both[5].as_str()), ("HTTP A.example:8080", "HTTP a.example:99"));
    }

    #[test]
    fn the_host_header_leaves_out_the_usual_port() {
        let header = |host: &str, port, https| ProbeTarget { host: host.to_owned(), port, https }.host_header();
        assert_eq!(header("a.example", 443, true), "a.example");
        assert_eq!(header("a.example", 443, false), "a.example:443");
        assert_eq!(header("2001:db8::1", 8080, false), "[2001:db8::1]:8080");
    }
}
