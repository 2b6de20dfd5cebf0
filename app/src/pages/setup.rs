//! The way from a fresh machine to a registered server, in seven steps. Gone once it is done.

mod administrator;
mod connection;
mod done;
mod frame;
mod guid;
mod key;
mod model;
mod review;
mod token;

pub use administrator::SetupAdministratorPage;
pub use connection::SetupConnectionPage;
pub use done::SetupDonePage;
pub use frame::SetupFrame;
pub use guid::SetupGuidPage;
pub use key::SetupKeyPage;
pub use model::{
    FirstSync, OfferedKey, RegistrationSummary, SetupAdministrator, SetupConnection, SetupDone, SetupGuid, SetupKey,
    SetupReview, SetupToken, Step,
};
pub use review::SetupReviewPage;
pub use token::SetupTokenPage;

use crate::pages::exchange::Attempt;

/// Whether nodes were asked over HTTPS, as far as the attempts show it.
fn over_tls(attempts: &[Attempt]) -> bool {
    attempts.iter().any(|attempt| attempt.stage == "TLS")
}
