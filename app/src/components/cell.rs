//! HTML written straight into the page, for what a list holds hundreds of times.
//!
//! A [`Cell`] escapes whatever it is given; only markup that stands in the source (`&'static str`) is taken as it is. What has no method
//! here goes through [`Cell::view`].
//!
//! ```ignore
//! |row, cell| {
//!     cell.link(&paths::client(row.id), &row.name);
//!     cell.sub(|cell| cell.code(&row.address));
//! }
//! ```

use std::fmt::Write;

use leptos::prelude::*;
use leptos::tachys::view::Position;

use super::time::{self, write_instant};
use crate::drawn::{Drawn, written};
use crate::request::{Tone, request};
use licensing::words::grouped;

/// Where the content of one cell is written.
#[derive(Debug)]
pub struct Cell<'a> {
    html: &'a mut String,
    now_ms: i64,
}

impl<'a> Cell<'a> {
    /// Writes to the end of `html`, at this time of the request.
    pub(crate) fn new(html: &'a mut String, now_ms: i64) -> Self {
        Cell { html, now_ms }
    }

    /// What a cell would hold, to stand elsewhere.
    pub fn alone(write: impl FnOnce(&mut Cell<'_>)) -> Drawn {
        let mut html = String::new();
        write(&mut Cell::new(&mut html, request().now_ms));
        written(html)
    }

    /// The time of the request, Unix milliseconds.
    pub fn now_ms(&self) -> i64 {
        self.now_ms
    }

    /// Markup of the source, as it is.
    pub fn markup(&mut self, html: &'static str) {
        self.html.push_str(html);
    }

    pub fn text(&mut self, text: &str) {
        escape(self.html, text);
    }

    /// With commas between thousands.
    pub fn number(&mut self, number: impl Into<u64>) {
        self.html.push_str(&grouped(number.into()));
    }

    /// Less important than the rest.
    pub fn muted(&mut self, text: &str) {
        self.within("<span class=\"muted\">", text, "</span>");
    }

    pub fn strong(&mut self, text: &str) {
        self.within("<b>", text, "</b>");
    }

    /// In the fixed-width face.
    pub fn code(&mut self, text: &str) {
        self.within("<code>", text, "</code>");
    }

    pub fn link(&mut self, href: &str, text: &str) {
        self.open_link(href, None);
        self.within("", text, "</a>");
    }

    /// A link whose text says too little when it is read alone.
    pub fn link_named(&mut self, href: &str, text: &str, name: &str) {
        self.open_link(href, Some(name));
        self.within("", text, "</a>");
    }

    /// A second, smaller line.
    pub fn sub(&mut self, write: impl FnOnce(&mut Cell<'_>)) {
        self.markup("<small>");
        write(self);
        self.markup("</small>");
    }

    /// A box that selects the row for the form with this id; `name` is what it sends, `what` names the row.
    pub fn select(&mut self, form: &'static str, name: &'static str, value: i64, what: &str) {
        self.markup("<label class=\"pick\"><input type=\"checkbox\" form=\"");
        self.markup(form);
        self.markup("\" name=\"");
        self.markup(name);
        self.within("\" value=\"", &value.to_string(), "\"");
        self.within(" aria-label=\"Select ", what, "\"></label>");
    }

    /// A condition: dot and word.
    pub fn pill(&mut self, tone: Tone, text: &str) {
        self.markup("<span class=\"pill ");
        self.markup(tone.class());
        self.within("\">", text, "</span>");
    }

    /// "in 12 days" as a condition.
    pub fn pill_until(&mut self, tone: Tone, at_ms: i64) {
        self.pill(tone, &time::until(at_ms, self.now_ms));
    }

    /// Text that says more on hovering.
    pub fn titled(&mut self, title: &str, text: &str) {
        self.within("<span title=\"", title, "\">");
        self.within("", text, "</span>");
    }

    /// A property: a word in a frame; `look` as of [`super::Tag`].
    pub fn tag(&mut self, look: &'static str, text: &str) {
        self.markup("<span class=\"tag ");
        self.markup(look);
        self.within("\">", text, "</span>");
    }

    /// "Sat 21 Nov 2026, 14:10 CET" as plain text.
    pub fn instant(&mut self, at_ms: i64) {
        self.text(&time::absolute(at_ms));
    }

    /// "21 Nov 2026" as plain text: for columns of dates, where the hour tells nothing.
    pub fn date(&mut self, at_ms: i64) {
        self.html.push_str(&time::date(at_ms));
    }

    /// "21 Nov 2026"; the instant shows on hovering.
    pub fn date_of(&mut self, at_ms: i64) {
        write_instant(self.html, at_ms, "", &time::date(at_ms));
    }

    /// "3 h ago"; the instant shows on hovering.
    pub fn ago(&mut self, at_ms: i64) {
        write_instant(self.html, at_ms, "ago", &time::ago(at_ms, self.now_ms));
    }

    /// "in 3 h"; the instant shows on hovering.
    pub fn until(&mut self, at_ms: i64) {
        write_instant(self.html, at_ms, "ahead", &time::until(at_ms, self.now_ms));
    }

    /// Anything else.
    pub fn view(&mut self, view: impl IntoView) {
        view.into_view().to_html_with_buf(self.html, &mut Position::FirstChild, true, false, Vec::new());
    }

    fn open_link(&mut self, href: &str, name: Option<&str>) {
        self.within("<a href=\"", href, "\"");
        if let Some(name) = name {
            self.within(" aria-label=\"", name, "\"");
        }
        self.markup(">");
    }

    fn within(&mut self, before: &'static str, text: &str, after: &'static str) {
        self.html.push_str(before);
        escape(self.html, text);
        self.html.push_str(after);
    }
}

/// For `write!`: what is formatted is escaped.
impl Write for Cell<'_> {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        escape(self.html, text);
        Ok(())
    }
}

/// Text that cannot become markup, neither between tags nor in a quoted attribute.
pub(crate) fn escape(html: &mut String, text: &str) {
    let mut done = 0;
    for (at, byte) in text.bytes().enumerate() {
        let safe = match byte {
            b'&' => "&amp;",
            b'<' => "&lt;",
            b'>' => "&gt;",
            b'"' => "&quot;",
            _ => continue,
        };
        html.push_str(&text[done..at]);
        html.push_str(safe);
        done = at + 1;
    }
    html.push_str(&text[done..]);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(write: impl FnOnce(&mut Cell<'_>)) -> String {
        let mut html = String::new();
        write(&mut Cell::new(&mut html, 1_700_000_000_000));
        html
    }

    #[test]
    fn nothing_a_cell_is_given_becomes_markup() {
        const EVIL: &str = "\"><script>alert('ü')</script>&";
        const SAFE: &str = "&quot;&gt;&lt;script&gt;alert('ü')&lt;/script&gt;&amp;";
        assert_eq!(written(|cell| cell.text(EVIL)), SAFE);
        assert_eq!(written(|cell| write!(cell, "{EVIL}").expect("a String takes all")), SAFE);
        assert_eq!(written(|cell| cell.pill(Tone::Danger, EVIL)), format!("<span class=\"pill danger\">{SAFE}</span>"));
        assert_eq!(
            written(|cell| cell.link_named(EVIL, EVIL, EVIL)),
            format!("<a href=\"{SAFE}\" aria-label=\"{SAFE}\">{SAFE}</a>")
        );
        for html in [
            written(|cell| cell.muted(EVIL)),
            written(|cell| cell.code(EVIL)),
            written(|cell| cell.strong(EVIL)),
            written(|cell| cell.tag("off", EVIL)),
            written(|cell| cell.sub(|cell| cell.text(EVIL))),
            written(|cell| cell.select("form", "id", 1, EVIL)),
            written(|cell| cell.view(view! { <i title=EVIL>{EVIL}</i> })),
        ] {
            assert!(!html.contains("<script"), "{html}");
        }
    }

    #[test]
    fn times_say_the_instant_too() {
        assert_eq!(written(|cell| cell.date(1_700_000_000_000 - 3_600_000)).split(' ').nth(1), Some("Nov"));
        let html = written(|cell| cell.ago(1_700_000_000_000 - 3 * 3_600_000));
        assert!(
            html.starts_with("<time datetime=\"2023-11-14T19:13:20Z\" title=\"") && html.ends_with("\">3 h ago</time>"),
            "{html}"
        );
    }
}
