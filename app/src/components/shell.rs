//! The HTML document itself. Complete without script; script only adds what is alive.

use crate::drawn::{Draw, Inner};
use crate::request::{assets, request};
use leptos::config::LeptosOptions;
use leptos::hydration::HydrationScripts;
use leptos::prelude::*;

/// `<!DOCTYPE html>` to `</html>` around a page.
#[component]
pub fn Document(children: Inner) -> impl IntoView {
    let assets = assets();
    let request = request();
    let theme = request.theme.attribute();
    view! {
        <!DOCTYPE html>
        <html lang="en" data-theme=theme>
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <meta name="color-scheme" content=theme.unwrap_or("light dark") />
                <meta name="robots" content="noindex" />
                <title>{request.document_title()}</title>
                <link rel="icon" type="image/svg+xml" href=assets.favicon />
                <link rel="stylesheet" href=assets.css />
                {assets.js.as_deref().and_then(hydration_options).map(|options| view! {
                    <HydrationScripts options=options islands=true />
                })}
            </head>
            <body>{children.draw()}</body>
        </html>
    }
    .drawn()
}

/// Leptos derives the addresses of script and module from a folder and a name: `/pkg/leasehold.<hash>.js` and
/// `/pkg/leasehold.<hash>_bg.wasm`. None when the address does not have that form.
fn hydration_options(js: &str) -> Option<LeptosOptions> {
    let (folder, file) = js.strip_prefix('/')?.rsplit_once('/')?;
    let name = file.strip_suffix(".js")?;
    Some(LeptosOptions::builder().output_name(name).site_pkg_dir(folder).build())
}
