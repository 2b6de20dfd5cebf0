//! What the server stores, and its backups.

pub mod locked;

use app::drawn::Draw;
use app::pages::database::{DatabasePage, DatabaseView, LockedBlock, MonitorBlock};
use leptos::prelude::*;

use super::{Console, Page, PageError};

/// `GET /database`
pub async fn page(console: Console) -> Result<Page, PageError> {
    let data = DatabasePage::default();
    let (monitor, locked) = locked::models(&console).await?;
    Ok(Page::new("Database", || {
        let locked = view! { <MonitorBlock data=monitor /> <LockedBlock data=locked /> }.drawn();
        view! { <DatabaseView data=data locked=Some(locked) /> }.drawn()
    }))
}
