//! The one table of the console.
//!
//! ```ignore
//! Table::new("Clients and what they hold")
//!     .look("clients")
//!     .sorted("name", &filter.sort, filter.descending, |sort, descending| ClientFilter { sort, descending, ..filter.clone() }.href())
//!     .column(Column::row_header("Client", |row: &ClientRow, cell| cell.link(&paths::client(row.id), &row.name)).by("name"))
//!     .column(Column::number("Licenses", |row: &ClientRow, cell| cell.number(row.held)).by("held"))
//!     .column(Column::time("Last seen", |row: &ClientRow, cell| cell.ago(row.seen_ms)).by("seen"))
//!     .column(Column::state("State", |row: &ClientRow, cell| cell.pill(row.tone, &row.state)))
//!     .empty(view! { <EmptyState title="No clients yet" why="Each appears here within two seconds of its start." /> }.drawn())
//!     .draw(&rows)
//! ```
//!
//! Cells are written straight into the page (see [`Cell`]): a list of hundreds costs what its words cost. What holds for a whole column stands once,
//! in the classes of the table: `n3` makes the third column one of numbers (`style/table.css`). On a phone head and rows share one grid:
//! the head stays on top and each cell stands under its heading, so no cell repeats it. The row header and the state take the first
//! line; [`Column::whole_line`] gives a column a line of its own, below the others.
//!
//! A table of few rows and long words is [`Table::labelled`]: on a phone each row is a block whose cells carry their headings. One of many
//! short numbers that scrolls in a box of its own is [`Table::plain`].
//!
//! Rows are sorted by the address, so it works without script and can be sent on. Where the handler sorts (it has more rows than the page
//! shows, or a file in the same order): [`Table::sorted`] and [`Column::by`]. Where all rows are on the page, the table sorts them itself:
//! [`Table::sorts`] and [`Column::sort_by`].

use std::cmp::Ordering;
use std::fmt;

use super::cell::{Cell, escape};
use crate::drawn::{Drawn, written};
use crate::paths;
use crate::request::request;

/// Writes one cell of a row.
type Writes<'a, R> = Box<dyn Fn(&R, &mut Cell<'_>) + 'a>;

/// Reads a class or an id off a row.
type Reads<'a, R, T> = Box<dyn Fn(&R) -> T + 'a>;

/// Compares two rows by one column.
type Compares<'a, R> = Box<dyn Fn(&R, &R) -> Ordering + 'a>;

/// What a column holds, which says how it is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    RowHeader,
    Text,
    Number,
    Time,
    State,
}

/// A heading, and how its cells are written.
pub struct Column<'a, R> {
    head: String,
    head_hidden: bool,
    kind: Kind,
    key: Option<&'static str>,
    order: Option<Compares<'a, R>>,
    whole_line: bool,
    /// What the heading means, shown on hovering.
    meaning: Option<String>,
    class: &'static str,
    labelled: bool,
    cell: Writes<'a, R>,
}

impl<'a, R> Column<'a, R> {
    fn new(kind: Kind, head: impl Into<String>, cell: impl Fn(&R, &mut Cell<'_>) + 'a) -> Self {
        Column {
            head: head.into(),
            head_hidden: false,
            kind,
            key: None,
            order: None,
            whole_line: false,
            meaning: None,
            class: "",
            labelled: kind != Kind::RowHeader,
            cell: Box::new(cell),
        }
    }

    /// What the row is about. Each table has one, mostly the first.
    pub fn row_header(head: impl Into<String>, cell: impl Fn(&R, &mut Cell<'_>) + 'a) -> Self {
        Column::new(Kind::RowHeader, head, cell)
    }

    pub fn text(head: impl Into<String>, cell: impl Fn(&R, &mut Cell<'_>) + 'a) -> Self {
        Column::new(Kind::Text, head, cell)
    }

    /// Set at the end of its column, never broken.
    pub fn number(head: impl Into<String>, cell: impl Fn(&R, &mut Cell<'_>) + 'a) -> Self {
        Column::new(Kind::Number, head, cell)
    }

    /// Never broken.
    pub fn time(head: impl Into<String>, cell: impl Fn(&R, &mut Cell<'_>) + 'a) -> Self {
        Column::new(Kind::Time, head, cell)
    }

    /// A pill or a short word; on a phone it is next to the row header.
    pub fn state(head: impl Into<String>, cell: impl Fn(&R, &mut Cell<'_>) + 'a) -> Self {
        Column::new(Kind::State, head, cell)
    }

    /// The handler can sort the list by it; the key goes into the address.
    pub fn by(mut self, key: &'static str) -> Self {
        self.key = Some(key);
        self
    }

    /// The table can sort its rows by this value of a row (see [`Table::sorts`]); the key goes into the address.
    pub fn sort_by<K: Ord>(mut self, key: &'static str, value: impl Fn(&R) -> K + 'a) -> Self {
        self.key = Some(key);
        self.order = Some(Box::new(move |a, b| value(a).cmp(&value(b))));
        self
    }

    /// On a phone it takes a line of its own, below the others.
    pub fn whole_line(mut self) -> Self {
        self.whole_line = true;
        self
    }

    /// The heading is only read aloud: a bar, buttons.
    pub fn head_hidden(mut self) -> Self {
        self.head_hidden = true;
        self.unlabelled()
    }

    /// What the heading means, shown on hovering.
    pub fn meaning(mut self, words: String) -> Self {
        self.meaning = Some(words);
        self
    }

    /// A class for its cells, in a labelled table.
    pub fn class(mut self, class: &'static str) -> Self {
        self.class = class;
        self
    }

    /// Its cells need no heading next to them.
    pub fn unlabelled(mut self) -> Self {
        self.labelled = false;
        self
    }
}

/// How the rows are sorted, and the addresses that sort them otherwise.
struct Sorted<'a> {
    key: String,
    descending: bool,
    /// The table sorts its rows itself. A first press on a number or a time then puts the largest first.
    here: bool,
    /// Somebody asked for an order: the rows are not as they came.
    asked: bool,
    href: Box<dyn Fn(String, bool) -> String + 'a>,
}

/// A table of `R`; see the module.
pub struct Table<'a, R> {
    caption: String,
    /// The heading that names it in place of a caption.
    named_by: Option<String>,
    labelled: bool,
    plain: bool,
    look: &'static str,
    columns: Vec<Column<'a, R>>,
    sorted: Option<Sorted<'a>>,
    most: usize,
    row_class: Option<Reads<'a, R, &'static str>>,
    row_id: Option<Reads<'a, R, String>>,
    empty: Option<Drawn>,
}

impl<'a, R> Table<'a, R> {
    /// The caption is what assistive technology calls the table.
    pub fn new(caption: impl Into<String>) -> Self {
        Table {
            caption: caption.into(),
            named_by: None,
            labelled: false,
            plain: false,
            look: "",
            columns: Vec::new(),
            sorted: None,
            most: usize::MAX,
            row_class: None,
            row_id: None,
            empty: None,
        }
    }

    /// Has no caption: the heading with this id names it.
    pub fn named_by(id: impl Into<String>) -> Self {
        Table { named_by: Some(id.into()), ..Table::new("") }
    }

    /// On a phone each row is a block, and each cell carries its heading.
    pub fn labelled(mut self) -> Self {
        self.labelled = true;
        self
    }

    /// Many short cells, closely set, the same on every screen: the place around it scrolls.
    pub fn plain(mut self) -> Self {
        self.plain = true;
        self
    }

    /// A class of the style sheet.
    pub fn look(mut self, look: &'static str) -> Self {
        self.look = look;
        self
    }

    pub fn column(mut self, column: Column<'a, R>) -> Self {
        self.columns.push(column);
        self
    }

    /// A column that is there only sometimes.
    pub fn column_if(self, there: bool, column: Column<'a, R>) -> Self {
        if there { self.column(column) } else { self }
    }

    /// The rows are sorted by `sort`, or by `default` when that is empty; `href` makes the address that sorts by a key, descending or not.
    pub fn sorted(
        mut self,
        default: &str,
        sort: &str,
        descending: bool,
        href: impl Fn(String, bool) -> String + 'a,
    ) -> Self {
        let key = if sort.is_empty() { default } else { sort }.to_owned();
        self.sorted = Some(Sorted { key, descending, here: false, asked: false, href: Box::new(href) });
        self
    }

    /// All rows are here, and the table sorts them as the address of the request says: `?sort=products.peak&dir=desc`. `name` tells the
    /// tables of a page apart; it is the id of the card the table is in, which the links lead back to. Until somebody asks for another
    /// order the rows stay as they come: by `default`.
    pub fn sorts(mut self, name: &'static str, default: &'static str, descending: bool) -> Self {
        let request = request();
        let asked =
            request.query("sort").and_then(|sort| sort.strip_prefix(name)?.strip_prefix('.')).map(str::to_owned);
        let down = request.query("dir") == Some("desc");
        let href = move |key: String, descending: bool| {
            let sort = format!("{name}.{key}");
            let mut pairs: Vec<(&str, &str)> =
                request.query.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            // Another order starts at its beginning.
            pairs.retain(|(name, _)| !["sort", "dir", "before", "after"].contains(name));
            pairs.push(("sort", &sort));
            pairs.push(("dir", if descending { "desc" } else { "" }));
            format!("{}#{name}", paths::with_query(&request.path, &pairs))
        };
        self.sorted = Some(Sorted {
            descending: if asked.is_some() { down } else { descending },
            here: true,
            asked: asked.is_some(),
            key: asked.unwrap_or_else(|| default.to_owned()),
            href: Box::new(href),
        });
        self
    }

    /// Writes no more rows than this: the first ones, once they are sorted.
    pub fn most(mut self, most: usize) -> Self {
        self.most = most;
        self
    }

    /// A class for some rows; empty for none.
    pub fn row_class(mut self, class: impl Fn(&R) -> &'static str + 'a) -> Self {
        self.row_class = Some(Box::new(class));
        self
    }

    /// An anchor for each row.
    pub fn row_id(mut self, id: impl Fn(&R) -> String + 'a) -> Self {
        self.row_id = Some(Box::new(id));
        self
    }

    /// Stands in place of a table without rows: an `EmptyState`, or `NothingMatches` where a filter left nothing.
    pub fn empty(mut self, instead: Drawn) -> Self {
        self.empty = Some(instead);
        self
    }

    /// Writes the table with these rows.
    pub fn draw<'r>(self, rows: impl IntoIterator<Item = &'r R>) -> Drawn
    where
        R: 'r,
    {
        let mut rows: Vec<&R> = rows.into_iter().collect();
        if rows.is_empty()
            && let Some(instead) = self.empty
        {
            return instead;
        }
        self.sort(&mut rows);
        rows.truncate(self.most);
        let now_ms = request().now_ms;
        let mut html = String::with_capacity(1_024 + rows.len() * self.columns.len() * 48);
        self.write_head(&mut html);
        for row in rows {
            self.write_row(&mut html, row, now_ms);
        }
        html.push_str("</tbody></table>");
        written(html)
    }

    /// Puts the rows into the order that was asked for; of equal ones the first stays the first.
    fn sort(&self, rows: &mut [&R]) {
        let Some(sorted) = self.sorted.as_ref().filter(|sorted| sorted.here && sorted.asked) else { return };
        let column = self.columns.iter().find(|column| column.key == Some(sorted.key.as_str()));
        let Some(order) = column.and_then(|column| column.order.as_ref()) else { return };
        rows.sort_by(|a, b| if sorted.descending { order(b, a) } else { order(a, b) });
    }

    fn write_head(&self, html: &mut String) {
        html.push_str(match (self.labelled, self.plain) {
            (true, _) => "<table class=\"table",
            (_, true) => "<table class=\"plain-table",
            _ => "<table class=\"data",
        });
        if !self.look.is_empty() {
            html.push(' ');
            html.push_str(self.look);
        }
        if self.labelled && self.sorted.is_some() {
            // On a phone its headings stay: one sorts by them.
            html.push_str(" sorts");
        }
        if !self.labelled && !self.plain {
            self.write_classes(html);
        }
        match &self.named_by {
            Some(id) => {
                html.push_str("\" aria-labelledby=\"");
                escape(html, id);
                html.push_str("\">");
            }
            None => {
                html.push_str("\"><caption class=\"vh\">");
                escape(html, &self.caption);
                html.push_str("</caption>");
            }
        }
        html.push_str("<thead><tr>");
        for column in &self.columns {
            self.write_heading(html, column);
        }
        html.push_str("</tr></thead><tbody>");
    }

    /// What the style sheet has to know of each column, by its place.
    fn write_classes(&self, html: &mut String) {
        let mut on_grid = 0;
        for (place, column) in (1..).zip(&self.columns) {
            let class = match column.kind {
                Kind::RowHeader | Kind::Text => "",
                Kind::Number => "n",
                Kind::Time => "t",
                Kind::State => "s",
            };
            if !class.is_empty() {
                html.push_str(&format!(" {class}{place}"));
            }
            match column.kind {
                Kind::RowHeader | Kind::State if !column.whole_line => {}
                _ if column.whole_line => html.push_str(&format!(" l{place}")),
                _ => on_grid += 1,
            }
        }
        // How many cells a line has on a phone: what leaves the fewest places empty.
        let across = match on_grid {
            0 | 1 => 1,
            2 | 4 => 2,
            _ => 3,
        };
        html.push_str(&format!(" p{across}"));
    }

    fn write_heading(&self, html: &mut String, column: &Column<'a, R>) {
        html.push_str("<th scope=\"col\"");
        if self.labelled && column.kind == Kind::Number {
            html.push_str(" class=\"num\"");
        }
        match (&self.sorted, column.key) {
            (Some(sorted), Some(key)) => {
                let here = sorted.key == key;
                if here {
                    let order = if sorted.descending { "descending" } else { "ascending" };
                    html.push_str(&format!(" aria-sort=\"{order}\""));
                }
                // A second press turns the order round.
                let largest_first = sorted.here && matches!(column.kind, Kind::Number | Kind::Time);
                let href = (sorted.href)(key.to_owned(), if here { !sorted.descending } else { largest_first });
                html.push_str("><a class=\"sort\" href=\"");
                escape(html, &href);
                html.push_str("\">");
                write_with_meaning(html, column);
                html.push_str("</a>");
            }
            _ if column.head_hidden => {
                html.push_str("><span class=\"vh\">");
                escape(html, &column.head);
                html.push_str("</span>");
            }
            _ => {
                html.push('>');
                write_with_meaning(html, column);
            }
        }
        html.push_str("</th>");
    }

    fn write_row(&self, html: &mut String, row: &R, now_ms: i64) {
        html.push_str("<tr");
        if let Some(class) = self.row_class.as_ref().map(|class| class(row)).filter(|class| !class.is_empty()) {
            html.push_str(&format!(" class=\"{class}\""));
        }
        if let Some(id) = &self.row_id {
            html.push_str(" id=\"");
            escape(html, &id(row));
            html.push('"');
        }
        html.push('>');
        for column in &self.columns {
            let (start, end) = match column.kind {
                Kind::RowHeader => ("<th scope=\"row\"", "</th>"),
                _ => ("<td", "</td>"),
            };
            html.push_str(start);
            if self.labelled {
                write_label(html, column);
            }
            html.push('>');
            (column.cell)(row, &mut Cell::new(html, now_ms));
            html.push_str(end);
        }
        html.push_str("</tr>");
    }
}

/// The heading, with what it means.
fn write_with_meaning<R>(html: &mut String, column: &Column<'_, R>) {
    let Some(meaning) = &column.meaning else { return escape(html, &column.head) };
    html.push_str("<abbr title=\"");
    escape(html, meaning);
    html.push_str("\">");
    escape(html, &column.head);
    html.push_str("</abbr>");
}

/// What a cell of a labelled table carries: its class and its heading.
fn write_label<R>(html: &mut String, column: &Column<'_, R>) {
    let num = if column.kind == Kind::Number { "num" } else { "" };
    let class = [num, column.class].into_iter().filter(|class| !class.is_empty()).collect::<Vec<_>>().join(" ");
    if !class.is_empty() {
        html.push_str(&format!(" class=\"{class}\""));
    }
    if column.labelled {
        html.push_str(" data-label=\"");
        escape(html, &column.head);
        html.push('"');
    }
}

impl<R> fmt::Debug for Table<'_, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Table").field("caption", &self.caption).finish_non_exhaustive()
    }
}

impl<R> fmt::Debug for Column<'_, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Column").field("head", &self.head).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use leptos::prelude::*;

    use super::*;
    use crate::drawn::Draw;

    struct Row {
        name: &'static str,
        held: u32,
    }

    const ROWS: [Row; 2] = [Row { name: "a<b", held: 1_204 }, Row { name: "c", held: 0 }];

    fn table<'a>() -> Table<'a, Row> {
        Table::new("Who & what")
            .column(Column::row_header("Name", |row: &Row, cell| cell.text(row.name)).by("name"))
            .column(Column::number("Held", |row: &Row, cell| cell.number(row.held)).by("held"))
            .column(Column::state("State", |row: &Row, cell| cell.text(if row.held > 0 { "busy" } else { "idle" })))
    }

    fn html(drawn: Drawn) -> String {
        drawn.to_html()
    }

    #[test]
    fn each_heading_stands_once_and_what_holds_for_a_column_in_the_classes_of_the_table() {
        assert_eq!(
            html(table().look("clients").draw(&ROWS)),
            "<table class=\"data clients n2 s3 p1\"><caption class=\"vh\">Who &amp; what</caption>\
             <thead><tr><th scope=\"col\">Name</th><th scope=\"col\">Held</th><th scope=\"col\">State</th></tr></thead>\
             <tbody><tr><th scope=\"row\">a&lt;b</th><td>1,204</td><td>busy</td></tr>\
             <tr><th scope=\"row\">c</th><td>0</td><td>idle</td></tr></tbody></table>"
        );
    }

    #[test]
    fn in_a_labelled_table_each_cell_carries_its_heading() {
        let table = Table::named_by("held")
            .labelled()
            .look("who")
            .column(Column::row_header("Name", |row: &Row, cell| cell.text(row.name)))
            .column(Column::number("Held", |row: &Row, cell| cell.number(row.held)).meaning("In use".to_owned()))
            .column(Column::text("Chart", |_: &Row, cell| cell.markup("<i></i>")).head_hidden().class("bar-cell"));
        assert_eq!(
            html(table.draw(&ROWS[..1])),
            "<table class=\"table who\" aria-labelledby=\"held\"><thead><tr><th scope=\"col\">Name</th>\
             <th scope=\"col\" class=\"num\"><abbr title=\"In use\">Held</abbr></th>\
             <th scope=\"col\"><span class=\"vh\">Chart</span></th></tr></thead><tbody>\
             <tr><th scope=\"row\">a&lt;b</th><td class=\"num\" data-label=\"Held\">1,204</td>\
             <td class=\"bar-cell\"><i></i></td></tr></tbody></table>"
        );
    }

    #[test]
    fn a_heading_sorts_and_a_second_press_turns_the_order_round() {
        let at = |sort: &str, descending| {
            html(
                table()
                    .sorted("name", sort, descending, |key, down| format!("/x?q=1&sort={key}&down={down}"))
                    .draw(&ROWS),
            )
        };
        let link = |key: &str, down: bool, head: &str| {
            format!("<a class=\"sort\" href=\"/x?q=1&amp;sort={key}&amp;down={down}\">{head}</a>")
        };
        for (sort, descending, of_name, of_held, order) in [
            (
                "",
                false,
                true,
                false,
                "<th scope=\"col\" aria-sort=\"ascending\"><a class=\"sort\" href=\"/x?q=1&amp;sort=name",
            ),
            ("held", false, false, true, "aria-sort=\"ascending\"><a class=\"sort\" href=\"/x?q=1&amp;sort=held"),
            ("held", true, false, false, "aria-sort=\"descending\"><a class=\"sort\" href=\"/x?q=1&amp;sort=held"),
        ] {
            let html = at(sort, descending);
            assert!(html.contains(&link("name", of_name, "Name")), "{html}");
            assert!(html.contains(&link("held", of_held, "Held")), "{html}");
            assert!(html.contains(order), "{html}");
            assert_eq!(html.matches("aria-sort").count(), 1);
            assert!(html.contains("<th scope=\"col\">State</th>"), "one does not sort by a column without a key");
        }
    }

    /// A table that sorts itself, as a request with this query gets it.
    fn sorted_here(query: &[(&str, &str)]) -> String {
        use crate::request::RequestContext;
        use std::sync::Arc;

        const ROWS: [Row; 4] = [
            Row { name: "c", held: 7 },
            Row { name: "b", held: 1 },
            Row { name: "d", held: 7 },
            Row { name: "a", held: 90 },
        ];
        let query = query.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let request = RequestContext { path: "/usage".into(), query, ..RequestContext::default() };
        Owner::new().with(|| {
            provide_context(Arc::new(request));
            let table = Table::new("Held")
                .column(
                    Column::row_header("Name", |row: &Row, cell| cell.text(row.name)).sort_by("name", |row| row.name),
                )
                .column(Column::number("Held", |row: &Row, cell| cell.number(row.held)).sort_by("held", |row| row.held))
                .column(Column::text("Kind", |_: &Row, _| ()))
                .sorts("products", "name", false)
                .most(3);
            html(table.draw(&ROWS))
        })
    }

    fn names(html: &str) -> String {
        html.split("<th scope=\"row\">").skip(1).filter_map(|row| row.chars().next()).collect()
    }

    #[test]
    fn a_table_with_all_its_rows_sorts_them_as_the_address_says() {
        for (query, expected) in [
            (&[][..], "cbd"),
            (&[("sort", "products.name")], "abc"),
            (&[("sort", "products.name"), ("dir", "desc")], "dcb"),
            (&[("sort", "products.held"), ("dir", "desc")], "acd"),
            (&[("sort", "clients.held"), ("dir", "desc")], "cbd"),
            (&[("sort", "products.nothing"), ("dir", "desc")], "cbd"),
            (&[("sort", "products")], "cbd"),
        ] {
            assert_eq!(names(&sorted_here(query)), expected, "{query:?}");
        }
    }

    #[test]
    fn sorting_keeps_the_query_starts_at_the_beginning_and_leads_back_to_the_table() {
        let html = sorted_here(&[("range", "90d"), ("before", "17"), ("sort", "products.held"), ("dir", "desc")]);
        for (order, href, head) in [
            ("", "/usage?range=90d&amp;sort=products.name#products", "Name"),
            (" aria-sort=\"descending\"", "/usage?range=90d&amp;sort=products.held#products", "Held"),
        ] {
            let heading = format!("<th scope=\"col\"{order}><a class=\"sort\" href=\"{href}\">{head}</a>");
            assert!(html.contains(&heading), "{heading}: {html}");
        }
        assert!(html.contains("<th scope=\"col\">Kind</th>"), "{html}");
        let calm = sorted_here(&[]);
        assert!(calm.contains(
            "aria-sort=\"ascending\"><a class=\"sort\" href=\"/usage?sort=products.name&amp;dir=desc#products\""
        ));
        let first = "href=\"/usage?sort=products.held&amp;dir=desc#products\"";
        assert!(calm.contains(first), "of numbers the largest come first: {calm}");
    }

    #[test]
    fn without_rows_another_thing_stands_in_its_place() {
        let html = html(table().empty(view! { <p>"none"</p> }.drawn()).draw(&[]));
        assert_eq!(html, "<p>none</p>");
    }

    #[test]
    fn rows_carry_their_class_and_their_anchor() {
        let html = html(
            table()
                .row_class(|row| if row.held == 0 { "gone" } else { "" })
                .row_id(|row| format!("row-{}", row.name))
                .draw(&ROWS),
        );
        assert!(html.contains("<tr id=\"row-a&lt;b\">") && html.contains("<tr class=\"gone\" id=\"row-c\">"), "{html}");
    }
}
