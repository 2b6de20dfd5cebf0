use std::collections::BTreeMap;

use super::bytes::{read_varint, write_varint};
use super::day::HourUse;

/// Usage by user number on a day, without peaks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Users(BTreeMap<u32, HourUse>);

impl Users {
    /// The use of one user, to be added to.
    pub fn of(&mut self, user: u32) -> &mut HourUse {
        self.0.entry(user).or_default()
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = (u32, HourUse)> + '_ {
        self.0.iter().map(|(user, used)| (*user, *used))
    }

    /// As bytes: steps between users, each followed by taken, time, refused.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.0.len() * 8);
        let mut last = 0;
        for (user, used) in &self.0 {
            write_varint(&mut out, u64::from(user - last));
            write_varint(&mut out, used.taken);
            write_varint(&mut out, used.use_ms);
            write_varint(&mut out, used.denied);
            last = *user;
        }
        out
    }

    /// Reads and adds the output of [`Users::encode`]; `None` if damaged.
    #[must_use]
    pub fn merge_encoded(&mut self, bytes: &[u8]) -> Option<()> {
        Users::each_encoded(bytes, |user, added| {
            let used = self.of(user);
            used.taken = used.taken.saturating_add(added.taken);
            used.use_ms = used.use_ms.saturating_add(added.use_ms);
            used.denied = used.denied.saturating_add(added.denied);
            Some(())
        })
    }

    /// Reads the output of [`Users::encode`] user by user; `None` if damaged, or as soon as `each` says so.
    #[must_use]
    pub fn each_encoded(mut bytes: &[u8], mut each: impl FnMut(u32, HourUse) -> Option<()>) -> Option<()> {
        let mut user = 0_u32;
        while !bytes.is_empty() {
            user = user.checked_add(u32::try_from(read_varint(&mut bytes)?).ok()?)?;
            let (taken, use_ms) = (read_varint(&mut bytes)?, read_varint(&mut bytes)?);
            each(user, HourUse { taken, use_ms, denied: read_varint(&mut bytes)?, ..HourUse::default() })?;
        }
        Some(())
    }
}
