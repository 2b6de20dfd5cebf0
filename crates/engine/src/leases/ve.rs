//! Clients of virtual environments: each logs in with a passphrase and takes one license of its product while it runs.
//! While one of them is logged in, the hours of a countdown license run.
//!
//! To the allocation, such a product is a pool like any other; on the wire its name is `VE`.

use std::collections::BTreeMap;

use licensing::allocation::RunKey;
use licensing::client_protocol::{
    Allocation, ExpiryNotice, Fault, FaultKind, Hello, Records, Refresh, Shortage, VE_PRODUCT, VeTerms, is_reserved,
    pool_of,
};
use licensing::countdown::CountdownDenial;
use licensing::product::ProductCode;
use licensing::ve::{Login, Passphrase, VeLicenseKind, admit};

use super::{Leases, ReceivedAt};
use crate::Engine;
use crate::countdown::CountdownLoginDenied;

/// The result of a login.
pub(super) struct AdmittedVe {
    /// The product of the license.
    pub product: String,
    /// The license's data for the client.
    pub terms: VeTerms,
}

fn on_the_wire() -> ProductCode {
    VE_PRODUCT.parse().expect("two letters are a product code")
}

impl Leases {
    /// The product of the VE license that a run has logged in to, if any.
    fn ve_of(&self, said: &str) -> Option<(RunKey, String)> {
        let table = self.table();
        let id = table.find(said)?;
        Some((id, table.entries.get(&id)?.details.ve.clone()?))
    }
}

impl Engine {
    /// The pools of the license of this machine: how many instances of each product may run, and whether they may now.
    pub(super) fn ve_pools(&self) -> (BTreeMap<ProductCode, u32>, bool) {
        let state = self.ve.state();
        let Some(installed) = state.installed else { return (BTreeMap::new(), false) };
        let pools = installed.license().products.iter().map(|product| (pool_of(&product.name), product.instances));
        (pools.collect(), state.standing.in_force())
    }

    /// Whether a client may log in, and to what.
    ///
    /// # Errors
    /// A fault with the reason, which reveals nothing of the license without its passphrase.
    pub(super) fn admit(&self, hello: &Hello) -> Result<Option<AdmittedVe>, Fault> {
        let Some(login) = &hello.ve else { return Ok(None) };
        let refused = |sentence: String| Fault::new(FaultKind::LoginRefused, sentence);
        let passphrase: Passphrase = login.passphrase.parse().map_err(|error| refused(format!("{error}")))?;
        let state = self.ve.state();
        let Some(installed) = state.installed else {
            return Err(refused(licensing::ve::AdmissionRefusal::NoLicense.to_string()));
        };
        let license = installed.license();
        let login = Login {
            passphrase,
            product: login.product.clone(),
            major: login.major,
            minor: login.minor,
            cpus: login.cpus,
            memory_mb: login.memory_mb,
        };
        // The allocation counts instances, because it sees all of them.
        let product = admit(license, &state.standing, &login, |_| 0, self.contact().high_water)
            .map_err(|why| refused(why.to_string()))?;
        Ok(Some(AdmittedVe {
            product: product.name.clone(),
            terms: VeTerms {
                license_id: license.license_id.clone(),
                key_type: license.kind.as_str().to_owned(),
                grace_min: license.grace_min,
                interval_min: license.interval_min,
            },
        }))
    }

    /// `POST /v1/refresh`. `received`: as [`Engine::received`] said when it was there.
    ///
    /// # Errors
    /// [`Fault`], in the words of the protocol.
    pub async fn client_refresh(&self, mut said: Refresh, received: ReceivedAt) -> Result<Allocation, Fault> {
        let login = self.leases.ve_of(&said.run);
        if let Err(elsewhere) = self.drain.check(&said.client) {
            if let Some((id, _)) = login {
                // It must move, so no hours run for it here.
                self.leave_seat(id).await;
            }
            return Err(elsewhere);
        }
        let Some((id, product)) = login else {
            let reserved: Vec<ProductCode> =
                said.products.keys().filter(|product| is_reserved(product)).cloned().collect();
            for product in &reserved {
                said.products.remove(product);
            }
            let mut answer = self.leases.refresh(said, received).await?;
            answer.products.extend(reserved.into_iter().map(|product| (product, refused_limit())));
            return Ok(answer);
        };
        let (wire, pool) = (on_the_wire(), pool_of(&product));
        said = self.named(said);
        let wants = said.products.get(&pool).copied();
        let is_in = wants.is_some_and(|used| used.want > 0 || used.held > 0);
        // Checks the run before hours run for it.
        self.leases.speaker(&said.client, &said.run, said.epoch).await?;
        if is_in {
            self.take_seat(id).await?;
        }
        let result = self.leases.refresh(said, received).await;
        let has_some =
            result.as_ref().is_ok_and(|answer| answer.products.get(&pool).is_some_and(|limit| limit.limit > 0));
        if !(is_in && (has_some || wants.is_some_and(|used| used.held > 0))) {
            self.leave_seat(id).await;
        }
        let mut answer = result?;
        if let Some(limit) = answer.products.remove(&pool) {
            let sentence = limit.sentence.map(|sentence| sentence.replace(pool.as_str(), &product));
            answer.products.insert(wire, licensing::client_protocol::Limit { sentence, ..limit });
        }
        answer.notice = self.notice();
        Ok(answer)
    }

    /// A goodbye in the names of the pools.
    pub(super) fn named(&self, mut said: Refresh) -> Refresh {
        let own = self.leases.ve_of(&said.run).map(|(_, product)| pool_of(&product));
        let used = said.products.remove(&on_the_wire());
        said.products.retain(|product, _| !is_reserved(product));
        said.products.extend(own.zip(used));
        said
    }

    /// Records of a VE client belong to its product.
    pub(super) fn name_records(&self, said: &mut Records) {
        let Some((_, product)) = self.leases.ve_of(&said.run) else { return };
        let (wire, pool) = (on_the_wire(), pool_of(&product));
        for record in said.records.iter_mut().filter(|record| record.product == wire) {
            record.product = pool.clone();
        }
    }

    /// The notice to clients when the hours end within a check interval.
    fn notice(&self) -> Option<ExpiryNotice> {
        let view = self.countdown.view();
        if !(view.ends_soon && self.has_hours()) {
            return None;
        }
        Some(ExpiryNotice {
            ends_in_ms: u64::try_from(view.balance_ms).unwrap_or(0),
            sentence: "The backup hours of this server end soon. Bring the primary back, or shut down in time."
                .to_owned(),
        })
    }

    /// Whether a countdown license is valid.
    pub(crate) fn has_hours(&self) -> bool {
        self.ve.current().is_some_and(|installed| matches!(installed.license().kind, VeLicenseKind::Countdown { .. }))
    }

    /// Checks that a client may stay: the license is valid, and its hours, if any, are running.
    async fn take_seat(&self, id: RunKey) -> Result<(), Fault> {
        let standing = self.ve.standing();
        if !standing.in_force() {
            self.leave_seat(id).await;
            return Err(Fault::new(FaultKind::LoginRefused, standing.sentence()));
        }
        if !self.has_hours() {
            self.leave_seat(id).await;
            return Ok(());
        }
        // Held until the hours are charged: a repeated request must not be granted before that.
        let mut seats = self.leases.seats.lock().await;
        let why = if seats.contains(&id) {
            match self.countdown.view().refused {
                None => return Ok(()),
                Some(refusal) => {
                    seats.remove(&id);
                    self.countdown.leave().await;
                    CountdownDenial::sentence(refusal).to_owned()
                }
            }
        } else {
            match self.countdown.enter().await {
                Ok(_) => {
                    seats.insert(id);
                    return Ok(());
                }
                Err(CountdownLoginDenied::Unsaved { reason }) => {
                    tracing::error!(reason, "refused a login because its hours could not be stored");
                    return Err(Fault::new(
                        FaultKind::Unavailable,
                        CountdownLoginDenied::Unsaved { reason }.to_string(),
                    ));
                }
                Err(refused) => refused.to_string(),
            }
        };
        Err(Fault::new(FaultKind::HoursUsedUp, why))
    }

    /// Stops the hours for this client.
    pub(super) async fn leave_seat(&self, id: RunKey) {
        let mut seats = self.leases.seats.lock().await;
        if seats.remove(&id) {
            self.countdown.leave().await;
        }
    }

    /// Stops the hours for clients that were silent for too long.
    pub(super) async fn clear_seats(&self) {
        let left: Vec<RunKey> = {
            let seats = self.leases.seats.lock().await;
            let table = self.leases.table();
            let counts = |id: &RunKey| table.allocation.run(*id).is_some_and(licensing::allocation::ClientRun::counts);
            seats.iter().filter(|id| !counts(id)).copied().collect()
        };
        for id in left {
            self.leave_seat(id).await;
        }
    }
}

/// The notice about a product that needs a login.
fn refused_limit() -> licensing::client_protocol::Limit {
    licensing::client_protocol::Limit {
        limit: 0,
        version: 0,
        licensed: 0,
        why: Some(Shortage::NotLicensed),
        sentence: Some("This product is only for clients that log in with the passphrase of a VE license.".to_owned()),
    }
}

/// A VE client without a server, which keeps running until its grace period ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InGrace {
    /// What people call it.
    pub name: String,
    /// Its last request here, Unix milliseconds.
    pub seen_ms: i64,
    /// Until when it runs, Unix milliseconds: the grace period, from when it must have noticed.
    pub until_ms: i64,
}

impl Engine {
    /// VE clients that were here, said no goodbye and contact no server; the first to stop first.
    #[must_use]
    pub fn in_grace(&self) -> Vec<InGrace> {
        let Some(installed) = self.ve.current() else { return Vec::new() };
        let grace_min = installed.license().grace_min;
        let until = |seen_ms: i64| {
            let until = licensing::grace::ends_at_the_latest(u64::try_from(seen_ms).unwrap_or(0), grace_min);
            i64::try_from(until).unwrap_or(i64::MAX)
        };
        let picture = self.peers.picture();
        let elsewhere = |client: &str| {
            picture.others().any(|server| {
                let up = matches!(server.state, licensing::peers::PeerLiveness::Up(_));
                let serving = server.report.as_ref().and_then(|report| report.serving.as_ref());
                up && serving.is_some_and(|serving| serving.clients.iter().any(|id| id == client))
            })
        };
        let now = self.now_ms();
        let mut all: Vec<InGrace> = self
            .leases
            .silent_ve()
            .into_iter()
            .filter(|(client, ..)| !elsewhere(client))
            .map(|(_, name, seen_ms)| InGrace { name, seen_ms, until_ms: until(seen_ms) })
            .filter(|client| client.until_ms > now)
            .collect();
        all.sort_by_key(|client| client.until_ms);
        all
    }
}
