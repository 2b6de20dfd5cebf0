use proptest::prelude::*;
use rstest::rstest;

use super::*;
use crate::conf::MAX_BYTES;

#[rstest]
#[case::plain(b"a\nb\n", "a\nb\n")]
#[case::crlf(b"a\r\nb", "a\nb")]
#[case::bom(b"\xEF\xBB\xBFa\n", "a\n")]
#[case::tab(b"a\tb", "a\tb")]
#[case::run(b"a\xFF\xFE\0\x01b", "a\u{fffd}b")]
#[case::two_runs(b"\xFFa\xFF", "\u{fffd}a\u{fffd}")]
#[case::lone_return(b"a\rb\r", "a\u{fffd}b\u{fffd}")]
#[case::return_before_ending(b"a\r\r\n", "a\u{fffd}\n")]
#[case::c1_control("a\u{85}b".as_bytes(), "a\u{fffd}b")]
#[case::half_a_character(b"a\xC3\nb", "a\u{fffd}\nb")]
#[case::text("ä€\u{1f600}".as_bytes(), "ä€\u{1f600}")]
fn a_file_is_shown_as_far_as_it_can_be(#[case] file: &[u8], #[case] expected: &str) {
    assert_eq!(shown(file), expected);
}

#[rstest]
#[case::changed_line(b"a\r\nb\nc\r\n", "a\nB\nc\n", b"a\r\nB\r\nc\r\n")]
#[case::other_lines_keep_their_bytes(b"\xFF\n\x80x\nk = 1\n", "\u{fffd}\n\u{fffd}x\nk = 2\n", b"\xFF\n\x80x\nk = 2\n")]
#[case::box_sends_crlf(b"a\nb\n", "a\r\nb\r\nc\r\n", b"a\nb\nc\n")]
#[case::box_sends_cr(b"a\nb\n", "a\rb\rc\r", b"a\nb\nc\n")]
#[case::bom_stays(b"\xEF\xBB\xBFa\n", "b\n", b"\xEF\xBB\xBFb\n")]
#[case::removed_line(b"a\nb\nc\n", "a\nc\n", b"a\nc\n")]
#[case::open_end_stays(b"a\nb", "x\nb", b"x\nb")]
#[case::open_end_stays_when_changed(b"a\nb", "a\nx", b"a\nx")]
#[case::line_behind_an_open_end(b"a\r\nb", "a\nb\nc", b"a\r\nb\r\nc")]
#[case::ending_added_on_purpose(b"a\nb", "a\nb\n", b"a\nb\n")]
#[case::new_last_line_gets_an_ending(b"a\n", "a\nb", b"a\nb\n")]
#[case::last_line_keeps_its_ending(b"a\nb\n", "a\nb", b"a\nb\n")]
#[case::into_an_empty_file(b"", "a", b"a\n")]
#[case::emptied(b"a\nb\n", "", b"")]
fn the_browser_changes_only_what_was_changed(#[case] file: &[u8], #[case] text: &str, #[case] expected: &[u8]) {
    let result = apply(file, text, TextOrigin::Browser).unwrap();
    assert_eq!(String::from_utf8_lossy(&result), String::from_utf8_lossy(expected));
    assert_eq!(result, expected);
}

#[rstest]
#[case::endings(b"a\r\nb\n", "a\nb\r\n", b"a\nb\r\n")]
#[case::bom_goes(b"\xEF\xBB\xBFa\n", "a\n", b"a\n")]
#[case::bom_comes(b"a\n", "\u{feff}a\n", b"\xEF\xBB\xBFa\n")]
#[case::open_end(b"a\nb\n", "a\nb", b"a\nb")]
#[case::hidden_bytes_stay(b"\xFF\nb\n", "\u{fffd}\nc\n", b"\xFF\nc\n")]
fn a_program_is_taken_at_its_word(#[case] file: &[u8], #[case] text: &str, #[case] expected: &[u8]) {
    assert_eq!(apply(file, text, TextOrigin::Exact).unwrap(), expected);
}

#[test]
fn a_mark_for_hidden_bytes_cannot_be_edited_into_other_text() {
    let file = b"a\nb\xFFc\n";
    let refused = Err(TextError::Unshowable { line: 2 });
    assert_eq!(apply(file, "a\nB\u{fffd}c\n", TextOrigin::Browser), refused);
    assert_eq!(apply(file, "a\nB\u{fffd}c\n", TextOrigin::Exact), refused);
    assert_eq!(apply(file, "a\nBc\n", TextOrigin::Browser).unwrap(), b"a\nBc\n");
    assert_eq!(
        apply("a\n\u{fffd}\n".as_bytes(), "a\nx\u{fffd}\n", TextOrigin::Browser).unwrap(),
        "a\nx\u{fffd}\n".as_bytes()
    );
}

#[test]
fn a_control_character_is_refused_from_a_browser() {
    assert_eq!(apply(b"a\n", "a\nb\0\n", TextOrigin::Browser), Err(TextError::Control { line: 2 }));
    assert_eq!(apply(b"a\n", "a\nb\0\n", TextOrigin::Exact).unwrap(), b"a\nb\0\n");
}

#[test]
fn what_is_too_large_is_refused() {
    let most = "a".repeat(MAX_BYTES);
    assert_eq!(apply(b"", &most, TextOrigin::Exact).unwrap().len(), MAX_BYTES);
    assert_eq!(apply(b"", &format!("{most}a"), TextOrigin::Exact), Err(TextError::TooLarge));
    assert_eq!(apply(b"", &most.repeat(5), TextOrigin::Browser), Err(TextError::TooLarge));
    let larger = b"a\n".repeat(MAX_BYTES);
    assert_eq!(
        apply(&larger, &shown(&larger), TextOrigin::Browser).unwrap(),
        larger,
        "kept as it is, it is not refused"
    );
    let hidden = b"\xFF\n".repeat(MAX_BYTES / 2);
    let submitted = shown(&hidden).replace('\n', "\r\n");
    assert_eq!(apply(&hidden, &submitted, TextOrigin::Browser).unwrap(), hidden);
}

#[test]
fn sentences_are_whole() {
    for error in [TextError::TooLarge, TextError::Unshowable { line: 3 }, TextError::Control { line: 3 }] {
        assert!(error.to_string().ends_with('.'));
    }
}

fn file() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        proptest::sample::select(vec![
            &b"\r\n"[..],
            b"\n",
            b"\r",
            b"\xEF\xBB\xBF",
            b"k = v",
            b"\xFF",
            b"\0",
            b"\t",
            "\u{fffd}".as_bytes()
        ])
        .prop_map(<[u8]>::to_vec),
        any::<Vec<u8>>(),
    ];
    proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn a_file_that_is_shown_and_saved_is_the_same_file(file in file()) {
        let text = shown(&file);
        prop_assert!(!text.contains(|c: char| c.is_control() && c != '\t' && c != '\n'));
        prop_assert_eq!(&apply(&file, &text, TextOrigin::Browser).unwrap(), &file);
        prop_assert_eq!(&apply(&file, &text.replace('\n', "\r\n"), TextOrigin::Browser).unwrap(), &file);
    }

    #[test]
    fn exact_text_over_a_readable_file_is_what_is_written(
        file in "(\u{feff})?([a-c\t\u{fffd}]{0,2}(\r\n|\n)){0,8}[a-c]?",
        text in "(\u{feff})?([a-c\t\r\u{0}\u{fffd}]{0,2}(\r\n|\n)){0,8}[a-c]?",
    ) {
        prop_assert_eq!(apply(file.as_bytes(), &text, TextOrigin::Exact).unwrap(), text.as_bytes());
    }

    #[test]
    fn one_changed_line_changes_no_other(lines in proptest::collection::vec("[ab]{0,3}(\r\n|\n)", 1..12), at in any::<proptest::sample::Index>()) {
        let at = at.index(lines.len());
        let file = lines.concat();
        let text = |new: &str| -> String {
            lines.iter().enumerate().map(|(n, line)| if n == at { format!("{new}\n") } else { line.replace('\r', "") }).collect()
        };
        let result = apply(file.as_bytes(), &text("new"), TextOrigin::Browser).unwrap();
        let before: usize = lines[..at].iter().map(String::len).sum();
        let after: usize = lines[at + 1..].iter().map(String::len).sum();
        prop_assert_eq!(&result[..before], &file.as_bytes()[..before]);
        prop_assert_eq!(&result[result.len() - after..], &file.as_bytes()[file.len() - after..]);
        let middle = &result[before..result.len() - after];
        prop_assert!(middle == b"new\n" || middle == b"new\r\n");
    }
}

proptest! {
    #[test]
    fn what_a_program_was_shown_sent_back_changes_nothing(file in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert_eq!(apply(&file, &exact(&file), TextOrigin::Exact), Ok(file));
    }

    #[test]
    fn crlf_and_byte_order_mark_go_there_and_back(lines in prop::collection::vec("[a-z=# ]{0,8}", 0..8)) {
        let file = format!("\u{feff}{}", lines.join("\r\n"));
        prop_assert_eq!(&exact(file.as_bytes()), &file);
    }
}
