//! Fair shares, worked out by handing out one license after the other.

use licensing::allocation::AllocationEvent;
use proptest::prelude::*;

use crate::client::product;
use crate::office::SimulatedOffice;

/// What a client has, wants and was given.
#[derive(Debug, Clone, Copy)]
pub struct ShareClaim {
    pub held: u32,
    pub want: u32,
    pub limit: u32,
}

impl ShareClaim {
    /// What it gets at most.
    fn most(&self, licensed: u32) -> u32 {
        self.want.min(licensed).max(self.held)
    }

    /// What others have to do without: its limit, or what it has in use above that.
    fn takes(&self) -> u32 {
        self.limit.max(self.held)
    }
}

/// What everybody gets for certain if nothing is in use: whoever has least of those who want more gets the next one.
fn height(claims: &[ShareClaim], licensed: u32) -> u32 {
    (0..=licensed).rev().find(|height| claims.iter().map(|c| c.want.min(*height)).sum::<u32>() <= licensed).unwrap_or(0)
}

/// Max-min fair, as can be seen from outside: what is in use stays, all there is is given out, and nobody who got its limit lately
/// has more than one who goes short, but for the odd ones. The order among equals is left open.
pub fn fair(claims: &[ShareClaim], licensed: u32) -> bool {
    let held: u32 = claims.iter().map(|claim| claim.held).sum();
    let wanted: u32 = claims.iter().map(|claim| claim.most(licensed)).sum();
    let all_is_given = claims.iter().map(ShareClaim::takes).sum::<u32>() == wanted.min(licensed.max(held));
    let height = height(claims, licensed);
    let is_fair = |(index, claim): (usize, &ShareClaim)| {
        let is_short = claim.limit < claim.want.min(licensed);
        let others = claims.iter().enumerate().filter(|(other, _)| *other != index);
        let others_have_no_more = || {
            others.clone().all(|(_, other)| {
                let bound = if other.held < other.limit { claim.limit } else { height };
                other.limit <= bound + 1
            })
        };
        claim.limit <= claim.most(licensed) && (!is_short || others_have_no_more())
    };
    all_is_given && claims.iter().enumerate().all(is_fair)
}

#[test]
fn the_yardstick_itself_tells_fair_from_unfair() {
    let of = |limits: [u32; 3]| {
        [(0, 9), (4, 9), (0, 1)]
            .into_iter()
            .zip(limits)
            .map(|((held, want), limit)| ShareClaim { held, want, limit })
            .collect::<Vec<_>>()
    };
    assert!(
        fair(&of([4, 5, 1]), 10) && fair(&of([5, 4, 1]), 10) && fair(&of([3, 4, 1]), 8) && fair(&of([9, 9, 1]), 19)
    );
    assert!(
        !fair(&of([4, 4, 1]), 10)
            && !fair(&of([3, 6, 1]), 10)
            && !fair(&of([5, 5, 0]), 10)
            && !fair(&of([5, 5, 1]), 10)
    );
}

/// Clients, each with what it wants, and how much of what it is given at first it uses, in percent.
fn staff() -> impl Strategy<Value = Vec<(u32, u32)>> {
    proptest::collection::vec((prop_oneof![0..6_u32, 0..250_u32], 0..=100_u32), 1..=8)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(600) })]

    #[test]
    fn with_steady_wants_shares_become_fair_within_ten_rounds_and_stay(licensed in 0..=200_u32, staff in staff(), now in 0..5_000_i64) {
        let mut office = SimulatedOffice::new(staff.len(), &[licensed]);
        for (client, (want, uses)) in staff.iter().enumerate() {
            let limit = office.refresh(client, &[*want]);
            office.take(client, limit * uses / 100);
            office.pass(now / 4);
        }
        let round = |office: &mut SimulatedOffice| {
            for (client, (want, _)) in staff.iter().enumerate() {
                office.refresh(client, &[*want]);
            }
            office.pass(2_000);
        };
        (0..10).for_each(|_| round(&mut office));
        let limits = office.limits();
        let claim = |(index, (want, _)): (usize, &(u32, u32))| {
            let held = office.clients[index].products[0].held;
            ShareClaim { held, want: (*want).max(held), limit: limits[index] }
        };
        let claims: Vec<ShareClaim> = staff.iter().enumerate().map(claim).collect();
        prop_assert!(fair(&claims, licensed), "{claims:?} of {licensed}");
        let stored = office.stores;
        (0..10).for_each(|_| round(&mut office));
        prop_assert_eq!((office.limits(), office.stores), (limits, stored), "nothing moves any more, and nothing is written");
    }

    #[test]
    fn of_equals_those_who_asked_first_get_the_odd_ones(
        order in Just((1..=7_usize).collect::<Vec<_>>()).prop_shuffle(),
        licensed in 1..=200_u32,
    ) {
        let mut office = SimulatedOffice::new(8, &[licensed]);
        office.refresh(0, &[licensed]);
        office.take(0, licensed);
        for client in &order {
            prop_assert_eq!(office.refresh(*client, &[200]), 0);
        }
        office.clients[0].come_down(0, 0);
        for _ in 0..10 {
            (0..8).for_each(|client| _ = office.refresh(client, &[if client == 0 { 0 } else { 200 }]));
        }
        let (each, odd) = (licensed / 7, (licensed % 7) as usize);
        for (place, client) in order.iter().enumerate() {
            prop_assert_eq!(office.limits()[*client], each + u32::from(place < odd), "{:?}", order);
        }
    }

    #[test]
    fn fewer_licenses_take_nothing_in_use_and_grow_nothing_until_the_sum_fits(
        licensed in 1..=200_u32, fewer in 0..200_u32, staff in staff(), returned in proptest::collection::vec((0..8_usize, 1..40_u32), 0..30),
    ) {
        let mut office = SimulatedOffice::new(staff.len(), &[licensed]);
        for (client, (want, uses)) in staff.iter().enumerate() {
            let limit = office.refresh(client, &[*want]);
            office.take(client, limit * uses / 100);
        }
        office.license(&[fewer.min(licensed)]);
        for (client, count) in returned {
            let over = office.counted() > u64::from(office.licensed[0]);
            let client = client % staff.len();
            let counted = |office: &SimulatedOffice| office.clients.iter().map(|client| office.counted_for(client.key)).collect::<Vec<_>>();
            let before = counted(&office);
            let limit = office.refresh(client, &[250]);
            let held = office.clients[client].products[0].held;
            prop_assert!(limit.max(office.counted_for(office.clients[client].key)) >= held, "what is in use stays");
            prop_assert!(!over || counted(&office).iter().zip(&before).all(|(now, before)| now <= before), "nothing grows");
            let held = office.clients[client].products[0].held;
            office.clients[client].come_down(0, held.saturating_sub(count));
            office.pass(500);
        }
        (0..staff.len()).for_each(|client| office.clients[client].come_down(0, 0));
        (0..6).for_each(|_| (0..staff.len()).for_each(|client| _ = office.refresh(client, &[250])));
        prop_assert_eq!(office.counted(), u64::from(office.licensed[0]), "at last all there are are given out");
    }

    #[test]
    fn who_uses_more_than_it_was_given_gets_nothing_more_and_harms_nobody(
        licensed in 1..=200_u32, staff in staff(), claims in proptest::collection::vec((1..300_u32, 0..300_u32, 0..3_u64), 1..10),
    ) {
        let mut office = SimulatedOffice::new(staff.len(), &[licensed]);
        let liar = 100;
        for (round, (more, want, echo)) in claims.into_iter().enumerate() {
            let counted = office.counted_for(liar);
            let lie = crate::client::SentRefresh {
                key: liar, sequence: round as u64 + 1, sent: office.now, said: vec![(counted + more, want, echo)], needs: None,
            };
            let effect = office.allocation.step(liar, AllocationEvent::Refresh { sequence: lie.sequence, uses: &lie.uses() }, office.now);
            let share = *office.allocation.run(liar).and_then(|run| run.share(&product(0))).unwrap();
            prop_assert!(share.over && effect.told[0].limit <= counted && !effect.store_first, "{:?}", effect);
            prop_assert!(share.counted <= counted, "it does not grow");
            for (client, (want, _)) in staff.iter().enumerate() {
                office.refresh(client, &[*want]);
            }
        }
        for _ in 0..10 {
            (0..staff.len()).for_each(|client| _ = office.refresh(client, &[staff[client].0]));
        }
        let limits = office.limits();
        let honest: Vec<ShareClaim> =
            staff.iter().zip(limits).map(|((want, _), limit)| ShareClaim { held: 0, want: *want, limit }).collect();
        prop_assert!(fair(&honest, licensed), "{honest:?} of {licensed}");
    }
}
