//! What is found by words, as a page.

use app::drawn::Draw;
use app::pages::search::SearchPage;
use leptos::prelude::*;

use super::{Console, Page, PageError};
use crate::search::search;

/// `GET /search`
pub async fn page(console: Console) -> Result<Page, PageError> {
    let typed = console.query("q").to_owned();
    let found = search(&console.engine, |permission| console.may(permission), &typed).await?;
    Ok(Page::new("Search", || view! { <SearchPage typed=typed found=found /> }.drawn()))
}
