//! Who waits has its turn: applications that take, return and take again at once, over a network that loses messages.
//!
//! They keep to limits as the client library does, refresh every two seconds at a time of their own, and hurry for nothing.

use super::*;
use crate::holding::Holding;
use random::SeededRandom;

#[path = "../../../tests/support/random.rs"]
mod random;

/// Seeds that are looked at.
const SEEDS: u64 = 1_000;
/// The time between two looks at everybody, milliseconds.
const STEP: i64 = 250;
/// The time between two refreshes of a client, milliseconds.
const REFRESH: i64 = 2_000;

/// What an application does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Habit {
    /// It takes licenses, has each so long, and takes it again at once.
    Greedy { licenses: u32, hold: i64 },
    /// It takes one and never returns it.
    Keeps,
    /// It uses nothing and would like to have some ready.
    Idles { spare: u32 },
}

impl Habit {
    fn wants(self) -> u32 {
        match self {
            Habit::Greedy { licenses, .. } => licenses,
            Habit::Keeps => 1,
            Habit::Idles { .. } => 0,
        }
    }
}

struct Application {
    key: RunKey,
    habit: Habit,
    holding: Holding,
    /// When each license in use was taken.
    held: Vec<i64>,
    taken: u64,
    sequence: u64,
    /// When in its interval it refreshes.
    phase: i64,
    /// Since when it has had none of those it wants.
    waits_since: Option<i64>,
    longest_wait: i64,
}

impl Application {
    fn held(&self) -> u32 {
        self.held.len() as u32
    }

    /// Returns what it has had for long enough, and takes what it may.
    fn work(&mut self, now: i64) {
        if let Habit::Greedy { hold, .. } = self.habit {
            self.held.retain(|from| now - from < hold);
        }
        while self.held() < self.habit.wants() && self.held() < self.holding.cap() {
            self.held.push(now);
            self.taken += 1;
        }
        if self.habit.wants() > 0 && self.held.is_empty() {
            let since = *self.waits_since.get_or_insert(now);
            self.longest_wait = self.longest_wait.max(now - since);
        } else {
            self.waits_since = None;
        }
    }

    /// A refresh; each of its messages may get lost.
    fn refresh(&mut self, allocation: &mut Allocation, now: i64, mut lost: impl FnMut() -> bool) {
        self.sequence += 1;
        self.holding.settle(self.held());
        let spare = if let Habit::Idles { spare } = self.habit { spare } else { 1 };
        let need = self.habit.wants().max(self.held());
        let said = Use {
            held: self.holding.carried(self.held()),
            need: Some(need),
            want: need + spare,
            version: self.holding.echo(),
            usage_count: self.taken,
            ..Use::default()
        };
        if lost() {
            return;
        }
        let uses = BTreeMap::from([(speech(), said)]);
        let effect = allocation.step(self.key, AllocationEvent::Refresh { sequence: self.sequence, uses: &uses }, now);
        assert_eq!(effect.broken, None);
        if !lost() {
            let told = effect.told[0];
            self.holding.hear(told.limit, told.version, self.held());
        }
    }
}

/// Lets them work for so long; at no time is more in use or counted than there is.
fn run(habits: &[Habit], licensed: u32, time: i64, loss: usize, random: &mut SeededRandom) -> Vec<Application> {
    let mut allocation = Allocation::new(Times::default());
    allocation.license(&BTreeMap::from([(speech(), licensed)]), &[]);
    let mut all: Vec<Application> = habits
        .iter()
        .enumerate()
        .map(|(index, habit)| Application {
            key: index as RunKey + 1,
            habit: *habit,
            holding: Holding::default(),
            held: Vec::new(),
            taken: 0,
            sequence: 0,
            phase: random.below((REFRESH / STEP) as usize) as i64 * STEP,
            waits_since: None,
            longest_wait: 0,
        })
        .collect();
    for now in (0..time).step_by(STEP as usize) {
        for application in &mut all {
            application.work(now);
            if now % REFRESH == application.phase {
                application.refresh(&mut allocation, now, || random.below(100) < loss);
                application.work(now);
            }
        }
        allocation.check().unwrap();
        let in_use: u32 = all.iter().map(Application::held).sum();
        assert!(in_use <= licensed, "{in_use} of {licensed} are in use");
    }
    all
}

#[test]
fn each_of_three_greedy_clients_has_its_turn_of_two_licenses_within_three_times_its_hold() {
    for seed in 1..=SEEDS {
        let mut random = SeededRandom::new(seed);
        let hold = 6_000 + random.below(40) as i64 * STEP;
        let greedy = Habit::Greedy { licenses: 1, hold };
        let all = run(&[greedy; 3], 2, 20 * hold, 0, &mut random);
        for application in &all {
            let wait = application.longest_wait;
            assert!(wait <= 3 * hold, "seed {seed}: client {} waited {wait} ms, hold {hold} ms", application.key);
            assert!(application.taken >= 5, "seed {seed}: client {} took {}", application.key, application.taken);
        }
    }
}

#[test]
fn nobody_waits_for_ever_while_another_idles_or_takes_again() {
    for seed in 1..=SEEDS {
        let mut random = SeededRandom::new(seed);
        let licensed = 1 + random.below(4) as u32;
        let mut habits = Vec::new();
        let longest = 500 + random.below(30) as i64 * 500;
        for _ in 0..2 + random.below(4) {
            let hold = STEP * (1 + random.below((longest / STEP) as usize) as i64);
            habits.push(Habit::Greedy { licenses: 1 + random.below(3) as u32, hold });
        }
        // One license is always left for those who return theirs.
        habits.extend(std::iter::repeat_n(Habit::Keeps, random.below(licensed as usize)));
        habits.extend((0..random.below(3)).map(|_| Habit::Idles { spare: 1 + random.below(5) as u32 }));
        let turns = habits.iter().filter(|habit| habit.wants() > 0).count() as i64;
        let most = turns * (2 * longest + 4 * REFRESH) + 20_000;
        let all = run(&habits, licensed, 240_000, 3, &mut random);
        for application in &all {
            let wait = application.longest_wait;
            assert!(wait <= most, "seed {seed}: client {} waited {wait} of {most} ms: {habits:?}", application.key);
        }
    }
}
