//! Other clusters.

use engine::exchange::Cluster;
use engine::{DatabaseError, Engine};

use super::by_hand::{Report, report_model};
use crate::pages::exchange::{ClusterPage, ClusterRow, ClustersPage, ReportModel};

fn row(cluster: &Cluster) -> ClusterRow {
    ClusterRow {
        id: cluster.id,
        name: cluster.name.clone(),
        uri: cluster.uri.clone(),
        tls: cluster.tls,
        deployment: cluster.deployment.clone(),
    }
}

/// `/exchange/clusters`
pub async fn clusters(engine: &Engine) -> Result<ClustersPage, DatabaseError> {
    Ok(ClustersPage { items: engine.clusters().await?.iter().map(row).collect() })
}

/// `/exchange/clusters/{id}`
pub async fn cluster(engine: &Engine, id: i64) -> Result<Option<ClusterPage>, DatabaseError> {
    Ok(engine.cluster(id).await?.map(|cluster| ClusterPage {
        cluster: row(&cluster),
        operator: cluster.operator,
        licensing_url: cluster.licensing_url,
        usage: None,
        pulled: None,
        result: None,
        has_auth: cluster.has_auth,
    }))
}

/// A report a cluster made, with the command that sends it there.
pub fn pulled_model(cluster: &Cluster, status_id: &str, json: &str, curl: String, now_ms: i64) -> ReportModel {
    ReportModel {
        opened_ms: now_ms,
        opened_by: cluster.name.clone(),
        curl,
        ..report_model(&Report { status_id, json, state: "open" }, &cluster.licensing_url)
    }
}
