//! One concern per file, in the order a request meets them.

pub mod claim;
pub mod finish;
pub mod headers;
pub mod host;
pub mod request_id;
