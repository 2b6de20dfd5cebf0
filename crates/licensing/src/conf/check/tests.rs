use rstest::rstest;

use super::*;

const VENDOR: &str = include_str!("../../../tests/fixtures/license_server.conf");

fn of(file: impl Into<Vec<u8>>) -> Vec<(Option<usize>, Severity, String)> {
    check(&Document::parse(file)).into_iter().map(|f| (f.line, f.severity, f.sentence)).collect()
}

#[test]
fn a_vendor_file_has_no_findings_however_it_is_saved() {
    assert_eq!(of(VENDOR), []);
    assert_eq!(of(VENDOR.trim_end()), []);
    assert_eq!(of(format!("\u{feff}{}", VENDOR.replace('\n', "\r\n"))), []);
    assert_eq!(of(VENDOR.to_lowercase()), []);
}

#[test]
fn an_empty_file_has_no_findings() {
    assert_eq!(of(""), []);
}

use Severity::{Error, Warning};

#[rstest]
#[case::invalid("port_number = 70000", 2, Error, "from 1 to 65535")]
#[case::invalid_while_unused("FLEX_REPORTING_PORT_HTTPS = 1", 2, Error, "Choose 443")]
#[case::a_word_for_a_flag("USE_FLEX_REPORTING_HTTPS = yes", 2, Warning, "“yes” is read as 1 here")]
#[case::placeholder("LICENSE_SERVER_GUID = $LV_LIC", 2, Error, "placeholder")]
#[case::placeholder_while_on(
    "FLEXIBLE_LICENSING_MODE = 1\nLICENSE_SERVER_GUID = GET-CLUSTER-GUID-FROM-LUMENVOX",
    3,
    Error,
    "placeholder"
)]
#[case::not_registered("FLEXIBLE_LICENSING_MODE = 1", 2, Error, "not registered")]
#[case::guid_word_default("FLEXIBLE_LICENSING_MODE = 1\nLICENSE_SERVER_GUID = default", 2, Error, "not registered")]
#[case::unused_guid("LICENSE_SERVER_GUID = DF9960A17BD5633BF0F4B1470BBD0B8E", 2, Warning, "not used while")]
#[case::duplicate("port_number = 1\n\nPort_Number = 2", 2, Warning, "on line 4, which is the one that counts")]
#[case::duplicate_unknown("[x]\na = 1\nA = 2", 3, Warning, "on line 4, which is the one that counts")]
#[case::wrong_section("[x]\nport_number = 1", 3, Warning, "only in the section [GLOBAL]")]
#[case::unknown("COLOUR = blue", 2, Warning, "is not a setting and has no effect")]
#[case::unknown_but_near("LOGGING_VERBOSE = 2", 2, Warning, "If you meant LOGGING_VERBOSITY, correct the name.")]
#[case::junk("nonsense", 2, Warning, "not a setting or comment")]
#[case::junk_below_comment("# a\nnonsense\nport_number = 1", 3, Warning, "not a setting or comment")]
#[case::unclosed_section("[Other", 2, Warning, "closing bracket")]
fn each_fault_is_one_finding(#[case] lines: &str, #[case] line: usize, #[case] severity: Severity, #[case] part: &str) {
    let findings = of(format!("[GLOBAL]\n{lines}\n"));
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert_eq!((findings[0].0, findings[0].1), (Some(line), severity));
    assert!(findings[0].2.contains(part) && findings[0].2.ends_with('.'), "{}", findings[0].2);
}

#[rstest]
#[case::key_case("PORT_NUMBER = 1")]
#[case::version("VERSION = anything at all")]
#[case::version_default("VERSION = default")]
#[case::starred("* half a comment")]
#[case::between_comments("# a\nhalf a comment\n# b")]
#[case::between_starred("# a\nhalf a comment\n* b")]
#[case::empty_value("port_number =")]
#[case::unknown_section("[Mine]\nwhatever = 1")]
#[case::unused_pair("FLEX_REPORTING_PORT_HTTPS = 8443")]
fn what_is_fine_has_no_finding(#[case] lines: &str) {
    assert_eq!(of(format!("[GLOBAL]\n{lines}\n")), []);
}

#[test]
fn a_value_that_is_not_text_is_an_error() {
    let findings = of(&b"[GLOBAL]\nport_number = \xFF\nMINE = \xFF\n"[..]);
    assert_eq!((findings[0].0, findings[0].1), (Some(2), Error));
    assert_eq!((findings[1].0, findings[1].1), (Some(3), Warning));
    assert_eq!(findings.len(), 2);
}

#[rstest]
#[case(b"\xFF\xFE[\0G\0".to_vec())]
#[case(b"\xFE\xFF\0[\0G".to_vec())]
#[case(VENDOR.encode_utf16().flat_map(u16::to_le_bytes).collect())]
#[case(VENDOR.encode_utf16().flat_map(u16::to_be_bytes).collect())]
fn utf16_is_one_finding(#[case] file: Vec<u8>) {
    let findings = of(file);
    assert_eq!(findings.len(), 1);
    assert!(findings[0].2.contains("UTF-16"));
}

#[test]
fn findings_are_sorted_by_line() {
    let findings = of("junk\n[GLOBAL]\nport_number = x\nport_number = x\nmine = 1\nFLEX_DESIRED_SYNC_HOUR = 99\n");
    let lines: Vec<_> = findings.iter().map(|(line, ..)| line.unwrap()).collect();
    assert_eq!(lines, [1, 3, 4, 5, 6]);
}

#[test]
fn a_file_of_nothing_but_faults_stays_readable() {
    let findings = of(format!("[GLOBAL]\nport_number = 0\n{}", "a = 1\n".repeat(100_000)));
    assert_eq!(findings.len(), MAX_WARNINGS + 2);
    assert_eq!(findings[0].1, Error);
    assert!(findings.last().unwrap().2.contains("more warnings"));
}
