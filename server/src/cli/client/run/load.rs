use std::time::Duration;

use client::{Client, ClientEvent, Product};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, timeout_at};

/// How long a client waits for the first limits before it goes on without: longer than one silent server takes.
const FIRST_ANSWER: Duration = Duration::from_secs(12);

/// How long a request waits for the limit to grow: several times what that takes.
const GROWTH: Duration = Duration::from_secs(1);

/// How fast licenses are taken, and how long they are held.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// Time between two requests.
    pub every: Duration,
    /// Time each license is held.
    pub hold: Duration,
}

/// One client at work.
#[derive(Debug)]
pub struct Load {
    client: Client,
    products: Vec<Product>,
    pace: Pace,
    count: Option<u64>,
}

impl Load {
    pub fn new(client: Client, products: Vec<Product>, pace: Pace, count: Option<u64>) -> Self {
        Self { client, products, pace, count }
    }

    /// Takes and returns licenses until the count is reached and all are returned, or until told to stop: then all are returned at
    /// once. Returns whether a server has ever answered.
    pub async fn run(self, mut stop: watch::Receiver<bool>) -> bool {
        tokio::select! {
            () = self.work() => {}
            // A sender that is gone stops as well.
            _ = stop.wait_for(|stop| *stop) => {}
        }
        self.client.has_met_server()
    }

    async fn work(&self) {
        self.first_limits().await;
        let mut ticks = interval(self.pace.every);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
        let mut requests = JoinSet::new();
        for product in self.products.iter().cycle().take(self.requests()) {
            ticks.tick().await;
            // Those that have ended need not be kept.
            while requests.try_join_next().is_some() {}
            let (product, hold) = (product.clone(), self.pace.hold);
            requests.spawn(async move {
                // What was refused is counted by the client.
                if let Ok(_lease) = product.acquire_within(GROWTH).await {
                    sleep(hold).await;
                }
            });
        }
        while requests.join_next().await.is_some() {}
    }

    fn requests(&self) -> usize {
        self.count.map_or(usize::MAX, |count| usize::try_from(count).unwrap_or(usize::MAX))
    }

    /// Waits until the first limits are known, or no server answers.
    async fn first_limits(&self) {
        let mut events = self.client.events();
        let end = Instant::now() + FIRST_ANSWER;
        let known = async {
            while let Ok(event) = events.recv().await {
                if matches!(event, ClientEvent::Allocation { .. } | ClientEvent::Disconnected) {
                    return;
                }
            }
        };
        // Without an answer the requests go on, and are refused.
        let _ = timeout_at(end, known).await;
    }
}
