use rstest::rstest;

use super::*;

const VENDOR: &[u8] = include_bytes!("../../../tests/fixtures/license_server.conf");

fn value(file: &[u8], section: &str, key: &str) -> Option<(String, usize)> {
    let document = Document::parse(file);
    let found = document.get(section, key)?;
    Some((String::from_utf8_lossy(found.value).into_owned(), found.line))
}

#[rstest]
#[case::plain(b"[GLOBAL]\nport_number = 7569\n", "7569", 2)]
#[case::crlf(b"[GLOBAL]\r\nport_number = 7569\r\n", "7569", 2)]
#[case::bom(b"\xEF\xBB\xBF[GLOBAL]\nport_number = 7569\n", "7569", 2)]
#[case::tabs(b"\t[GLOBAL]\n\tport_number\t=\t7569\t\n", "7569", 2)]
#[case::no_blanks(b"[GLOBAL]\nport_number=7569\n", "7569", 2)]
#[case::no_final_newline(b"[GLOBAL]\nport_number = 7569", "7569", 2)]
#[case::key_case(b"[GLOBAL]\nPORT_Number = 7569\n", "7569", 2)]
#[case::section_case(b"[ global ]\nport_number = 7569\n", "7569", 2)]
#[case::text_behind_section(b"[GLOBAL] # here\nport_number = 7569\n", "7569", 2)]
#[case::the_word_default(b"[GLOBAL]\nport_number = default\n", "default", 2)]
#[case::no_inline_comment(b"[GLOBAL]\nport_number = 7569 # old\n", "7569 # old", 2)]
#[case::equals_in_value(b"[GLOBAL]\nport_number = a = b\n", "a = b", 2)]
#[case::empty(b"[GLOBAL]\nport_number =\n", "", 2)]
#[case::last_counts(b"[GLOBAL]\nport_number = 1\nport_number = 2\n", "2", 3)]
#[case::sections_merge(b"[GLOBAL]\nport_number = 1\n[X]\nport_number = 3\n[global]\nPORT_NUMBER = 2\n", "2", 6)]
#[case::junk_around(b"[GLOBAL\n[GLOBAL]\n\x00\xFF\nwhat is = this\nport_number = 7569\n", "7569", 5)]
fn the_value_that_counts_is_found(#[case] file: &[u8], #[case] expected: &str, #[case] line: usize) {
    assert_eq!(value(file, "GLOBAL", "port_number"), Some((expected.to_owned(), line)));
}

#[rstest]
#[case::absent(b"[GLOBAL]\n")]
#[case::other_section(b"[OTHER]\nport_number = 1\n")]
#[case::before_any_section(b"port_number = 1\n[GLOBAL]\n")]
#[case::commented_out(b"[GLOBAL]\n#port_number = 1\n;port_number = 2\n")]
#[case::blank_in_key(b"[GLOBAL]\nport number = 1\n")]
#[case::empty_file(b"")]
#[case::bom_only(b"\xEF\xBB\xBF")]
fn what_is_not_there_is_not_found(#[case] file: &[u8]) {
    assert_eq!(value(file, "GLOBAL", "port_number"), None);
}

#[test]
fn lines_before_the_first_section_belong_to_the_nameless_one() {
    assert_eq!(value(b"a.b-c_1 = 2\n[GLOBAL]\n", "", "A.B-C_1"), Some(("2".to_owned(), 1)));
}

#[test]
fn every_line_has_its_kind_and_ending() {
    let file = b"\xEF\xBB\xBF [A] x\r\n\n \t\nk = v\n = v\n# c\n ;c\n[open\nk=\r";
    let document = Document::parse(file);
    let lines: Vec<_> = document.lines().map(|line| (line.kind, line.ending)).collect();
    let expected: Vec<(LineKind<'_>, &[u8])> = vec![
        (LineKind::Section(b"A"), b"\r\n"),
        (LineKind::Blank, b"\n"),
        (LineKind::Blank, b"\n"),
        (LineKind::Entry { key: b"k", value: b"v" }, b"\n"),
        (LineKind::Junk, b"\n"),
        (LineKind::Comment, b"\n"),
        (LineKind::Comment, b"\n"),
        (LineKind::Junk, b"\n"),
        (LineKind::Entry { key: b"k", value: b"\r" }, b""),
    ];
    assert_eq!(lines, expected);
    assert_eq!(document.line_count(), 9);
    assert_eq!(document.as_bytes(), file);
}

#[rstest]
#[case::plain(b"[GLOBAL]\nk = 1\n", b"[GLOBAL]\nk = 2\n")]
#[case::crlf_and_blanks(b"[GLOBAL]\r\n  k\t=\t1 \t\r\nx\r\n", b"[GLOBAL]\r\n  k\t=\t2 \t\r\nx\r\n")]
#[case::bom(b"\xEF\xBB\xBF[GLOBAL]\nk = 1\n", b"\xEF\xBB\xBF[GLOBAL]\nk = 2\n")]
#[case::case_is_kept(b"[Global]\nK = default\n", b"[Global]\nK = 2\n")]
#[case::last_of_duplicates(b"[GLOBAL]\nk = 1\nk = 1\n", b"[GLOBAL]\nk = 1\nk = 2\n")]
#[case::no_final_newline(b"[GLOBAL]\nk = 1", b"[GLOBAL]\nk = 2")]
#[case::junk_and_bytes(b"\xFF\xFE x\n[GLOBAL]\n\x00\nk = \xC3\x28\n\x80", b"\xFF\xFE x\n[GLOBAL]\n\x00\nk = 2\n\x80")]
#[case::empty_value(b"[GLOBAL]\nk =\r\n", b"[GLOBAL]\nk =2\r\n")]
#[case::empty_value_with_blank(b"[GLOBAL]\nk = \t\n", b"[GLOBAL]\nk = \t2\n")]
#[case::absent(b"[GLOBAL]\na = 1\n\n# end\n[X]\nb = 2\n", b"[GLOBAL]\na = 1\nk = 2\n\n# end\n[X]\nb = 2\n")]
#[case::absent_crlf(b"[GLOBAL]\r\na = 1\r\n", b"[GLOBAL]\r\na = 1\r\nk = 2\r\n")]
#[case::absent_no_final_newline(b"[GLOBAL]\r\na = 1", b"[GLOBAL]\r\na = 1\r\nk = 2\r\n")]
#[case::absent_empty_section(b"# c\n[GLOBAL]\n# d\n", b"# c\n[GLOBAL]\nk = 2\n# d\n")]
#[case::absent_last_occurrence(
    b"[GLOBAL]\na = 1\n[X]\n[GLOBAL]\nb = 1\n# c\n",
    b"[GLOBAL]\na = 1\n[X]\n[GLOBAL]\nb = 1\nk = 2\n# c\n"
)]
#[case::header_without_ending(b"[GLOBAL]", b"[GLOBAL]\nk = 2\n")]
#[case::no_section(b"# c\r\n", b"# c\r\n[GLOBAL]\r\nk = 2\r\n")]
#[case::no_section_no_final_newline(b"x = 1\r\ny", b"x = 1\r\ny\r\n[GLOBAL]\r\nk = 2\r\n")]
#[case::empty_file(b"", b"[GLOBAL]\nk = 2\n")]
#[case::bom_only(b"\xEF\xBB\xBF", b"\xEF\xBB\xBF[GLOBAL]\nk = 2\n")]
#[case::open_line_ends_in_return(b"[GLOBAL]\na = 1\r", b"[GLOBAL]\na = 1\r\r\nk = 2\n")]
fn an_edit_changes_that_value_and_nothing_else(#[case] file: &[u8], #[case] expected: &[u8]) {
    let mut document = Document::parse(file);
    let change = document.set("GLOBAL", "k", "2").unwrap();
    assert_eq!(String::from_utf8_lossy(document.as_bytes()), String::from_utf8_lossy(expected));
    assert_eq!(document.as_bytes(), expected);
    let found = document.get("global", "K").unwrap();
    assert_eq!((found.value, found.line), (&b"2"[..], change.line));

    let again = document.set("GLOBAL", "k", "2").unwrap();
    assert_eq!(again, ConfEdit { line: change.line, inserted: false });
    assert_eq!(document.as_bytes(), expected, "the same value again changes nothing");
}

#[test]
fn the_nameless_section_starts_behind_the_byte_order_mark() {
    let mut document = Document::parse(&b"\xEF\xBB\xBF[A]\nb = 1\n"[..]);
    assert_eq!(document.set("", "k", "2"), Ok(ConfEdit { line: 1, inserted: true }));
    assert_eq!(document.as_bytes(), b"\xEF\xBB\xBFk = 2\n[A]\nb = 1\n");
}

#[rstest]
#[case("GLOBAL", "k", "a\nb", SetError::LineBreak)]
#[case("GLOBAL", "k", "a\r", SetError::LineBreak)]
#[case("GLOBAL", "k", "a\0b", SetError::LineBreak)]
#[case("GLOBAL", "k", " a", SetError::OuterBlank)]
#[case("GLOBAL", "k", "a\t", SetError::OuterBlank)]
#[case("GLOBAL", "", "a", SetError::Key)]
#[case("GLOBAL", "a b", "a", SetError::Key)]
#[case("GLOBAL", "a=b", "a", SetError::Key)]
#[case("GLOBAL", "é", "a", SetError::Key)]
#[case("a]b", "k", "a", SetError::Section)]
#[case("a\nb", "k", "a", SetError::Section)]
#[case(" a", "k", "a", SetError::Section)]
fn what_would_not_read_back_is_refused(
    #[case] section: &str,
    #[case] key: &str,
    #[case] value: &str,
    #[case] expected: SetError,
) {
    let mut document = Document::parse(VENDOR);
    assert_eq!(document.set(section, key, value), Err(expected));
    assert_eq!(document.as_bytes(), VENDOR);
    assert!(expected.to_string().ends_with('.'));
}

#[test]
fn occurrences_are_listed_in_order() {
    let document = Document::parse(&b"[GLOBAL]\nk = 1\n[X]\nk = 2\n[global]\nK = 3\n"[..]);
    assert_eq!(document.occurrences("GLOBAL", "k"), [2, 6]);
    assert_eq!(document.occurrences("GLOBAL", "absent"), [0; 0]);
}

#[test]
fn every_setting_of_a_vendor_file_is_found_and_can_be_edited_alone() {
    for setting in crate::conf::setting::SETTINGS {
        let mut document = Document::parse(VENDOR);
        let before = document.get("GLOBAL", setting.key).unwrap();
        let (line, old) = (before.line, before.value.to_vec());
        assert_eq!(document.set("GLOBAL", setting.key, "edited"), Ok(ConfEdit { line, inserted: false }));
        let changed: Vec<_> = Document::parse(VENDOR)
            .lines()
            .zip(document.lines())
            .filter(|(old, new)| old.bytes != new.bytes)
            .map(|(_, new)| new.number)
            .collect();
        assert_eq!(changed, [line]);
        document.set("GLOBAL", setting.key, str::from_utf8(&old).unwrap()).unwrap();
        assert_eq!(document.as_bytes(), VENDOR);
    }
}
