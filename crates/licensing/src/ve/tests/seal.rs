use proptest::prelude::*;

use super::*;
use crate::vendor_key::VendorKey;

fn signed() -> LicenseText {
    LicenseText::sign(&secret(), &license()).unwrap()
}

fn keys() -> Vec<VendorKey> {
    vec![VendorSecret::from_seeds([1; 32], [2; 32]).public(), secret().public()]
}

/// What a server makes of a text: the license, when it is one it trusts.
fn trusted(text: &str) -> Option<VeLicense> {
    let read = LicenseText::parse(text.as_bytes()).ok()?;
    read.verify(&keys()).ok().map(|_| read.license)
}

#[test]
fn a_signed_license_reads_back_and_names_its_key() {
    let read = LicenseText::parse(signed().to_text().as_bytes()).unwrap();
    assert_eq!(read, signed());
    assert_eq!(read.license, license());
    assert_eq!(read.verify(&keys()), Ok(secret().public()));
    assert_eq!(read.key(), Some(secret().public()));
}

#[test]
fn mail_and_terminals_do_no_harm() {
    let text = signed().to_text();
    for text in [
        text.replace('\n', "\r\n"),
        format!("\u{feff}\n\n{text}\n\n"),
        text.replace('\n', "  \n    "),
        format!("# cat license\n{text}"),
    ] {
        assert_eq!(trusted(&text), Some(license()));
    }
}

#[test]
fn a_key_that_is_not_pinned_is_named_and_a_broken_text_is_not_blamed_on_the_key() {
    let other = VendorSecret::from_seeds([9; 32], [9; 32]);
    let text = LicenseText::sign(&other, &license()).unwrap();
    let fingerprint = other.public().fingerprint();
    assert_eq!(text.verify(&keys()), Err(SealError::UnknownKey { key_id: other.public().id(), fingerprint }));
    let broken = LicenseText::parse(text.to_text().replace("P_MAJV=5", "P_MAJV=6").as_bytes()).unwrap();
    assert_eq!(broken.verify(&keys()), Err(SealError::Broken));
    assert_eq!(broken.verify(&[other.public()]), Err(SealError::Broken));
}

#[test]
fn a_signature_cannot_be_moved_or_dropped() {
    let text = signed().to_text();
    let (body, seal) = text.split_once("SIGNSEC").unwrap();
    assert_eq!(LicenseText::parse(body.as_bytes()).unwrap().verify(&keys()), Err(SealError::Unsigned));
    let other = VeLicense { serial: 4, ..license() };
    let other = LicenseText::sign(&secret(), &other).unwrap().to_text();
    let moved = format!("{}SIGNSEC{seal}", other.split("SIGNSEC").next().unwrap());
    assert_eq!(trusted(&moved), None);
    for end in ["SIGNEND\n", "S_SIG="] {
        assert!(LicenseText::parse(text.split(end).next().unwrap().as_bytes()).is_err(), "cut before {end}");
    }
}

#[test]
fn a_signed_license_must_be_whole() {
    let sign = |license: VeLicense| LicenseText::sign(&secret(), &license).unwrap_err().to_string();
    assert!(sign(VeLicense { serial: 0, ..license() }).contains("K_SERIAL"));
    assert!(sign(VeLicense { bound: Default::default(), ..license() }).contains("K_COMPONENT"));
    let fewer: crate::machine::BoundMachine =
        machine().bound().marks().skip(1).map(|(name, mark)| (name, mark.clone())).collect();
    assert!(sign(VeLicense { bound: fewer, ..license() }).contains("K_FINGER does not match the components"));
    let mut no_passphrase = license();
    no_passphrase.products[1].passphrase = None;
    assert!(sign(no_passphrase).contains("P_PASSPHRASE"));
}

#[test]
fn no_name_can_bring_lines_of_its_own() {
    for customer in ["a\nK_GRACE=1", "a\nKEYEND", " a", "", "a\r"] {
        let license = VeLicense { customer: customer.to_owned(), ..license() };
        assert!(LicenseText::sign(&secret(), &license).is_err(), "{customer:?}");
    }
}

proptest! {
    /// Whatever single character is changed: either the text still says the same, or it is refused.
    #[test]
    fn a_changed_character_changes_nothing_or_is_refused(at in any::<prop::sample::Index>(), put in "[ -~\\n]") {
        let text = signed().to_text();
        let at = at.index(text.len());
        let changed = format!("{}{put}{}", &text[..at], &text[at + 1..]);
        prop_assert!(trusted(&changed).is_none() || trusted(&changed) == Some(license()), "{changed}");
    }

    #[test]
    fn a_changed_letter_or_digit_is_refused(at in any::<prop::sample::Index>(), put in "[a-zA-Z0-9]") {
        let text = signed().to_text();
        let places: Vec<usize> = text.bytes().enumerate().filter(|(_, b)| b.is_ascii_alphanumeric()).map(|(i, _)| i).collect();
        let at = places[at.index(places.len())];
        prop_assume!(text[at..=at] != *put);
        let changed = format!("{}{put}{}", &text[..at], &text[at + 1..]);
        prop_assert_eq!(trusted(&changed), None);
    }

    #[test]
    fn every_license_reads_back(hours in 1..=MOST_HOURS, serial in 1..u64::from(u32::MAX), grace in 0..=LONGEST_MIN, interval in 1..=LONGEST_MIN, name in "[A-Za-z0-9/+]{1,30}") {
        let mut license = VeLicense { kind: VeLicenseKind::Countdown { hours }, serial, grace_min: grace, interval_min: interval, ..license() };
        license.products[0].name = name;
        let text = LicenseText::sign(&secret(), &license).unwrap().to_text();
        prop_assert_eq!(trusted(&text), Some(license));
    }
}
