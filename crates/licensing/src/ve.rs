//! Licenses of virtual environments: the license text in both its forms, its signature, the request
//! a machine makes for one, the addresses clients use, and whether a client may log in.

mod address;
mod passphrase;

#[cfg(feature = "exchange")]
mod admission;
#[cfg(feature = "exchange")]
mod error;
#[cfg(feature = "exchange")]
mod license;
#[cfg(feature = "exchange")]
mod lines;
#[cfg(feature = "exchange")]
mod read;
#[cfg(feature = "exchange")]
pub mod request;
#[cfg(feature = "exchange")]
mod seal;
#[cfg(feature = "exchange")]
mod standing;
#[cfg(feature = "exchange")]
mod text;
#[cfg(feature = "exchange")]
mod viewer;
#[cfg(feature = "exchange")]
mod write;

pub use address::{AddressError, DEFAULT_PORT, VeAddress};
pub use passphrase::{Passphrase, PassphraseError};

#[cfg(feature = "exchange")]
pub use admission::{AdmissionRefusal, Login, admit};
#[cfg(feature = "exchange")]
pub use error::{SealError, TextError};
#[cfg(feature = "exchange")]
pub use license::{
    DEFAULT_GRACE_MIN, DEFAULT_INTERVAL_MIN, Finger, LONGEST_MIN, LONGEST_NAME, MOST_HOURS, MOST_PRODUCTS,
    VeEntitlement, VeLicense, VeLicenseKind,
};
#[cfg(feature = "exchange")]
pub use seal::DOMAIN;
#[cfg(feature = "exchange")]
pub use standing::{VeLicenseStatus, standing};
#[cfg(feature = "exchange")]
pub use text::{Form, LARGEST, LicenseText};
#[cfg(feature = "exchange")]
pub use viewer::viewer;

#[cfg(test)]
#[cfg(feature = "exchange")]
pub(crate) mod tests;
