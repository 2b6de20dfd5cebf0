//! Lines of files that others may have written.

use jiff::tz::TimeZone;
use licensing::{
    log_line::{LogLine, Redactor, begins_with_stamp, visible, without_secrets},
    plain_text::breaks_a_line,
    source::{Picture, flexnet_license, flexnet_log, lmstat, rlm_log, rlmstat},
    usage::UsageLine,
};

pub(crate) fn log_line(bytes: &[u8]) {
    let _ = begins_with_stamp(bytes);
    let text = String::from_utf8_lossy(bytes);
    let mut redactor = Redactor::new([]);
    for line in text.split('\n') {
        assert!(!visible(line).chars().any(breaks_a_line), "{line:?}");
        let _ = without_secrets(line);
        let _ = redactor.redact(line);
        if let Some(read) = LogLine::parse(line) {
            let written = read.write();
            let again = LogLine::parse(&written).expect("a line that was written is one");
            assert_eq!((again.stamp, again.level, again.component), (read.stamp, read.level, read.component));
            assert!(!written.contains(['\n', '\r']), "it stays one line");
        }
    }
}

pub(crate) fn usage_line(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    for line in text.split('\n') {
        // Times are written without a sign: no check-out is from before 1970.
        let Some(read) = UsageLine::parse(line).filter(|read| read.from >= 0) else { continue };
        let mut written = Vec::new();
        read.write(&mut written);
        let written = String::from_utf8(written).expect("it is written as text");
        assert_eq!(UsageLine::parse(&written).as_ref(), Some(&read));
        assert_eq!(written.matches('\n').count(), 1, "it stays one line");
    }
}

/// 2031-01-05T09:00Z.
const RECEIVED: i64 = 1_925_456_400_000;

/// What other license daemons print; the first byte chooses the reader.
pub(crate) fn source_texts(bytes: &[u8]) {
    let Some((first, text)) = bytes.split_first() else { return };
    match first % 5 {
        0 => picture(&lmstat::read(text, &TimeZone::UTC, RECEIVED)),
        1 => picture(&rlmstat::read(text, &TimeZone::UTC, RECEIVED)),
        2 => picture(&flexnet_license::read(text, &TimeZone::UTC)),
        3 => {
            let read = |size: usize| {
                let (mut reader, mut events) = (flexnet_log::LogReader::default(), Vec::new());
                for piece in text.chunks(size) {
                    reader.feed(piece, &TimeZone::UTC, &mut |event| events.push(event));
                }
                reader.finish(&TimeZone::UTC, &mut |event| events.push(event));
                (events, reader.unread)
            };
            let (events, unread) = read(usize::MAX);
            assert!(read(3) == (events.clone(), unread), "it is read in pieces as it is read whole");
            let mut sessions = flexnet_log::Sessions::default();
            for ended in events.iter().flat_map(|event| sessions.next(event)).collect::<Vec<_>>() {
                assert!(ended.to.is_some_and(|to| to >= ended.from) && ended.count > 0, "{ended:?}");
            }
        }
        _ => {
            let (mut reader, mut lines) = (rlm_log::ReportLogReader::default(), Vec::new());
            reader.feed(text, &TimeZone::UTC, &mut |event| lines.push(event.line));
            reader.finish(&TimeZone::UTC, &mut |event| lines.push(event.line));
            assert!(lines.is_sorted(), "events come in the order of the log");
        }
    }
}

fn picture(read: &Picture) {
    for feature in &read.features {
        let names =
            feature.held.iter().flat_map(|held| [&held.user, &held.host, &held.display, &held.extra, &held.handle]);
        for name in names.chain([&feature.name, &feature.vendor]) {
            assert!(!name.chars().any(char::is_control), "{name:?}");
        }
        let _ = (feature.taken(), feature.reserved(), feature.expires());
    }
    assert!(read.unread.lines.len() <= read.unread.count, "what is kept is counted");
}
