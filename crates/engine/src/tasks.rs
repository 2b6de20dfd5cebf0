//! Background tasks under supervision.
//!
//! A task that ends or panics is logged, counted and restarted after a growing pause. One that keeps failing makes the
//! server unready, and then stops it, so that the service manager restarts it.

use std::collections::{BTreeMap, VecDeque};
use std::fmt::{self, Display};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use tokio::task::{JoinError, JoinSet};
use tokio::time::{Instant, Interval, MissedTickBehavior, sleep, timeout};
use tokio_util::sync::CancellationToken;

use crate::Engine;

/// Failures older than this no longer count.
pub const WINDOW: Duration = Duration::from_secs(5 * 60);
/// Restarts older than this are no longer told.
const TOLD_FOR: Duration = Duration::from_secs(60 * 60);
/// Failures of one task within [`WINDOW`] that make the server unready.
pub const UNREADY_AFTER: usize = 5;
/// Failures of one task within [`WINDOW`] that stop the server.
pub const END_AFTER: usize = 8;
/// Pause before the first restart; doubled for each further failure within [`WINDOW`].
pub const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// Time for a task to finish at shutdown.
const FINISH: Duration = Duration::from_millis(2_500);
/// Time for a cancelled task to notice.
const ABORT: Duration = Duration::from_millis(500);
/// Restarts by task.
const RESTARTS: &str = "leasehold_task_restarts_total";

/// When a task acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cadence {
    Every(Duration),
    /// On changes.
    OnChange,
    /// On demand.
    OnDemand,
}

impl Display for Cadence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Every(period) if period.subsec_millis() > 0 => write!(f, "every {} ms", period.as_millis()),
            Self::Every(period) if period.as_secs() == 24 * 3600 => f.write_str("daily"),
            Self::Every(period) => write!(f, "every {} s", period.as_secs()),
            Self::OnChange => f.write_str("on change"),
            Self::OnDemand => f.write_str("on demand"),
        }
    }
}

/// Why a task ended that should run as long as the server.
pub trait Ending: Send + 'static {
    fn reason(self) -> String;
}

impl Ending for () {
    fn reason(self) -> String {
        "it ended".to_owned()
    }
}

impl<E: Display + Send + 'static> Ending for Result<(), E> {
    fn reason(self) -> String {
        self.map_or_else(|error| error.to_string(), Ending::reason)
    }
}

type Running = Pin<Box<dyn Future<Output = String> + Send>>;

/// A background task.
pub struct Task {
    /// Name in logs, metrics and documents.
    pub name: &'static str,
    /// What it does.
    pub does: &'static str,
    pub cadence: Cadence,
    finishes: bool,
    run: Box<dyn Fn() -> Running + Send + Sync>,
}

impl fmt::Debug for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Task").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Task {
    /// A task that `run` starts, also after a failure.
    pub fn new<F>(
        name: &'static str,
        does: &'static str,
        cadence: Cadence,
        run: impl Fn() -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output: Ending> + Send + 'static,
    {
        let run = move || -> Running {
            let future = run();
            Box::pin(async move { future.await.reason() })
        };
        Self { name, does, cadence, finishes: false, run: Box::new(run) }
    }

    /// Ends on its own at shutdown and gets a moment to do so; other tasks are aborted.
    #[must_use]
    pub fn finishing(self) -> Self {
        Self { finishes: true, ..self }
    }
}

/// The background tasks of a running server.
#[derive(Debug, Default)]
pub struct Tasks {
    stop: CancellationToken,
    failures: Mutex<BTreeMap<&'static str, VecDeque<Instant>>>,
    supervising: Mutex<JoinSet<()>>,
    given_up: OnceLock<String>,
    #[cfg(debug_assertions)]
    panics: Mutex<BTreeMap<String, usize>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Tasks {
    /// Stops the tasks and, with them, the server.
    pub fn stop(&self) -> &CancellationToken {
        &self.stop
    }

    /// Starts a task and keeps it running until the server stops.
    pub fn start(self: &Arc<Self>, task: Task) {
        self.register(task.name);
        lock(&self.supervising).spawn(self.clone().supervise(task));
    }

    /// Initializes the restart counter of a task to 0.
    pub fn register(&self, name: &'static str) {
        metrics::counter!(RESTARTS, "task" => name).increment(0);
    }

    async fn supervise(self: Arc<Self>, task: Task) {
        loop {
            let running = (task.run)();
            #[cfg(debug_assertions)]
            let running = self.sabotaged(task.name, running);
            let mut running = tokio::spawn(running);
            let ended = tokio::select! {
                ended = &mut running => ended,
                () = self.stop.cancelled() => {
                    if !task.finishes || timeout(FINISH, &mut running).await.is_err() {
                        running.abort();
                        let _ = timeout(ABORT, running).await;
                    }
                    return;
                }
            };
            if self.stop.is_cancelled() {
                return;
            }
            let pause = self.failed(task.name, &ended.unwrap_or_else(reason));
            tokio::select! {
                () = sleep(pause) => {}
                () = self.stop.cancelled() => return,
            }
        }
    }

    /// Records a failure; returns the pause before the restart.
    pub fn failed(&self, name: &'static str, reason: &str) -> Duration {
        let count = {
            let (mut failures, now) = (lock(&self.failures), Instant::now());
            let recent = failures.entry(name).or_default();
            recent.push_back(now);
            recent.retain(|at| now.duration_since(*at) < TOLD_FOR);
            within(recent, now, WINDOW)
        };
        let doublings = u32::try_from(count.clamp(1, END_AFTER) - 1).unwrap_or_default();
        let pause = FIRST_PAUSE * 2_u32.pow(doublings);
        if count < END_AFTER {
            metrics::counter!(RESTARTS, "task" => name).increment(1);
            tracing::error!(
                task = name,
                failures = count,
                pause_ms = pause.as_millis(),
                "a background task failed; restarting it: {reason}"
            );
        } else {
            tracing::error!(
                task = name,
                failures = count,
                "a background task keeps failing; stopping the server: {reason}"
            );
            let minutes = WINDOW.as_secs() / 60;
            let _ = self.given_up.set(format!(
                "The background task {name} failed {count} times in {minutes} minutes ({reason}). Leasehold has stopped so that it can be restarted."
            ));
            self.stop.cancel();
        }
        pause
    }

    /// Tasks that keep failing, with the failures within [`WINDOW`].
    pub fn failing(&self) -> Vec<(&'static str, usize)> {
        self.failed_within(WINDOW).into_iter().filter(|(_, count)| *count >= UNREADY_AFTER).collect()
    }

    /// Tasks that were restarted within the last hour, and how often.
    pub fn restarted(&self) -> Vec<(&'static str, usize)> {
        self.failed_within(TOLD_FOR).into_iter().filter(|(_, count)| *count > 0).collect()
    }

    fn failed_within(&self, window: Duration) -> Vec<(&'static str, usize)> {
        let now = Instant::now();
        lock(&self.failures).iter().map(|(name, times)| (*name, within(times, now, window))).collect()
    }

    /// A sentence for each task that keeps failing.
    pub fn problems(&self) -> Vec<String> {
        let minutes = WINDOW.as_secs() / 60;
        let sentence = |(name, count)| {
            format!("The background task {name} keeps failing: {count} times in the last {minutes} minutes.")
        };
        self.failing().into_iter().map(sentence).collect()
    }

    /// Why the server stopped, if a task kept failing.
    pub fn given_up(&self) -> Option<&str> {
        self.given_up.get().map(String::as_str)
    }

    /// Stops all tasks. Returns once none is running, after 3 seconds at most.
    pub async fn finish(&self) {
        self.stop.cancel();
        let mut supervising = std::mem::take(&mut *lock(&self.supervising));
        while supervising.join_next().await.is_some() {}
    }
}

fn within(times: &VecDeque<Instant>, now: Instant, window: Duration) -> usize {
    times.iter().filter(|at| now.duration_since(**at) < window).count()
}

/// Ticks that never catch up: after a slow round the next begins one period later.
pub(crate) fn ticks(period: Duration) -> Interval {
    let mut ticks = tokio::time::interval(period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

/// Why a task was cut short.
pub(crate) fn reason(error: JoinError) -> String {
    match error.try_into_panic() {
        Ok(panic) => format!("panicked: {}", panic_message(&*panic)),
        Err(error) => error.to_string(),
    }
}

/// The message of a caught panic.
pub fn panic_message(panic: &(dyn std::any::Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message")
}

/// Panics on purpose, for tests. Not in release builds.
#[cfg(debug_assertions)]
impl Tasks {
    /// Makes tasks panic: `NAME=TIMES`, separated by commas; `*` for all.
    pub fn sabotage(&self, plan: &str) {
        let parts = plan.split(',').filter_map(|part| part.split_once('='));
        let parts = parts.filter_map(|(name, times)| Some((name.to_owned(), times.parse().ok()?)));
        lock(&self.panics).extend(parts);
    }

    /// Whether a task is to panic this time.
    pub fn to_panic(&self, name: &str) -> bool {
        let mut panics = lock(&self.panics);
        let all = panics.get("*").copied();
        let left = panics.entry(name.to_owned()).or_insert(all.unwrap_or_default());
        let now = *left > 0;
        *left = left.saturating_sub(1);
        now
    }

    fn sabotaged(&self, name: &'static str, running: Running) -> Running {
        if !self.to_panic(name) {
            return running;
        }
        Box::pin(async move {
            // It has begun its work by then.
            let _ = timeout(Duration::from_millis(50), running).await;
            panic!("{name} was told to");
        })
    }
}

impl Engine {
    /// The engine's background tasks.
    pub fn background_tasks(self: &Arc<Self>) -> Vec<Task> {
        use crate::accounts::refused;
        use crate::{alerts, attention, backup, conf, countdown, exchange, leases, monitor, peers, sources, usage, ve};
        use Cadence::Every;
        macro_rules! task {
            ($name:literal, $does:literal, $cadence:expr, $run:ident) => {{
                let engine = self.clone();
                Task::new($name, $does, $cadence, move || engine.clone().$run())
            }};
        }
        vec![
            task!("conf-watch", "Notices edits of license_server.conf", Every(conf::WATCH_EVERY), watch_conf),
            task!(
                "contact-clock",
                "Advances and stores the contact clock, logs reminders",
                Every(exchange::EVERY),
                keep_contact
            ),
            task!("exchange", "Syncs with the vendor's nodes when it is due", Every(exchange::EVERY), keep_in_sync),
            task!(
                "leases",
                "Releases licenses of silent clients, follows the installed licenses",
                Every(leases::FLUSH),
                keep_leases
            ),
            task!("lease-store", "Stores what clients were granted and have used", Every(leases::FLUSH), store_leases)
                .finishing(),
            task!("usage", "Brings usage of long check-outs up to date", Every(usage::UPDATE_EVERY), keep_usage),
            task!(
                "usage-retention",
                "Removes usage records past their retention",
                Every(usage::PURGE_EVERY),
                keep_usage_short
            ),
            task!("countdown", "Judges and stores countdown hours", Every(countdown::EVERY), keep_countdown),
            task!("ve-license", "Checks the license of this machine", Every(ve::EVERY), keep_ve),
            task!(
                "monitor-license",
                "Reads the monitor license, judges its violations",
                Every(monitor::EVERY),
                keep_monitor
            ),
            task!(
                "monitor-license-server",
                "Asks another server for the monitor license",
                Every(monitor::ASK_EVERY),
                ask_for_monitor_license
            ),
            task!("peers", "Polls the peers", Every(peers::EVERY), keep_peers),
            task!("sources", "Looks at other license daemons", Every(sources::EVERY), keep_sources),
            task!("alert-rules", "Checks the alert rules", Every(alerts::EVERY), keep_alert_rules),
            task!("attention", "Checks that data can be stored", Every(attention::EVERY), keep_attention),
            task!(
                "refused-sign-ins",
                "Writes sums of refused sign-ins to the audit log",
                Every(refused::EVERY),
                keep_refused_logins
            ),
            task!("backup", "Backs up the data folder when a backup is due", Every(backup::EVERY), keep_backups),
            task!("alert-delivery", "Delivers notifications", Every(alerts::EVERY), keep_alert_delivery),
        ]
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    fn failing(times: usize, runs: &Arc<AtomicUsize>) -> Task {
        let runs = runs.clone();
        Task::new("test", "fails", Cadence::OnDemand, move || {
            let run = runs.fetch_add(1, Ordering::SeqCst);
            async move {
                assert!(run >= times, "run {run} fails");
                std::future::pending::<()>().await;
            }
        })
    }

    #[tokio::test]
    async fn the_tasks_are_those_of_the_document() {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(crate::clock::ManualClock::at(0));
        let engine = Arc::new(Engine::open(folder.path(), &folder.path().join("a.conf"), clock).await.unwrap());
        let document = include_str!("../../../docs/OPERATING.md");
        for Task { name, does, cadence, .. } in engine.background_tasks() {
            let row = format!("| `{name}` | {does} | {cadence} |\n");
            assert!(document.contains(&row), "docs/OPERATING.md lacks\n{row}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_task_that_panics_is_restarted_after_a_pause_that_doubles() {
        let (tasks, runs) = (Arc::new(Tasks::default()), Arc::default());
        tasks.start(failing(3, &runs));
        for (ms, expected) in [(90, 1), (20, 2), (180, 2), (20, 3), (380, 3), (20, 4), (60_000, 4)] {
            sleep(Duration::from_millis(ms)).await;
            assert_eq!(runs.load(Ordering::SeqCst), expected);
        }
        assert!(tasks.problems().is_empty() && tasks.given_up().is_none());
        tasks.finish().await;
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_keeps_failing_makes_the_server_unready_and_then_ends_it() {
        let (tasks, runs) = (Arc::new(Tasks::default()), Arc::default());
        tasks.start(failing(usize::MAX, &runs));
        sleep(FIRST_PAUSE * 7 + Duration::from_millis(10)).await;
        assert!(tasks.problems().is_empty(), "four failures are still in order");
        sleep(FIRST_PAUSE * 8).await;
        assert_eq!(tasks.problems(), ["The background task test keeps failing: 5 times in the last 5 minutes."]);
        assert!(tasks.given_up().is_none());
        tasks.stop().cancelled().await;
        assert_eq!(runs.load(Ordering::SeqCst), END_AFTER);
        let sentence = tasks.given_up().unwrap();
        assert!(
            sentence.starts_with("The background task test failed 8 times in 5 minutes (panicked: run 7 fails)."),
            "{sentence}"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn failures_count_for_five_minutes_only() {
        let tasks = Tasks::default();
        for _ in 0..UNREADY_AFTER {
            tasks.failed("test", "it ended");
        }
        assert_eq!(tasks.problems().len(), 1);
        sleep(WINDOW).await;
        assert!(tasks.problems().is_empty());
        assert_eq!(tasks.failed("test", "it ended"), FIRST_PAUSE);
    }

    #[tokio::test(start_paused = true)]
    async fn a_task_that_ends_counts_as_failed_unless_the_server_stops() {
        let (tasks, runs) = (Arc::new(Tasks::default()), Arc::new(AtomicUsize::new(0)));
        let (counted, stop) = (runs.clone(), tasks.stop().clone());
        let run = move || {
            let (run, stop) = (counted.fetch_add(1, Ordering::SeqCst), stop.clone());
            async move {
                if run > 0 {
                    stop.cancelled().await;
                }
                Err::<(), _>("no more")
            }
        };
        tasks.start(Task::new("test", "ends", Cadence::OnDemand, run).finishing());
        sleep(Duration::from_secs(1)).await;
        assert_eq!(runs.load(Ordering::SeqCst), 2);
        tasks.finish().await;
        assert_eq!(runs.load(Ordering::SeqCst), 2);
    }
}
