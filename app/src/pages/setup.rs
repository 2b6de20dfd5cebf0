//! The way from a fresh machine to a registered server, in six steps. Gone once it is done.

mod administrator;
mod connection;
mod done;
mod frame;
mod guid;
mod model;
mod review;
mod token;

pub use administrator::SetupAdministratorPage;
pub use connection::SetupConnectionPage;
pub use done::SetupDonePage;
pub use frame::SetupFrame;
pub use guid::SetupGuidPage;
pub use model::{SetupAdministrator, SetupConnection, SetupDone, SetupGuid, SetupReview, SetupToken, Step};
pub use review::SetupReviewPage;
pub use token::SetupTokenPage;
