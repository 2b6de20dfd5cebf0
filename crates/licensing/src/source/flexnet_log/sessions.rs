use std::collections::{HashMap, VecDeque};

use serde::{Deserialize, Serialize};

use super::{LogEvent, LogEventKind};
use crate::contact::Millis;

/// Licenses that were out from one instant to another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// The vendor's daemon.
    pub daemon: String,
    /// The feature.
    pub feature: String,
    /// Who.
    pub user: String,
    /// Where.
    pub host: String,
    /// How many licenses.
    pub count: u64,
    /// From when, Unix milliseconds.
    pub from: Millis,
    /// Until when; `None` while they are out.
    pub to: Option<Millis>,
    /// Whether the daemon ended before they came back.
    pub cut: bool,
}

/// What is out. A return names no check-out: the oldest of the same user, host and feature is meant.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Sessions {
    out: HashMap<String, VecDeque<Session>>,
    /// Returns of what was taken before the log begins.
    pub unpaired: u64,
}

/// One user of one feature at one machine.
pub(super) fn key(event: &LogEvent) -> String {
    // Tabs can't stand in names: control characters are left out of them.
    [event.daemon.as_str(), &event.feature, &event.user, &event.host].join("\t")
}

impl Sessions {
    /// Takes the next event and gives the sessions that it ends.
    pub fn next(&mut self, event: &LogEvent) -> Vec<Session> {
        match event.kind {
            LogEventKind::Out => {
                let session = Session {
                    daemon: event.daemon.clone(),
                    feature: event.feature.clone(),
                    user: event.user.clone(),
                    host: event.host.clone(),
                    count: event.count,
                    from: event.at,
                    to: None,
                    cut: false,
                };
                self.out.entry(key(event)).or_default().push_back(session);
                Vec::new()
            }
            LogEventKind::In => self.returned(event),
            LogEventKind::Restarted => self.restarted(event),
            LogEventKind::Denied { .. } | LogEventKind::Queued | LogEventKind::Dequeued => Vec::new(),
        }
    }

    fn returned(&mut self, event: &LogEvent) -> Vec<Session> {
        let mut left = event.count;
        let mut ended = Vec::new();
        let key = key(event);
        let Some(held) = self.out.get_mut(&key) else {
            self.unpaired += event.count;
            return ended;
        };
        // One that was taken with exactly so many comes before the oldest: that is what was returned.
        let exact = held.iter().position(|session| session.count == left);
        if let Some(mut session) = exact.and_then(|at| held.remove(at)) {
            session.to = Some(event.at.max(session.from));
            ended.push(session);
            left = 0;
        }
        while left > 0 {
            let Some(oldest) = held.front_mut() else { break };
            let part = oldest.count.min(left);
            let mut session = oldest.clone();
            (session.count, session.to) = (part, Some(event.at.max(oldest.from)));
            oldest.count -= part;
            left -= part;
            if oldest.count == 0 {
                held.pop_front();
            }
            ended.push(session);
        }
        if held.is_empty() {
            self.out.remove(&key);
        }
        self.unpaired += left;
        ended
    }

    fn restarted(&mut self, event: &LogEvent) -> Vec<Session> {
        let mut ended = Vec::new();
        self.out.retain(|_, held| {
            if held.front().is_none_or(|session| session.daemon != event.daemon) {
                return true;
            }
            ended.extend(held.drain(..).map(|session| Session {
                to: Some(event.at.max(session.from)),
                cut: true,
                ..session
            }));
            false
        });
        ended.sort_by(|a, b| (a.from, &a.feature, &a.user, &a.host).cmp(&(b.from, &b.feature, &b.user, &b.host)));
        ended
    }

    /// What is still out.
    pub fn open(&self) -> impl Iterator<Item = &Session> {
        self.out.values().flatten()
    }
}
