//! The console: pages, islands, forms. HTML first: every page is complete and every form works without script.

pub mod components;
pub mod islands;
pub mod pages;
pub mod paths;
pub mod request;
