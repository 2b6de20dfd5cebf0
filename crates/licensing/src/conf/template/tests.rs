use super::*;
use crate::conf::{check::check, document::Document, effective::Effective};

#[test]
fn our_own_file_has_no_findings_and_means_the_defaults() {
    let text = write(&[]);
    let document = Document::parse(text.as_str());
    assert_eq!(check(&document), []);
    assert_eq!(Effective::of(&document), Effective::of(&Document::default()));
    let keys: Vec<_> = document.entries().map(|entry| String::from_utf8_lossy(entry.key).into_owned()).collect();
    assert_eq!(keys, SETTINGS.iter().map(|setting| setting.key).collect::<Vec<_>>());
    assert!(text.starts_with("[GLOBAL]\n") && text.ends_with("\n[AuthenticationLogFile]\n"));
    for line in ["VERSION = 16.0.200", "FLEXIBLE_LICENSING_MODE = 0", "LICENSE_SERVER_GUID = ", "port_number = default"]
    {
        assert!(text.lines().any(|found| found == line), "{line}");
    }
}

#[test]
fn given_values_are_written_on_one_line() {
    let guid = "{DF9960A1-7BD5-633B-F0F4-B1470BBD0B8E}";
    let text = write(&[
        ("license_server_guid", guid),
        ("FLEXIBLE_LICENSING_MODE", "1"),
        ("port_number", "1\nX = 2"),
        ("unknown", "3"),
    ]);
    let document = Document::parse(text);
    assert_eq!(check(&document), []);
    assert!(Effective::of(&document).registered());
    assert_eq!(document.get("GLOBAL", "port_number").unwrap().value, b"1");
    assert!(document.get("GLOBAL", "X").is_none() && document.get("GLOBAL", "unknown").is_none());
}

#[test]
fn comments_are_laid_out_like_the_vendors() {
    let text = write(&[]);
    for setting in SETTINGS {
        let block = text.split("\n\n").find(|block| block.contains(&format!("\n{} =", setting.key))).unwrap();
        let lines: Vec<_> = block.lines().collect();
        assert!(lines[0].starts_with("#***") && lines[0].ends_with("***#"));
        assert!(lines[1].starts_with("#* Description: "));
        assert!(lines.iter().any(|line| line.starts_with("#* Possible Values: ")));
        assert!(lines.iter().any(|line| line.starts_with("#* Default Value: ")));
        assert_eq!(lines[lines.len() - 2], lines[0]);
        assert!(lines.iter().all(|line| line.chars().count() <= WIDTH), "{block}");
    }
}
