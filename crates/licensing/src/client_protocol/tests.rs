use super::*;

fn hello() -> Hello {
    Hello {
        protocol: VERSION,
        client: "media-1".to_owned(),
        run: "0b7c0d5e-9a41-4a52-8f5b-6f6d2b1c9a77".to_owned(),
        replaces: None,
        name: "Media server 1".to_owned(),
        host: "vm-7".to_owned(),
        software: String::new(),
        deployment: None,
        ve: None,
        observed: None,
    }
}

fn record(outcome: CheckOutOutcome, to: Option<i64>) -> CheckOut {
    let product = "SPEECH".parse().unwrap();
    let from = 1_800_000_000_000;
    CheckOut { product, user: String::new(), host: String::new(), from, to, outcome, opened: None, before: None }
}

fn records(records: Vec<CheckOut>) -> Records {
    let Hello { client, run, .. } = hello();
    Records { protocol: VERSION, client, run, epoch: 1, first: 1, now: None, records }
}

#[test]
fn the_server_counts_a_limit_longer_than_any_client_keeps_it() {
    assert_eq!((CACHE_MS, COUNTED_MS), (120_000, 122_200));
}

#[test]
fn a_version_from_the_future_is_refused_by_name() {
    let fault = Hello { protocol: 7, ..hello() }.check().unwrap_err();
    assert_eq!((fault.kind, fault.kind.status()), (FaultKind::ProtocolVersion, 400));
    assert!(fault.detail.starts_with("License protocol version is invalid."), "{fault}");
    assert_eq!(serde_json::to_value(fault.answer()).unwrap()["type"], "protocol-version");
}

#[test]
fn long_or_odd_ids_and_names_are_refused() {
    assert_eq!(hello().check(), Ok(()));
    for client in [String::new(), "x".repeat(10 * 1024), "a b".to_owned(), "a\u{202e}".to_owned()] {
        assert_eq!(Hello { client, ..hello() }.check().unwrap_err().kind, FaultKind::Malformed);
    }
    for name in [String::new(), " ".to_owned(), "x".repeat(129), "a\u{7}".to_owned()] {
        assert_eq!(Hello { name, ..hello() }.check().unwrap_err().kind, FaultKind::Malformed);
    }
}

#[test]
fn a_record_says_all_that_its_outcome_needs_and_no_more() {
    let end = Some(1_800_000_000_001);
    for (good, outcome, to) in [
        (true, CheckOutOutcome::Returned, end),
        (true, CheckOutOutcome::Flushed, end),
        (true, CheckOutOutcome::Open, None),
        (true, CheckOutOutcome::Denied, None),
        (false, CheckOutOutcome::Returned, None),
        (false, CheckOutOutcome::Returned, Some(1_799_999_999_999)),
        (false, CheckOutOutcome::Open, end),
        (false, CheckOutOutcome::Lost, end),
        (false, CheckOutOutcome::Returned, Some(i64::MAX)),
    ] {
        let checked = records(vec![record(outcome, to)]).check();
        assert_eq!(checked.is_ok(), good, "{outcome:?} {to:?}: {checked:?}");
    }
}

#[test]
fn what_is_left_out_of_a_refresh_is_zero() {
    let text = r#"{"protocol":1,"client":"a","run":"b","epoch":1,"sequence":1,"products":{"SPEECH":{"want":2}}}"#;
    let refresh: Refresh = serde_json::from_str(text).unwrap();
    assert_eq!(refresh.products[&"SPEECH".parse::<ProductCode>().unwrap()], Use { want: 2, ..Use::default() });
    assert_eq!(refresh.check(), Ok(()));
}

#[test]
fn counters_beyond_what_the_protocol_allows_are_refused_by_name() {
    let refresh = |field: &str, number: u64| -> Refresh {
        let text = format!(
            r#"{{"protocol":1,"client":"a","run":"b","epoch":1,"sequence":1,"products":{{"SPEECH":{{"{field}":{number}}}}}}}"#
        );
        serde_json::from_str(&text).unwrap()
    };
    for field in ["usage_count", "usage_ms", "denied"] {
        assert_eq!(refresh(field, MOST_COUNTED).check(), Ok(()), "{field}");
        for number in [MOST_COUNTED + 1, u64::MAX] {
            let fault = refresh(field, number).check().unwrap_err();
            assert_eq!(fault.kind, FaultKind::Malformed);
            assert!(fault.detail.contains("SPEECH") && fault.detail.contains(field), "{fault}");
        }
    }
    let audio = Refresh { audio_ms: MOST_COUNTED + 1, ..refresh("denied", 0) };
    assert!(audio.check().unwrap_err().detail.contains("audio_ms"));
    let dropped = Refresh { dropped: u64::MAX, ..refresh("denied", 0) };
    assert!(dropped.check().unwrap_err().detail.contains("dropped"));
    let late = Records { first: u64::MAX, ..records(vec![record(CheckOutOutcome::Denied, None)]) };
    assert!(late.check().unwrap_err().detail.contains("first"));
}
