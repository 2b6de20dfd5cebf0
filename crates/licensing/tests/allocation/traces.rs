//! Single stories worth telling.

use crate::office::SimulatedOffice;

#[test]
fn a_late_request_from_before_a_restart_does_not_free_a_limit_the_client_heard_of_since() {
    let mut office = SimulatedOffice::new(2, &[3]);
    assert_eq!(office.refresh(0, &[3]), 3);
    let late = office.send(0, &[0]);
    assert_eq!(office.refresh(0, &[2]), 2, "lower: nothing is stored for it");
    office.restart();
    office.serve(&late);
    let request = office.send(0, &[0]);
    office.serve(&request);
}

#[test]
fn a_late_request_from_before_a_restart_does_not_free_a_limit_that_grew_back_since() {
    let mut office = SimulatedOffice::new(2, &[3]);
    office.refresh(0, &[3]);
    office.refresh(0, &[1]);
    office.stored = crate::office::snapshot(&office.allocation);
    let late = office.send(0, &[1]);
    assert_eq!(office.refresh(0, &[3]), 3);
    office.restart();
    office.serve(&late);
}

#[test]
fn after_a_restart_a_client_that_was_coming_down_hears_of_its_new_limit() {
    let mut office = SimulatedOffice::new(1, &[3]);
    office.refresh(0, &[3]);
    office.take(0, 1);
    let request = office.send(0, &[1]);
    office.take(0, 1);
    let (answer, _) = office.serve(&request);
    office.hear(0, &answer);
    office.restart();
    for _ in 0..10 {
        office.refresh(0, &[2]);
    }
    assert_eq!(office.clients[0].products[0].limit(), 2);
}

#[test]
fn two_starts_from_the_same_data_do_not_give_one_version_two_meanings() {
    let mut office = SimulatedOffice::new(1, &[6]);
    office.refresh(0, &[6]);
    let late = office.send(0, &[0]);
    office.restart();
    assert_eq!(office.refresh(0, &[2]), 2, "lower");
    office.restart();
    office.serve(&late);
    office.refresh(0, &[0]);
}

#[test]
fn two_late_words_of_an_honest_client_do_not_make_it_a_liar() {
    let mut office = SimulatedOffice::new(2, &[2]);
    office.refresh(0, &[2]);
    office.take(0, 2);
    office.pass(119_000);
    let late = [office.send(0, &[2]), office.send(0, &[2])];
    office.pass(3_500);
    assert_eq!(office.refresh(1, &[2]), 2);
    late.iter().for_each(|request| _ = office.serve(request));
}

#[test]
fn shares_come_to_rest() {
    let mut office = SimulatedOffice::new(2, &[3]);
    for _ in 0..10 {
        office.refresh(0, &[2]);
        office.refresh(1, &[2]);
    }
    let before = office.clients.clone();
    let mut stored = 0;
    for _ in 0..10 {
        for client in [0, 1] {
            let request = office.send(client, &[2]);
            let (answer, effect) = office.serve(&request);
            stored += u32::from(effect.changed);
            office.hear(client, &answer);
        }
    }
    assert_eq!(stored, 0, "steady wants change nothing");
    assert_eq!(office.clients[0].products, before[0].products);
}

#[test]
fn what_a_silent_client_only_wanted_is_given_to_others() {
    let mut office = SimulatedOffice::new(2, &[10]);
    office.refresh(0, &[10]);
    office.refresh(1, &[10]);
    for _ in 0..200 {
        office.pass(2_000);
        office.refresh(0, &[10]);
    }
    assert_eq!(office.clients[0].products[0].limit(), 10);
}

#[test]
fn who_comes_back_after_a_silence_gets_its_share_again() {
    let mut office = SimulatedOffice::new(2, &[10]);
    for want in [2, 10] {
        office.refresh(0, &[10]);
        office.refresh(0, &[10]);
        office.refresh(1, &[want]);
        office.refresh(1, &[want]);
    }
    for want in [10, 10, 10, 10, 10, 10, 9, 10] {
        office.pass(2_000);
        office.refresh(0, &[want]);
    }
    assert_eq!(office.limits(), [8, 2], "the silent one keeps what it has");
    for _ in 0..10 {
        office.pass(2_000);
        office.refresh(0, &[10]);
        office.refresh(1, &[10]);
    }
    assert_eq!(office.limits(), [5, 5]);
}

#[test]
fn an_honest_client_that_speaks_late_after_a_restart_is_not_called_a_liar() {
    let mut office = SimulatedOffice::new(1, &[3]);
    office.refresh(0, &[2]);
    office.take(0, 2);
    office.pass(119_000);
    let late = office.send(0, &[2]);
    office.pass(3_500);
    office.stored = crate::office::snapshot(&office.allocation);
    office.restart();
    office.pass(2_000);
    office.serve(&late);
}

#[test]
fn after_a_release_has_run_out_everybody_gets_a_fair_share_again() {
    let mut office = SimulatedOffice::new(2, &[10]);
    for _ in 0..4 {
        office.refresh(0, &[10]);
        office.refresh(1, &[10]);
    }
    office.allocation.step(2, licensing::allocation::AllocationEvent::Release, office.now);
    for _ in 0..50 {
        office.pass(2_000);
        office.refresh(0, &[10]);
        office.refresh(1, &[10]);
    }
    assert_eq!(office.limits(), [5, 5]);
}
