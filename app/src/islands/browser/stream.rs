//! The stream of news from the server. It is closed while the page is hidden, and opened again by itself.

use super::super::live::{Link, News};
use crate::paths;
use leptos::prelude::*;
use std::cell::RefCell;
use std::time::Duration;
use wasm_bindgen::prelude::*;
use web_sys::{Event, EventSource, MessageEvent, VisibilityState};

/// Where the chosen pace is remembered.
const REMEMBERED_AS: &str = "leasehold.live";
/// How long the server may be silent on a broken connection before that is said, and before a closed one is tried again.
const PATIENCE: Duration = Duration::from_secs(5);

thread_local! {
    /// The one stream of this page.
    static STREAM: RefCell<Option<Stream>> = const { RefCell::new(None) };
    /// Counts streams, so that a timer knows whether its stream is still the one.
    static GENERATION: RefCell<u32> = const { RefCell::new(0) };
}

/// An open stream with what listens to it; closed when dropped.
struct Stream {
    source: EventSource,
    _opened: Closure<dyn FnMut(Event)>,
    _failed: Closure<dyn FnMut(Event)>,
    _told: Closure<dyn FnMut(MessageEvent)>,
    _visibility: Closure<dyn FnMut(Event)>,
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.source.close();
        let _ = document()
            .remove_event_listener_with_callback("visibilitychange", self._visibility.as_ref().unchecked_ref());
    }
}

/// The data of a `status` event.
#[derive(serde::Deserialize)]
struct Status {
    revision: i64,
    changed_outside: bool,
    exchanged: i64,
}

/// Listens at this pace (`0`, `10`, `60` seconds, or `off`), in place of what was listened to before.
pub(crate) fn listen(pace: &str, link: RwSignal<Link>, news: RwSignal<Option<News>>) {
    let generation = GENERATION.with_borrow_mut(|generation| {
        *generation += 1;
        *generation
    });
    STREAM.with_borrow_mut(|stream| *stream = None);
    if pace == "off" {
        link.set(Link::Off);
        return;
    }
    link.set(Link::Waiting);
    let stream = open(pace.to_owned(), generation, link, news);
    STREAM.with_borrow_mut(|slot| *slot = stream);
}

fn is_current(generation: u32) -> bool {
    GENERATION.with_borrow(|current| *current == generation)
}

fn open(pace: String, generation: u32, link: RwSignal<Link>, news: RwSignal<Option<News>>) -> Option<Stream> {
    let source = EventSource::new(&format!("{}?every={pace}", paths::EVENTS)).ok()?;

    let opened = Closure::<dyn FnMut(Event)>::new(move |_| link.set(Link::Open));
    source.set_onopen(Some(opened.as_ref().unchecked_ref()));

    let told = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
        let Some(text) = event.data().as_string() else { return };
        if let Ok(status) = serde_json::from_str::<Status>(&text) {
            link.set(Link::Open);
            let Status { revision, changed_outside, exchanged } = status;
            news.set(Some(News { revision, changed_outside, exchanged }));
        }
    });
    let _ = source.add_event_listener_with_callback("status", told.as_ref().unchecked_ref());

    let failed = {
        let (source, pace) = (source.clone(), pace.clone());
        Closure::<dyn FnMut(Event)>::new(move |_| wait(&source, pace.clone(), generation, link, news))
    };
    source.set_onerror(Some(failed.as_ref().unchecked_ref()));

    let visibility = Closure::<dyn FnMut(Event)>::new(move |_| {
        if !is_current(generation) {
            return;
        }
        if document().visibility_state() == VisibilityState::Hidden {
            STREAM.with_borrow(|stream| stream.iter().for_each(|stream| stream.source.close()));
        } else {
            // The stream that owns this listener is replaced: only after the listener has returned.
            let pace = pace.clone();
            set_timeout(
                move || {
                    if is_current(generation) {
                        listen(&pace, link, news)
                    }
                },
                Duration::ZERO,
            );
        }
    });
    let _ = document().add_event_listener_with_callback("visibilitychange", visibility.as_ref().unchecked_ref());

    Some(Stream { source, _opened: opened, _failed: failed, _told: told, _visibility: visibility })
}

/// After an error: a connection that is not back in time is called lost, and one the browser gave up is made anew.
fn wait(source: &EventSource, pace: String, generation: u32, link: RwSignal<Link>, news: RwSignal<Option<News>>) {
    if link.get_untracked() == Link::Open {
        link.set(Link::Waiting);
    }
    let source = source.clone();
    let check = move || {
        let hidden = document().visibility_state() == VisibilityState::Hidden;
        if hidden || !is_current(generation) || source.ready_state() == EventSource::OPEN {
            return;
        }
        link.set(Link::Lost);
        if source.ready_state() == EventSource::CLOSED {
            let stream = {
                GENERATION.with_borrow_mut(|current| *current += 1);
                open(pace, generation + 1, link, news)
            };
            STREAM.with_borrow_mut(|slot| *slot = stream);
        }
    };
    set_timeout(check, PATIENCE);
}

/// The pace chosen in this browser; empty when none was.
pub(crate) fn remembered() -> String {
    let storage = window().local_storage().ok().flatten();
    storage.and_then(|storage| storage.get_item(REMEMBERED_AS).ok().flatten()).unwrap_or_default()
}

/// Remembers the pace in this browser.
pub(crate) fn remember(pace: &str) {
    if let Some(storage) = window().local_storage().ok().flatten() {
        let _ = storage.set_item(REMEMBERED_AS, pace);
    }
}
