use proptest::prelude::*;
use rstest::rstest;

use super::*;

fn line_of(line: &UsageLine<'_>) -> String {
    let mut out = Vec::new();
    write(line, &mut out);
    String::from_utf8(out).unwrap()
}

fn stored(line: &UsageLine<'_>) -> String {
    let mut out = Vec::new();
    line.write(&mut out);
    String::from_utf8(out).unwrap()
}

/// 2030-01-01T00:00:00Z
const FROM: i64 = 1_893_456_000_000;
const FOREIGN: &str =
    "EU_ACME_LAN\trouter_pro\tproj7\tann\tws-12\t4711\tws-12:0.0\t11.2\t2\t20114\t1893456000\t1893456001\t1893459600";

fn own(outcome: CheckOutOutcome) -> UsageLine<'static> {
    UsageLine {
        from: FROM + 250,
        ms: (outcome != CheckOutOutcome::Denied).then_some(59_750),
        outcome,
        product: "TTS3".into(),
        client: "desk-1".into(),
        user: "CORP\\tom".into(),
        host: "ws\t12".into(),
        context: "production".into(),
        deployment: "df9960a1-7bd5-633b-f0f4-b1470bbd0b8e".into(),
        foreign: None,
    }
}

#[test]
fn a_check_out_of_our_own_has_13_fields_and_a_denial_7() {
    assert_eq!(
        line_of(&own(CheckOutOutcome::Flushed)),
        "df9960a1-7bd5-633b-f0f4-b1470bbd0b8e\tTTS3\tproduction\tCORP\\\\tom\tws\\t12\tleasehold:flushed\tdesk-1\t\t1\t\t1893456000.250\t1893456000.250\t1893456060\n"
    );
    assert_eq!(
        line_of(&own(CheckOutOutcome::Denied)),
        "1893456000.250\tdf9960a1-7bd5-633b-f0f4-b1470bbd0b8e\tTTS3\tleasehold:production:desk-1\tCORP\\\\tom\tws\\t12\t1\n"
    );
    assert_eq!(HEAD.matches('\t').count(), 12);
}

#[test]
fn a_check_out_of_other_software_keeps_all_its_fields_and_is_shown_by_tag_and_host() {
    let line = read(FOREIGN).unwrap();
    assert_eq!((line.from, line.ms, line.licenses()), (FROM + 1_000, Some(3_599_000), 2));
    assert_eq!((&*line.deployment, &*line.client, &*line.user, &*line.context), ("EU_ACME_LAN", "ws-12", "ann", ""));
    let written = stored(&line);
    assert_eq!(written.matches('\t').count(), 15);
    let again = UsageLine::parse(&written).unwrap();
    assert_eq!(again, line);
    assert_eq!(line_of(&again), format!("{FOREIGN}\n"));
    let denial = "1893456002\tEU_ACME_LAN\trouter_pro\tproj7\tbo\tws-13\t3";
    let line = read(denial).unwrap();
    assert_eq!((line.outcome, line.ms, line.from), (CheckOutOutcome::Denied, None, FROM + 2_000));
    assert_eq!(line_of(&UsageLine::parse(&stored(&line)).unwrap()), format!("{denial}\n"));
}

#[test]
fn a_backslash_of_other_software_is_a_backslash_and_empty_fields_stay_empty() {
    let text = "T\tF\t\tCORP\\tom\t\t\t\t\t1\t\t\t1893456001\t1893456001";
    let line = read(text).unwrap();
    assert_eq!((&*line.user, &*line.client, &*line.host), ("CORP\\tom", "-", ""));
    assert_eq!(line_of(&UsageLine::parse(&stored(&line)).unwrap()), format!("{text}\n"));
}

#[rstest]
#[case::too_few("a\tb".to_owned(), "separated by tabs: 2;")]
#[case::blanks_for_tabs(FOREIGN.replace('\t', " "), "separated by tabs: 1;")]
#[case::no_number(FOREIGN.replace("1893456001", "yesterday"), "CHECKOUT is not a time in Unix seconds: “yesterday”")]
#[case::an_exponent(FOREIGN.replace("1893456001", "1e9"), "CHECKOUT is not a time")]
#[case::a_request_at_no_time(FOREIGN.replace("1893456000", "x"), "REQUEST is not a time")]
#[case::milliseconds(FOREIGN.replace("1893456001", "1893456001000"), "CHECKOUT is not between the years 2000 and 2199")]
#[case::before_2000(FOREIGN.replace("1893456001", "1"), "CHECKOUT is not between")]
#[case::before_1970(FOREIGN.replace("1893456001", "-1"), "CHECKOUT is not between")]
#[case::longer_than_any_number(FOREIGN.replace("1893456001", &"9".repeat(400)), "…")]
#[case::ends_first(FOREIGN.replace("1893459600", "1893456000"), "CHECKIN is before CHECKOUT")]
#[case::still_out(FOREIGN.replace("1893459600", ""), "has not ended")]
#[case::none(FOREIGN.replace("\t2\t", "\t0\t"), "TOKENS is not a number from 1")]
#[case::unlimited(FOREIGN.replace("\t2\t", "\t2147483647\t"), "TOKENS is not a number from 1 to 1000000")]
#[case::signed(FOREIGN.replace("\t2\t", "\t+2\t"), "TOKENS")]
#[case::no_name(FOREIGN.replace("router_pro", ""), "NAME is empty")]
#[case::no_tag(FOREIGN.replace("EU_ACME_LAN", ""), "TAG is empty")]
#[case::all_tags(FOREIGN.replace("EU_ACME_LAN", "*"), "TAG must not be *")]
#[case::rubbish(FOREIGN.replace("ann", "a\u{0}n"), "USER contains a control character")]
#[case::long(FOREIGN.replace("ann", &"a".repeat(1025)), "USER is longer than 1024 bytes")]
#[case::a_mark_that_is_none(FOREIGN.replace("4711", "leasehold:taken"), "HANDLE is not as Leasehold writes it")]
#[case::a_mark_with_more(FOREIGN.replace("4711", "leasehold:returned"), "VERSION is not as Leasehold writes it")]
#[case::a_denial_without_feature("1893456002\tT\t\t\t\t\t1".to_owned(), "FEATURE is empty")]
fn a_line_that_cannot_be_is_refused_with_its_reason(#[case] line: String, #[case] says: &str) {
    let refused = read(&line).unwrap_err().to_string();
    assert!(refused.contains(says), "{refused}");
    assert!(!refused.chars().any(char::is_control) && refused.len() < 200, "{refused}");
}

#[test]
fn a_check_out_longer_than_is_counted_is_cut_and_then_stays_as_it_is() {
    let cut = line_of(&read(&FOREIGN.replace("1893456001", "1800000000")).unwrap());
    assert_eq!(line_of(&read(cut.trim_end()).unwrap()), cut);
}

fn texts() -> impl Strategy<Value = Vec<String>> {
    proptest::collection::vec("[ -~äé\\\\]{1,12}", 11)
}

proptest! {
    #[test]
    fn a_record_of_our_own_comes_back_as_it_was(
        from in EARLIEST_MS..LATEST_MS - 10_000_000_000, ms in 0_u64..10_000_000_000, denied in any::<bool>(), lost in any::<bool>(),
        names in proptest::collection::vec("[^\u{0}]{1,12}|[\\\\\t\r\n:]{1,6}", 4), context in 0_usize..4, deployed in any::<bool>(),
    ) {
        let outcome = match (denied, lost) {
            (true, _) => CheckOutOutcome::Denied,
            (_, true) => CheckOutOutcome::Lost,
            _ => CheckOutOutcome::Returned,
        };
        let name = |at: usize| names[at].as_str().into();
        let line = UsageLine {
            from, ms: (!denied).then_some(ms), outcome, product: name(0), client: name(1), user: name(2), host: name(3),
            context: ["", "production", "backup", "development"][context].into(),
            deployment: if deployed { "df9960a1-7bd5-633b-f0f4-b1470bbd0b8e".into() } else { "".into() },
            foreign: None,
        };
        let written = line_of(&line);
        prop_assert_eq!(written.matches(['\n', '\r']).count(), 1);
        prop_assert_eq!(written.matches('\t').count(), if denied { 6 } else { 12 });
        prop_assert_eq!(read(written.trim_end_matches('\n')), Ok(line));
    }

    #[test]
    fn a_line_of_other_software_comes_back_byte_by_byte(
        from in 946_684_800_i64..7_000_000_000, s in 0_i64..10_000_000, tokens in 1_u32..=MOST_TOKENS, texts in texts(), denied in any::<bool>(),
    ) {
        let to = from + s;
        let [tag, name, account, user, host, handle, display, version, pid] =
            std::array::from_fn(|at| texts[at].as_str());
        let line = match denied {
            true => format!("{from}.5\t{tag}\t{name}\t{account}\t{user}\t{host}\t{tokens}"),
            false => format!("{tag}\t{name}\t{account}\t{user}\t{host}\t{handle}\t{display}\t{version}\t{tokens}\t{pid}\t{from}\t{from}\t{to}.001"),
        };
        prop_assume!(tag != "*");
        let read = read(&line).unwrap();
        let written = stored(&read);
        prop_assert_eq!(UsageLine::parse(&written), Some(read.clone()));
        prop_assert_eq!(line_of(&read), format!("{}\n", line.replace(&format!("{from}.5\t"), &format!("{from}.500\t"))));
    }

    #[test]
    fn whatever_is_read_is_written_as_one_line(line in "\\PC{0,40}|[0-9\t.a*\\\\-]{0,80}") {
        if let Ok(read) = read(&line) {
            prop_assert_eq!(line_of(&read).matches('\n').count(), 1);
        }
    }
}
