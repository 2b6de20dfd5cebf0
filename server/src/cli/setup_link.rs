use clap::Args;

use super::Place;
use super::output::{Format, text};
use crate::control;
use crate::exit::Done;
use crate::operations::Operation;

/// `leasehold setup-link`
#[derive(Debug, Args)]
pub struct SetupLink {
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    format: Format,
}

impl SetupLink {
    pub async fn run(self) -> Done {
        let value = control::perform(&self.place.settings()?, Operation::SetupLink).await?;
        self.format.print(&value, |value| format!("{}\n", text(value, "url")))
    }
}
