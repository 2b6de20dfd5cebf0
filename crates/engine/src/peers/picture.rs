//! A snapshot of all servers of the installation.

use std::sync::Arc;

use licensing::context::Context;
use licensing::guid::Guid;
use licensing::peers::{PeerLiveness, PeerReport, Role, conflict, stale_since};
use licensing::vendor_key::Fingerprint;

use crate::Engine;

/// All servers of the installation, by their last reports.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct InstallationPicture {
    /// This server first, then the others by name.
    pub servers: Vec<InstallationServer>,
    /// Since when no peer has responded, Unix milliseconds: the states may be old, and this server's network may be
    /// the cause. `None` while any responds.
    pub stale_since: Option<i64>,
    /// A sentence if the servers can't all belong to one installation.
    pub conflict: Option<String>,
    /// The time of the snapshot, Unix milliseconds.
    pub at_ms: i64,
}

/// One server.
#[derive(Debug, Clone, PartialEq)]
pub struct InstallationServer {
    /// Its name.
    pub name: String,
    /// Fingerprint of its key; `None` for this server while it has none.
    pub key: Option<Fingerprint>,
    /// Whether it is this server.
    pub itself: bool,
    /// What it is.
    pub role: Role,
    /// Its context; `None` while it is not registered.
    pub context: Option<Context>,
    /// Its GUID; `None` while it is not registered.
    pub guid: Option<Guid>,
    /// Its address for polling.
    pub url: Option<String>,
    /// Its state, and since when.
    pub state: PeerLiveness,
    /// Its last response, Unix milliseconds.
    pub last_seen_ms: Option<i64>,
    /// How far its clock is ahead of this server's, milliseconds; negative if behind.
    pub clock_off_ms: Option<i64>,
    /// Its last report.
    pub report: Option<Arc<PeerReport>>,
    /// Why polling it fails. It may still be up, if it polls this server.
    pub problem: Option<String>,
    /// When it joined, Unix milliseconds; `None` for this server.
    pub joined_at_ms: Option<i64>,
    /// Who invited it, or which server reported it.
    pub joined_by: Option<String>,
}

impl InstallationPicture {
    /// The servers other than this one.
    pub fn others(&self) -> impl Iterator<Item = &InstallationServer> {
        self.servers.iter().filter(|server| !server.itself)
    }
}

impl Engine {
    /// This server's name: the one its peers know, else the host name.
    #[must_use]
    pub fn server_name(&self) -> String {
        self.peers.roster().name()
    }

    /// A snapshot of all servers now.
    #[must_use]
    pub fn servers(&self) -> InstallationPicture {
        let now = self.peers.now();
        let report = self.own_report();
        let key = self.peers.secret.get().map(|secret| secret.public().fingerprint());
        let roster = self.peers.roster();
        let own = InstallationServer {
            name: report.name.clone(),
            key,
            itself: true,
            role: report.role,
            context: report.context,
            guid: report.guid,
            url: report.url.as_ref().map(ToString::to_string),
            state: PeerLiveness::Up(self.started_at),
            last_seen_ms: Some(now.wall_ms),
            clock_off_ms: Some(0),
            report: Some(Arc::new(report)),
            problem: None,
            joined_at_ms: None,
            joined_by: None,
        };
        let mut others: Vec<InstallationServer> = roster
            .members
            .values()
            .map(|member| InstallationServer {
                name: member.stored.name.clone(),
                key: Some(member.stored.key.fingerprint()),
                itself: false,
                role: member.stored.role,
                context: member.stored.context,
                guid: member.report.as_ref().and_then(|report| report.guid),
                url: member.address().map(ToString::to_string),
                state: member.watch.state(now),
                last_seen_ms: member.watch.seen_ms(),
                clock_off_ms: member.clock_off_ms,
                report: member.report.clone(),
                problem: member.problem.clone(),
                joined_at_ms: Some(member.stored.joined_at),
                joined_by: Some(member.stored.joined_by.clone()),
            })
            .collect();
        others.sort_by(|a, b| a.name.cmp(&b.name));
        let mut standings = roster.standings(None);
        standings.insert(0, roster.standing());
        InstallationPicture {
            stale_since: stale_since(roster.members.values().map(|member| &member.watch), now),
            conflict: conflict(&standings),
            servers: std::iter::once(own).chain(others).collect(),
            at_ms: now.wall_ms,
        }
    }

    /// Publishes the current snapshot.
    pub(super) fn show_peers(&self) {
        let picture = self.servers();
        self.peers.picture.send_replace(picture);
    }
}
