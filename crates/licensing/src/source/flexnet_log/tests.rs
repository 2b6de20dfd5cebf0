use super::*;

fn events(log: &[u8]) -> (Vec<LogEvent>, LogReader) {
    let (mut reader, mut events) = (LogReader::default(), Vec::new());
    reader.feed(log, &TimeZone::UTC, &mut |event| events.push(event));
    reader.finish(&TimeZone::UTC, &mut |event| events.push(event));
    (events, reader)
}

fn at(text: &str) -> Millis {
    text.parse::<jiff::Timestamp>().unwrap().as_millisecond()
}

const LOG: &str = r#"23:59:58 (acmed) OUT: "router_pro" Ann Example@ws-12  (5 licenses)
 0:00:01 (acmed) TIMESTAMP 1/1/2031
 0:00:09 (acmed) DENIED: "router_pro" bo@ws-13  (Licensed number of users already reached. (-4,342:10054 ""))
 0:00:10 (acmed) OUT: "router_pro" bo@ws-13
 0:01:40 (acmed) UNSUPPORTED: "router_x" (PORT_AT_HOST_PLUS   ) bo@ws-13  (No such feature exists. (-5,346))
 0:02:00 (acmed) IN: "router_pro" Ann Example@ws-12  (5 licenses) (SHUTDOWN)
 0:02:01 (otherd) OUT: "x" ann@corp.example@ws-9  [data @ 1]  (2 licenses) 
23:10:00 (acmed) DENIED: "router_pro" cy@ws-1  (User/host on EXCLUDE list. (-38,1))
 1:00:00 (acmed) OUT: "v" @ws-7 (3) ^^^ 11.0 di 10.0.0.1 4242 77 3 5 none 11.19 0 1/2 1:00:00 0 ^^^
list of features	without prefix
 1:00:01 (acmed) OUT: nothing
 1:00:02 (acmed) Server started on lic-a for:	router_pro
"#;

#[test]
fn lines_before_the_first_date_belong_to_the_day_before_where_the_clock_jumps() {
    let (events, reader) = events(LOG.as_bytes());
    let told: Vec<_> = events.iter().map(|e| (e.at, e.user.as_str(), e.host.as_str(), e.count)).collect();
    assert_eq!(
        told,
        [
            (at("2030-12-31T23:59:58Z"), "Ann Example", "ws-12", 5),
            (at("2031-01-01T00:00:09Z"), "bo", "ws-13", 1),
            (at("2031-01-01T00:00:10Z"), "bo", "ws-13", 1),
            (at("2031-01-01T00:02:00Z"), "Ann Example", "ws-12", 5),
            (at("2031-01-01T00:02:01Z"), "ann@corp.example", "ws-9", 2),
            (at("2031-01-01T23:10:00Z"), "cy", "ws-1", 1),
            (at("2031-01-02T01:00:00Z"), "di", "ws-7", 3),
            (at("2031-01-02T01:00:02Z"), "", "", 0),
        ]
    );
    assert_eq!((reader.unsupported, reader.unread.count), (1, 1));
    assert_eq!(events[6].handle, "77");
    assert_eq!(reader.unread.lines[0].line, 11);
}

#[test]
fn a_log_fed_byte_by_byte_and_kept_in_between_tells_the_same() {
    let (whole, _) = events(LOG.as_bytes());
    let (mut reader, mut parts) = (LogReader::default(), Vec::new());
    for byte in LOG.as_bytes() {
        reader.feed(&[*byte], &TimeZone::UTC, &mut |event| parts.push(event));
        reader = serde_json::from_str(&serde_json::to_string(&reader).unwrap()).unwrap();
    }
    reader.finish(&TimeZone::UTC, &mut |event| parts.push(event));
    assert_eq!(parts, whole);
}

#[test]
fn three_kinds_of_denial_are_apart() {
    for (code, kind) in [
        (Some(-4), DenialKind::Shortage),
        (Some(-101), DenialKind::Shortage),
        (Some(-38), DenialKind::Policy),
        (Some(-39), DenialKind::Policy),
        (Some(-5), DenialKind::Configuration),
        (Some(-21), DenialKind::Configuration),
    ] {
        assert_eq!(denial_kind(code), kind, "{code:?}");
    }
}

#[test]
fn a_denial_that_is_served_at_once_is_none_and_of_a_chain_the_last_counts() {
    let log = r#" 0:00:01 (a) TIMESTAMP 1/1/2031
 0:00:09 (a) DENIED: "f" bo@h  (All in use. (-4,342))
 0:00:10 (a) OUT: "f" bo@h
 0:01:00 (a) DENIED: "f" cy@h  (All in use. (-4,342))
 0:01:00 (a) DENIED: "f" cy@h  (All in use. (-4,342))
 0:01:08 (a) DENIED: "f" cy@h  (All in use. (-4,342))
 0:02:00 (a) DENIED: "f" cy@h  (All in use. (-4,342))
"#;
    let mut filter = DenialFilter::default();
    let (events, _) = events(log.as_bytes());
    let mut denied: Vec<LogEvent> = events.iter().flat_map(|event| filter.next(event, CHAIN_MS)).collect();
    denied.extend(filter.finish());
    let told: Vec<_> = denied.iter().map(|e| (e.at, e.user.as_str())).collect();
    assert_eq!(told, [(at("2031-01-01T00:01:08Z"), "cy"), (at("2031-01-01T00:02:00Z"), "cy")]);
}

#[test]
fn returns_end_the_oldest_and_a_restart_ends_everything_of_its_daemon() {
    let log = r#" 0:00:01 (a) TIMESTAMP 1/1/2031
 0:00:10 (a) OUT: "f" bo@h
 0:00:20 (a) OUT: "f" bo@h  (3 licenses)
 0:00:30 (a) IN: "f" bo@h
 0:00:40 (a) IN: "f" bo@h  (2 licenses)
 0:00:50 (b) OUT: "f" bo@h
 0:00:55 (a) IN: "g" bo@h
 0:01:00 (a) EXITING DUE TO SIGNAL 15
"#;
    let mut sessions = Sessions::default();
    let (events, _) = events(log.as_bytes());
    let ended: Vec<Session> = events.iter().flat_map(|event| sessions.next(event)).collect();
    let second = |at: Millis| (at - self::at("2031-01-01T00:00:00Z")) / 1000;
    let told: Vec<_> = ended.iter().map(|s| (second(s.from), s.to.map(second), s.count, s.cut)).collect();
    assert_eq!(told, [(10, Some(30), 1, false), (20, Some(40), 2, false), (20, Some(60), 1, true)]);
    assert_eq!(sessions.unpaired, 1);
    assert_eq!(sessions.open().count(), 1, "the other daemon goes on");
}

#[test]
fn rubbish_and_endless_lines_are_bounded() {
    let mut log = vec![b'x'; 1_000_000];
    log.extend_from_slice(b"\n\x00\xff\xfe\n 0:00:01 (a) TIMESTAMP 1/1/2031\n 0:00:02 (a) OUT: \"f\" bo@h\n");
    let (events, reader) = events(&log);
    assert_eq!(events.len(), 1);
    assert_eq!(reader.unread.count, 1);
}
