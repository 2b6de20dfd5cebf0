use proptest::prelude::*;
use rstest::rstest;

use super::*;

fn accept(key: &str, input: &str) -> Result<String, String> {
    find(key).unwrap().accept(input).map_err(|error| error.to_string())
}

#[test]
fn every_setting_is_in_the_order_and_with_the_defaults_of_the_vendor() {
    let table: Vec<_> = SETTINGS.iter().map(|s| (s.key, s.default.split(';').next().unwrap())).collect();
    assert_eq!(
        table,
        [
            ("VERSION", "16.0.200"),
            ("port_number", "7569"),
            ("FLEXIBLE_LICENSING_MODE", "0"),
            ("LICENSE_SERVER_GUID", ""),
            ("USE_FLEX_REPORTING_HTTPS", "0"),
            ("FLEX_REPORTING_PORT", "80"),
            ("FLEX_REPORTING_PORT_HTTPS", "443"),
            ("FLEX_DESIRED_SYNC_HOUR", "0"),
            ("FLEX_DESIRED_SYNC_MINUTE", "0"),
            ("FLEX_NODE_LIST", "flexlicense1.lumenvox.com"),
            ("FLEX_NODE_LIST_HTTPS", "flexlicense-s01.lumenvox.com"),
            ("LOGGING_VERBOSITY", "1"),
        ]
    );
    for setting in SETTINGS {
        assert_eq!(setting.editable(), setting.key != "VERSION");
        assert!(setting.help.ends_with('.') && setting.allowed.ends_with('.'), "{}", setting.key);
        assert!(!setting.help.contains("  "), "{}", setting.key);
        if setting.editable() {
            assert_eq!(setting.accept(setting.default).as_deref(), Ok(setting.default), "{}", setting.key);
            for word in ["default", " DEFAULT\t", "Default"] {
                assert_eq!(setting.accept(word).as_deref(), Ok("default"), "{}", setting.key);
            }
        }
    }
}

#[rstest]
#[case("port_number", "1", "1")]
#[case("port_number", " 65535 ", "65535")]
#[case("port_number", "07569", "7569")]
#[case("FLEXIBLE_LICENSING_MODE", "on", "1")]
#[case("FLEXIBLE_LICENSING_MODE", "Yes", "1")]
#[case("FLEXIBLE_LICENSING_MODE", "TRUE", "1")]
#[case("FLEXIBLE_LICENSING_MODE", "off", "0")]
#[case("FLEXIBLE_LICENSING_MODE", "no", "0")]
#[case("FLEXIBLE_LICENSING_MODE", "false", "0")]
#[case("FLEX_REPORTING_PORT", "43038", "43038")]
#[case("FLEX_REPORTING_PORT_HTTPS", " 48846", "48846")]
#[case("FLEX_DESIRED_SYNC_HOUR", "23", "23")]
#[case("FLEX_DESIRED_SYNC_HOUR", "00", "0")]
#[case("FLEX_DESIRED_SYNC_MINUTE", "07", "7")]
#[case("LICENSE_SERVER_GUID", "", "")]
#[case("LICENSE_SERVER_GUID", "df9960a17bd5633bf0f4b1470bbd0b8e", "{DF9960A1-7BD5-633B-F0F4-B1470BBD0B8E}")]
#[case("FLEX_NODE_LIST", " a ", "a")]
#[case(
    "FLEX_NODE_LIST",
    "a.example;b_c.example:80;10.0.0.1;[::1];[2001:db8::1]:8080",
    "a.example;b_c.example:80;10.0.0.1;[::1];[2001:db8::1]:8080"
)]
#[case("FLEX_NODE_LIST", "same.example;same.example:80", "same.example;same.example:80")]
#[case("LOGGING_VERBOSITY", "3", "3")]
fn good_values_are_accepted_in_their_canonical_spelling(
    #[case] key: &str,
    #[case] input: &str,
    #[case] expected: &str,
) {
    assert_eq!(accept(key, input), Ok(expected.to_owned()));
}

#[rstest]
#[case("VERSION", "default", "read-only")]
#[case("VERSION", "17", "read-only")]
#[case("port_number", "0", "from 1 to 65535")]
#[case("port_number", "65536", "“65536”")]
#[case("port_number", "99999999999999999999", "from 1 to 65535")]
#[case("port_number", "-1", "“-1”")]
#[case("port_number", "+80", "“+80”")]
#[case("port_number", "８０", "from 1 to 65535")]
#[case("port_number", "80 81", "“80 81”")]
#[case("port_number", "7569.0", "“7569.0”")]
#[case("port_number", "", "is empty")]
#[case("FLEXIBLE_LICENSING_MODE", "2", "0 for off or 1 for on")]
#[case("FLEX_REPORTING_PORT", "443", "Choose 80, 8080, 13449, 24963 or 43038.")]
#[case("FLEX_REPORTING_PORT_HTTPS", "80", "Choose 443, 8443, 23028, 39520 or 48846.")]
#[case("FLEX_DESIRED_SYNC_HOUR", "24", "from 0 to 23")]
#[case("FLEX_DESIRED_SYNC_MINUTE", "60", "from 0 to 59")]
#[case("FLEX_DESIRED_SYNC_MINUTE", "+7", "“+7”")]
#[case("LICENSE_SERVER_GUID", "$LV_LIC", "placeholder")]
#[case("LOGGING_VERBOSITY", "4", "Choose 1, 2 or 3.")]
#[case("FLEX_NODE_LIST", "a;b ;c", "A space at position 4")]
#[case("FLEX_NODE_LIST", "  a;\tb", "A tab at position 5")]
#[case("FLEX_NODE_LIST", "a;b;;c", "Entry 3 is empty")]
#[case("FLEX_NODE_LIST", "a;b;", "Entry 3 is empty")]
#[case("FLEX_NODE_LIST", ";", "Entry 1 is empty")]
#[case("FLEX_NODE_LIST", "a;B.example;b.EXAMPLE", "Entry 3, “b.EXAMPLE”, is the same as entry 2")]
#[case("FLEX_NODE_LIST", "[::1];[0:0::1]", "same as entry 1")]
#[case("FLEX_NODE_LIST", "http://a.example/", "is a URL")]
#[case("FLEX_NODE_LIST", "a/b", "“/”")]
#[case("FLEX_NODE_LIST", "a,b", "“,”")]
#[case("FLEX_NODE_LIST", "-a.example", "hyphen")]
#[case("FLEX_NODE_LIST", "a..b", "a dot too many")]
#[case("FLEX_NODE_LIST", "300.1.1.1", "IPv4")]
#[case("FLEX_NODE_LIST", "::1", "put an IPv6 address in brackets")]
#[case("FLEX_NODE_LIST", "[::1", "closing bracket")]
#[case("FLEX_NODE_LIST", "[nonsense]", "IPv6")]
#[case("FLEX_NODE_LIST", "[::1]80", "only :port")]
#[case("FLEX_NODE_LIST", "a:", "the port after the colon")]
#[case("FLEX_NODE_LIST", "a:0", "the port after the colon")]
#[case("FLEX_NODE_LIST", "a:+8", "the port after the colon")]
#[case("FLEX_NODE_LIST", "a:65536", "the port after the colon")]
#[case("FLEX_NODE_LIST", ":80", "the name before the colon")]
#[case("FLEX_NODE_LIST", "müller.example", "“ü”")]
fn other_values_are_refused_in_a_sentence(#[case] key: &str, #[case] input: &str, #[case] part: &str) {
    let sentence = accept(key, input).unwrap_err();
    assert!(sentence.contains(part), "{sentence}");
    assert!(sentence.ends_with('.'), "{sentence}");
}

#[test]
fn names_have_their_limits() {
    let label = "a".repeat(63);
    assert!(accept("FLEX_NODE_LIST", &label).is_ok());
    assert!(accept("FLEX_NODE_LIST", &format!("{label}a")).is_err());
    let long = [label.as_str(); 4].join(".");
    assert!(accept("FLEX_NODE_LIST", &long[..253]).is_ok());
    assert!(accept("FLEX_NODE_LIST", &long[..254]).is_err());
    let list = |count: usize| (0..count).map(|n| format!("h{n}")).collect::<Vec<_>>().join(";");
    assert!(accept("FLEX_NODE_LIST", &list(64)).is_ok());
    assert!(accept("FLEX_NODE_LIST", &list(65)).unwrap_err().contains("65 entries"));
}

#[rstest]
#[case("LOGGING_VERBOSTY", Some("LOGGING_VERBOSITY"))]
#[case("PORTNUMBER", Some("port_number"))]
#[case("port-number", Some("port_number"))]
#[case("FLEX_NODES_LIST", Some("FLEX_NODE_LIST"))]
#[case("FLEX_NODE_LIST_HTTP", Some("FLEX_NODE_LIST_HTTPS"))]
#[case("LICENSE_SERVER_GIUD", Some("LICENSE_SERVER_GUID"))]
#[case("VERSIONS", Some("VERSION"))]
#[case("SOMETHING_ELSE", None)]
#[case("", None)]
#[case("V", None)]
fn a_mistyped_key_finds_its_setting(#[case] key: &str, #[case] expected: Option<&str>) {
    assert_eq!(nearest(key).map(|setting| setting.key), expected);
}

#[test]
fn keys_are_found_in_any_case() {
    assert_eq!(find("PORT_NUMBER").unwrap().key, "port_number");
    assert!(find("port_numbers").is_none());
}

#[test]
fn long_input_is_never_repeated_whole() {
    for setting in SETTINGS {
        for unit in ["9", "a", "a;", "é", " x", "http://", "a.", "[", "\0"] {
            let sentence = setting.accept(&unit.repeat(1024 * 1024)).unwrap_err().to_string();
            assert!(sentence.len() < 400, "{} {unit:?}: {sentence}", setting.key);
        }
    }
}

proptest! {
    #[test]
    fn what_is_accepted_is_accepted_again_unchanged(index in 0..SETTINGS.len(), text in "[0-9a-zA-Z.;:\\[\\] -]{0,40}") {
        let setting = &SETTINGS[index];
        if let Ok(value) = setting.accept(&text) {
            prop_assert_eq!(setting.accept(&value).unwrap(), value);
        }
    }

    #[test]
    fn hosts_read_back_as_written(text in "([a-z0-9_]{1,5}(:[1-9][0-9]{0,3})?;){0,4}[a-z]{1,9}") {
        if let Ok(hosts) = parse_hosts(&text) {
            let written = hosts.iter().map(NodeHost::to_string).collect::<Vec<_>>().join(";");
            prop_assert_eq!(written, text);
        }
    }
}
