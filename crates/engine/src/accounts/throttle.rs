//! Slows down password guesses. Nobody is kept out for good, and nobody by the guesses of others who has signed in before:
//! a browser that shows its device cookie and a signed-in session have attempts of their own, which only they use up.
//! All others share what is left for their address, for the account, and for both together. Once an account was guessed at from
//! several addresses, strangers are checked every few seconds only. An address that has not been wrong so far is told to wait for
//! that once: when it comes again, others are not before it, however many guess on. Of IPv6 that counts by networks of 48 bits:
//! who has one of 64 bits often has thousands of them, and would guess once from each.
//!
//! Times are milliseconds of the monotonic clock: setting the wall clock neither prolongs a wait nor ends one.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};

/// Guesses older than this are forgotten, milliseconds.
const MEMORY_MS: i64 = 15 * 60 * 1000;
/// The same for codes of an authenticator app: who guesses these knows the password, and one in 300,000 guesses is right.
const CODE_MEMORY_MS: i64 = 24 * 60 * 60 * 1000;
/// Maximum number of buckets; beyond that those with the fewest guesses are dropped.
const MAX_BUCKETS: usize = 10_000;
/// Maximum number of promises; beyond that no new ones are made, and those that were made are kept.
const MAX_PROMISES: usize = 10_000;
/// For so long after it is due a promise is kept while others wait for its room, milliseconds.
const KEPT_MS: i64 = 60_000;
/// Time between two looks for promises to drop, milliseconds.
const SWEEP_MS: i64 = 1_000;
/// Names are compared by this many characters.
const MOST_NAME: usize = 64;

/// Who guesses.
#[derive(Debug, Clone, Copy)]
pub enum Guesser<'a> {
    /// A browser that has signed in as this user before: the number of its device cookie.
    Device(&'a str),
    /// A signed-in session that is asked again: its handle.
    Session(&'a str),
    /// Anybody else.
    Stranger,
    /// Whoever has shown the password and is asked for a code; the number of its device cookie, if it has one.
    Code(Option<&'a str>),
}

/// What guesses are counted by.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Bucket {
    /// One browser or session, for one account.
    Own { name: String, number: String },
    /// One address, for one account.
    Both { name: String, guest: String },
    /// The IPv6 network of 48 bits around an address, for one account. It waits for nothing, but was wrong.
    Around { name: String, network: String },
    /// All strangers together, for one account.
    Name(String),
    /// One address, for all accounts.
    Guest(String),
    /// Codes for one account, of one browser or of all that are unknown. The right password doesn't clear it.
    Code { name: String, number: String },
}

impl Bucket {
    /// Wrong guesses without a wait, and the longest wait in seconds.
    ///
    /// One person who mistypes must not keep out others behind the same address, and a stranger not all other strangers: what is shared
    /// is wider than what one address reaches on one account, and its waits are shorter.
    fn limits(&self) -> (u32, i64) {
        match self {
            Self::Own { .. } | Self::Both { .. } => (5, 300),
            Self::Around { .. } => (u32::MAX, 0),
            Self::Name(_) => (20, 4),
            Self::Guest(_) => (50, 60),
            Self::Code { .. } => (5, 900),
        }
    }

    fn memory_ms(&self) -> i64 {
        if matches!(self, Self::Code { .. }) { CODE_MEMORY_MS } else { MEMORY_MS }
    }

    fn is_of(&self, account: &str) -> bool {
        match self {
            Self::Own { name, .. }
            | Self::Both { name, .. }
            | Self::Around { name, .. }
            | Self::Code { name, .. }
            | Self::Name(name) => name == account,
            Self::Guest(_) => false,
        }
    }
}

#[derive(Debug, Default, Clone, Copy)]
struct Guesses {
    wrong: u32,
    last_ms: i64,
}

/// Wrong guesses.
#[derive(Debug, Default)]
pub struct Throttle {
    buckets: HashMap<Bucket, Guesses>,
    /// When who has not been wrong may guess although others have guessed at the same account: as was told.
    promises: HashMap<Bucket, i64>,
    /// The last look for promises to drop.
    swept_ms: Option<i64>,
}

/// A guess that was counted as wrong until it turns out to be right.
#[derive(Debug)]
pub struct Guess(Vec<Bucket>);

impl Throttle {
    /// Counts a guess before it is checked, so that simultaneous guesses count too.
    ///
    /// # Errors
    /// Seconds to wait before one is checked; this one was not counted.
    pub fn begin(&mut self, name: &str, guest: &str, guesser: Guesser<'_>, now_ms: i64) -> Result<Guess, i64> {
        let (name, guest) = (account(name), guest.to_owned());
        let buckets = match guesser {
            Guesser::Device(number) => vec![Bucket::Own { name, number: format!("device {number}") }],
            Guesser::Session(handle) => vec![Bucket::Own { name, number: format!("session {handle}") }],
            Guesser::Code(number) => {
                vec![Bucket::Code { name, number: number.map_or_else(String::new, str::to_owned) }]
            }
            Guesser::Stranger => {
                let around = around(&guest).map(|network| Bucket::Around { name: name.clone(), network });
                let mut buckets = vec![
                    Bucket::Both { name: name.clone(), guest: guest.clone() },
                    Bucket::Name(name),
                    Bucket::Guest(guest),
                ];
                buckets.extend(around);
                buckets
            }
        };
        let is_shared = |bucket: &&Bucket| matches!(bucket, Bucket::Name(_));
        let own_wait = |bucket: &&Bucket| !is_shared(bucket);
        let wait = buckets.iter().filter(own_wait).map(|bucket| self.wait_s(bucket, now_ms)).max().unwrap_or(0);
        let shared = buckets.iter().find(is_shared).map_or(0, |bucket| self.wait_s(bucket, now_ms));
        let wait = wait.max(if shared > 0 { self.promised_s(&buckets, shared, now_ms) } else { 0 });
        if wait > 0 {
            return Err(wait);
        }
        self.make_room(buckets.len(), now_ms);
        for bucket in &buckets {
            let guesses = self.buckets.entry(bucket.clone()).or_default();
            if now_ms - guesses.last_ms > bucket.memory_ms() {
                guesses.wrong = 0;
            }
            guesses.wrong = guesses.wrong.saturating_add(1);
            guesses.last_ms = now_ms;
            self.promises.remove(bucket);
        }
        Ok(Guess(buckets))
    }

    /// How long a stranger waits where others have guessed at the same account: as told before, if its address was told and has
    /// not been wrong.
    fn promised_s(&mut self, buckets: &[Bucket], shared_s: i64, now_ms: i64) -> i64 {
        // The network around the address, where there is one, comes last.
        let is_own = |bucket: &&Bucket| matches!(bucket, Bucket::Both { .. } | Bucket::Around { .. });
        let Some(own) = buckets.iter().rfind(is_own) else { return shared_s };
        if self.buckets.get(own).is_some_and(|own| own.wrong > 0 && now_ms - own.last_ms <= MEMORY_MS) {
            return shared_s;
        }
        let told = self.promises.get(own).copied().filter(|due_ms| now_ms - due_ms <= MEMORY_MS);
        if told.is_none() && !self.has_room_for_promise(now_ms) {
            return shared_s;
        }
        let due_ms = told.unwrap_or(now_ms + shared_s * 1000);
        self.promises.insert(own.clone(), due_ms);
        seconds(due_ms - now_ms).max(0)
    }

    /// Whether another promise can be kept; a flood of addresses takes the place of none that was made.
    fn has_room_for_promise(&mut self, now_ms: i64) -> bool {
        let is_full = self.promises.len() >= MAX_PROMISES;
        if is_full && self.swept_ms.is_none_or(|swept_ms| now_ms - swept_ms >= SWEEP_MS) {
            self.swept_ms = Some(now_ms);
            self.promises.retain(|_, due_ms| now_ms - *due_ms <= KEPT_MS);
        }
        self.promises.len() < MAX_PROMISES
    }

    fn wait_s(&self, bucket: &Bucket, now_ms: i64) -> i64 {
        let Some(guesses) = self.buckets.get(bucket) else { return 0 };
        let (free, longest_s) = bucket.limits();
        if guesses.wrong < free || now_ms - guesses.last_ms > bucket.memory_ms() {
            return 0;
        }
        let wait_s = (1_i64 << (guesses.wrong - free).min(20)).min(longest_s);
        let left_ms = guesses.last_ms + wait_s * 1000 - now_ms;
        seconds(left_ms).clamp(0, wait_s)
    }

    fn make_room(&mut self, new: usize, now_ms: i64) {
        if self.buckets.len() + new <= MAX_BUCKETS {
            return;
        }
        self.buckets.retain(|bucket, guesses| now_ms - guesses.last_ms <= bucket.memory_ms());
        if self.buckets.len() + new <= MAX_BUCKETS {
            return;
        }
        // A flood of names and addresses guesses each once: those that wait stay.
        let mut ranks: Vec<_> = self.buckets.values().map(|guesses| (guesses.wrong, guesses.last_ms)).collect();
        let (_, median, _) = ranks.select_nth_unstable(MAX_BUCKETS / 2);
        let (median, mut dropped) = (*median, 0);
        self.buckets.retain(|_, guesses| {
            let goes = dropped < MAX_BUCKETS / 2 && (guesses.wrong, guesses.last_ms) <= median;
            dropped += usize::from(goes);
            !goes
        });
    }

    /// The guess was right: what was counted for who made it is forgotten; what others share loses this guess only.
    pub fn right(&mut self, guess: Guess) {
        for bucket in guess.0 {
            match bucket {
                Bucket::Own { .. } | Bucket::Both { .. } | Bucket::Code { .. } => {
                    self.buckets.remove(&bucket);
                }
                Bucket::Around { .. } | Bucket::Name(_) | Bucket::Guest(_) => {
                    if let Some(guesses) = self.buckets.get_mut(&bucket) {
                        guesses.wrong = guesses.wrong.saturating_sub(1);
                    }
                }
            }
        }
    }

    /// Forgets all guesses for an account, which has a new password.
    pub fn clear(&mut self, name: &str) {
        let name = account(name);
        self.buckets.retain(|bucket, _| !bucket.is_of(&name));
        self.promises.retain(|bucket, _| !bucket.is_of(&name));
    }
}

fn seconds(ms: i64) -> i64 {
    (ms + 999).div_euclid(1000)
}

/// A name as guesses are counted by it.
fn account(name: &str) -> String {
    name.chars().take(MOST_NAME).collect::<String>().to_lowercase()
}

/// The network of 48 bits around a guest of IPv6.
fn around(guest: &str) -> Option<String> {
    let network: Ipv6Addr = guest.strip_suffix("/64")?.parse().ok()?;
    Some(format!("{}/48", Ipv6Addr::from_bits(network.to_bits() >> 80 << 80)))
}

/// What counts as one guest: an address; of IPv6 its network of 64 bits, of which one machine may use any address.
#[must_use]
pub fn guest(address: Option<&str>) -> String {
    let Some(address) = address else { return "none".to_owned() };
    match address.parse::<IpAddr>().map(|address| address.to_canonical()) {
        Ok(IpAddr::V6(address)) => {
            let network = Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX));
            format!("{network}/64")
        }
        Ok(IpAddr::V4(address)) => address.to_string(),
        Err(_) => address.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Wrong guesses of a stranger at `now`, as many as are checked; the wait after them.
    fn guess(throttle: &mut Throttle, name: &str, guest: &str, now: i64, most: u32) -> (u32, i64) {
        for checked in 0..most {
            if let Err(wait) = throttle.begin(name, guest, Guesser::Stranger, now) {
                return (checked, wait);
            }
        }
        (most, 0)
    }

    #[test]
    fn waits_grow_end_by_themselves_and_are_forgotten() {
        let mut throttle = Throttle::default();
        assert_eq!(guess(&mut throttle, "admin", "a", 1000, 9), (5, 1));
        assert_eq!(guess(&mut throttle, "admin", "a", 2000, 9), (1, 2));
        let mut now = 2000;
        for _ in 0..20 {
            let Err(wait) = throttle.begin("admin", "a", Guesser::Stranger, now) else { continue };
            assert!(wait <= 300, "{wait}");
            now += wait * 1000;
        }
        now += MEMORY_MS + 1;
        assert_eq!(guess(&mut throttle, "admin", "a", now, 9), (5, 1));
    }

    #[test]
    fn who_has_signed_in_before_is_not_kept_waiting_by_a_stranger_at_any_address() {
        let mut throttle = Throttle::default();
        for guest in 0..100 {
            guess(&mut throttle, "admin", &format!("10.0.0.{guest}"), 1000, 5);
        }
        assert!(throttle.begin("admin", "10.1.1.1", Guesser::Stranger, 1000).is_err(), "a new browser waits a little");
        for guesser in [Guesser::Device("1"), Guesser::Session("1")] {
            let right = throttle.begin("admin", "10.0.0.1", guesser, 1000).unwrap();
            throttle.right(right);
        }
        let wait = throttle.begin("admin", "10.1.1.1", Guesser::Stranger, 1000).unwrap_err();
        assert!(wait <= 4, "{wait}: the wait that strangers share stays short");
    }

    /// Checked guesses within an hour while so many addresses guess as fast as they may, and the wait of a new browser with
    /// the right password that comes in between.
    fn under_guesses(addresses: u32) -> (u32, i64) {
        let mut throttle = Throttle::default();
        let (mut checked, mut waited, mut came) = (0, None, None);
        for now in (0..3_600_000).step_by(250) {
            for guest in 0..addresses {
                let guess =
                    throttle.begin("admin", &format!("10.0.{}.{}", guest / 256, guest % 256), Guesser::Stranger, now);
                checked += u32::from(guess.is_ok());
            }
            let is_time = now >= 1_800_000 && came.is_none_or(|again| now >= again);
            if is_time && waited.is_none() {
                match throttle.begin("admin", "10.9.9.9", Guesser::Stranger, now) {
                    Ok(right) => {
                        throttle.right(right);
                        waited = Some(now - 1_800_000);
                    }
                    Err(wait) => came = Some(now + wait * 1_000),
                }
            }
        }
        (checked, waited.unwrap())
    }

    #[test]
    fn a_new_browser_with_the_right_password_waits_seconds_while_many_addresses_guess_and_guessing_stays_slow() {
        for (addresses, most) in [(5, 200), (200, 4_000)] {
            let (checked, waited) = under_guesses(addresses);
            assert!(waited <= 4_250, "{addresses} addresses: waited {waited} ms");
            assert!(checked <= most, "{addresses} addresses: {checked} guesses in an hour");
        }
    }

    #[test]
    fn an_address_of_ipv6_in_each_network_of_one_site_guesses_no_faster_than_one_and_keeps_nobody_waiting() {
        let mut throttle = Throttle::default();
        let site = |n: usize| guest(Some(&format!("2001:db8:1:{n:x}::1")));
        let (mut checked, mut now) = (0, 0);
        for n in 0..14_400_usize {
            now += 250;
            // A new address, and one that was told to wait so long.
            for n in [n, n.saturating_sub(20)] {
                checked += u32::from(throttle.begin("admin", &site(n), Guesser::Stranger, now).is_ok());
            }
        }
        assert!(checked <= 1_000, "{checked} guesses in an hour");
        for person in ["10.9.9.9", "2001:db8:2:1::/64"] {
            if let Err(wait) = throttle.begin("admin", person, Guesser::Stranger, now) {
                assert!(wait <= 4, "{person}: {wait}");
                now += wait * 1000;
                let _ = throttle.begin("admin", &site(20_000), Guesser::Stranger, now);
                let right = throttle.begin("admin", person, Guesser::Stranger, now).unwrap();
                throttle.right(right);
            }
        }
    }

    #[test]
    fn a_flood_of_names_and_addresses_breaks_no_promise() {
        let mut throttle = Throttle::default();
        for n in 0..10 {
            guess(&mut throttle, "admin", &format!("10.0.0.{n}"), 1000, 5);
        }
        let wait = throttle.begin("admin", "10.9.9.9", Guesser::Stranger, 1000).unwrap_err();
        for n in 0..30_000 {
            let _ = throttle.begin(&format!("{n}"), &format!("{n}"), Guesser::Stranger, 1000);
            assert!(throttle.begin("admin", &format!("{n}"), Guesser::Stranger, 1000).is_err());
        }
        assert!(throttle.promises.len() <= MAX_PROMISES);
        let now = 1000 + wait * 1000;
        assert!(throttle.begin("admin", "10.0.0.9", Guesser::Stranger, now).is_ok(), "somebody else was told the same");
        assert!(throttle.begin("admin", "10.9.9.9", Guesser::Stranger, now).is_ok());
        assert!(throttle.begin("admin", "10.7.7.7", Guesser::Stranger, now).is_err(), "a new one waits");
        // Who never came back makes room.
        let late = now + KEPT_MS + 1;
        assert!(throttle.begin("admin", "10.0.0.8", Guesser::Stranger, late).is_ok());
        for n in 0..10 {
            assert!(throttle.begin("admin", &format!("10.8.8.{n}"), Guesser::Stranger, late).is_err());
        }
        assert!(throttle.promises.len() < 20, "{}", throttle.promises.len());
    }

    #[test]
    fn a_device_has_its_own_guesses_and_waits_after_them() {
        let mut throttle = Throttle::default();
        for _ in 0..5 {
            assert!(throttle.begin("admin", "a", Guesser::Device("1"), 0).is_ok());
        }
        assert_eq!(throttle.begin("admin", "a", Guesser::Device("1"), 0).unwrap_err(), 1);
        assert!(throttle.begin("admin", "a", Guesser::Device("2"), 0).is_ok());
        assert!(throttle.begin("admin", "a", Guesser::Stranger, 0).is_ok());
    }

    #[test]
    fn behind_one_address_the_wrong_passwords_of_one_person_do_not_keep_out_the_others() {
        let mut throttle = Throttle::default();
        let mut now = 0;
        for _ in 0..40 {
            if let Err(wait) = throttle.begin("ann", "proxy", Guesser::Stranger, now) {
                now += wait * 1000;
            }
        }
        assert!(throttle.begin("bob", "proxy", Guesser::Stranger, now).is_ok());
        // Who tries one account after the other from there waits in the end.
        assert!((0..60).any(|n| throttle.begin(&format!("n{n}"), "proxy", Guesser::Stranger, now).is_err()));
    }

    #[test]
    fn guesses_of_a_code_are_not_forgotten_with_the_right_password_and_wait_longer() {
        let mut throttle = Throttle::default();
        let mut now = 0;
        for _ in 0..5 {
            let right = throttle.begin("ann", "a", Guesser::Stranger, now).unwrap();
            throttle.right(right);
            assert!(throttle.begin("ann", "a", Guesser::Code(None), now).is_ok());
        }
        let (mut checked, mut longest) = (0, 0);
        while now < 6 * 3_600_000 {
            match throttle.begin("ann", "b", Guesser::Code(None), now) {
                Ok(_) => checked += 1,
                Err(wait) => {
                    longest = longest.max(wait);
                    now += wait * 1000;
                }
            }
        }
        assert!(checked < 40 && longest == 900, "{checked} in six hours, {longest} s");
        // A browser in which the person has signed in before has guesses of its own, and a right one ends its waits.
        let right = throttle.begin("ann", "b", Guesser::Code(Some("1")), now).unwrap();
        throttle.right(right);
        throttle.clear("Ann");
        assert!(throttle.begin("ann", "b", Guesser::Code(None), now).is_ok(), "a new password or a reset ends it");
    }

    #[test]
    fn a_new_password_ends_all_waits_of_the_account() {
        let mut throttle = Throttle::default();
        guess(&mut throttle, "Admin", "a", 0, 9);
        for _ in 0..6 {
            let _ = throttle.begin("admin", "a", Guesser::Device("1"), 0);
        }
        throttle.clear("ADMIN");
        assert!(throttle.begin("admin", "a", Guesser::Stranger, 0).is_ok());
        assert!(throttle.begin("admin", "a", Guesser::Device("1"), 0).is_ok());
    }

    #[test]
    fn a_flood_of_names_neither_grows_memory_without_end_nor_frees_who_waits() {
        let mut throttle = Throttle::default();
        guess(&mut throttle, "admin", "a", 5, 9);
        for i in 0..30_000 {
            let _ = throttle.begin(&format!("{i}"), &format!("{i}"), Guesser::Stranger, 5);
        }
        assert!(throttle.buckets.len() <= MAX_BUCKETS);
        assert!(throttle.begin("admin", "a", Guesser::Stranger, 5).is_err());
    }

    #[rstest::rstest]
    #[case(Some("10.1.2.3"), "10.1.2.3")]
    #[case(Some("::ffff:10.1.2.3"), "10.1.2.3")]
    #[case(Some("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64")]
    #[case(Some("2001:db8:1:2:ffff::1"), "2001:db8:1:2::/64")]
    #[case(Some("2001:db8:1:3::1"), "2001:db8:1:3::/64")]
    #[case(None, "none")]
    fn a_network_of_64_bits_is_one_guest(#[case] address: Option<&str>, #[case] expected: &str) {
        assert_eq!(guest(address), expected);
    }
}
