use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::excerpt::named_first;

/// How the use of a license is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(as = LicenseKind))]
pub enum LicenseKind {
    /// So many at once.
    Concurrent,
    /// A number of hours with a client logged in.
    Countdown,
    /// Every use is counted and reported.
    Metered,
}

impl LicenseKind {
    /// All, in the order lists show them.
    pub const ALL: [LicenseKind; 3] = [LicenseKind::Concurrent, LicenseKind::Countdown, LicenseKind::Metered];

    /// The word in files, addresses and the API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            LicenseKind::Concurrent => "concurrent",
            LicenseKind::Countdown => "countdown",
            LicenseKind::Metered => "metered",
        }
    }

    /// The word on screen.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            LicenseKind::Concurrent => "Concurrent",
            LicenseKind::Countdown => "Countdown",
            LicenseKind::Metered => "Metered",
        }
    }
}

impl fmt::Display for LicenseKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Not the name of a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Unknown kind of license. Use concurrent, countdown or metered.")]
pub struct KindError;

impl FromStr for LicenseKind {
    type Err = KindError;

    fn from_str(input: &str) -> Result<LicenseKind, KindError> {
        let word = input.trim();
        LicenseKind::ALL.into_iter().find(|kind| word.eq_ignore_ascii_case(kind.as_str())).ok_or(KindError)
    }
}

/// The number of licenses of a product that may be in use at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Licensed {
    /// So many.
    Count(u32),
    /// So many, each kept as long as its client runs: a limit never falls below what is in use.
    Kept(u32),
    /// Any number: use is counted, not limited.
    Metered,
}

impl Licensed {
    /// The total for all clients. For a metered license, far more than anyone requests.
    #[must_use]
    pub fn supply(self) -> u32 {
        const MORE_THAN_ANYBODY_WANTS: u32 = 1_000_000;
        match self {
            Licensed::Count(count) | Licensed::Kept(count) => count,
            Licensed::Metered => MORE_THAN_ANYBODY_WANTS,
        }
    }

    /// The number, if there is one.
    #[must_use]
    pub fn count(self) -> Option<u32> {
        match self {
            Licensed::Count(count) | Licensed::Kept(count) => Some(count),
            Licensed::Metered => None,
        }
    }

    /// Whether clients keep what they have in use.
    #[must_use]
    pub fn is_kept(self) -> bool {
        matches!(self, Licensed::Kept(_))
    }

    /// Both together.
    #[must_use]
    pub fn and(self, other: Licensed) -> Licensed {
        match (self, other) {
            (Licensed::Count(one), Licensed::Count(more)) => Licensed::Count(one.saturating_add(more)),
            (Licensed::Count(one) | Licensed::Kept(one), Licensed::Count(more) | Licensed::Kept(more)) => {
                Licensed::Kept(one.saturating_add(more))
            }
            _ => Licensed::Metered,
        }
    }
}

impl Default for Licensed {
    fn default() -> Licensed {
        Licensed::Count(0)
    }
}

impl From<u32> for Licensed {
    fn from(count: u32) -> Licensed {
        Licensed::Count(count)
    }
}

/// The name of a product: 1 to 64 of A–Z, a–z, 0–9, `_`, `.` and `-`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ProductCode(String);

/// Maximum length of a product code, characters.
const LONGEST: usize = 64;

impl ProductCode {
    /// The code.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ProductCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// Why something is not a product code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProductCodeError {
    /// Nothing.
    #[error("Enter a product code, such as TTS3 or ASR_ENUS.")]
    Empty,
    /// Too long.
    #[error("The product code has {found} characters; the maximum is {LONGEST}.")]
    TooLong {
        /// Characters found.
        found: usize,
    },
    /// An invalid character.
    #[error("{} is not allowed in a product code. Use only letters from A to Z, digits, dots, hyphens and underscores.", named_first(*.character))]
    WrongCharacter {
        /// The first such character.
        character: char,
    },
}

impl FromStr for ProductCode {
    type Err = ProductCodeError;

    fn from_str(input: &str) -> Result<ProductCode, ProductCodeError> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
        if input.is_empty() {
            return Err(ProductCodeError::Empty);
        }
        if let Some(character) = input.chars().find(|c| !allowed(*c)) {
            return Err(ProductCodeError::WrongCharacter { character });
        }
        if input.len() > LONGEST {
            return Err(ProductCodeError::TooLong { found: input.len() });
        }
        Ok(ProductCode(input.to_owned()))
    }
}

impl TryFrom<String> for ProductCode {
    type Error = ProductCodeError;

    fn try_from(text: String) -> Result<ProductCode, ProductCodeError> {
        text.parse()
    }
}

impl From<ProductCode> for String {
    fn from(code: ProductCode) -> String {
        code.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_metered_license_beside_others_sets_no_limit() {
        let (two, three) = (Licensed::Count(2), Licensed::Count(3));
        assert_eq!((two.and(three), two.and(three).count()), (Licensed::Count(5), Some(5)));
        assert_eq!((two.and(Licensed::Metered), Licensed::Metered.and(two).count()), (Licensed::Metered, None));
        assert_eq!(
            Licensed::Count(u32::MAX).and(two),
            Licensed::Count(u32::MAX),
            "a large number is no metered license"
        );
        assert_ne!(Licensed::Count(Licensed::Metered.supply()), Licensed::Metered);
    }
}
