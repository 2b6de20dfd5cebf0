//! Lines of files that others may have written.

use licensing::{
    log_line::{LogLine, Redactor, begins_with_stamp, visible, without_secrets},
    plain_text::breaks_a_line,
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
