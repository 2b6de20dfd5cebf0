//! What people are told of the monitor's license: pages, status, log and alerts say the same.

use super::{GRACE, Standing, Violation};
use crate::attention::ENDS_SOON;
use crate::contact::Millis;
use crate::service::Urgency;
use crate::words::{Zone, instant_near};

impl Violation {
    /// Its name.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Expired => "Expired",
            Self::Unavailable => "Unavailable",
            Self::TooManyUsers => "Too many users",
        }
    }

    /// What is wrong, in a sentence.
    #[must_use]
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Expired => "No monitor license is in force.",
            Self::Unavailable => "The monitor license can't be read.",
            Self::TooManyUsers => "More users were observed than are licensed.",
        }
    }

    /// Which records it locks.
    #[must_use]
    pub fn locks(self) -> &'static str {
        match self {
            Self::Expired | Self::Unavailable => "Usage records",
            Self::TooManyUsers => "Usage records of users beyond the licensed number",
        }
    }

    /// What to do, in a sentence.
    #[must_use]
    pub fn to_do(self) -> &'static str {
        match self {
            Self::Expired => "Ask the vendor for a monitor license that covers the time since then, then sync.",
            Self::Unavailable => "Put the key file back, or make the server that provides the license reachable.",
            Self::TooManyUsers => "Ask the vendor for a monitor license for more users, then sync.",
        }
    }
}

impl Standing {
    /// The standing in two or three words.
    #[must_use]
    pub fn label(&self) -> &'static str {
        match self {
            Self::NotNeeded => "Not required",
            Self::Licensed { .. } => "Licensed",
            Self::Grace { .. } => "Grace period",
            Self::Locking { .. } => "Locking records",
        }
    }

    /// How urgent it is.
    #[must_use]
    pub fn level(&self, now: Millis) -> Urgency {
        match self {
            Self::NotNeeded => Urgency::Ok,
            Self::Licensed { until, .. } if *until > now.saturating_add(ENDS_SOON) => Urgency::Ok,
            Self::Licensed { .. } | Self::Grace { .. } => Urgency::Warning,
            Self::Locking { .. } => Urgency::Critical,
        }
    }

    /// The violation that lasts, if any.
    #[must_use]
    pub fn violation(&self) -> Option<Violation> {
        match self {
            Self::NotNeeded | Self::Licensed { .. } => None,
            Self::Grace { violation, .. } | Self::Locking { violation, .. } => Some(*violation),
        }
    }

    /// The standing in a sentence or two.
    #[must_use]
    pub fn sentence(&self, now: Millis, zone: &dyn Fn(Millis) -> Zone) -> String {
        let at = |at: Millis| instant_near(at, now, &zone(at));
        match self {
            Self::NotNeeded => "No monitor license is required; usage records are stored in the clear.".to_owned(),
            Self::Licensed { users, until } => {
                format!("Licensed for {} until {}.", crate::words::count(*users, "user", "users"), at(*until))
            }
            Self::Grace { violation, since, ends } => format!(
                "{} This began {}. {} are stored as usual until {}, then locked.",
                violation.sentence(),
                at(*since),
                violation.locks(),
                at(*ends)
            ),
            Self::Locking { violation, since } => format!(
                "{} {} have been locked since {}.",
                violation.sentence(),
                violation.locks(),
                at(since.saturating_add(GRACE))
            ),
        }
    }
}
