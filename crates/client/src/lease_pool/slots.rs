use std::sync::Arc;

use crate::journal::RecordRef;

/// A lease in use.
#[derive(Debug, Default)]
pub struct Slot {
    /// When it was taken.
    pub from_ms: u64,
    /// The server the use counts for.
    pub server: usize,
    /// Who took it, if the application said so.
    pub user: Option<Arc<str>>,
    /// Whether it was told as open, and by which record.
    pub told: OpenReport,
    /// Which lease it is: places are used again.
    serial: u64,
    is_used: bool,
    next_free: Option<u32>,
}

/// Whether a lease was told as open.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum OpenReport {
    /// Not so far.
    #[default]
    Not,
    /// By this record.
    By(RecordRef),
    /// Its record was dropped: it is not told again.
    Dropped,
}

/// The leases in use of one product. Places are used again; none is allocated while the room lasts.
#[derive(Debug, Default)]
pub struct Slots {
    all: Vec<Slot>,
    first_free: Option<u32>,
    /// The lease added last.
    serial: u64,
}

/// A lease and where it is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SlotKey {
    /// The place.
    pub place: u32,
    /// Which lease: another may be kept there later.
    pub serial: u64,
}

impl Slots {
    /// Makes room for `most` leases at once.
    pub fn prepare(&mut self, most: usize) {
        self.all.reserve(most.saturating_sub(self.all.len()));
    }

    /// How many fit without allocating.
    pub fn room(&self) -> usize {
        self.all.capacity()
    }

    /// Adds a lease; `None` beyond 2³² leases.
    #[inline]
    pub fn put(&mut self, from_ms: u64, server: usize, user: Option<Arc<str>>) -> Option<SlotKey> {
        let serial = self.serial + 1;
        let Some(place) = self.first_free else {
            let place = u32::try_from(self.all.len()).ok()?;
            let told = OpenReport::Not;
            self.all.push(Slot { from_ms, server, user, told, serial, is_used: true, next_free: None });
            self.serial = serial;
            return Some(SlotKey { place, serial });
        };
        self.serial = serial;
        // Field by field: a slot that is put together elsewhere and moved here costs a tenth of all of taking a license.
        let slot = &mut self.all[place as usize];
        self.first_free = slot.next_free.take();
        (slot.from_ms, slot.server, slot.told, slot.is_used) = (from_ms, server, OpenReport::Not, true);
        slot.serial = serial;
        if user.is_some() {
            slot.user = user;
        }
        Some(SlotKey { place, serial })
    }

    /// Whether a lease is in use.
    #[inline]
    pub fn has(&self, key: SlotKey) -> bool {
        self.all.get(key.place as usize).is_some_and(|slot| slot.is_used && slot.serial == key.serial)
    }

    /// Takes a lease out.
    #[inline]
    pub fn remove(&mut self, key: SlotKey) -> Option<Slot> {
        if !self.has(key) {
            return None;
        }
        let slot = &mut self.all[key.place as usize];
        slot.is_used = false;
        slot.next_free = self.first_free.replace(key.place);
        Some(Slot { user: slot.user.take(), ..*slot })
    }

    /// Takes all out.
    pub fn drain(&mut self) -> impl Iterator<Item = Slot> {
        self.first_free = None;
        self.all.drain(..).filter(|slot| slot.is_used)
    }

    /// The leases in use that were added last, as many as asked for.
    pub fn newest(&self, most: u32) -> Vec<SlotKey> {
        let used = (0u32..).zip(&self.all).filter(|(_, slot)| slot.is_used);
        let mut keys: Vec<SlotKey> = used.map(|(place, slot)| SlotKey { place, serial: slot.serial }).collect();
        keys.sort_unstable_by_key(|key| std::cmp::Reverse(key.serial));
        keys.truncate(usize::try_from(most).unwrap_or(usize::MAX));
        keys
    }

    /// Those in use.
    pub fn used(&mut self) -> impl Iterator<Item = &mut Slot> {
        self.all.iter_mut().filter(|slot| slot.is_used)
    }
}
