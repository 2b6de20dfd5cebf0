use std::sync::Arc;

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
    is_used: bool,
    next_free: Option<u32>,
}

/// Whether a lease was told as open.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum OpenReport {
    /// Not so far.
    #[default]
    Not,
    /// By the record of this number.
    By(u64),
    /// Its record was dropped: it is not told again.
    Dropped,
}

/// The leases in use of one product. Places are used again; none is allocated while the room lasts.
#[derive(Debug, Default)]
pub struct Slots {
    all: Vec<Slot>,
    first_free: Option<u32>,
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

    /// Adds a lease and returns its place; `None` beyond 2³² leases.
    #[inline]
    pub fn put(&mut self, from_ms: u64, server: usize, user: Option<Arc<str>>) -> Option<u32> {
        let Some(place) = self.first_free else {
            let place = u32::try_from(self.all.len()).ok()?;
            self.all.push(Slot { from_ms, server, user, told: OpenReport::Not, is_used: true, next_free: None });
            return Some(place);
        };
        // Field by field: a slot that is put together elsewhere and moved here costs a tenth of all of taking a license.
        let slot = &mut self.all[place as usize];
        self.first_free = slot.next_free.take();
        (slot.from_ms, slot.server, slot.told, slot.is_used) = (from_ms, server, OpenReport::Not, true);
        if user.is_some() {
            slot.user = user;
        }
        Some(place)
    }

    /// Takes a lease out.
    #[inline]
    pub fn remove(&mut self, place: u32) -> Option<Slot> {
        let slot = self.all.get_mut(place as usize).filter(|slot| slot.is_used)?;
        slot.is_used = false;
        slot.next_free = self.first_free.replace(place);
        Some(Slot { user: slot.user.take(), ..*slot })
    }

    /// Takes all out.
    pub fn drain(&mut self) -> impl Iterator<Item = Slot> {
        self.first_free = None;
        self.all.drain(..).filter(|slot| slot.is_used)
    }

    /// Those in use.
    pub fn used(&mut self) -> impl Iterator<Item = &mut Slot> {
        self.all.iter_mut().filter(|slot| slot.is_used)
    }
}
