use jiff::{Timestamp, tz::TimeZone};
use serde::{Deserialize, Serialize};
use strum::{Display, EnumString, IntoStaticStr, VariantArray};

use crate::contact::{DAY, Millis};
use crate::usage::day_of;

/// The span in which users are counted; each begins with nobody. UTC.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, Display, EnumString, IntoStaticStr, VariantArray,
)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum ObservationWindow {
    /// A calendar day.
    #[default]
    Day,
    /// A week from Monday.
    Week,
    /// A calendar month.
    Month,
}

impl ObservationWindow {
    /// When the window an instant lies in began.
    #[must_use]
    pub fn begins(self, at: Millis) -> Millis {
        let day = day_of(at);
        let first = match self {
            Self::Day => day,
            Self::Week => self.number(at) * 7 - 3,
            Self::Month => {
                let date = Timestamp::from_millisecond(at).unwrap_or_default().to_zoned(TimeZone::UTC).date();
                day + 1 - i64::from(date.day())
            }
        };
        first * DAY
    }

    /// The number of the window an instant lies in; the next one has the next number.
    #[must_use]
    pub fn number(self, at: Millis) -> i64 {
        let day = day_of(at);
        match self {
            Self::Day => day,
            // 1970-01-01 was a Thursday.
            Self::Week => (day + 3).div_euclid(7),
            Self::Month => {
                let date = Timestamp::from_millisecond(at).unwrap_or_default().to_zoned(TimeZone::UTC).date();
                i64::from(date.year()) * 12 + i64::from(date.month()) - 1
            }
        }
    }
}
