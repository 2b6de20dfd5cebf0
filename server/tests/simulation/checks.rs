//! What must hold at every simulated second and at the end.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;

use licensing::product::ProductCode;
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Metadata, Subscriber, span};

use super::stage::Stage;
use super::watch::SERVERS;

/// What does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wrong {
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

impl Stage<'_> {
    /// At every second: no more is in use than there is, and no server or client found one of its rules broken.
    pub fn check(&self) -> Result<(), Wrong> {
        ALARMS.with_borrow_mut(|alarms| alarms.pop()).map_or(Ok(()), |alarm| Err(Wrong::Invariant(alarm)))?;
        for (server, machine) in self.servers.iter().enumerate() {
            machine.look();
            let ceilings = machine.ceilings.lock().unwrap();
            for pool in machine.pools() {
                let most = ceilings.get(&pool.product.parse::<ProductCode>().unwrap()).map_or(0, |all| all.most);
                if pool.counted > most {
                    let what = format!("{} gives out {} of {}, {most} allowed", machine.name, pool.counted, pool.product);
                    return Err(Wrong::OverGranted(what));
                }
            }
            for (product, ceiling) in ceilings.iter() {
                let used = self.in_use(server, product);
                let sum: usize = used.values().sum();
                if sum > ceiling.most as usize {
                    let what = format!("{sum} of {product} in use at {}, {ceiling:?}: {used:?}", machine.name);
                    return Err(Wrong::OverGranted(what));
                }
            }
        }
        Ok(())
    }

    /// What clients hold that is within what a server has.
    fn in_use(&self, server: usize, product: &ProductCode) -> BTreeMap<&str, usize> {
        let of_site = |site: &super::application::Site| {
            site.with_life(|life| {
                let is_carried = life.with_watch(|watch| watch.is_carried(server, product)).unwrap_or(false);
                if is_carried { life.valid(product) } else { 0 }
            })
        };
        self.sites.iter().map(|site| (site.name.as_str(), of_site(site).unwrap_or(0))).collect()
    }

    /// Clients that have not taken a license from the primary since `since_ms`.
    pub fn stuck(&self, since_ms: u64) -> Vec<&str> {
        let is_stuck = |site: &super::application::Site| {
            site.with_life(|life| life.with_watch(|watch| !watch.has_taken(0, since_ms)).unwrap_or(true))
        };
        self.sites.iter().filter(|site| is_stuck(site) == Some(true)).map(|site| site.name.as_str()).collect()
    }

    /// At the end: what servers have stored is what clients have used.
    pub fn check_usage(&self) -> Result<(), Wrong> {
        for site in &self.sites {
            for killed in site.killed.lock().unwrap().iter() {
                let total = self.total(&killed.deployment, None);
                let (least, most) = (self.confirmed(&killed.deployment), of(killed.totals));
                if !(at_most(least, total) && at_most(total, most)) {
                    let what = format!("{}: confirmed {least:?}, stored {total:?}, used {most:?}", killed.deployment);
                    return Err(Wrong::Miscounted(what));
                }
            }
            if let Some(wrong) = site.with_life(|life| self.check_life(life)) {
                wrong?;
            }
        }
        Ok(())
    }

    fn check_life(&self, life: &super::application::Life) -> Result<(), Wrong> {
        let wrong = |what: String| Err(Wrong::Miscounted(format!("{}: {what}", life.deployment)));
        match &life.parting {
            Some(parting) if parting.unconfirmed.is_empty() && parting.undelivered_records == 0 => {}
            other => return wrong(format!("it could not part: {other:?}")),
        }
        let (total, used) = (self.total(&life.deployment, None), of(life.client.totals()));
        if total != used {
            return wrong(format!("servers have stored {total:?}, the client has used {used:?}"));
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

    /// Taken, time in use and refused, as both servers have stored it.
    fn total(&self, deployment: &str, of: Option<&ProductCode>) -> (u64, u64, u64) {
        let stored = self.servers.iter().flat_map(|machine| machine.disk.keep.totals());
        stored
            .filter(|((whose, product), _)| **whose == *deployment && of.is_none_or(|wanted| wanted == product))
            .fold((0, 0, 0), |sum, (_, used)| (sum.0 + used.count, sum.1 + used.ms, sum.2 + used.denied))
    }

    /// The same, as far as servers have said that it is stored.
    fn confirmed(&self, deployment: &str) -> (u64, u64, u64) {
        let mut sum = (0, 0, 0);
        for machine in &self.servers {
            let deployments = machine.deployments.lock().unwrap();
            let saved = machine.saved.lock().unwrap();
            let runs = saved.iter().filter(|(run, _)| deployments.get(*run).is_some_and(|whose| whose == deployment));
            for used in runs.flat_map(|(_, saved)| saved.confirmed().values()) {
                sum = (sum.0 + used.usage_count, sum.1 + used.usage_ms, sum.2 + used.denied);
            }
        }
        sum
    }

    /// How the servers stand, for people.
    pub fn standing(&self) -> Vec<String> {
        let pools = |(server, name): (usize, &&str)| format!("{name}: {:?}", self.servers[server].pools());
        SERVERS.iter().enumerate().map(pools).collect()
    }
}

fn of(totals: client::Totals) -> (u64, u64, u64) {
    (totals.acquired, totals.usage_ms, totals.denied)
}

fn at_most(less: (u64, u64, u64), more: (u64, u64, u64)) -> bool {
    less.0 <= more.0 && less.1 <= more.1 && less.2 <= more.2
}

thread_local! {
    /// Rules that were found broken by those who keep them.
    static ALARMS: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// Hears what servers and clients report as broken.
#[derive(Debug)]
pub struct Alarm;

impl Alarm {
    /// Forgets what was heard before.
    pub fn clear() {
        ALARMS.with_borrow_mut(Vec::clear);
    }
}

struct Broken(Option<String>);

impl Visit for Broken {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "broken" {
            self.0 = Some(format!("{value:?}"));
        }
    }
}

impl Subscriber for Alarm {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() == Level::ERROR
    }

    fn max_level_hint(&self) -> Option<tracing::level_filters::LevelFilter> {
        Some(tracing::level_filters::LevelFilter::ERROR)
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut broken = Broken(None);
        event.record(&mut broken);
        ALARMS.with_borrow_mut(|alarms| alarms.extend(broken.0));
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}
