//! The console: pages, islands, forms. HTML first: every page is complete and every form works without script.

// The types of server-rendered views are deep.
#![recursion_limit = "256"]

pub mod answer;
pub mod charts;
pub mod components;
pub mod drawn;
pub mod installation;
pub mod islands;
pub mod load;
pub mod pages;
pub mod paths;
pub mod request;
pub mod routes;
