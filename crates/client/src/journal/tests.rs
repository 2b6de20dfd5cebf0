use proptest::prelude::*;

use super::*;

fn record(generation: u32, number: u64) -> Option<RecordRef> {
    Some(RecordRef { generation, number })
}

fn entry(from_ms: u64) -> CheckOutEntry {
    CheckOutEntry { product: 0, user: None, from_ms, to_ms: None, outcome: CheckOutOutcome::Denied, opened: None }
}

#[test]
fn a_server_that_lost_records_gets_what_waits_under_the_numbers_that_follow_and_links_go_with_them() {
    let journal = Journal::new(1, 100);
    for at in 0..3 {
        journal.push(0, entry(at));
    }
    journal.acknowledge(0, 3);
    let open = journal.push(0, entry(3));
    journal.push(0, CheckOutEntry { opened: open, ..entry(4) });
    journal.push(0, CheckOutEntry { opened: record(0, 2), ..entry(5) });
    assert!(journal.resume_after(0, 0, 0).is_some());
    let opened = || journal.batch(0, 10).unwrap().1.iter().map(|entry| entry.opened).collect::<Vec<_>>();
    assert_eq!(journal.batch(0, 10).unwrap().0, 1);
    assert_eq!(opened(), [None, record(0, 1), None], "what the server has lost cannot be linked to");
    assert_eq!(journal.push(0, entry(6)), record(0, 4));
    assert!(journal.resume_after(0, 2, 0).is_none(), "it has taken two meanwhile");
    assert_eq!(journal.batch(0, 10).unwrap().0, 3);
}

#[test]
fn a_new_run_numbers_what_waits_from_1_and_keeps_links_to_what_arrived_before() {
    let journal = Journal::new(1, 100);
    journal.push(0, entry(0));
    journal.acknowledge(0, 1);
    let open = journal.push(0, entry(1));
    journal.push(0, CheckOutEntry { opened: record(0, 1), ..entry(2) });
    journal.push(0, CheckOutEntry { opened: open, ..entry(3) });
    assert!(journal.resume_after(0, 0, 1).is_some());
    let (first, entries) = journal.batch(0, 10).unwrap();
    let opened: Vec<_> = entries.iter().map(|entry| entry.opened).collect();
    assert_eq!((first, opened), (1, vec![None, record(0, 1), record(1, 1)]));
    assert_eq!(journal.push(0, entry(4)), record(1, 4));
    assert!(journal.resume_after(0, 0, 2).is_some(), "and once more, before any has arrived");
    let opened: Vec<_> = journal.batch(0, 10).unwrap().1.iter().map(|entry| entry.opened).collect();
    assert_eq!(opened, [None, record(0, 1), record(2, 1), None]);
}

proptest! {
    #[test]
    fn every_record_arrives_once_or_is_counted_as_dropped(
        acts in prop::collection::vec(prop_oneof![3 => Just(0u8), 1 => Just(1u8), 1 => Just(2u8)], 1..300),
        room in 1usize..20,
    ) {
        let journal = Journal::new(2, room);
        let mut arrived: Vec<u64> = Vec::new();
        let mut pushed = 0;
        for act in acts {
            match act {
                0 => {
                    journal.push(1, entry(pushed));
                    pushed += 1;
                }
                // Sent and acknowledged; or sent, stored, and the acknowledgement lost.
                _ => {
                    if let Some((first, entries)) = journal.batch(1, 7) {
                        let mut last = first - 1;
                        for (number, entry) in (first..).zip(&entries) {
                            // A record's number says when it was pushed, whatever was dropped between.
                            prop_assert_eq!(entry.from_ms + 1, number);
                            if !arrived.contains(&number) {
                                arrived.push(number);
                            }
                            last = number;
                        }
                        if act == 1 {
                            journal.acknowledge(1, last);
                        }
                    }
                }
            }
            prop_assert!(journal.waiting() <= room);
        }
        while let Some((first, entries)) = journal.batch(1, 7) {
            let last = first + entries.len() as u64 - 1;
            arrived.extend((first..=last).filter(|number| !arrived.contains(number)).collect::<Vec<_>>());
            journal.acknowledge(1, last);
        }
        prop_assert_eq!(arrived.len() as u64 + journal.dropped(1), pushed);
        prop_assert!(arrived.is_sorted());
    }
}
