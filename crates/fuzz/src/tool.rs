//! The command line of `license-reporter-tool`.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

/// One argument for each line of the input.
pub(crate) fn arguments(bytes: &[u8]) {
    // Files are not opened: the input names any.
    if String::from_utf8_lossy(bytes).contains("File") {
        return;
    }
    let arguments = bytes.split(|byte| *byte == b'\n').map(|argument| OsString::from_vec(argument.to_vec()));
    if let Err(failure) = reporting::tool::check(arguments) {
        assert_eq!(failure.code, 2, "a command line is refused as such: {failure}");
        assert!(failure.sentence.ends_with(['.', '?']), "{failure}");
        assert!(failure.sentence.len() + failure.hint.len() < 2_000, "{failure}");
    }
}
