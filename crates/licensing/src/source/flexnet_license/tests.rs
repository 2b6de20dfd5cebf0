use super::*;

const FILE: &str = "# made up\nSERVER lic-a 001122334455 27000\nVENDOR acmed port=27010\n\
INCREMENT router_pro acmed 11.0 31-dec-2031 12 VENDOR_STRING=\"kind=A;tier=2\" \\\n\
\tISSUED=1-jan-2030 NOTICE=\"Example GmbH, \\\n\tLab\" SIGN=\"0000 1111 \\\n\t2222 3333\"\n\
INCREMENT router_pro acmed 12.0 permanent 4 HOSTID=ANY\n\
FEATURE viewer acmed 1.0 1-jan-0000 uncounted HOSTID=0011\n\
FEATURE one acmed 1.0 31-dec-2031 5 0123456789ABCDEF0123\n\
FEATURE one acmed 2.0 31-dec-2031 7\n\
UPGRADE router_pro acmed 11.0 13.0 31-dec-2032 2 SIGN=0\n\
FEATURE lost acmed 1.0 31-dec-2031 3 NOTICE=x\n\
\tISSUED=1-jan-2030 SIGN=0\n\
note=of the administrator\n\
rubbish here\n";

#[test]
fn increments_add_up_features_do_not_and_upgrades_move_licenses() {
    let picture = read(FILE.as_bytes(), &TimeZone::UTC);
    let told: Vec<_> = picture.features.iter().map(|f| (f.name.as_str(), f.issued, f.uncounted)).collect();
    assert_eq!(
        told,
        [("router_pro", Some(16), false), ("viewer", None, true), ("one", Some(5), false), ("lost", Some(3), false)]
    );
    let pools: Vec<_> =
        picture.features[0].pools.iter().map(|p| (p.version.as_deref().unwrap(), p.issued, p.permanent)).collect();
    assert_eq!(pools, [("11.0", Some(12), false), ("12.0", Some(2), true), ("13.0", Some(2), false)]);
    assert!(picture.features[1].pools[0].permanent);
}

#[test]
fn what_cannot_be_read_is_told_and_signatures_are_never_kept() {
    let picture = read(FILE.as_bytes(), &TimeZone::UTC);
    assert_eq!((picture.unread.count, picture.unread.lines[0].text.as_str()), (1, "rubbish here"));
    let text = serde_json::to_string(&picture).unwrap();
    assert!(!text.contains("3333") && !text.contains("0123456789ABCDEF"), "{text}");
}
