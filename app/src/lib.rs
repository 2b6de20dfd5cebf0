//! The console: what the server draws, and the islands that live in the browser. HTML first: every page is complete and every form
//! works without script.

// The types of server-rendered views are deep.
#![recursion_limit = "256"]

pub mod islands;
pub mod paths;

#[cfg(feature = "ssr")]
pub mod charts;
#[cfg(feature = "ssr")]
pub mod components;
#[cfg(feature = "ssr")]
pub mod drawn;
#[cfg(feature = "ssr")]
pub mod pages;
#[cfg(feature = "ssr")]
pub mod request;
