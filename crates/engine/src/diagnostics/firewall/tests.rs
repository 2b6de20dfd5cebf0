use super::*;
use licensing::conf::document::Document;

fn effective(lines: &str) -> Effective {
    Effective::of(&Document::parse(format!("[GLOBAL]\n{lines}")))
}

fn rows() -> Vec<FirewallRow> {
    let effective = effective(
        "USE_FLEX_REPORTING_HTTPS = 1\nFLEX_REPORTING_PORT_HTTPS = 23028\nFLEX_NODE_LIST_HTTPS = s.example;own.example:9000\n",
    );
    let resolved =
        BTreeMap::from([("s.example".to_owned(), vec!["192.0.2.1".parse().unwrap(), "2001:db8::1".parse().unwrap()])]);
    firewall_rows(&effective, &resolved)
}

#[test]
fn the_port_in_use_comes_first_and_a_node_with_its_own_port_has_only_that() {
    let rows = rows();
    assert_eq!(rows[0].ports, [23028, 443, 8443, 39520, 48846]);
    assert_eq!(rows[0].addresses.len(), 2);
    assert_eq!((rows[1].ports.as_slice(), rows[1].addresses.len()), ([9000].as_slice(), 0));
    assert!(rows.iter().all(|row| row.https));
    let http = firewall_rows(&effective(""), &BTreeMap::new());
    assert_eq!((http.len(), http[0].ports[0], http[0].https), (10, 80, false));
}

#[test]
fn the_text_has_all_a_firewall_needs() {
    let text = firewall_text(&rows(), "licenses\r\nFrom: somebody else", "2026-11-22 01:00 UTC");
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    for part in [
        "outbound",
        "HTTPS, TCP port 23028 (in use), or one of 443, 8443, 39520, 48846 s.example 192.0.2.1 2001:db8::1",
        "HTTPS, TCP port 9000 own.example address unknown",
        "2026-11-22 01:00 UTC",
        "After 60 days",
        "TLS inspection",
    ] {
        assert!(words.contains(part), "{part} is missing in:\n{text}");
    }
    assert_eq!(text.lines().filter(|line| line.starts_with("From")).count(), 1);
    assert!(firewall_text(&[], "a", "b").contains("has no licensing nodes"));
}

#[test]
fn the_text_for_the_vendors_nodes_fits_a_letter() {
    for (lines, host) in
        [("", "flexlicense10.lumenvox.com"), ("USE_FLEX_REPORTING_HTTPS = 1", "flexlicense-s10.lumenvox.com")]
    {
        let longest = "2001:db8:1111:2222:3333:4444:5555:6666".parse().unwrap();
        let resolved = BTreeMap::from([(host.to_owned(), vec![longest, "192.0.2.1".parse().unwrap()])]);
        let text = firewall_text(&firewall_rows(&effective(lines), &resolved), "licenses.example.com", "today");
        assert!(text.contains(host) && text.contains("6666\n"), "{text}");
        assert!(text.lines().all(|line| line.chars().count() < 80 && line == line.trim_end()), "{text}");
        assert_eq!(text.contains("TLS inspection"), !lines.is_empty());
    }
}

#[test]
fn the_csv_has_one_record_per_node_by_rfc_4180() {
    let csv = firewall_csv(&rows());
    let lines: Vec<&str> = csv.split_terminator("\r\n").collect();
    assert_eq!(lines.len(), 3);
    assert_eq!(lines[0], "direction,transport,protocol,host,addresses_now,port_in_use,other_ports,why");
    let start = "outbound,TCP,HTTPS,s.example,192.0.2.1 2001:db8::1,23028,443 8443 39520 48846,\"Once a day";
    assert!(lines[1].starts_with(start), "{}", lines[1]);
    assert!(lines[2].starts_with("outbound,TCP,HTTPS,own.example,,9000,,\""), "{}", lines[2]);
    assert!(csv.ends_with("\r\n"));
}

#[test]
fn no_field_is_a_formula_or_breaks_its_record() {
    for (field, expected) in [
        ("=1+1", "'=1+1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("\t=1", "'\t=1"),
        ("=\"a\",b", "\"'=\"\"a\"\",b\""),
        ("a\r\nb", "\"a\r\nb\""),
        ("plain", "plain"),
    ] {
        assert_eq!(cell(field), expected);
    }
}
