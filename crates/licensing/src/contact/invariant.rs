use super::step::was_never_set;
use super::{CONFIRMED_AFTER, ContactEvent, ContactState, DAY, LONGEST_JUMP, Limit, Millis};

/// An invariant of the contact clock that a step broke: a bug. Nothing is granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ContactViolation {
    /// The limit is below 60 days.
    #[error("The contact limit is {0} days, below the minimum of 60 days.")]
    Limit(u32),
    /// Measured time went back without a verified exchange.
    #[error("Measured time went back from {from} to {to} without a verified exchange.")]
    WentBack {
        /// High-water mark before, Unix milliseconds.
        from: Millis,
        /// High-water mark after, Unix milliseconds.
        to: Millis,
    },
    /// Measured time did not follow monotonic time while running.
    #[error("Measured time moved by {moved} ms while {passed} ms passed.")]
    FollowedTheWall {
        /// By how much it moved, milliseconds.
        moved: Millis,
        /// How much monotonic time passed, milliseconds.
        passed: Millis,
    },
    /// Contact recorded without a verified exchange, or the other way round.
    #[error("The last contact does not match the last exchange.")]
    Contact,
    /// The flag of a differing clock was cleared without a verified exchange or a clock that was confirmed, or not cleared by one.
    #[error("The flag of a differing clock does not match the last exchange.")]
    Flag,
}

/// Checks a step from `before` to `after` against R1. Also in release builds.
///
/// # Errors
/// The first broken invariant.
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
    let went_back = after.high_water < before.high_water;
    if matches!(event, ContactEvent::Signed { .. }) {
        // Where there are exchanges, only they set it back.
        let is_wrong = went_back && before.last_verified.is_some();
        return if is_wrong { Err(ContactViolation::Contact) } else { Ok(()) };
    }
    if went_back {
        return Err(ContactViolation::WentBack { from: before.high_water, to: after.high_water });
    }
    // Running time confirms a clock that has kept its place.
    let lasted = before.standing.map_or(0, |standing| standing.lasted);
    let confirmed = |passed: Millis| lasted.saturating_add(passed.min(DAY / 24)) >= CONFIRMED_AFTER;
    let ran = match event {
        ContactEvent::Tick { mono, .. } => before.anchor.map_or(0, |anchor| mono.saturating_sub(anchor).max(0)),
        _ => 0,
    };
    if before.flagged.is_some() && after.flagged.is_none() && !confirmed(ran) {
        return Err(ContactViolation::Flag);
    }
    if let ContactEvent::Tick { wall, .. } = event {
        let measured = before.high_water.saturating_add(ran);
        let moved = after.high_water.saturating_sub(before.high_water);
        let may_follow = was_never_set(measured, wall)
            || (confirmed(ran) && (0..=LONGEST_JUMP).contains(&wall.saturating_sub(measured)));
        // At the end of representable time the mark no longer moves.
        if after.high_water != measured && !(may_follow && after.high_water == wall) {
            return Err(ContactViolation::FollowedTheWall { moved, passed: ran });
        }
    }
    Ok(())
}
