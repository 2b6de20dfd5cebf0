//! Other clusters that speak the reporting API: their reports can be carried from here.

use super::ReportModel;
use crate::request::Tone;

/// The clusters that are known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClustersPage {
    pub items: Vec<ClusterRow>,
}

/// One cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClusterRow {
    pub id: i64,
    pub name: String,
    /// `host:port` of its reporting API.
    pub uri: String,
    pub tls: bool,
    pub deployment: String,
}

/// One cluster, and what it last answered.
#[derive(Clone, Debug, PartialEq)]
pub struct ClusterPage {
    pub cluster: ClusterRow,
    pub operator: String,
    /// Where its reports are sent.
    pub licensing_url: String,
    /// Name, count, milliseconds.
    pub usage: Option<Vec<(String, u64, u64)>>,
    /// The report just fetched.
    pub pulled: Option<ReportModel>,
    /// What the last action led to.
    pub result: Option<(Tone, String)>,
    /// An auth string is kept for it.
    pub has_auth: bool,
}
