use rstest::rstest;

use super::*;

const NOW: i64 = 1_800_000_000_000;
const FITS: MachineVerdict = MachineVerdict::Fits { notes: Vec::new() };

fn value(text: &str) -> ComponentReading {
    ComponentReading::Value(text.to_owned())
}

fn unread() -> ComponentReading {
    ComponentReading::Unknown("permission denied".to_owned())
}

fn machine(changes: &[(ComponentName, ComponentReading)]) -> MachineIdentity {
    let mut readings: Vec<(ComponentName, ComponentReading)> = vec![
        (ComponentName::MachineId, value("4c4c4544004d3510")),
        (ComponentName::ProductUuid, value("11111111-2222-3333-4444-555555555555")),
        (ComponentName::CpuCores, value("4")),
        (ComponentName::Hypervisor, value("KVM")),
        (ComponentName::HostName, value("licenses")),
        (ComponentName::Addresses, value("10.0.0.1")),
    ];
    readings.extend_from_slice(changes);
    MachineIdentity::new(readings.into_iter().map(|(name, reading)| Component { name, reading }))
}

#[test]
fn the_fingerprint_is_the_sha256_of_the_sorted_lines_of_hard_components_with_a_value() {
    let lines = format!(
        "cpu-cores={}\nhypervisor={}\nmachine-id={}\nproduct-uuid={}\n",
        Digest(digest(b"4")),
        Digest(digest(b"KVM")),
        Digest(digest(b"4c4c4544004d3510")),
        Digest(digest(b"11111111-2222-3333-4444-555555555555")),
    );
    assert_eq!(machine(&[]).fingerprint(), Digest(digest(lines.as_bytes())));
    let soft = [
        (ComponentName::HostName, value("other")),
        (ComponentName::Addresses, unread()),
        (ComponentName::RootFileSystem, value("x")),
    ];
    assert_eq!(machine(&soft).fingerprint(), machine(&[]).fingerprint());
    assert_ne!(machine(&[(ComponentName::CpuCores, value("8"))]).fingerprint(), machine(&[]).fingerprint());
    assert_ne!(machine(&[(ComponentName::CpuCores, unread())]).fingerprint(), machine(&[]).fingerprint());
}

#[rstest]
#[case::machine_id(ComponentName::MachineId)]
#[case::product_uuid(ComponentName::ProductUuid)]
#[case::cores(ComponentName::CpuCores)]
#[case::instance(ComponentName::InstanceUuid)]
#[case::hypervisor(ComponentName::Hypervisor)]
#[case::cloud(ComponentName::CloudInstance)]
fn one_hard_component_that_changed_or_vanished_voids(#[case] name: ComponentName) {
    let bound = machine(&[(name, value("before"))]).bound();
    for now in [value("after"), ComponentReading::Absent] {
        let MachineVerdict::Void { changes } = judge(&bound, &machine(&[(name, now)]), &FITS, NOW) else {
            panic!("{name} changed and the license stands")
        };
        assert_eq!(changes.iter().map(|change| change.name).collect::<Vec<_>>(), [name]);
    }
}

#[rstest]
#[case::root(ComponentName::RootFileSystem)]
#[case::host(ComponentName::HostName)]
#[case::addresses(ComponentName::Addresses)]
fn a_soft_component_is_noted_only(#[case] name: ComponentName) {
    let bound = machine(&[(name, value("before"))]).bound();
    let MachineVerdict::Fits { notes } = judge(&bound, &machine(&[(name, value("after"))]), &FITS, NOW) else {
        panic!("{name} voids")
    };
    assert_eq!(notes.len(), 1);
    assert_eq!(judge(&bound, &machine(&[(name, unread())]), &FITS, NOW), FITS);
}

#[test]
fn a_change_says_what_was_and_what_is_and_shows_no_secret() {
    let bound = machine(&[]).bound();
    let now = machine(&[(ComponentName::CpuCores, value("8")), (ComponentName::MachineId, value("another"))]);
    let MachineVerdict::Void { changes } = judge(&bound, &now, &FITS, NOW) else { panic!("stands") };
    assert_eq!(changes[1].to_string(), "CPU cores 4 → 8");
    let (was, is) = (Digest(digest(b"4c4c4544004d3510")), Digest(digest(b"another")));
    assert_eq!(changes[0].to_string(), format!("Machine id {} → {}", was.short(), is.short()));
    assert_eq!(was.short().len(), 8);
}

#[test]
fn what_appears_is_no_change_except_a_hypervisor() {
    let bound =
        machine(&[(ComponentName::Hypervisor, ComponentReading::Absent), (ComponentName::ProductUuid, unread())])
            .bound();
    let more = [
        (ComponentName::CloudInstance, value("i-1")),
        (ComponentName::InstanceUuid, value("u")),
        (ComponentName::Hypervisor, ComponentReading::Absent),
    ];
    assert_eq!(judge(&bound, &machine(&more), &FITS, NOW), FITS);
    let MachineVerdict::Void { changes } = judge(&bound, &machine(&[]), &FITS, NOW) else { panic!("stands") };
    assert_eq!(changes[0].to_string(), "Hypervisor none → KVM");
}

#[test]
fn what_cannot_be_read_keeps_the_last_verdict_for_a_day() {
    let (bound, blind) = (machine(&[]).bound(), machine(&[(ComponentName::ProductUuid, unread())]));
    let first = judge(&bound, &blind, &FITS, NOW);
    let MachineVerdict::Unknown { names, since_ms, until_ms } = &first else { panic!("{first:?}") };
    assert_eq!((names[0].to_string().as_str(), *since_ms), ("Product UUID (permission denied)", NOW));
    assert_eq!(*until_ms, NOW + UNREADABLE_MS);
    // It is not prolonged by asking again, nor by the clock going back.
    for now in [NOW + 1, NOW - 5, NOW + UNREADABLE_MS - 1] {
        assert_eq!(judge(&bound, &blind, &first, now), first);
    }
    let MachineVerdict::Void { changes } = judge(&bound, &blind, &first, NOW + UNREADABLE_MS) else { panic!("stands") };
    assert!(changes[0].is.starts_with("unreadable for 24 hours"), "{}", changes[0]);
    // Readable again, it stands again.
    assert_eq!(judge(&bound, &machine(&[]), &MachineVerdict::Void { changes }, NOW + 2 * UNREADABLE_MS), FITS);
}

#[test]
fn a_file_that_is_gone_is_no_change_for_a_day_and_then_voids_and_is_named() {
    let gone = |otherwise: Option<&str>| ComponentReading::Missing {
        file: "/etc/machine-id".to_owned(),
        otherwise: otherwise.map(str::to_owned),
    };
    let bound = machine(&[]).bound();
    let without = machine(&[(ComponentName::MachineId, gone(None))]);
    let first = judge(&bound, &without, &FITS, NOW);
    let MachineVerdict::Unknown { names, until_ms, .. } = &first else { panic!("{first:?}") };
    assert_eq!(names[0].to_string(), "Machine id (/etc/machine-id is missing)");
    assert_eq!(*until_ms, NOW + UNREADABLE_MS);
    let MachineVerdict::Void { changes } = judge(&bound, &without, &first, NOW + UNREADABLE_MS) else {
        panic!("stands")
    };
    assert!(changes[0].is.contains("/etc/machine-id is missing"), "{}", changes[0]);
    // What other files say counts where it is the same, and is no change where it is less certain.
    assert_eq!(
        judge(&bound, &machine(&[(ComponentName::MachineId, gone(Some("4c4c4544004d3510")))]), &FITS, NOW),
        FITS
    );
    let less = machine(&[(ComponentName::Hypervisor, gone(Some("unnamed")))]);
    assert!(matches!(judge(&bound, &less, &FITS, NOW), MachineVerdict::Unknown { .. }));
    // A license made without it binds nothing.
    assert_eq!(judge(&without.bound(), &machine(&[]), &FITS, NOW), FITS);
}

#[test]
fn an_end_that_a_clock_running_ahead_has_set_counts_anew() {
    let (bound, blind) = (machine(&[]).bound(), machine(&[(ComponentName::ProductUuid, unread())]));
    let ahead = judge(&bound, &blind, &FITS, NOW + 70 * 365 * UNREADABLE_MS);
    let MachineVerdict::Unknown { until_ms, .. } = judge(&bound, &blind, &ahead, NOW) else { panic!("void") };
    assert_eq!(until_ms, NOW + UNREADABLE_MS);
}

#[rstest]
#[case::product(ComponentName::ProductUuid)]
#[case::instance(ComponentName::InstanceUuid)]
fn a_uuid_in_either_byte_order_is_the_same_machine(#[case] name: ComponentName) {
    let bound = machine(&[(name, value("44454c4c-4d00-1035-804a-c2c04f4e3432"))]).bound();
    for (uuid, fits) in [
        ("44454c4c-4d00-1035-804a-c2c04f4e3432", true),
        ("4c4c4544-004d-3510-804a-c2c04f4e3432", true),
        ("4c4c4544-004d-3510-804a-c2c04f4e3433", false),
        ("44454c4c-4d00-1035-4a80-c2c04f4e3432", false),
        ("é4454c4c-4d00-1035-804a-c2c04f4e343", false),
    ] {
        let verdict = judge(&bound, &machine(&[(name, value(uuid))]), &FITS, NOW);
        assert_eq!(matches!(verdict, MachineVerdict::Fits { .. }), fits, "{uuid}");
    }
    let id = machine(&[(ComponentName::MachineId, value("44454c4c-4d00-1035-804a-c2c04f4e3432"))]).bound();
    let turned = machine(&[(ComponentName::MachineId, value("4c4c4544-004d-3510-804a-c2c04f4e3432"))]);
    assert!(matches!(judge(&id, &turned, &FITS, NOW), MachineVerdict::Void { .. }), "no other id has two orders");
}

#[test]
fn a_void_license_stays_void_while_something_cannot_be_read() {
    let bound = machine(&[]).bound();
    let void = judge(&bound, &machine(&[(ComponentName::CpuCores, value("8"))]), &FITS, NOW);
    assert_eq!(judge(&bound, &machine(&[(ComponentName::ProductUuid, unread())]), &void, NOW + 1), void);
    let both = machine(&[(ComponentName::CpuCores, value("2")), (ComponentName::ProductUuid, unread())]);
    assert!(matches!(judge(&bound, &both, &FITS, NOW), MachineVerdict::Void { .. }), "a change counts at once");
}

#[test]
fn marks_read_back_and_what_is_no_mark_is_refused() {
    for (name, mark) in machine(&[(ComponentName::CloudInstance, ComponentReading::Absent)]).bound().marks() {
        assert_eq!(ComponentMark::parse(name, &mark.to_string()), Ok(mark.clone()));
        assert_eq!(name.as_str().parse(), Ok(name));
        assert!(name.void_when().ends_with('.'));
    }
    let four = Digest(digest(b"4"));
    for (name, text, error) in [
        (ComponentName::CpuCores, "4".to_owned(), MarkError::Mark),
        (ComponentName::CpuCores, "sha256:4".to_owned(), MarkError::Digest),
        (ComponentName::CpuCores, format!("sha256:{four} 8"), MarkError::Mismatch),
        (ComponentName::MachineId, format!("sha256:{four} 4"), MarkError::NotOpen),
        (ComponentName::MachineId, format!("sha256:{}é", &four.to_string()[1..]), MarkError::Digest),
    ] {
        assert_eq!(ComponentMark::parse(name, &text), Err(error), "{text}");
    }
    assert!("cores".parse::<ComponentName>().is_err());
}

#[test]
fn secrets_stay_on_the_machine() {
    let written: String = machine(&[]).bound().marks().map(|(name, mark)| format!("{name} {mark}\n")).collect();
    for secret in ["4c4c4544004d3510", "11111111-2222", "licenses", "10.0.0.1"] {
        assert!(!written.contains(secret), "{written}");
    }
    assert!(written.contains("KVM"));
}

#[test]
fn white_space_is_no_part_of_a_value_and_no_value() {
    let one = MachineIdentity::new([Component { name: ComponentName::MachineId, reading: value(" a\n") }]);
    assert_eq!(one.reading(ComponentName::MachineId), &value("a"));
    let none = MachineIdentity::new([Component { name: ComponentName::MachineId, reading: value(" \n") }]);
    assert_eq!(none.reading(ComponentName::MachineId), &ComponentReading::Absent);
    assert!(!none.bound().is_unique() && one.bound().is_unique());
}
