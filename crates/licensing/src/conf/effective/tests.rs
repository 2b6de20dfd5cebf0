use super::*;

fn of(lines: &str) -> Effective {
    Effective::of(&Document::parse(format!("[GLOBAL]\n{lines}")))
}

#[test]
fn an_empty_file_means_the_defaults() {
    let effective = of("");
    assert_eq!(effective.port_number, 7569);
    assert!(!effective.flexible && !effective.https && !effective.registered());
    assert_eq!((effective.http_port, effective.https_port), (80, 443));
    assert_eq!((effective.guid, effective.preset, effective.verbosity), (None, None, 1));
    assert_eq!(effective.http_nodes.len(), 10);
    assert_eq!(effective.http_nodes[9].authority(80), "flexlicense10.lumenvox.com:80");
    assert_eq!(effective.https_nodes[0].authority(443), "flexlicense-s01.lumenvox.com:443");
}

#[test]
fn the_word_default_an_empty_and_an_invalid_value_mean_the_default() {
    for value in ["default", "DEFAULT", "", "no sense", "\u{fffd}"] {
        let lines: String =
            super::super::setting::SETTINGS.iter().map(|setting| format!("{} = {value}\n", setting.key)).collect();
        assert_eq!(of(&lines), of(""), "{value}");
    }
}

#[test]
fn values_are_read() {
    let effective = of("PORT_NUMBER = 7000\nFLEXIBLE_LICENSING_MODE = 1\nUSE_FLEX_REPORTING_HTTPS = 1\n\
        LICENSE_SERVER_GUID = df9960a1-7bd5-633b-f0f4-b1470bbd0b8e\nFLEX_REPORTING_PORT = 8080\n\
        FLEX_REPORTING_PORT_HTTPS = 8443\nFLEX_DESIRED_SYNC_HOUR = 0\nFLEX_DESIRED_SYNC_MINUTE = 1\n\
        FLEX_NODE_LIST_HTTPS = a:1;[::1]\nLOGGING_VERBOSITY = 3\n");
    assert_eq!(effective.port_number, 7000);
    assert!(effective.registered());
    assert_eq!(effective.guid.map(|guid| guid.short()), Some("{DF99…0B8E}".to_owned()));
    assert_eq!(effective.preset, Some((0, 1)));
    assert_eq!(effective.verbosity, 3);
    assert_eq!((effective.http_port, effective.node_port()), (8080, 8443));
    let nodes: Vec<_> = effective.nodes().iter().map(|node| node.authority(effective.node_port())).collect();
    assert_eq!(nodes, ["a:1", "[::1]:8443"]);
}

#[test]
fn a_guid_registers_only_while_flexible_licensing_is_on() {
    let guid = "LICENSE_SERVER_GUID = {DF9960A1-7BD5-633B-F0F4-B1470BBD0B8E}\n";
    assert!(!of(guid).registered());
    assert!(of(&format!("{guid}FLEXIBLE_LICENSING_MODE = 1\n")).registered());
    assert!(!of("FLEXIBLE_LICENSING_MODE = 1\nLICENSE_SERVER_GUID = $LV_LIC\n").registered());
}

#[test]
fn a_value_that_cannot_be_read_leaves_the_one_in_use() {
    let before = of("port_number = 7570\nFLEX_DESIRED_SYNC_HOUR = 5\nFLEX_NODE_LIST = a:1;b\nLOGGING_VERBOSITY = 3\n");
    let file = "[GLOBAL]\nport_number = 7571 ; remark\nFLEX_DESIRED_SYNC_HOUR = 99\nFLEX_DESIRED_SYNC_MINUTE = 7\n\
        FLEX_NODE_LIST = a b\nLOGGING_VERBOSITY = 2\n";
    let (now, kept) = Effective::following(&Document::parse(file), Some(&before));
    assert_eq!((now.port_number, now.preset, now.verbosity), (7570, Some((5, 7)), 2));
    assert_eq!(now.http_nodes, before.http_nodes);
    let kept: Vec<_> = kept.iter().map(|kept| (kept.key, kept.value.as_str())).collect();
    assert_eq!(kept, [("port_number", "7570"), ("FLEX_DESIRED_SYNC_HOUR", "5"), ("FLEX_NODE_LIST", "a:1;b")]);
    assert_eq!(Effective::following(&Document::parse(file), None), (Effective::of(&Document::parse(file)), Vec::new()));
}
