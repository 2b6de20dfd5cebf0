//! Renders every page in its states. With `PREVIEW_DIR` set the pages are also written there, to be looked at and to
//! be measured; without it only the rules that hold for all of them are checked.
#![cfg(feature = "ssr")]
#![recursion_limit = "512"]

mod alerts;
mod clients;
mod database;
mod diagnostics;
mod exchange_pages;
mod exchange_samples;
mod license_samples;
mod locked;
mod logs;
mod overview;
mod pages;
mod rules;
mod samples;
mod servers;
mod setup;
mod sources;
mod usage;
mod users;

use app::components::Document;
use app::request::{Assets, RequestContext};
use leptos::prelude::*;

/// A page in one state.
pub struct Preview {
    pub name: String,
    pub html: String,
}

/// Renders a page as the server would.
pub fn render(name: &str, context: RequestContext, page: impl FnOnce() -> AnyView) -> Preview {
    let owner = Owner::new();
    let html = owner.with(|| {
        provide_context(std::sync::Arc::new(RequestContext { title: "Preview".to_owned(), ..context }));
        provide_context(Assets { css: "main.css".into(), js: None, wasm: None, favicon: "favicon.svg".into() });
        let content = page();
        view! { <Document>{content}</Document> }.to_html()
    });
    Preview { name: name.to_owned(), html }
}

/// Writes all pages and the style sheet, when a folder is named.
#[test]
fn every_page_renders() {
    let previews = pages::all();
    let Ok(folder) = std::env::var("PREVIEW_DIR") else { return };
    let folder = std::path::Path::new(&folder);
    std::fs::create_dir_all(folder).expect("the folder can be made");
    for preview in &previews {
        std::fs::write(folder.join(format!("{}.html", preview.name)), &preview.html).expect("the page can be written");
    }
    let style = std::path::Path::new("../style");
    let main = std::fs::read_to_string(style.join("main.css")).expect("style/main.css is there");
    let sheet: String = main
        .lines()
        .map(|line| match line.strip_prefix("@import \"").and_then(|rest| rest.strip_suffix("\";")) {
            Some(file) => std::fs::read_to_string(style.join(file)).expect("each imported file is there"),
            None => format!("{line}\n"),
        })
        .collect();
    std::fs::write(folder.join("main.css"), sheet).expect("the style sheet can be written");
    std::fs::copy(style.join("assets/favicon.svg"), folder.join("favicon.svg")).expect("the mark can be copied");
}
