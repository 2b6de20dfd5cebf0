//! What must hold at every simulated second and at the end.

use std::collections::BTreeMap;

use licensing::client_protocol::CheckOutOutcome;
use licensing::product::ProductCode;

use super::alarm::Alarm;
use super::application::{ApplicationHost, ApplicationRun};
use super::saved::ConfirmedUsage;
use super::stage::SimulationStage;

/// What does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CheckFailure {
    /// More licenses are in use than there are.
    OverGranted(String),
    /// A rule that servers or clients check themselves.
    Invariant(String),
    /// A client does not come back.
    Stuck(String),
    /// Servers count other than clients.
    Miscounted(String),
    /// The simulation itself failed.
    Crashed(String),
}

impl SimulationStage<'_> {
    /// At every second: no more is in use than there is, and no server or client found one of its rules broken.
    pub fn check(&self) -> Result<(), CheckFailure> {
        Alarm::heard()?;
        for (server, machine) in self.servers.iter().enumerate() {
            machine.look();
            let ceilings = machine.ceilings.lock().unwrap();
            for pool in machine.pools() {
                let most = ceilings.get(&pool.product.parse::<ProductCode>().unwrap()).map_or(0, |all| all.most);
                if pool.counted > most {
                    let what =
                        format!("{} gives out {} of {}, {most} allowed", machine.name, pool.counted, pool.product);
                    return Err(CheckFailure::OverGranted(what));
                }
            }
            for (product, ceiling) in ceilings.iter() {
                let used = self.in_use(server, product);
                let sum: usize = used.values().sum();
                if sum > ceiling.most as usize {
                    let what = format!("{sum} of {product} in use at {}, {ceiling:?}: {used:?}", machine.name);
                    return Err(CheckFailure::OverGranted(what));
                }
            }
        }
        Ok(())
    }

    /// What clients hold that is within what a server has.
    fn in_use(&self, server: usize, product: &ProductCode) -> BTreeMap<&str, usize> {
        let of_site = |site: &ApplicationHost| {
            site.with_life(|life| {
                let is_carried = life.with_watch(|watch| watch.is_carried(server, product)).unwrap_or(false);
                if is_carried { life.valid(product) } else { 0 }
            })
        };
        self.sites.iter().map(|site| (site.name.as_str(), of_site(site).unwrap_or(0))).collect()
    }

    /// Clients that have not taken a license from the primary since `since_ms`.
    pub fn stuck(&self, since_ms: u64) -> Vec<&str> {
        let is_stuck = |site: &ApplicationHost| {
            site.with_life(|life| life.with_watch(|watch| !watch.has_taken(0, since_ms)).unwrap_or(true))
        };
        self.sites.iter().filter(|site| is_stuck(site) == Some(true)).map(|site| site.name.as_str()).collect()
    }

    /// At the end: what servers have stored is what clients have used.
    pub fn check_usage(&self) -> Result<(), CheckFailure> {
        for site in &self.sites {
            for killed in site.killed.lock().unwrap().iter() {
                let total = self.total(&killed.deployment, None);
                let (least, most) = (self.confirmed(&killed.deployment), of(killed.totals));
                if !(at_most(least, total) && at_most(total, most)) {
                    let what = format!("{}: confirmed {least:?}, stored {total:?}, used {most:?}", killed.deployment);
                    return Err(CheckFailure::Miscounted(what));
                }
            }
            if let Some(wrong) = site.with_life(|life| self.check_life(life)) {
                wrong?;
            }
        }
        Ok(())
    }

    fn check_life(&self, life: &ApplicationRun) -> Result<(), CheckFailure> {
        let wrong = |what: String| Err(CheckFailure::Miscounted(format!("{}: {what}", life.deployment)));
        match &life.parting {
            Some(parting) if parting.unconfirmed.is_empty() && parting.undelivered_records == 0 => {}
            other => return wrong(format!("it could not part: {other:?}")),
        }
        let (total, used) = (self.total(&life.deployment, None), of(life.client.totals()));
        if total != used {
            return wrong(format!("servers have stored {total:?}, the client has used {used:?}"));
        }
        if self.sites.iter().all(|site| site.room > 0) && self.recorded(&life.deployment) != (used.0, used.2) {
            return wrong(format!("records of {:?}, used {used:?}", self.recorded(&life.deployment)));
        }
        for product in &self.products {
            let total = self.total(&life.deployment, Some(product));
            let counted = life.counted.get(product).copied().unwrap_or_default();
            if (total.0, total.2) != counted {
                return wrong(format!("{product}: stored {total:?}, taken and refused {counted:?}"));
            }
        }
        Ok(())
    }

    /// Taken, time in use and refused, as both servers have stored it. What goes on beyond a limit, as after a move to a server
    /// that gives less, is kept apart by that server.
    fn total(&self, deployment: &str, of: Option<&ProductCode>) -> (u64, u64, u64) {
        let is_meant = |product: &ProductCode| of.is_none_or(|wanted| wanted == product);
        let mut sum = (0, 0, 0);
        for machine in &self.servers {
            let counted = machine.disk.keep.totals().into_iter();
            for (_, used) in counted.filter(|((whose, product), _)| **whose == *deployment && is_meant(product)) {
                sum = (sum.0 + used.count, sum.1 + used.ms, sum.2 + used.denied);
            }
            for run in machine.disk.keep.runs().iter().filter(|run| *run.details.deployment == *deployment) {
                for (_, used) in run.uses.iter().filter(|(product, _)| is_meant(product)) {
                    sum = (sum.0 + used.beyond.count, sum.1 + used.beyond.ms, sum.2);
                }
            }
        }
        sum
    }

    /// The same, as far as servers have said that it is stored.
    fn confirmed(&self, deployment: &str) -> (u64, u64, u64) {
        let mut sum = (0, 0, 0);
        self.each_saved(deployment, |saved| {
            for used in saved.confirmed().values() {
                sum = (sum.0 + used.usage_count, sum.1 + used.usage_ms, sum.2 + used.denied);
            }
        });
        sum
    }

    /// Taken and refused, as single records say.
    fn recorded(&self, deployment: &str) -> (u64, u64) {
        let (mut taken, mut refused) = (0, 0);
        self.each_saved(deployment, |saved| {
            for record in saved.records() {
                taken += u64::from(matches!(record.outcome, CheckOutOutcome::Returned | CheckOutOutcome::Flushed));
                refused += u64::from(record.outcome == CheckOutOutcome::Denied);
            }
        });
        (taken, refused)
    }

    fn each_saved(&self, deployment: &str, mut look: impl FnMut(&ConfirmedUsage)) {
        for machine in &self.servers {
            let deployments = machine.deployments.lock().unwrap();
            let saved = machine.saved.lock().unwrap();
            let of_deployment =
                |(run, _): &(&String, &ConfirmedUsage)| deployments.get(*run).is_some_and(|whose| whose == deployment);
            saved.iter().filter(of_deployment).for_each(|(_, saved)| look(saved));
        }
    }

    /// How the servers stand, for people.
    pub fn standing(&self) -> Vec<String> {
        let running = self.servers.iter().filter_map(|machine| Some((machine.name, machine.running()?)));
        let told = running.flat_map(|(name, leases)| {
            let pools = leases.pools().into_iter().map(move |pool| format!("{name}: {pool:?}"));
            pools.chain(leases.clients().into_iter().map(move |client| format!("{name}: {client:?}")))
        });
        told.collect()
    }
}

fn of(totals: client::ClientTotals) -> (u64, u64, u64) {
    (totals.acquired, totals.usage_ms, totals.denied)
}

fn at_most(less: (u64, u64, u64), more: (u64, u64, u64)) -> bool {
    less.0 <= more.0 && less.1 <= more.1 && less.2 <= more.2
}
