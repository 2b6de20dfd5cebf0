use proptest::prelude::*;
use rstest::rstest;

use super::*;

const CANONICAL: &str = "{DF9960A1-7BD5-633B-F0F4-B1470BBD0B8E}";

#[rstest]
#[case::canonical("{DF9960A1-7BD5-633B-F0F4-B1470BBD0B8E}")]
#[case::lower_case("{df9960a1-7bd5-633b-f0f4-b1470bbd0b8e}")]
#[case::no_braces("DF9960A1-7BD5-633B-F0F4-B1470BBD0B8E")]
#[case::only_opening("{DF9960A1-7BD5-633B-F0F4-B1470BBD0B8E")]
#[case::only_closing("DF9960A1-7BD5-633B-F0F4-B1470BBD0B8E}")]
#[case::no_hyphens("DF9960A17BD5633BF0F4B1470BBD0B8E")]
#[case::some_hyphens("DF9960A1-7BD5633BF0F4-B1470BBD0B8E")]
#[case::blanks(" \t{DF9960A1-7BD5-633B-F0F4-B1470BBD0B8E}\r\n")]
#[case::no_break_space("\u{a0}{DF9960A1-7BD5-633B-F0F4-B1470BBD0B8E}\u{a0}")]
#[case::quotes("\"{DF9960A1-7BD5-633B-F0F4-B1470BBD0B8E}\"")]
#[case::typographic_quotes("“DF9960A1-7BD5-633B-F0F4-B1470BBD0B8E”")]
#[case::low_quotes("„DF9960A1-7BD5-633B-F0F4-B1470BBD0B8E“")]
#[case::json("\"DF9960A1-7BD5-633B-F0F4-B1470BBD0B8E\",")]
#[case::semicolon("DF9960A1-7BD5-633B-F0F4-B1470BBD0B8E;")]
#[case::blanks_in_braces("{ DF9960A1-7BD5-633B-F0F4-B1470BBD0B8E }")]
#[case::conf_line("LICENSE_SERVER_GUID = {DF9960A1-7BD5-633B-F0F4-B1470BBD0B8E}")]
#[case::conf_line_mixed_case("license_server_Guid=\"{df9960a1-7bd5-633b-f0f4-b1470bbd0b8e}\"")]
#[case::word_processor_hyphens("DF9960A1–7BD5–633B–F0F4–B1470BBD0B8E")]
#[case::byte_order_mark("\u{feff}DF9960A1-7BD5-633B-F0F4-B1470BBD0B8E")]
fn what_people_paste_is_read(#[case] input: &str) {
    assert_eq!(Guid::parse(input).map(|guid| guid.to_string()), Ok(CANONICAL.to_owned()));
}

#[rstest]
#[case::empty("", GuidError::Empty)]
#[case::blank("  \n", GuidError::Empty)]
#[case::braces("{}", GuidError::Empty)]
#[case::quotes("\"\"", GuidError::Empty)]
#[case::key_only("LICENSE_SERVER_GUID =", GuidError::Empty)]
#[case::placeholder("$LV_LIC", GuidError::Placeholder { word: "$LV_LIC" })]
#[case::placeholder_lower("$lv_lic", GuidError::Placeholder { word: "$LV_LIC" })]
#[case::placeholder_braces("${LV_LIC}", GuidError::Placeholder { word: "$LV_LIC" })]
#[case::placeholder_line("LICENSE_SERVER_GUID = $LV_LIC", GuidError::Placeholder { word: "$LV_LIC" })]
#[case::get_cluster(
    "{get-cluster-guid-from-lumenvox}",
    GuidError::Placeholder { word: "GET-CLUSTER-GUID-FROM-LUMENVOX" }
)]
#[case::two("{DF9960A1-7BD5-633B-F0F4-B1470BBD0B8E} {DF9960A1-7BD5-633B-F0F4-B1470BBD0B8F}", GuidError::Several)]
#[case::two_joined("DF9960A17BD5633BF0F4B1470BBD0B8EDF9960A17BD5633BF0F4B1470BBD0B8F", GuidError::Several)]
#[case::two_lines(
    "LICENSE_SERVER_GUID = {DF9960A1-7BD5-633B-F0F4-B1470BBD0B8E}\nLICENSE_SERVER_GUID = DF9960A17BD5633BF0F4B1470BBD0B8F",
    GuidError::Several
)]
#[case::short("{DF9960A1-7BD5-633B-F0F4-B1470BBD0B8}", GuidError::WrongLength { found: 31 })]
#[case::long("{DF9960A1-7BD5-633B-F0F4-B1470BBD0B8EE}", GuidError::WrongLength { found: 33 })]
#[case::one("A", GuidError::WrongLength { found: 1 })]
#[case::hyphens_only("----", GuidError::WrongLength { found: 0 })]
#[case::letter_g("DF99G0A1-7BD5-633B-F0F4-B1470BBD0B8E", GuidError::WrongCharacter { character: 'G', position: 5 })]
#[case::position_is_as_typed(
    " {\u{201c}DF99G0A1-7BD5-633B-F0F4-B1470BBD0B8E",
    GuidError::WrongCharacter { character: 'G', position: 8 }
)]
#[case::inner_space(
    "DF9960A1 7BD5-633B-F0F4-B1470BBD0B8E",
    GuidError::WrongCharacter { character: ' ', position: 9 }
)]
#[case::letter_o("DF9960A1-7BD5-633B-F0F4-B1470BBDOB8E", GuidError::WrongCharacter { character: 'O', position: 33 })]
#[case::full_width_digit("１", GuidError::WrongCharacter { character: '１', position: 1 })]
#[case::nul("\0", GuidError::WrongCharacter { character: '\0', position: 1 })]
#[case::two_braces("{{DF9960A1-7BD5-633B-F0F4-B1470BBD0B8E", GuidError::WrongCharacter { character: '{', position: 2 })]
#[case::hyphen_off_by_one("DF9960A-17BD5-633B-F0F4-B1470BBD0B8E", GuidError::MisplacedHyphen { position: 8 })]
#[case::hyphen_twice("DF9960A1--7BD5-633B-F0F4-B1470BBD0B8E", GuidError::MisplacedHyphen { position: 10 })]
#[case::hyphen_first("-DF9960A1-7BD5-633B-F0F4-B1470BBD0B8E", GuidError::MisplacedHyphen { position: 1 })]
#[case::hyphen_last("DF9960A1-7BD5-633B-F0F4-B1470BBD0B8E-", GuidError::MisplacedHyphen { position: 37 })]
#[case::nil("{00000000-0000-0000-0000-000000000000}", GuidError::Nil)]
fn everything_else_is_refused_by_its_reason(#[case] input: &str, #[case] expected: GuidError) {
    assert_eq!(Guid::parse(input), Err(expected));
    assert!(expected.to_string().ends_with('.'), "{expected}");
}

#[test]
fn messages_say_what_where_and_what_to_do() {
    let message = |input: &str| Guid::parse(input).unwrap_err().to_string();
    assert_eq!(message("DF99G"), "“G” at position 5 is not a hexadecimal digit (0–9, A–F).");
    assert!(message("DF99O").contains("did you mean a zero"));
    assert!(message("l").contains("did you mean a one"));
    assert!(message("I").contains("did you mean a one"));
    assert!(message("A A").starts_with("A space at position 2"));
    assert!(message("ABC").contains("32") && message("ABC").contains('3'));
    assert!(message("$LV_LIC").contains("$LV_LIC") && message("$LV_LIC").contains("registration"));
}

#[test]
fn ten_megabytes_are_refused_in_one_short_sentence() {
    for unit in ["a", "-", "{", "é", "\0", " ", "DF9960A17BD5633BF0F4B1470BBD0B8E ", "LICENSE_SERVER_GUID="] {
        let error = Guid::parse(&unit.repeat(10 * 1024 * 1024 / unit.len())).unwrap_err();
        assert!(error.to_string().len() < 300, "{unit:?}");
    }
}

#[test]
fn every_form_is_as_documented() {
    let guid: Guid = CANONICAL.parse().unwrap();
    assert_eq!(guid.compact(), "df9960a1-7bd5-633b-f0f4-b1470bbd0b8e");
    assert_eq!(guid.short(), "{DF99…0B8E}");
    assert_eq!(serde_json::to_string(&guid).unwrap(), format!("\"{CANONICAL}\""));
    assert_eq!(serde_json::from_str::<Guid>(&format!("\"{CANONICAL}\"")).unwrap(), guid);
    assert!(serde_json::from_str::<Guid>("\"nonsense\"").is_err());
}

proptest! {
    #[test]
    fn every_guid_reads_back_from_every_form(bytes in any::<[u8; 16]>()) {
        prop_assume!(bytes != [0; 16]);
        let guid = Guid::from_bytes(bytes).unwrap();
        prop_assert_eq!(Guid::parse(&guid.to_string()), Ok(guid));
        prop_assert_eq!(Guid::parse(&guid.compact()), Ok(guid));
        prop_assert_eq!(Guid::parse(&guid.compact().replace('-', "")), Ok(guid));
        prop_assert_eq!(guid.as_bytes(), &bytes);
    }

    #[test]
    fn no_text_makes_it_panic_or_talk_at_length(text in any::<String>()) {
        if let Err(error) = Guid::parse(&text) {
            prop_assert!(error.to_string().len() < 300);
        }
    }
}
