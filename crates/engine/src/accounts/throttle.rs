//! Slows down password guesses, per account and per address. Never a permanent lock: every wait ends.

use std::collections::HashMap;

/// Wrong guesses without a wait.
const FREE: u32 = 5;
/// The longest wait, seconds.
const MAX_WAIT_S: i64 = 300;
/// Guesses older than this are forgotten, milliseconds.
const MEMORY_MS: i64 = 15 * 60 * 1000;
/// Maximum number of keys; beyond that the oldest are dropped.
const MAX_KEYS: usize = 10_000;

#[derive(Debug, Default, Clone, Copy)]
struct Guesses {
    wrong: u32,
    last_ms: i64,
}

/// Wrong guesses by key (`name:…`, `address:…`).
#[derive(Debug, Default)]
pub struct Throttle {
    keys: HashMap<String, Guesses>,
}

impl Throttle {
    /// Seconds before the next guess with any of these keys is checked; 0 for none.
    pub fn wait_s(&self, keys: &[String], now_ms: i64) -> i64 {
        keys.iter()
            .filter_map(|key| self.keys.get(key))
            .map(|g| {
                if g.wrong < FREE || now_ms - g.last_ms > MEMORY_MS {
                    return 0;
                }
                let wait_s = (1_i64 << (g.wrong - FREE).min(20)).min(MAX_WAIT_S);
                let left_ms = g.last_ms + wait_s * 1000 - now_ms;
                (left_ms + 999).div_euclid(1000).clamp(0, wait_s)
            })
            .max()
            .unwrap_or(0)
    }

    /// Remembers a wrong guess.
    pub fn wrong(&mut self, keys: &[String], now_ms: i64) {
        if self.keys.len() + keys.len() > MAX_KEYS {
            self.keys.retain(|_, g| now_ms - g.last_ms <= MEMORY_MS);
            if self.keys.len() + keys.len() > MAX_KEYS {
                self.keys.clear();
            }
        }
        for key in keys {
            let guesses = self.keys.entry(key.clone()).or_default();
            if now_ms - guesses.last_ms > MEMORY_MS {
                guesses.wrong = 0;
            }
            guesses.wrong = guesses.wrong.saturating_add(1);
            guesses.last_ms = now_ms;
        }
    }

    /// Forgets a key after a right guess.
    pub fn right(&mut self, key: &str) {
        self.keys.remove(key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_end_by_themselves_and_are_forgotten() {
        let mut throttle = Throttle::default();
        let keys = ["name:admin".to_owned()];
        for _ in 0..5 {
            assert_eq!(throttle.wait_s(&keys, 1000), 0);
            throttle.wrong(&keys, 1000);
        }
        assert_eq!(throttle.wait_s(&keys, 1000), 1);
        throttle.wrong(&keys, 2000);
        assert_eq!(throttle.wait_s(&keys, 2000), 2);
        for _ in 0..60 {
            throttle.wrong(&keys, 2000);
        }
        assert_eq!(throttle.wait_s(&keys, 2000), MAX_WAIT_S);
        assert_eq!(throttle.wait_s(&keys, 2000 + MAX_WAIT_S * 1000), 0);
        throttle.right("name:admin");
        assert_eq!(throttle.wait_s(&keys, 2000), 0);
    }

    #[test]
    fn a_flood_of_names_does_not_grow_memory_without_end() {
        let mut throttle = Throttle::default();
        for i in 0..30_000 {
            throttle.wrong(&[format!("name:{i}")], 5);
        }
        assert!(throttle.keys.len() <= MAX_KEYS);
    }
}
