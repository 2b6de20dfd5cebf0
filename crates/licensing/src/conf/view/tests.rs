use super::*;
use crate::conf::setting::SETTINGS;

fn of(lines: &str, key: &str) -> SettingView {
    let views = settings(&Document::parse(format!("[GLOBAL]\n{lines}")));
    assert_eq!(views.len(), SETTINGS.len());
    views.into_iter().find(|view| view.key == key).unwrap()
}

#[test]
fn the_word_default_is_shown_with_what_it_stands_for() {
    let view = of("Port_Number = Default\n", "port_number");
    assert_eq!(view.value.as_deref(), Some("Default"));
    assert!(view.is_default);
    assert_eq!((view.effective.as_str(), view.line, view.error), ("7569", Some(2), None));
}

#[test]
fn an_absent_setting_has_its_default_and_no_line() {
    let view = of("", "LOGGING_VERBOSITY");
    assert_eq!((view.value, view.is_default, view.line), (None, true, None));
    assert_eq!(view.effective, "1");
    assert_eq!(view.choices.len(), 3);
    assert_eq!((view.kind.as_str(), view.group.as_str(), view.effect.as_str()), ("choice", "Service", "live"));
}

#[test]
fn an_invalid_value_is_shown_with_its_error_and_the_default_in_effect() {
    let view = of("port_number = 70000\n", "port_number");
    assert_eq!((view.value.as_deref(), view.effective.as_str(), view.is_default), (Some("70000"), "7569", false));
    assert_eq!(
        view.error,
        Some(crate::conf::setting::find("port_number").unwrap().accept("70000").unwrap_err().to_string())
    );
}

#[test]
fn https_decides_which_pair_is_used() {
    for (https, inactive, sentence) in [
        ("0", ["FLEX_REPORTING_PORT_HTTPS", "FLEX_NODE_LIST_HTTPS"], "Not used while HTTPS to the nodes is off."),
        ("default", ["FLEX_REPORTING_PORT_HTTPS", "FLEX_NODE_LIST_HTTPS"], "Not used while HTTPS to the nodes is off."),
        ("1", ["FLEX_REPORTING_PORT", "FLEX_NODE_LIST"], "Not used while HTTPS to the nodes is on."),
    ] {
        let views = settings(&Document::parse(format!("[GLOBAL]\nUSE_FLEX_REPORTING_HTTPS = {https}\n")));
        for view in views {
            let expected = inactive.contains(&view.key.as_str());
            assert_eq!(view.active, !expected, "{https} {}", view.key);
            assert_eq!(view.why_inactive.as_deref(), expected.then_some(sentence));
        }
    }
}

#[test]
fn midnight_is_explained() {
    for key in ["FLEX_DESIRED_SYNC_HOUR", "FLEX_DESIRED_SYNC_MINUTE"] {
        let view = of("", key);
        assert!(view.effective.contains("no fixed time") && view.effective.contains("24 h"), "{key}");
        for part in ["no fixed time", "00:01", "23:59"] {
            assert!(view.help.contains(part), "{key} {part}");
        }
    }
    assert_eq!(of("FLEX_DESIRED_SYNC_MINUTE = 1\n", "FLEX_DESIRED_SYNC_HOUR").effective, "0");
}

#[test]
fn a_missing_guid_is_not_registered() {
    assert_eq!(of("LICENSE_SERVER_GUID =\n", "LICENSE_SERVER_GUID").effective, "not registered");
    let view = of("LICENSE_SERVER_GUID = $LV_LIC\n", "LICENSE_SERVER_GUID");
    assert_eq!(view.effective, "not registered");
    assert!(view.error.unwrap().contains("placeholder"));
}

#[test]
fn bytes_that_are_not_text_are_shown_with_an_error() {
    let views = settings(&Document::parse(&b"[GLOBAL]\nport_number = 7\xFF\n"[..]));
    assert_eq!(views[1].value.as_deref(), Some("7\u{fffd}"));
    assert!(views[1].error.as_deref().unwrap().contains("not valid UTF-8"));
}

#[test]
fn a_view_survives_the_wire() {
    let views = settings(&Document::parse(&b"[GLOBAL]\nport_number = 70000\n"[..]));
    let json = serde_json::to_string(&views).unwrap();
    assert_eq!(serde_json::from_str::<Vec<SettingView>>(&json).unwrap(), views);
}
