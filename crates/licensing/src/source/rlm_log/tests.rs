use super::super::flexnet_log::{DenialKind, Sessions, denial_kind};
use super::*;

fn events(log: &str) -> (Vec<LogEvent>, ReportLogReader) {
    let (mut reader, mut events) = (ReportLogReader::default(), Vec::new());
    for part in log.as_bytes().chunks(7) {
        reader.feed(part, &TimeZone::UTC, &mut |event| events.push(event));
    }
    reader.finish(&TimeZone::UTC, &mut |event| events.push(event));
    (events, reader)
}

fn at(text: &str) -> i64 {
    text.parse::<jiff::Timestamp>().unwrap().as_millisecond()
}

#[test]
fn the_standard_form_pairs_by_user_and_passes_new_year() {
    let log = r#"RLM Report Log Format 0, version 4.0
ISV: acme, RLM version 14.1 BL3
some text of the head
START lic-r 12/31/2030 23:50
PRODUCT render 1.0 3 4 0 4 "" "" "" "" "" "" 0 1 0 0
OUT render 1.0 3 ann ws-12 "" 2 2 0 1a 1a 4d2 "" "render" "1.0" 12/31 23:58:00
DENY render 1.0 bo ws-13 "" 1 -22 0 12/31 23:59
DENY render 1.0 bo ws-13 "" 1 -22 1 12/31 23:59
IN 1 render 1.0 ann ws-12 "" 2 0 0 1a 01/01 00:01:00
01/01/2031 00:05
OUT render 1.0 3 cy "" "" 1 1 0 1b 1b 4d3 "" "render" "1.0" 01/01 00:06:00
END 01/01/2031 00:10
???
"#;
    let (events, reader) = events(log);
    let told: Vec<_> = events.iter().map(|e| (e.at, e.user.as_str(), e.count)).collect();
    assert_eq!(
        told,
        [
            (at("2030-12-31T23:50:00Z"), "", 0),
            (at("2030-12-31T23:58:00Z"), "ann", 2),
            (at("2030-12-31T23:59:00Z"), "bo", 1),
            (at("2031-01-01T00:01:00Z"), "ann", 2),
            (at("2031-01-01T00:06:00Z"), "cy", 1),
            (at("2031-01-01T00:10:00Z"), "", 0),
        ]
    );
    assert_eq!((reader.not_last, reader.unread.count), (1, 1));
    let LogEventKind::Denied { code, .. } = events[2].kind else { panic!() };
    assert_eq!(denial_kind(code), DenialKind::Shortage);
    let mut sessions = Sessions::default();
    let ended: Vec<_> = events.iter().flat_map(|event| sessions.next(event)).map(|s| (s.user, s.cut)).collect();
    assert_eq!(ended, [("ann".to_owned(), false), ("cy".to_owned(), true)]);
}

#[test]
fn the_small_form_names_only_handles_at_the_return_and_the_detailed_one_has_milliseconds() {
    let small = r#"RLM Report Log Format 1, version 4.0
ISV: acme, RLM version 14.1 BL3
START lic-r 01/05/2031 23:00
OUT render 1.0 ann ws-12 "" 2 1a 1a 23:30
IN 1 2 1a 00:10
IN 1 1 ff 00:11
"#;
    let (events_small, reader) = events(small);
    let told: Vec<_> = events_small.iter().skip(1).map(|e| (e.at, e.user.as_str())).collect();
    assert_eq!(told, [(at("2031-01-05T23:30:00Z"), "ann"), (at("2031-01-06T00:10:00Z"), "ann")]);
    assert_eq!(reader.unread.count, 1);
    let detailed = r#"RLM Report Log Format 2, version 4.0
START lic-r 01/05/2031 08:00
OUT render 1.0 3 ann ws-12 "" 1 1 0 1a 1a 4d2 "my project" "render" "1.0" 01/05 08:00:01.250 "linux" "/opt/render" 0 "" 10.0.0.1
"#;
    let (events, _) = events(detailed);
    assert_eq!(events[1].at, at("2031-01-05T08:00:01.250Z"));
}
