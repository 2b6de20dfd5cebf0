//! WebAssembly entry point: hydrates the islands, nothing else.
#![cfg(target_arch = "wasm32")]

// Without this use the islands' exports would not be linked.
#[expect(unused_imports, reason = "the islands register themselves through it")]
use app::*;

/// Called by the script of each page.
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    leptos::mount::hydrate_islands();
}
