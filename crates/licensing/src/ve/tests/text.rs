use proptest::prelude::*;
use rstest::rstest;

use super::*;

/// The older form as vendors send it.
const KEYS: &str = "KEYSEC
K_FINGER=123db1ec91a1526c40da028b9e68e5abaadc70c62719af0f6ef1f2cfd2c85bba
K_LICENSE_ID=01.00000001.002.045
K_TYPE=COUNTDOWN
K_EXPIRED=100
K_CUSTOMER=Stromasys/Testing
K_PLATFORM=amazon.aws
K_R_DATE=1593308906
K_INTERVAL=60
KEYEND
PRODSEC
P_NAME=Charon-SSP/4U
P_CODE=test
P_MAJV=4
P_MINV=2
P_CPU_NUM=4
P_MAX_MEM=4096MB
P_INSTANCE=4
PRODEND
PRODSEC
P_NAME=Charon-SSP/4M
P_CODE=test
P_MAJV=4
P_MINV=2
P_CPU_NUM=4
P_MAX_MEM=512MB
P_INSTANCE=4
PRODEND
";

/// The newer form as the viewer of another maker prints it, list in two lines included.
const WORDS: &str = "# /opt/license-server/license_viewer
<<License Viewer>> Current license:
License fingerprint: 07792211fc8ce3fdc085 <truncated>
Customer name: Stromasys
License ID: 01.00000001.002.045
Key type: NORMAL
Expiration date: 2021-12-22 23:55:00
Platform: amazon.aws
Release date: 2021-06-17 13:08:01
Grace period: 120 minutes
License check interval: 60 minutes

Virtual Hardware: Charon-SSP/4M,Charon-SSP/4U+,
Charon-SSP/4V,Charon-SSP/4V+
Product code: Charon-SSP-ALL
Expiration date: 2021-12-22 23:55:00
Major Version: 5
Minor Version: 3
Maximum CPU: 64
Maximum virtual memory: 1048576MB
Instances allowed: 3
";

fn read(text: &str) -> Result<LicenseText, TextError> {
    LicenseText::parse(text.as_bytes())
}

#[test]
fn the_older_form_is_read() {
    let text = read(KEYS).unwrap();
    let VeLicense { kind, products, grace_min, interval_min, released, .. } = &text.license;
    assert_eq!((text.form, *kind), (Form::Keys, VeLicenseKind::Countdown { hours: 100 }));
    assert_eq!((*grace_min, *interval_min, *released), (DEFAULT_GRACE_MIN, 60, Some(1_593_308_906_000)));
    assert_eq!(
        products.iter().map(|p| (p.name.as_str(), p.memory_mb)).collect::<Vec<_>>(),
        [("Charon-SSP/4U", 4096), ("Charon-SSP/4M", 512)]
    );
    assert_eq!(text.verify(&[]), Err(SealError::Unsigned));
    assert_eq!(text.notes, Vec::<String>::new());
}

#[test]
fn the_newer_form_is_read() {
    let text = read(WORDS).unwrap();
    let VeLicense { fingerprint, kind, products, .. } = &text.license;
    assert_eq!((text.form, *kind), (Form::Words, VeLicenseKind::Normal { until: 1_640_217_300_000 }));
    assert_eq!((fingerprint.to_string().as_str(), fingerprint.digest()), ("07792211fc8ce3fdc085 <truncated>", None));
    assert_eq!(products[0].name, "Charon-SSP/4M,Charon-SSP/4U+,Charon-SSP/4V,Charon-SSP/4V+");
    assert_eq!((products[0].cpus, products[0].memory_mb, products[0].instances), (64, 1_048_576, 3));
    assert!(products[0].covers("charon-ssp/4u+") && products[0].covers("Charon-SSP-ALL") && !products[0].covers("4U"));
    assert_eq!(text.verify(&[]), Err(SealError::Unsigned));
}

#[test]
fn what_the_viewer_prints_reads_back() {
    let foreign = read(WORDS).unwrap().license;
    assert_eq!(read(&viewer(&foreign)).unwrap().license, foreign);
    let own = VeLicense { serial: 0, guid: None, bound: Default::default(), ..license() };
    assert_eq!(read(&viewer(&own)).unwrap().license, own);
    assert!(
        viewer(&own)
            .contains("Expiration date: 100 hour(s)\nPlatform: amazon.aws\nRelease date: 2020-06-28 01:48:26\n")
    );
    assert!(viewer(&own).contains("\n\nVirtual Hardware: Charon-SSP/4U\nProduct code: Charon-SSP-ALL,test\n"));
    assert!(viewer(&own).contains("Instances allowed: 2\nPassphrase: 1111-2222-3333-4444\n"));
}

#[test]
fn line_ends_blanks_and_a_byte_order_mark_do_not_matter() {
    for text in [
        KEYS.replace('\n', "\r\n"),
        format!("\u{feff}{KEYS}"),
        KEYS.replace('\n', " \t\n\n  "),
        KEYS.replace('=', " = "),
        KEYS.trim_end().to_owned(),
    ] {
        assert_eq!(read(&text).unwrap().license, read(KEYS).unwrap().license, "{text:?}");
    }
}

#[test]
fn the_words_of_a_mail_around_an_unsigned_license_are_left_out() {
    for text in [
        format!("{KEYS}goodbye"),
        format!("Dear customer,\n\nplease find:\n{KEYS}\n-- \nThe vendor\nTel: 1\n"),
        format!("Dear customer,\n> {}\n", KEYS.replace('\n', "\n> ")),
    ] {
        assert_eq!(read(&text).unwrap().license, read(KEYS).unwrap().license, "{text}");
    }
    let text = format!("Dear customer,\n\n{WORDS}\n-- \nThe vendor\n");
    assert_eq!(read(&text).unwrap().license, read(WORDS).unwrap().license);
}

#[test]
fn keys_nobody_knows_are_noted_where_nobody_vouches_for_them() {
    let text = read(&KEYS.replace("P_CODE=test\nP_MAJV", "P_CODE=test\nP_COLOUR=blue\nP_MAJV")).unwrap();
    assert_eq!(text.notes.len(), 2);
    assert_eq!(text.notes[0], "Line 14: “P_COLOUR” is unknown and has no effect.");
}

#[rstest]
#[case::nothing("", "The license is empty")]
#[case::blank(" \r\n\u{feff}", "is not the beginning of a license")]
#[case::other("hello", "Line 1, “hello”, is not the beginning of a license")]
#[case::cut_in_head(&KEYS[..145], "cut off: it ends at line 5, before KEYEND")]
#[case::no_product(KEYS.split("PRODSEC").next().unwrap_or_default(), "it ends at line 10, before PRODSEC")]
#[case::cut_in_product(KEYS.trim_end().trim_end_matches("PRODEND"), "before PRODEND")]
#[case::no_keyend(&KEYS.replace("KEYEND\n", ""), "Line 10: unexpected “PRODSEC”; expected KEYEND")]
#[case::product_first(&KEYS.replace("KEYEND", "KEYEND\nPRODEND"), "Line 11: unexpected “PRODEND”; expected PRODSEC")]
#[case::second_head(&format!("{KEYS}{KEYS}"), "unexpected “KEYSEC”")]
#[case::no_value(&KEYS.replace("K_TYPE=", "K_TYPE "), "has no key and value")]
#[case::twice(&KEYS.replace("K_TYPE=", "K_FINGER=00\nK_TYPE="), "Line 4: K_FINGER appears twice")]
#[case::no_finger(&KEYS.replace("K_FINGER", "K_FINGERS"), "The section that ends at line 10 has no K_FINGER")]
#[case::finger(&KEYS.replace("K_FINGER=1", "K_FINGER=x"), "Line 2: K_FINGER is invalid")]
#[case::kind(&KEYS.replace("COUNTDOWN", "FOREVER"), "Line 4: K_TYPE must be NORMAL or COUNTDOWN")]
#[case::hours_negative(&KEYS.replace("=100", "=-100"), "Line 5: K_EXPIRED must be a whole number of hours from 1 to 1000000")]
#[case::hours_zero(&KEYS.replace("=100", "=0"), "Line 5: K_EXPIRED must be")]
#[case::hours_huge(&KEYS.replace("=100", "=1000001"), "Line 5: K_EXPIRED must be")]
#[case::hours_beyond_any(&KEYS.replace("=100", "=99999999999999999999999"), "Line 5: K_EXPIRED must be")]
#[case::interval_zero(&KEYS.replace("K_INTERVAL=60", "K_INTERVAL=0"), "Line 9: K_INTERVAL must be a whole number of minutes from 1")]
#[case::instant(&KEYS.replace("COUNTDOWN", "NORMAL").replace("=100", "=soon"), "Line 5: K_EXPIRED must be a time")]
#[case::instances(&KEYS.replace("P_INSTANCE=4", "P_INSTANCE=0"), "Line 18: P_INSTANCE must be")]
#[case::memory(&KEYS.replace("4096MB", "4096TB"), "Line 17: P_MAX_MEM must be")]
#[case::sign_cut(&format!("{KEYS}SIGNSEC\nS_KEY=a b\n"), "S_KEY is not two keys")]
#[case::two_licenses_in_a_mail(&format!("Both of them:\n{KEYS}\nand\n{KEYS}"), "Line 32: unexpected “KEYSEC”")]
#[case::damaged_in_a_mail(&format!("> {}", KEYS.replace("COUNTDOWN", "FOREVER").replace('\n', "\n> ")), "Line 4: K_TYPE must be")]
#[case::passphrase(&KEYS.replace("P_CODE=test", "P_PASSPHRASE=12"), "Line 13: P_PASSPHRASE is invalid")]
#[case::controls(&KEYS.replace("test", "te\u{1b}[2Jst"), "Line 13 is not text")]
#[case::words_cut(WORDS.split("Virtual").next().unwrap_or_default(), "before Virtual Hardware")]
#[case::words_order(&WORDS.replace("Platform: amazon.aws\n", "Minor Version: 3\n"), "expected Virtual Hardware")]
#[case::words_line(&WORDS.replace("Customer name:", "Customer name"), "has no key and value")]
fn every_refusal_says_where_and_what(#[case] text: &str, #[case] expected: &str) {
    let error = read(text).unwrap_err().to_string();
    assert!(error.contains(expected) && error.ends_with('.'), "{error}");
}

#[test]
fn what_is_too_large_is_refused() {
    let long = format!("{KEYS}{}", " ".repeat(LARGEST));
    assert!(matches!(read(&long), Err(TextError::TooLong { .. })));
    // So small that a thousand and one of them fit into the bytes.
    let product = "PRODSEC\nP_NAME=a\nPRODEND\n";
    let head = KEYS.split("PRODSEC").next().unwrap();
    let many = format!("{head}{}", product.repeat(MOST_PRODUCTS + 1));
    assert!(read(&many).unwrap_err().to_string().contains("the maximum is 1000"));
    assert!(LicenseText::parse(b"KEYSEC\nK_CUSTOMER=\xff").unwrap_err().to_string().starts_with("Line 2 is not text"));
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = LicenseText::parse(&bytes);
    }

    #[test]
    fn no_damage_makes_it_panic(at in 0..KEYS.len(), to in 0..KEYS.len(), put in "\\PC{0,5}", words: bool) {
        let text = if words { WORDS } else { KEYS };
        let (from, to) = (at.min(to).min(text.len()), at.max(to).min(text.len()));
        let _ = read(&format!("{}{put}{}", &text[..from], &text[to..]));
    }
}
