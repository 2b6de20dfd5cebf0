//! What the server stores, and its backups.

use app::drawn::Draw;
use app::pages::database::{DatabasePage, DatabaseView};
use leptos::prelude::*;

use super::{Console, Page};

/// `GET /database`
pub async fn page(_console: Console) -> Page {
    let data = DatabasePage::default();
    Page::new("Database", || view! { <DatabaseView data=data /> }.drawn())
}
