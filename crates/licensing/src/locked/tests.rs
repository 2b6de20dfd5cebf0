use super::*;
use crate::{guid::Guid, vendor_key::VendorSecret};

const DAY: i64 = 20_700;

fn root() -> DayRoot {
    DayRoot::new(DAY, [7; 8], [9; 32])
}

#[test]
fn the_key_for_some_users_opens_their_records_and_none_beyond() {
    let root = root();
    let all = KeyLadder::new(&root.key(MOST_TOLD_APART));
    for licensed in [1, 50, 53, 256, 257, 5_000] {
        let keys = KeyLadder::new(&root.key(licensed));
        for index in [1, 51, 53, 54, 256, 257, 258, 5_000, 5_001] {
            let line = seal_line(&all, root.id, DAY, index, index, b"ann at ws-12");
            let opened = LockedLine::parse(&line).unwrap().open(&keys, DAY);
            if index <= licensed {
                assert_eq!(opened.unwrap(), b"ann at ws-12", "{index} of {licensed}");
            } else {
                assert_eq!(opened, Err(LockedLineError::BeyondLicensed), "{index} of {licensed}");
            }
        }
    }
}

#[test]
fn the_key_for_fewer_users_follows_from_the_one_for_more_and_never_the_other_way() {
    let key = root().key(50);
    assert_eq!(key.for_fewer(20), Some(root().key(20)));
    assert_eq!(key.for_fewer(50), Some(key.clone()));
    assert_eq!(key.for_fewer(51), None);
}

#[test]
fn a_line_that_was_changed_cut_off_or_moved_does_not_open() {
    let root = root();
    let keys = KeyLadder::new(&root.key(MOST_TOLD_APART));
    let line = seal_line(&keys, root.id, DAY, 51, 3, b"ann\tws-12");
    assert!(line.starts_with(MARK) && !line.contains('\n'));
    let read = LockedLine::parse(&line).unwrap();
    assert_eq!(read.open(&keys, DAY).unwrap(), b"ann\tws-12");
    assert_eq!(read.open(&keys, DAY + 1), Err(LockedLineError::Damaged));
    let other = KeyLadder::new(&DayRoot::new(DAY, [7; 8], [8; 32]).key(MOST_TOLD_APART));
    assert_eq!(read.open(&other, DAY), Err(LockedLineError::Damaged));
    for length in 0..line.len() {
        let opened = LockedLine::parse(&line[..length]).map(|cut| cut.open(&keys, DAY));
        assert!(opened.is_none_or(|opened| opened.is_err()), "{length}");
    }
    for at in 1..line.len() {
        let mut changed = line.clone().into_bytes();
        changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(changed).unwrap();
        if changed != line {
            let opened = LockedLine::parse(&changed).map(|cut| cut.open(&keys, DAY));
            assert!(opened.is_none_or(|opened| opened.is_err()), "{at}");
        }
    }
}

#[test]
fn a_header_opens_with_the_vendors_key_for_its_server_and_day_only() {
    let (secret, other) = (VendorSecret::from_seeds([1; 32], [2; 32]), VendorSecret::from_seeds([1; 32], [3; 32]));
    let guid = Guid::parse("DF9960A1-7BD5-633B-F0F4-B1470BBD0B8E").unwrap();
    let header = seal_header(&secret.public(), guid, &root(), [5; 32]).unwrap();
    assert_eq!(open_header(&secret, guid, &header), Ok(root()));
    assert_eq!(open_header(&other, guid, &header), Err(HeaderError::Damaged));
    let stranger = Guid::parse("DF9960A1-7BD5-633B-F0F4-B1470BBD0B8F").unwrap();
    assert_eq!(open_header(&secret, stranger, &header), Err(HeaderError::Damaged));
    let moved = KeyHeader { day: DAY + 1, ..header };
    assert_eq!(open_header(&secret, guid, &moved), Err(HeaderError::Damaged));
}
