//! Leasehold's own settings.

use app::drawn::Draw;
use app::pages::settings::SettingsPage;
use leptos::prelude::*;

use super::{Console, Page};

/// `GET /settings`
pub async fn page(console: Console) -> Page {
    let data = console.installation.settings.clone();
    Page::new("Settings", || view! { <SettingsPage data=data /> }.drawn())
}
