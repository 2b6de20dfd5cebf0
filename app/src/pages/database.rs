//! What the server stores: how much there is, whether it is in order, and its backups.

mod locked;
mod monitor;

pub use locked::{LockedBlock, LockedModel};
pub use monitor::{MonitorBlock, MonitorModel};

use leptos::prelude::*;

use crate::components::{FormErrors, PageHeader};
use crate::drawn::{Draw, Drawn};

/// What is stored. Times are Unix milliseconds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DatabasePage {}

/// The database and its backups.
#[component]
pub fn DatabaseView(
    data: DatabasePage,
    /// The locked records, where there are any.
    #[prop(optional_no_strip)]
    locked: Option<Drawn>,
) -> impl IntoView {
    let DatabasePage {} = data;
    view! {
        <PageHeader title="Database" lead="What this server stores, how long it keeps it, and its backups.".drawn() />
        <FormErrors />
        {locked}
    }
    .drawn()
}
