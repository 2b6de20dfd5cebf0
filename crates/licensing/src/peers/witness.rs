use serde::{Deserialize, Serialize};

use crate::contact::Millis;

/// What others remember of a server's countdown hours: the newest license it ever spoke of, and the least it ever said was left of
/// it. A server whose data was put back learns from it what was used since.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Witness {
    /// The license.
    pub serial: u64,
    /// What was left of it, milliseconds.
    pub balance_ms: Millis,
}

impl Witness {
    /// Both, as one: a newer license counts before an older one, of one license the lower balance.
    #[must_use]
    pub fn and(self, other: Witness) -> Witness {
        match self.serial.cmp(&other.serial) {
            std::cmp::Ordering::Less => other,
            std::cmp::Ordering::Greater => self,
            std::cmp::Ordering::Equal => Witness { balance_ms: self.balance_ms.min(other.balance_ms), ..self },
        }
    }
}
