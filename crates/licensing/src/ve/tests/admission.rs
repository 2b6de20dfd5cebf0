use rstest::rstest;

use super::*;
use crate::machine::{ComponentChange, MachineVerdict};

const VALID: VeLicenseStatus = VeLicenseStatus::Valid { notes: Vec::new() };

fn login() -> Login {
    let passphrase = "1111-2222-3333-4444".parse().unwrap();
    Login { passphrase, product: "Charon-SSP/4U".to_owned(), major: 5, minor: 3, cpus: 4, memory_mb: 4096 }
}

fn refused(change: impl FnOnce(&mut Login), standing: &VeLicenseStatus, in_use: u32) -> Option<AdmissionRefusal> {
    let mut login = login();
    change(&mut login);
    admit(&license(), standing, &login, |_| in_use, 1_800_000_000_000).err()
}

#[test]
fn up_to_the_limits_a_client_may_log_in() {
    let license = license();
    for (major, minor, cpus, memory_mb) in [(5, 3, 4, 4096), (5, 0, 1, 1), (4, 99, 4, 4096)] {
        let login = Login { major, minor, cpus, memory_mb, ..login() };
        assert_eq!(admit(&license, &VALID, &login, |_| 1, 0).unwrap().name, "Charon-SSP/4U");
    }
    assert_eq!(refused(|login| login.product = "TEST".to_owned(), &VALID, 0), None, "by its code");
    let unverified = VeLicenseStatus::Unverified { names: Vec::new(), until_ms: 1 };
    assert_eq!(refused(|_| {}, &unverified, 0), None, "the last verdict stands");
}

#[rstest]
#[case(|l: &mut Login| l.minor = 4, AdmissionRefusal::Version { major: 5, minor: 4, licensed_major: 5, licensed_minor: 3 })]
#[case(|l: &mut Login| { l.major = 6; l.minor = 0 }, AdmissionRefusal::Version { major: 6, minor: 0, licensed_major: 5, licensed_minor: 3 })]
#[case(|l: &mut Login| l.cpus = 5, AdmissionRefusal::Cpus { asked: 5, licensed: 4 })]
#[case(|l: &mut Login| l.memory_mb = 4097, AdmissionRefusal::Memory { asked: 4097, licensed: 4096 })]
#[case(|l: &mut Login| l.product = "Charon-SSP/4M".to_owned(), AdmissionRefusal::Passphrase)]
#[case(|l: &mut Login| l.product = String::new(), AdmissionRefusal::Passphrase)]
#[case(|l: &mut Login| l.passphrase = "1111-2222-3333-4445".parse().unwrap(), AdmissionRefusal::Passphrase)]
fn beyond_them_it_is_refused_in_a_sentence(#[case] change: fn(&mut Login), #[case] expected: AdmissionRefusal) {
    assert!(expected.to_string().ends_with('.'));
    assert_eq!(refused(change, &VALID, 0), Some(expected));
}

#[test]
fn the_last_instance_is_the_last() {
    assert_eq!(refused(|_| {}, &VALID, 1), None);
    assert_eq!(refused(|_| {}, &VALID, 2), Some(AdmissionRefusal::Instances { licensed: 2 }));
}

#[test]
fn a_license_out_of_force_lets_nobody_in_and_says_why_only_to_its_holders() {
    let change = ComponentChange { name: ComponentName::CpuCores, was: "4".to_owned(), is: "8".to_owned() };
    for (standing, words) in [
        (VeLicenseStatus::None, "has no VE license"),
        (VeLicenseStatus::Void { changes: vec![change] }, "void: CPU cores 4 → 8."),
        (VeLicenseStatus::Expired { at_ms: 0 }, "ended on 1970-01-01 00:00:00 UTC"),
        (VeLicenseStatus::Empty, "no hours left"),
        (VeLicenseStatus::Older { serial: 1, newest: 2 }, "A newer license replaced the one"),
    ] {
        let sentence = refused(|_| {}, &standing, 0).unwrap().to_string();
        assert!(sentence.contains(words), "{sentence}");
        assert_eq!(refused(|l| l.product = "x".to_owned(), &standing, 0), Some(AdmissionRefusal::Passphrase));
        assert!(!standing.in_force() && standing.sentence().ends_with('.'));
    }
}

#[test]
fn a_product_may_end_before_its_license() {
    let login =
        Login { passphrase: "5555666677778888".parse().unwrap(), product: "Charon-SSP/4M".to_owned(), ..login() };
    let at = |now| admit(&license(), &VALID, &login, |_| 0, now).err();
    assert_eq!(at(1_899_999_999_999), None);
    assert_eq!(at(1_900_000_000_000), Some(AdmissionRefusal::Expired { at: "2030-03-17 17:46:40".to_owned() }));
}

#[test]
fn another_machine_outweighs_the_end_and_the_end_outweighs_doubt() {
    let until = VeLicense { kind: VeLicenseKind::Normal { until: 10 }, ..license() };
    let void = MachineVerdict::Void { changes: Vec::new() };
    let unknown = MachineVerdict::Unknown { names: Vec::new(), since_ms: 0, until_ms: 20 };
    let fits = MachineVerdict::Fits { notes: Vec::new() };
    assert_eq!(standing(&until, &void, false, 10), VeLicenseStatus::Void { changes: Vec::new() });
    assert_eq!(standing(&until, &unknown, false, 10), VeLicenseStatus::Expired { at_ms: 10 });
    assert_eq!(standing(&until, &unknown, false, 9), VeLicenseStatus::Unverified { names: Vec::new(), until_ms: 20 });
    assert_eq!(standing(&until, &fits, true, 9), VALID, "hours mean nothing to it");
    assert_eq!(standing(&license(), &fits, true, 9), VeLicenseStatus::Empty);
    assert_eq!(standing(&license(), &fits, false, 9), VALID);
}
