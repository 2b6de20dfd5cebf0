//! The next store.

use super::{
    AfterStore, Balance, ClockReading, CountdownDenial, CountdownEffect, CountdownState, LEAD_MS, PaidTime, Pending,
    TICK_MS,
};

impl CountdownState {
    /// Charges the next tick if due, or gives back unused time. One store at a time.
    pub(super) fn advance(&mut self, now: ClockReading, effects: &mut Vec<CountdownEffect>) {
        if self.pending.is_some() {
            return;
        }
        let paid = self.paid.at(now.mono_ms);
        let left = self.left_ms(now.mono_ms);
        if !self.logged_in() {
            if left == self.balance.balance_ms {
                self.paid = PaidTime::Fixed(0);
            } else {
                self.persist(Balance { balance_ms: left, ..self.balance }, AfterStore::Rest, effects);
            }
            return;
        }
        if self.balance.serial == 0 {
            self.refused = Some(CountdownDenial::NoLicense);
            return;
        }
        let nothing_more = self.balance.balance_ms == 0;
        if self.granted() && (paid > LEAD_MS || (nothing_more && paid > 0)) {
            return;
        }
        if left > 0 {
            let length = left.min(TICK_MS);
            let charged = Balance { balance_ms: left - length, ..self.balance };
            self.persist(charged, AfterStore::Grant { from: now.mono_ms, length }, effects);
        } else if !nothing_more {
            // More was used than was left: the server was stopped for a while.
            self.persist(Balance { balance_ms: 0, ..self.balance }, AfterStore::Rest, effects);
        } else {
            self.paid = PaidTime::Fixed(0);
            if self.refused != Some(CountdownDenial::Empty) {
                self.refused = Some(CountdownDenial::Empty);
                effects.push(CountdownEffect::Empty);
            }
        }
    }

    /// Replaces the balance with one that applies over it. Time charged ahead belongs to the old one, so it is neither
    /// given back to the new one nor used.
    pub(super) fn adopt(&mut self, found: Balance, now: ClockReading, effects: &mut Vec<CountdownEffect>) -> bool {
        // The store in progress may already be durable.
        let beyond = |known: &Balance| found.counts_before(known);
        if !beyond(&self.balance) || self.pending.is_some_and(|pending| !beyond(&pending.balance)) {
            return true;
        }
        let mut left = found.balance_ms.clamp(0, found.granted_ms.max(0));
        if found.serial == self.balance.serial {
            // Used but uncharged time stays owed.
            left = left.min(self.left_ms(now.mono_ms));
        }
        let length = if self.logged_in() { left.min(TICK_MS) } else { 0 };
        let balance_ms = left - length;
        let then = if length > 0 { AfterStore::Grant { from: now.mono_ms, length } } else { AfterStore::Rest };
        self.version = self.version.max(found.version);
        self.persist(Balance { balance_ms, ..found }, then, effects);
        false
    }

    /// The highest serial that is, or may be, durable.
    pub(super) fn newest_serial(&self) -> u64 {
        self.pending.map_or(0, |pending| pending.balance.serial).max(self.balance.serial)
    }

    /// Warns once, when at most one check interval is left.
    pub(super) fn give_notice(&mut self, now: ClockReading, effects: &mut Vec<CountdownEffect>) {
        let left = self.left_ms(now.mono_ms);
        if self.granted() && !self.noticed && left <= self.balance.interval_ms {
            self.noticed = true;
            effects.push(CountdownEffect::Notice { empty_at: now.wall_ms.saturating_add(left) });
        }
    }

    fn persist(&mut self, balance: Balance, then: AfterStore, effects: &mut Vec<CountdownEffect>) {
        self.version = self.version.saturating_add(1);
        let balance = Balance { version: self.version, ..balance };
        self.pending = Some(Pending { balance, then });
        effects.push(CountdownEffect::Persist(balance));
    }
}
