use super::{ContactEvent, ContactState, Limit, Millis};

/// A rule of the contact clock that a step did not keep. It means a fault in the program; nothing is granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ContactViolation {
    /// The limit is below 60 days.
    #[error("The contact limit is {0} days, below the least of 60 days.")]
    Limit(u32),
    /// Known time went back without a verified exchange.
    #[error("The time known to have passed went back from {from} to {to} without a verified exchange.")]
    WentBack {
        /// High-water mark before, Unix milliseconds.
        from: Millis,
        /// High-water mark after, Unix milliseconds.
        to: Millis,
    },
    /// Known time followed something other than monotonic time while running.
    #[error("The time known to have passed moved by {moved} ms while {passed} ms passed.")]
    FollowedTheWall {
        /// By how much it moved, milliseconds.
        moved: Millis,
        /// How much monotonic time passed, milliseconds.
        passed: Millis,
    },
    /// Contact was recorded without a verified exchange, or not recorded with one.
    #[error("The last contact changed in a way that the last exchange does not explain.")]
    Contact,
    /// The flag of a departed clock went away without a verified exchange, or stayed in spite of one.
    #[error("The mark of a departed clock changed in a way that the last exchange does not explain.")]
    Flag,
}

/// Whether a step from `before` to `after` keeps the rules of R1. Stays on in release builds.
///
/// # Errors
/// The first rule that is not kept.
pub fn invariants(before: &ContactState, event: ContactEvent, after: &ContactState) -> Result<(), ContactViolation> {
    if after.limit < Limit::LEAST {
        return Err(ContactViolation::Limit(after.limit.days()));
    }
    if let ContactEvent::Verified { node_time } = event {
        if after.last_verified != Some(node_time) || after.high_water != node_time {
            return Err(ContactViolation::Contact);
        }
        return if after.flagged.is_none() { Ok(()) } else { Err(ContactViolation::Flag) };
    }
    if after.last_verified != before.last_verified {
        return Err(ContactViolation::Contact);
    }
    if after.high_water < before.high_water {
        return Err(ContactViolation::WentBack { from: before.high_water, to: after.high_water });
    }
    if before.flagged.is_some() && after.flagged.is_none() {
        return Err(ContactViolation::Flag);
    }
    if let ContactEvent::Tick { mono, .. } = event {
        let passed = before.anchor.map_or(0, |anchor| mono.saturating_sub(anchor).max(0));
        let moved = after.high_water.saturating_sub(before.high_water);
        // At the end of representable time the mark stands still.
        if moved != passed && after.high_water != Millis::MAX {
            return Err(ContactViolation::FollowedTheWall { moved, passed });
        }
    }
    Ok(())
}
