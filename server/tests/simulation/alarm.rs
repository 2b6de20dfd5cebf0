//! What servers, clients and tasks report as broken themselves.

use std::cell::RefCell;
use std::fmt;
use std::sync::Once;

use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::subscriber::DefaultGuard;
use tracing::{Event, Level, Metadata, Subscriber, span};

use super::checks::CheckFailure;

thread_local! {
    /// Rules that were found broken by those who keep them.
    static ALARMS: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// Hears what servers and clients report as broken.
#[derive(Debug)]
pub struct Alarm;

impl Alarm {
    /// From now on this thread hears of broken rules, and of tasks that panic: nobody else would.
    pub fn listen() -> DefaultGuard {
        static HOOK: Once = Once::new();
        HOOK.call_once(|| {
            let before = std::panic::take_hook();
            std::panic::set_hook(Box::new(move |panic| {
                ALARMS.with_borrow_mut(|alarms| alarms.push(panic.to_string()));
                before(panic);
            }));
        });
        ALARMS.with_borrow_mut(Vec::clear);
        tracing::subscriber::set_default(Self)
    }

    /// The last that was heard.
    pub fn heard() -> Result<(), CheckFailure> {
        ALARMS.with_borrow_mut(Vec::pop).map_or(Ok(()), |alarm| Err(CheckFailure::Invariant(alarm)))
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

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(LevelFilter::ERROR)
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
