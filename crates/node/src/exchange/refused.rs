use licensing::guid::Guid;

use crate::servers::SeenInstallation;
use crate::time::spoken;

/// Why a report is not answered. Each sentence goes to the server that sent it, signed.
#[derive(Debug, thiserror::Error)]
pub enum ReportRefusal {
    /// Not a status report.
    #[error("{0}")]
    Malformed(String),
    /// Neither a report nor a sealed one.
    #[error(
        "The content type must be application/json, or application/vnd.leasehold.sealed for a sealed report. Set the header Content-Type and send it again."
    )]
    ContentType,
    /// Larger than a report can be.
    #[error("The report is larger than {} KiB. Check that it is the right file.", .0 / 1024)]
    TooLarge(usize),
    /// Sent in the clear from another machine.
    #[error(
        "Over plain HTTP, this node accepts unsealed reports only from its own machine. Send the report over HTTPS, or sealed. The auth string has just crossed the network unprotected: ask the vendor for a new one."
    )]
    Clear,
    /// No such server.
    #[error("This node has no server {0}. Compare the GUID with the registration from the vendor.")]
    UnknownGuid(Guid),
    /// The header is missing.
    #[error("The auth string is missing. Send it in the header x-auth-string.")]
    NoAuth,
    /// Another auth string.
    #[error(
        "The auth string doesn't belong to this GUID. Compare it with the registration from the vendor, or ask for a new one."
    )]
    WrongAuth,
    /// The id was answered before.
    #[error("The report {id} was already answered, at {}. Each report gets one answer: create a new report and send that.", spoken(*.at))]
    Replayed {
        /// Its status id.
        id: String,
        /// Unix milliseconds.
        at: i64,
    },
    /// Another installation owns the GUID.
    #[error(
        "This GUID belongs to another installation ({}, since {}); the report came from {}. If the new one replaces it, ask the vendor's support to move the GUID; otherwise register the new one with a GUID of its own.",
        short(&.owner.instance), spoken(.owner.at), short(.other)
    )]
    SecondInstance {
        /// Who owns it, and since when.
        owner: SeenInstallation,
        /// Who sent the report.
        other: String,
    },
    /// Nothing at that address.
    #[error("Nothing here. Send reports to /; the node's keys are at /keys.")]
    NoSuchPath,
    /// Another method.
    #[error("Method not allowed. Send reports to / with POST.")]
    NoSuchMethod,
    /// The body did not arrive in time, or not whole.
    #[error("The report did not arrive in time. Send it again.")]
    Slow,
    /// Overloaded.
    #[error("This node is overloaded. Try again in a minute, or try another node.")]
    Busy,
    /// It could not be stored, so it is not answered.
    #[error("This node can't store reports at the moment. Try again later, or try another node.")]
    Store(#[from] sqlx::Error),
}

impl ReportRefusal {
    /// The HTTP status.
    pub fn status(&self) -> u16 {
        match self {
            Self::Malformed(_) => 400,
            Self::NoAuth | Self::WrongAuth => 401,
            Self::Clear => 403,
            Self::UnknownGuid(_) | Self::NoSuchPath => 404,
            Self::NoSuchMethod => 405,
            Self::Slow => 408,
            Self::Replayed { .. } | Self::SecondInstance { .. } => 409,
            Self::TooLarge(_) => 413,
            Self::ContentType => 415,
            Self::Busy | Self::Store(_) => 503,
        }
    }
}

/// The first eight digits of an instance: enough to tell two apart.
pub(super) fn short(instance: &str) -> &str {
    instance.get(..8).unwrap_or(instance)
}
