use serde::{Deserialize, Serialize};

use crate::contact::Millis;

/// What peers remember of a server's countdown hours: its newest license, and the lowest reported balance. It tells a
/// server with restored data what was used since.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Witness {
    /// The license.
    pub serial: u64,
    /// Its balance, milliseconds.
    pub balance_ms: Millis,
}

impl Witness {
    /// Merges two: the newer license applies, and for one license the lower balance.
    #[must_use]
    pub fn and(self, other: Witness) -> Witness {
        match self.serial.cmp(&other.serial) {
            std::cmp::Ordering::Less => other,
            std::cmp::Ordering::Greater => self,
            std::cmp::Ordering::Equal => Witness { balance_ms: self.balance_ms.min(other.balance_ms), ..self },
        }
    }
}
