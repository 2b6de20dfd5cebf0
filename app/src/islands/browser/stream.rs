//! Carries out the live view: the stream of events, the browser's own timer, and fetching the page again.

use super::super::live::page::{Fetched, Page, about, relative};
use super::super::live::{LiveLink, LiveStatus, Pace};
use crate::paths;
use leptos::prelude::*;
use std::cell::{Cell, RefCell};
use std::time::Duration;
use wasm_bindgen::prelude::*;
use web_sys::{Event, VisibilityState};

// Of `frontend/live.js`.
#[wasm_bindgen]
extern "C" {
    type Source;

    fn listen(address: &str, heard: &JsValue, broke: &JsValue) -> Source;
    #[wasm_bindgen(method)]
    fn close(this: &Source);
    #[wasm_bindgen(js_name = lookAgain)]
    fn look_again(done: &JsValue);
    #[wasm_bindgen(js_name = countOn)]
    fn count_on(now: f64, words: &JsValue);
    #[wasm_bindgen(js_name = timeOfDay)]
    fn time_of_day(at: f64) -> String;
    #[wasm_bindgen(js_name = serverAhead)]
    fn server_ahead() -> f64;
    #[wasm_bindgen(js_namespace = Date, js_name = now)]
    fn wall_clock() -> f64;
}

/// Where the chosen pace is remembered.
const REMEMBERED_AS: &str = "leasehold.live";
/// Time between two looks at the clock.
const TICK: Duration = Duration::from_secs(1);
/// Between two ticks no more than this passes unless the machine slept.
const SLEPT: f64 = 10_000.0;
/// Relative times are written again this often, ticks.
const TIMES_EVERY: u32 = 10;

thread_local! {
    static VIEW: RefCell<Option<View>> = const { RefCell::new(None) };
    /// The browser's clock at the last look, and what must be added so that it never goes back.
    static CLOCK: Cell<(f64, f64)> = const { Cell::new((0.0, 0.0)) };
}

struct View {
    page: Page,
    pace: Pace,
    told: RwSignal<LiveStatus>,
    stream: Option<Stream>,
    /// The server's clock less this one, milliseconds.
    ahead: f64,
    ticks: u32,
    ticked: f64,
    /// Told how a fetch went.
    done: Closure<dyn FnMut(String)>,
    /// Asked for relative times.
    words: Closure<dyn FnMut(bool, f64) -> Option<String>>,
}

/// An open stream with what listens to it; closed when dropped.
struct Stream {
    source: Source,
    _heard: Closure<dyn FnMut(String, f64)>,
    _broke: Closure<dyn FnMut(bool)>,
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.source.close();
    }
}

fn now() -> f64 {
    let wall = wall_clock();
    let (last, added) = CLOCK.get();
    let added = if wall < last { added + last - wall } else { added };
    CLOCK.set((wall, added));
    wall + added
}

fn hidden() -> bool {
    document().visibility_state() == VisibilityState::Hidden
}

fn main_data(name: &str) -> Option<String> {
    document().get_element_by_id("main")?.get_attribute(name)
}

/// Follows the server at this pace, in place of the one before.
pub(crate) fn follow(pace: Pace, told: RwSignal<LiveStatus>) {
    let at = now();
    let begun = VIEW.with_borrow_mut(|view| match view {
        Some(view) if view.pace == pace => false,
        Some(view) => {
            view.pace = pace;
            view.page.open(pace, at);
            false
        }
        None => {
            *view = Some(View {
                page: Page::new(pace, main_data("data-topics").as_deref(), at),
                pace,
                told,
                stream: None,
                ahead: server_ahead(),
                ticks: 0,
                ticked: at,
                done: Closure::new(fetched),
                words: Closure::new(relative),
            });
            true
        }
    });
    open_stream();
    if begun {
        set_interval(tick, TICK);
        let visibility = Closure::<dyn FnMut(Event)>::new(|_| {
            if hidden() {
                VIEW.with_borrow_mut(|view| view.iter_mut().for_each(|view| view.stream = None));
            } else {
                back();
            }
        });
        let _ = document().add_event_listener_with_callback("visibilitychange", visibility.as_ref().unchecked_ref());
        visibility.forget();
    }
    tick();
}

/// The page is looked at again.
fn back() {
    let at = now();
    VIEW.with_borrow_mut(|view| view.iter_mut().for_each(|view| view.page.open(view.pace, at)));
    open_stream();
    tick();
}

/// Opens the stream, in place of the one before.
fn open_stream() {
    VIEW.with_borrow_mut(|view| {
        let Some(view) = view else { return };
        view.stream = None;
        if view.pace != Pace::Off && !hidden() {
            let seen = main_data("data-seen").unwrap_or_default();
            let heard = Closure::new(heard);
            let broke = Closure::new(broke);
            let address = format!("{}?every={}&seen={seen}", paths::EVENTS, view.pace.word());
            view.stream =
                Some(Stream { source: listen(&address, heard.as_ref(), broke.as_ref()), _heard: heard, _broke: broke });
        }
    });
}

fn heard(changed: String, at: f64) {
    let now = now();
    VIEW.with_borrow_mut(|view| {
        if let Some(view) = view {
            view.ahead = at - now;
            view.page.hear(changed.split(' '), now);
        }
    });
    act();
}

fn broke(given_up: bool) {
    let at = now();
    VIEW.with_borrow_mut(|view| view.iter_mut().for_each(|view| view.page.broke(given_up, at)));
    act();
}

/// A second passed.
fn tick() {
    let at = now();
    let slept = VIEW.with_borrow_mut(|view| {
        let view = view.as_mut()?;
        let slept = at - view.ticked >= SLEPT;
        view.ticked = at;
        if view.ticks % TIMES_EVERY == 0 {
            count_on(at + view.ahead, view.words.as_ref());
        }
        view.ticks += 1;
        Some(slept && !hidden())
    });
    if slept == Some(true) {
        back();
        return;
    }
    // Not where the stream's own listeners run: they must not be dropped meanwhile.
    if !hidden() && VIEW.with_borrow_mut(|view| view.as_mut().is_some_and(|view| view.page.reopen(at))) {
        open_stream();
    }
    act();
}

/// Does what is due, and says how it stands.
fn act() {
    if hidden() {
        return;
    }
    let at = now();
    let due = VIEW.with_borrow_mut(|view| {
        let view = view.as_mut()?;
        let link = view.page.link(at);
        let told = LiveStatus {
            link,
            heard: time_of_day(view.page.heard - CLOCK.get().1),
            shown: time_of_day(view.page.shown - CLOCK.get().1),
            age: about(at - view.page.shown),
            stale: view.page.stale,
        };
        // Only what is said may change what is drawn.
        let told = match link {
            LiveLink::Lost | LiveLink::SignedOut => told,
            LiveLink::Off => LiveStatus { heard: String::new(), age: String::new(), ..told },
            _ => LiveStatus { link, stale: told.stale, ..LiveStatus::default() },
        };
        Some((view.told, told, view.page.fetch(at)))
    });
    let Some((signal, told, fetch)) = due else { return };
    if let Some(root) = document().document_element() {
        let _ = match told.link {
            LiveLink::Lost => root.set_attribute("data-live", "lost"),
            LiveLink::SignedOut => root.set_attribute("data-live", "signed-out"),
            _ => root.remove_attribute("data-live"),
        };
    }
    if signal.with_untracked(|before| *before != told) {
        signal.set(told);
    }
    if fetch {
        VIEW.with_borrow(|view| view.iter().for_each(|view| look_again(view.done.as_ref())));
    }
}

fn fetched(how: String) {
    let at = now();
    let how = match how.as_str() {
        "shown" => Fetched::Shown,
        "stale" => Fetched::Stale,
        "signed-out" => Fetched::SignedOut,
        _ => Fetched::Failed,
    };
    VIEW.with_borrow_mut(|view| view.iter_mut().for_each(|view| view.page.done(how, at)));
    act();
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
