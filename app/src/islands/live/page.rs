//! What an open page knows of its server, and when it is fetched again. Times are milliseconds of the browser's clock, which never goes
//! back here.

use super::{LiveLink, Pace};

const SECOND: f64 = 1_000.0;
/// The server gives a sign of life every 10 s. One that is silent for two of them, and some more, is lost.
const SILENT: f64 = 25.0 * SECOND;
/// A connection that breaks has this long to be back before that is said: a restart takes less.
const PATIENCE: f64 = 5.0 * SECOND;
/// Time between two tries while the server does not answer.
const RETRY: f64 = 3.0 * SECOND;
/// A stream that gives nothing is reopened after this time.
const REOPEN: f64 = 10.0 * SECOND;
/// After a fetch nothing is fetched for ten times as long as that took, within these bounds: a busy server stays free for its clients.
const REST: (f64, f64) = (SECOND, 10.0 * SECOND);

/// A page is fetched at least this often, so that what no event tells is right as well.
fn interval(pace: Pace) -> Option<f64> {
    match pace {
        Pace::TenSeconds => Some(10.0 * SECOND),
        Pace::Live | Pace::Minute => Some(60.0 * SECOND),
        Pace::Off => None,
    }
}

/// What a fetch led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fetched {
    Shown,
    /// Shown but for a form that is being filled in, which the server would fill in differently now.
    Stale,
    SignedOut,
    Failed,
}

/// What an open page knows of its server.
#[derive(Debug)]
pub struct Page {
    pace: Pace,
    /// The page answers a form: there is nothing to fetch again, only the connection to watch.
    answers_form: bool,
    /// The topics it shows.
    topics: Vec<String>,
    /// The last sign of life of the server.
    pub heard: f64,
    /// When what is shown was made.
    pub shown: f64,
    /// Silence counts from here: since the page is looked at.
    opened: f64,
    failing: Option<f64>,
    signed_out: bool,
    changed: bool,
    /// When the fetch under way began, and whether the server was in doubt then.
    fetching: Option<(f64, bool)>,
    /// When the last one ended, and how long it took.
    fetched: (f64, f64),
    stream_opened: f64,
    /// The browser has given the stream up.
    given_up: bool,
    /// A form that is being filled in is not as the server would send it now.
    pub stale: bool,
}

impl Page {
    /// `topics`: what the page shows, in words with spaces between; none when it answers a form.
    pub fn new(pace: Pace, topics: Option<&str>, now: f64) -> Self {
        Self {
            pace,
            answers_form: topics.is_none(),
            topics: topics.unwrap_or_default().split_whitespace().map(str::to_owned).collect(),
            heard: now,
            shown: now,
            opened: now,
            failing: None,
            signed_out: false,
            changed: false,
            fetching: None,
            fetched: (now, 0.0),
            stream_opened: now,
            given_up: false,
            stale: false,
        }
    }

    /// Another pace was chosen, or the page is looked at again after a while.
    pub fn open(&mut self, pace: Pace, now: f64) {
        self.pace = pace;
        self.opened = now;
        (self.stream_opened, self.given_up) = (now, false);
        self.changed = true;
        // Until the server answers, nobody knows whether it is there.
        self.failing = Some(now);
    }

    /// The server gave a sign of life, and said what has changed.
    pub fn hear<'a>(&mut self, mut changed: impl Iterator<Item = &'a str>, now: f64) {
        self.heard = now;
        self.failing = None;
        let shows = changed.any(|topic| self.topics.iter().any(|shown| shown == topic));
        self.changed |= shows && self.pace == Pace::Live;
    }

    /// The stream broke; the browser opens it again unless it has given it up.
    pub fn broke(&mut self, given_up: bool, now: f64) {
        self.given_up |= given_up;
        self.failing.get_or_insert(now);
    }

    /// A fetch ended.
    pub fn done(&mut self, how: Fetched, now: f64) {
        let (began, doubted) = self.fetching.take().unwrap_or((now, false));
        // A server that stood still was not busy.
        self.fetched = (now, if doubted { 0.0 } else { now - began });
        self.signed_out = how == Fetched::SignedOut;
        if how == Fetched::Failed {
            self.failing.get_or_insert(now);
            return;
        }
        (self.heard, self.failing) = (now, None);
        if !self.signed_out {
            self.stale = how == Fetched::Stale;
            self.shown = began;
        }
    }

    /// Whether to fetch the page now; it counts as under way then.
    pub fn fetch(&mut self, now: f64) -> bool {
        let Some(interval) = interval(self.pace).filter(|_| !self.answers_form) else { return false };
        if self.fetching.is_some() || self.signed_out {
            return false;
        }
        let (ended, took) = self.fetched;
        let doubted = self.failing.is_some() || self.link(now) == LiveLink::Lost;
        let rest = if doubted { RETRY } else { (10.0 * took).clamp(REST.0, REST.1) };
        let wanted = self.changed || doubted || now - ended >= interval;
        let fetch = wanted && now - ended >= rest;
        if fetch {
            self.fetching = Some((now, doubted));
            self.changed = false;
        }
        fetch
    }

    /// Whether to reopen the stream.
    pub fn reopen(&mut self, now: f64) -> bool {
        let useless = self.given_up || self.link(now) == LiveLink::Lost;
        let reopen = self.pace != Pace::Off && !self.signed_out && useless && now - self.stream_opened >= REOPEN;
        if reopen {
            (self.stream_opened, self.given_up) = (now, false);
        }
        reopen
    }

    /// How it stands.
    pub fn link(&self, now: f64) -> LiveLink {
        let silent = now - self.heard.max(self.opened) >= SILENT;
        let broken = self.failing.is_some_and(|since| now - since >= PATIENCE);
        match self.failing {
            _ if self.signed_out => LiveLink::SignedOut,
            _ if self.pace == Pace::Off => LiveLink::Off,
            _ if silent || broken => LiveLink::Lost,
            Some(_) => LiveLink::Connecting,
            None => LiveLink::Open,
        }
    }
}

/// The largest unit of a span: "45 s", "3 min", "5 h", "12 days".
#[expect(clippy::cast_possible_truncation, reason = "a span that people read is far from the end of the range")]
pub fn about(ms: f64) -> String {
    licensing::words::about(ms as i64)
}

/// What the console says of an instant so many milliseconds `ago`, or so many ahead; none where it says a date, which stays true.
pub fn relative(ahead: bool, ms: f64) -> Option<String> {
    const MONTH: f64 = 30.0 * 86_400.0 * SECOND;
    match ahead {
        _ if ms >= MONTH => None,
        false if ms < 45.0 * SECOND => None,
        false => Some(format!("{} ago", about(ms))),
        true if ms < 5.0 * SECOND => Some("any moment".to_owned()),
        true => Some(format!("in {}", about(ms))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(pace: Pace) -> Page {
        let mut page = Page::new(pace, Some("servers clients"), 0.0);
        page.hear([].into_iter(), 0.0);
        page
    }

    #[test]
    fn only_what_the_page_shows_makes_it_fetch() {
        let mut page = page(Pace::Live);
        page.hear(["logs"].into_iter(), 2_000.0);
        assert!(!page.fetch(2_000.0));
        page.hear(["logs", "servers"].into_iter(), 3_000.0);
        assert!(page.fetch(3_000.0));
        page.hear(["clients"].into_iter(), 3_100.0);
        assert!(!page.fetch(3_100.0), "never two at once");
        page.done(Fetched::Shown, 3_500.0);
        assert!(!page.fetch(8_000.0), "it took half a second: it rests for five");
        assert!(page.fetch(8_500.0));
    }

    #[test]
    fn each_pace_has_its_interval() {
        for (pace, at) in [(Pace::TenSeconds, 10_000.0), (Pace::Minute, 60_000.0), (Pace::Live, 60_000.0)] {
            let mut page = page(pace);
            // Beats go on.
            page.hear([].into_iter(), at - 1_000.0);
            assert!(!page.fetch(at - 1.0), "{pace:?}");
            assert!(page.fetch(at), "{pace:?}");
        }
        let mut still = page(Pace::Off);
        assert!(!still.fetch(1e9));
        assert_eq!(still.link(1e9), LiveLink::Off);
    }

    #[test]
    fn two_missed_beats_are_a_lost_connection() {
        let mut page = page(Pace::Minute);
        page.hear([].into_iter(), 10_000.0);
        assert_eq!(page.link(34_999.0), LiveLink::Open);
        assert_eq!(page.link(35_000.0), LiveLink::Lost);
        assert!(page.reopen(35_000.0));
        assert!(!page.reopen(44_999.0));
        page.hear([].into_iter(), 45_000.0);
        assert_eq!(page.link(45_000.0), LiveLink::Open);
    }

    #[test]
    fn a_break_is_said_when_it_lasts_and_the_page_is_fetched_when_it_is_over() {
        let mut page = page(Pace::Live);
        page.broke(false, 20_000.0);
        assert_eq!(page.link(20_000.0), LiveLink::Connecting);
        assert!(page.fetch(20_000.0));
        page.done(Fetched::Failed, 21_000.0);
        assert!(!page.fetch(23_999.0));
        assert!(page.fetch(24_000.0));
        assert_eq!(page.link(25_000.0), LiveLink::Lost);
        page.done(Fetched::Shown, 26_000.0);
        assert_eq!(page.link(26_000.0), LiveLink::Open);
        assert_eq!(page.shown, 24_000.0);
        page.hear(["servers"].into_iter(), 26_500.0);
        assert!(page.fetch(27_000.0), "it waits no longer because the server stood still");
    }

    #[test]
    fn a_page_that_comes_back_says_nothing_until_it_knows() {
        let mut page = page(Pace::Live);
        page.open(Pace::Live, 7_200_000.0);
        assert_eq!(page.link(7_200_000.0), LiveLink::Connecting);
        assert!(page.fetch(7_200_000.0));
        assert_eq!(page.link(7_205_000.0), LiveLink::Lost);
        page.done(Fetched::SignedOut, 7_206_000.0);
        assert_eq!(page.link(7_300_000.0), LiveLink::SignedOut);
        assert!(!page.fetch(7_300_000.0));
    }

    #[test]
    fn the_answer_to_a_form_is_not_fetched_but_its_connection_is_watched() {
        let mut page = Page::new(Pace::Live, None, 0.0);
        page.hear(["servers"].into_iter(), 1_000.0);
        assert!(!page.fetch(100_000.0));
        assert_eq!(page.link(26_000.0), LiveLink::Lost);
    }

    #[test]
    fn times_go_on_in_the_words_of_the_server() {
        let words = |ahead, ms| relative(ahead, ms).unwrap_or_default();
        assert_eq!(
            [44_999.0, 50_000.0, 180_000.0, 82_800_000.0, 86_400_000.0].map(|ms| words(false, ms)),
            ["", "50 s ago", "3 min ago", "23 h ago", "1 day ago"]
        );
        assert_eq!(
            [-1.0, 4_999.0, 720_000.0, 75_600_000.0].map(|ms| words(true, ms)),
            ["any moment", "any moment", "in 12 min", "in 21 h"]
        );
        assert_eq!(relative(false, 31.0 * 86_400_000.0), None, "a date stays true");
    }
}
