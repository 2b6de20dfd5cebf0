use super::*;

mod fairness;

const A: RunKey = 1;
const B: RunKey = 2;
const C: RunKey = 3;

/// An allocation and one client library's worth of good manners for each client.
struct World {
    allocation: Allocation,
    clients: BTreeMap<RunKey, Client>,
    now: i64,
}

#[derive(Default, Clone, Copy)]
struct Client {
    sequence: u64,
    held: u32,
    want: u32,
    version: u64,
    limit: u32,
}

fn speech() -> ProductCode {
    "SPEECH".parse().unwrap()
}

impl World {
    fn with(licensed: u32) -> World {
        let mut world = World { allocation: Allocation::new(Times::default()), clients: BTreeMap::new(), now: 1_000 };
        world.license(licensed);
        world
    }

    fn license(&mut self, licensed: u32) {
        self.allocation.license(&BTreeMap::from([(speech(), licensed)]), &[]);
        self.allocation.check().unwrap();
    }

    fn set(&mut self, key: RunKey, held: u32, want: u32) {
        let client = self.clients.entry(key).or_default();
        (client.held, client.want) = (held, want);
    }

    /// Gets licenses and uses them.
    fn take(&mut self, key: RunKey, held: u32, want: u32) {
        self.set(key, 0, want);
        self.refresh(key);
        self.set(key, held, want);
        self.refresh(key);
    }

    /// Sends a refresh; the answer gets lost.
    fn send(&mut self, key: RunKey) -> (LimitAnswer, AllocationEffect) {
        let client = self.clients.entry(key).or_default();
        client.sequence += 1;
        let said = Use { held: client.held, want: client.want, version: client.version, ..Use::default() };
        let (sequence, uses) = (client.sequence, BTreeMap::from([(speech(), said)]));
        let effect = self.allocation.step(key, AllocationEvent::Refresh { sequence, uses: &uses }, self.now);
        self.allocation.check().unwrap();
        assert_eq!(effect.broken, None);
        (effect.told[0], effect)
    }

    /// Sends a refresh, hears the answer and keeps to it as soon as it can.
    fn refresh(&mut self, key: RunKey) -> LimitAnswer {
        let (told, _) = self.send(key);
        let client = self.clients.get_mut(&key).unwrap();
        if told.version > client.version && client.held <= told.limit {
            (client.version, client.limit) = (told.version, told.limit);
        }
        told
    }

    fn counted(&self) -> u64 {
        self.allocation.pools[&speech()].counted
    }
}

#[test]
fn a_client_gets_what_it_wants_while_there_is_enough_and_what_grows_is_stored_first() {
    let mut world = World::with(10);
    world.set(A, 0, 4);
    let (told, effect) = world.send(A);
    assert_eq!((told.limit, told.licensed, told.why), (4, 10, None));
    assert!(effect.store_first && effect.changed);
    let (_, again) = world.send(A);
    assert!(!again.store_first && !again.changed, "a refresh that changes nothing touches no disk");
}

#[test]
fn a_lower_limit_stays_counted_until_it_is_echoed() {
    let mut world = World::with(10);
    world.take(A, 8, 10);
    world.set(A, 8, 8);
    assert_eq!(world.send(A).0.limit, 8);
    assert_eq!(world.counted(), 10);
    world.set(B, 0, 2);
    assert_eq!(world.refresh(B).limit, 0, "what may still be in use is not given to another");
    world.refresh(A);
    world.refresh(A);
    assert_eq!(world.counted(), 8);
    assert_eq!(world.refresh(B).limit, 2);
}

#[test]
fn when_more_is_wanted_than_there_is_shares_are_fair_and_who_asked_first_gets_the_odd_one() {
    let mut world = World::with(10);
    for key in [B, A, C] {
        world.set(key, 0, 6);
        world.refresh(key);
    }
    // All three wait for something they don't use yet, in this order.
    for _ in 0..6 {
        for key in [A, B, C] {
            world.refresh(key);
        }
    }
    let limits = [A, B, C].map(|key| world.clients[&key].limit);
    assert_eq!(limits, [3, 4, 3], "who asked first");
    world.set(C, 0, 1);
    for _ in 0..6 {
        for key in [A, B, C] {
            world.refresh(key);
        }
    }
    assert_eq!([A, B, C].map(|key| world.clients[&key].limit), [4, 5, 1]);
}

#[test]
fn nothing_in_use_is_revoked_for_fairness_and_what_is_returned_goes_to_who_waits() {
    let mut world = World::with(10);
    world.take(A, 9, 9);
    world.set(B, 0, 9);
    for _ in 0..5 {
        world.refresh(B);
        assert_eq!(world.refresh(A).limit, 5, "its fair share, below what it uses");
    }
    assert_eq!(world.refresh(B), LimitAnswer { limit: 1, version: 1, licensed: 10, why: Some(Shortage::AllInUse) });
    assert_eq!(world.counted(), 10);
    let version = world.allocation.run(A).unwrap().share(&speech()).unwrap().version;
    for held in (5..9).rev() {
        world.set(A, held, 9);
        world.clients.get_mut(&A).unwrap().version = version;
        assert_eq!(world.refresh(A).limit, 5);
        assert_eq!(world.refresh(B).limit, 10 - held, "one returned, one more for who waits");
    }
}

/// A refresh of a client that says what it needs; its answer is heard and echoed with the next.
fn needs(world: &mut World, key: RunKey, (held, need, want): (u32, u32, u32), taken: u64) -> u32 {
    let client = world.clients.entry(key).or_default();
    client.sequence += 1;
    let said = Use { held, need: Some(need), want, version: client.version, usage_count: taken, ..Use::default() };
    let (sequence, uses) = (client.sequence, BTreeMap::from([(speech(), said)]));
    let told = world.allocation.step(key, AllocationEvent::Refresh { sequence, uses: &uses }, world.now).told[0];
    world.allocation.check().unwrap();
    world.clients.get_mut(&key).unwrap().version = told.version;
    told.limit
}

#[test]
fn a_spare_is_given_up_for_a_need_and_comes_back_when_the_need_is_over() {
    let mut world = World::with(4);
    assert_eq!(needs(&mut world, A, (0, 0, 4), 0), 4, "nobody needs any");
    assert_eq!(needs(&mut world, B, (0, 3, 4), 0), 0);
    assert_eq!(needs(&mut world, A, (0, 0, 4), 0), 1, "what B does not need is to spare");
    needs(&mut world, A, (0, 0, 4), 0);
    assert_eq!(needs(&mut world, B, (0, 3, 4), 0), 3);
    assert_eq!(needs(&mut world, B, (3, 3, 4), 3), 3);
    assert_eq!(needs(&mut world, B, (0, 0, 0), 3), 0);
    needs(&mut world, B, (0, 0, 0), 3);
    assert_eq!(needs(&mut world, A, (0, 0, 4), 0), 4);
}

#[test]
fn what_is_to_spare_goes_to_who_used_the_product_last() {
    let mut world = World::with(3);
    needs(&mut world, A, (0, 1, 1), 0);
    needs(&mut world, A, (1, 1, 1), 1);
    needs(&mut world, B, (0, 1, 1), 0);
    needs(&mut world, B, (1, 1, 1), 1);
    for _ in 0..3 {
        needs(&mut world, A, (1, 1, 3), 1);
        needs(&mut world, B, (1, 1, 3), 1);
    }
    let limits = [A, B].map(|key| world.allocation.run(key).unwrap().share(&speech()).unwrap().told);
    assert_eq!(limits, [1, 2]);
}

#[test]
fn who_takes_again_and_again_yields_to_who_waits_although_another_never_returns() {
    let mut world = World::with(2);
    for key in [A, B] {
        needs(&mut world, key, (0, 1, 1), 0);
        needs(&mut world, key, (1, 1, 1), 1);
    }
    assert_eq!(needs(&mut world, C, (0, 1, 1), 0), 0);
    assert_eq!(needs(&mut world, A, (1, 1, 1), 1), 0, "who had it longest gives it up first");
    assert_eq!(needs(&mut world, B, (1, 1, 1), 1), 1);
    // A works on; B returned its license and took it again.
    assert_eq!(needs(&mut world, B, (1, 1, 1), 2), 0);
    assert_eq!(needs(&mut world, B, (0, 1, 1), 2), 0, "and now waits behind C");
    assert_eq!(needs(&mut world, C, (0, 1, 1), 0), 1);
}

#[test]
fn a_license_that_is_kept_is_not_taken_from_its_client_for_another_that_waits() {
    let mut world = World::with(1);
    world.allocation.license(&BTreeMap::from([(speech(), Licensed::Kept(1))]), &[]);
    world.take(A, 1, 1);
    world.set(B, 0, 1);
    for _ in 0..3 {
        assert_eq!(world.refresh(B).limit, 0);
        assert_eq!(world.refresh(A).limit, 1);
    }
}

#[test]
fn a_silent_clients_limit_is_counted_for_two_minutes_and_a_little_more() {
    let mut world = World::with(4);
    world.take(A, 2, 4);
    world.set(B, 0, 4);
    world.now += 122_199;
    assert_eq!(world.allocation.expire(world.now), Vec::<RunKey>::new());
    assert_eq!(world.refresh(B).limit, 0);
    world.now += 1;
    assert_eq!(world.allocation.expire(world.now), vec![A]);
    assert_eq!(world.refresh(B).limit, 4);
    // Its cache is empty; it speaks of what it had for a last time, which is no lie.
    let told = world.refresh(A);
    assert_eq!((told.limit, told.why), (0, Some(Shortage::AllInUse)));
}

#[test]
fn a_client_that_another_server_serves_frees_its_licenses_at_once_and_gets_them_anew_when_it_is_back() {
    let mut world = World::with(4);
    world.take(A, 2, 4);
    assert!(world.allocation.step(A, AllocationEvent::Moved, world.now).changed);
    assert_eq!(world.counted(), 0);
    world.set(B, 0, 1);
    assert_eq!(world.refresh(B).limit, 1);
    // Back, it speaks of nothing that this server granted, and is granted what is left.
    world.now += 60_000;
    world.set(A, 0, 4);
    assert_eq!(world.refresh(A).limit, 3);
    assert_eq!(world.counted(), 4);
}

#[test]
fn an_old_refresh_changes_nothing_and_a_repeated_one_only_keeps_the_limit_longer() {
    let mut world = World::with(4);
    world.set(A, 0, 4);
    world.refresh(A);
    world.refresh(A);
    let before = world.allocation.clone();
    let uses = BTreeMap::from([(speech(), Use { held: 0, want: 0, version: 1, ..Use::default() })]);
    let old = world.allocation.step(A, AllocationEvent::Refresh { sequence: 1, uses: &uses }, world.now + 5);
    assert_eq!((old.told[0].limit, old.changed), (4, false));
    assert_eq!(world.allocation, before);
    world.allocation.step(A, AllocationEvent::Refresh { sequence: 2, uses: &uses }, world.now + 5);
    assert_eq!(world.allocation.run(A).unwrap().deadline, world.now + 5 + 122_200);
    assert_eq!(world.counted(), 4);
}

#[test]
fn after_a_restart_what_clients_may_believe_is_counted_as_if_just_answered() {
    let mut world = World::with(10);
    world.take(A, 3, 7);
    let run = world.allocation.run(A).unwrap();
    let (sequence, kept) = (run.sequence, run.stored_shares());
    let mut after = Allocation::new(Times::default());
    after.restore(A, sequence, kept, 50);
    after.license(&BTreeMap::from([(speech(), 10)]), &[]);
    after.check().unwrap();
    assert_eq!(after.pools[&speech()].counted, 7);
    assert_eq!(after.run(A).unwrap().deadline, 50 + 122_200);
    world.allocation = after;
    world.set(B, 0, 10);
    assert_eq!(world.refresh(B).limit, 3);
}

#[test]
fn fewer_licenses_revoke_nothing_and_grow_nothing_until_the_sum_fits() {
    let mut world = World::with(10);
    world.take(A, 5, 6);
    world.take(B, 1, 4);
    world.license(6);
    assert!(world.allocation.pools[&speech()].over_committed());
    for _ in 0..3 {
        world.refresh(A);
        world.refresh(B);
    }
    let counted = |world: &World, key| world.allocation.run(key).unwrap().share(&speech()).unwrap().counted;
    assert_eq!((counted(&world, A), counted(&world, B)), (6, 1), "it has not come down to its limit");
    world.license(3);
    world.set(A, 5, 9);
    world.refresh(A);
    assert!(counted(&world, A) >= 5, "what is in use stays");
    world.set(A, 0, 0);
    world.refresh(A);
    world.refresh(A);
    assert!(!world.allocation.pools[&speech()].over_committed());
    world.refresh(B);
    assert_eq!(world.refresh(B).limit, 3);
}

#[test]
fn who_uses_more_than_it_was_given_is_named_and_gets_nothing_more_while_it_lasts() {
    let mut world = World::with(10);
    world.set(A, 0, 2);
    world.refresh(A);
    world.set(A, 5, 8);
    let told = world.refresh(A);
    assert_eq!((told.limit, told.why), (2, Some(Shortage::OverLimit)));
    assert_eq!(world.counted(), 2);
    world.set(A, 2, 8);
    assert_eq!(world.refresh(A).limit, 8);
}

#[test]
fn goodbye_frees_at_once_and_a_release_takes_back_what_is_not_in_use() {
    let mut world = World::with(10);
    world.take(A, 2, 10);
    world.allocation.step(A, AllocationEvent::Release, world.now);
    assert_eq!(world.refresh(A), LimitAnswer { limit: 2, version: 2, licensed: 10, why: Some(Shortage::Released) });
    world.refresh(A);
    assert_eq!(world.counted(), 2);
    world.now += 60_000;
    assert_eq!(world.refresh(A).limit, 10);
    world.allocation.step(A, AllocationEvent::Goodbye, world.now);
    assert_eq!(world.counted(), 0);
}

#[test]
fn a_product_nobody_has_a_license_for_leaves_no_trace() {
    let mut world = World::with(1);
    let before = world.allocation.pools.len();
    let uses =
        (0..200).map(|n| (format!("P{n}").parse().unwrap(), Use { want: 9, version: 4, ..Use::default() })).collect();
    let effect = world.allocation.step(A, AllocationEvent::Refresh { sequence: 1, uses: &uses }, world.now);
    assert_eq!(effect.told[0], LimitAnswer { limit: 0, version: 5, licensed: 0, why: Some(Shortage::NotLicensed) });
    assert_eq!(world.allocation.pools.len(), before);
    assert!(!effect.store_first && !effect.changed);
}

#[test]
fn out_of_service_is_not_the_same_as_not_licensed() {
    let mut world = World::with(1);
    world.allocation.license(&BTreeMap::<ProductCode, u32>::new(), &[speech()]);
    world.set(A, 0, 1);
    assert_eq!(world.refresh(A).why, Some(Shortage::OutOfService));
}
