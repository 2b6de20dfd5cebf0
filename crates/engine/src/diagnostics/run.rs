use std::sync::Arc;

use tokio::{sync::Semaphore, task::JoinSet};

use super::{Probe, ProbeTarget, Prober, lookup::Lookup};

/// Maximum number of concurrent look-ups and probes.
pub const AT_ONCE: usize = 16;

enum Done {
    /// The name of these targets was resolved.
    LookedUp(Vec<usize>, Lookup),
    /// The target was probed.
    Probed(usize, Probe),
}

/// Probes all targets, resolving each name once. Calls `on_done` with the index of each target when it is done; the
/// result is in the order of `targets`. Dropping the future stops the probes.
pub async fn run(prober: &Prober, targets: &[ProbeTarget], mut on_done: impl FnMut(usize, &Probe)) -> Vec<Probe> {
    let places = Arc::new(Semaphore::new(AT_ONCE));
    let mut tasks = JoinSet::new();
    for (host, members) in by_host(targets) {
        let (prober, places) = (prober.clone(), places.clone());
        tasks.spawn(async move {
            let _place = places.acquire_owned().await;
            Done::LookedUp(members, prober.look_up(&host).await)
        });
    }
    let mut probes: Vec<Option<Probe>> = vec![None; targets.len()];
    while let Some(done) = tasks.join_next().await {
        match done {
            Ok(Done::LookedUp(members, lookup)) => {
                for index in members {
                    let (prober, places) = (prober.clone(), places.clone());
                    let (target, lookup) = (targets[index].clone(), lookup.clone());
                    tasks.spawn(async move {
                        let _place = places.acquire_owned().await;
                        Done::Probed(index, prober.probe_at(&target, lookup).await)
                    });
                }
            }
            Ok(Done::Probed(index, probe)) => {
                on_done(index, &probe);
                probes[index] = Some(probe);
            }
            // These tasks can't be cancelled, so it is a panic, which continues here.
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        }
    }
    probes.into_iter().flatten().collect()
}

/// The hosts, each once, with the indexes of their targets.
fn by_host(targets: &[ProbeTarget]) -> Vec<(String, Vec<usize>)> {
    let mut hosts: Vec<(String, Vec<usize>)> = Vec::new();
    for (index, target) in targets.iter().enumerate() {
        match hosts.iter_mut().find(|(host, _)| host.eq_ignore_ascii_case(&target.host)) {
            Some((_, members)) => members.push(index),
            None => hosts.push((target.host.clone(), vec![index])),
        }
    }
    hosts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_looked_up_once_for_all_its_targets() {
        let targets = [("a.example", 80), ("b.example", 80), ("A.example", 443)];
        let targets = targets.map(|(host, port)| ProbeTarget { host: host.to_owned(), port, https: port == 443 });
        let hosts = by_host(&targets);
        assert_eq!(hosts, [("a.example".to_owned(), vec![0, 2]), ("b.example".to_owned(), vec![1])]);
    }
}
