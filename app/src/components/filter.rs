//! The form above a list that narrows it. The address says what is shown, so it works without script, can be sent on, and is kept by every
//! link that the page makes of it.
//!
//! A page has one struct for its query, which serde reads and writes:
//!
//! ```ignore
//! #[derive(Clone, Debug, Default, Serialize, Deserialize)]
//! #[serde(default)]
//! pub struct ClientFilter {
//!     #[serde(deserialize_with = "trimmed")]
//!     pub q: String,
//!     pub state: String,
//!     pub sort: String,
//!     #[serde(rename = "dir", with = "dir")]
//!     pub descending: bool,
//!     #[serde(deserialize_with = "lenient")]
//!     pub before: Option<i64>,
//! }
//!
//! let filter: ClientFilter = console.filter();     // in the handler
//! paths::with(paths::CLIENTS, &ClientFilter { state: "silent".into(), ..filter.clone() })  // "/clients?q=desk&state=silent"
//!
//! let bar = FilterBar::new(paths::CLIENTS, "Filter the clients", &filter)
//!     .search("Name, host or address")
//!     .choice("state", "State", "Every state", [("silent", "Silent", Some(3))]);
//! let clear = bar.clear();     // the address without filters, when there are any
//! view! { {bar.draw()} }
//! ```
//!
//! Of the struct, what has no field in the bar goes along hidden (the order, say); `before` and `after` do not: another list starts at its
//! beginning.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize};

use super::form::{FieldProblem, Hidden};
use super::marks::{Glyph, Icon};
use crate::drawn::{Draw, Drawn, Inner};
use crate::paths;
use leptos::prelude::*;

/// Where a page of a longer list begins.
const CURSORS: [&str; 3] = ["before", "after", "page"];

/// One value to choose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    value: String,
    words: String,
    /// How many there are of it.
    count: Option<usize>,
}

impl<V: Into<String>, W: Into<String>> From<(V, W)> for Choice {
    fn from((value, words): (V, W)) -> Self {
        Choice { value: value.into(), words: words.into(), count: None }
    }
}

impl<V: Into<String>, W: Into<String>> From<(V, W, Option<usize>)> for Choice {
    fn from((value, words, count): (V, W, Option<usize>)) -> Self {
        Choice { value: value.into(), words: words.into(), count }
    }
}

/// What one field of the bar narrows by.
#[derive(Debug)]
struct Narrows {
    name: &'static str,
    label: &'static str,
    field: Drawn,
    /// What is chosen, in words; none when it leaves nothing out.
    chosen: Option<String>,
}

/// The bar; see the module.
#[derive(Debug)]
pub struct FilterBar {
    path: &'static str,
    label: &'static str,
    pairs: Vec<(String, String)>,
    fields: Vec<Narrows>,
    submit: &'static str,
}

impl FilterBar {
    /// The list at `path` as `filter` says. `label` is for assistive technology: "Filter the clients".
    pub fn new(path: &'static str, label: &'static str, filter: &impl Serialize) -> Self {
        FilterBar { path, label, pairs: paths::pairs(filter), fields: Vec::new(), submit: "Filter" }
    }

    fn value(&self, name: &str) -> String {
        self.pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone()).unwrap_or_default()
    }

    /// The text to look for, `q`. The key `/` leads here.
    pub fn search(mut self, label: &'static str) -> Self {
        let value = self.value("q");
        let chosen = (!value.is_empty()).then(|| format!("\u{201c}{value}\u{201d}"));
        let field = view! { <FilterText label=label value=value /> }.drawn();
        self.fields.push(Narrows { name: "q", label, field, chosen });
        self
    }

    /// A select; `all` are the words for "no filter".
    pub fn choice(
        mut self,
        name: &'static str,
        label: &'static str,
        all: &'static str,
        choices: impl IntoIterator<Item = impl Into<Choice>>,
    ) -> Self {
        let chosen = self.value(name);
        let choices: Vec<Choice> = choices.into_iter().map(Into::into).collect();
        let words =
            choices.iter().find(|choice| choice.value == chosen).map_or(&chosen, |choice| &choice.words).clone();
        let options = choices
            .into_iter()
            .map(|choice| match choice.count {
                Some(count) => (choice.value, format!("{} ({count})", choice.words)),
                None => (choice.value, choice.words),
            })
            .collect();
        // The key `/` leads to the first field.
        let first = self.fields.is_empty();
        let in_use = !chosen.is_empty();
        let field =
            view! { <FilterChoice name=name label=label all=all chosen=chosen options=options first=first /> }.drawn();
        self.fields.push(Narrows { name, label, field, chosen: in_use.then_some(words) });
        self
    }

    /// A select whose values stand in groups: the heading of each, and its values with their words.
    pub fn grouped(
        mut self,
        name: &'static str,
        label: &'static str,
        all: &'static str,
        groups: Vec<(String, Vec<(String, String)>)>,
    ) -> Self {
        let chosen = self.value(name);
        let known = groups.iter().flat_map(|(_, options)| options).find(|(value, _)| *value == chosen);
        let words = known.map_or_else(|| chosen.clone(), |(_, words)| words.clone());
        let unknown = (known.is_none() && !chosen.is_empty()).then(|| chosen.clone());
        let here = chosen.clone();
        let groups = groups.into_iter().map(move |(heading, options)| {
            let here = here.clone();
            view! {
                <optgroup label=heading>
                    {options.into_iter().map(|(value, words)| {
                        let selected = value == here;
                        view! { <option value=value selected=selected>{words}</option> }
                    }).collect_view()}
                </optgroup>
            }
        });
        let field = view! {
            <div class="field inline">
                <label for=format!("filter-{name}")>{label}</label>
                <select class="input" id=format!("filter-{name}") name=name>
                    <option value="">{all}</option>
                    {unknown.map(|value| view! { <option value=value selected=true>{value.clone()}</option> })}
                    {groups.collect_view()}
                </select>
            </div>
        };
        let field = field.drawn();
        self.fields.push(Narrows { name, label, field, chosen: (!chosen.is_empty()).then_some(words) });
        self
    }

    /// A text with suggestions: each value, and what it means where that says more.
    pub fn suggested(mut self, name: &'static str, label: &'static str, values: Vec<(String, String)>) -> Self {
        let value = self.value(name);
        let chosen = Some(value.clone()).filter(|value| !value.is_empty());
        let list = format!("filter-{name}-values");
        let field = view! {
            <div class="field inline">
                <label for=format!("filter-{name}")>{label}</label>
                <input class="input" type="text" id=format!("filter-{name}") name=name value=value list=list.clone() autocomplete="off" spellcheck="false" />
                <datalist id=list>
                    {values.into_iter().map(|(value, words)| view! { <option value=value>{words}</option> }).collect_view()}
                </datalist>
            </div>
        };
        let field = field.drawn();
        self.fields.push(Narrows { name, label, field, chosen });
        self
    }

    /// A day; `wrong` says why the one in the address can't be one.
    pub fn day(mut self, name: &'static str, label: &'static str, wrong: Option<String>) -> Self {
        let value = self.value(name);
        let chosen = Some(value.clone()).filter(|value| !value.is_empty());
        let id = format!("filter-{name}");
        let described = wrong.is_some().then(|| format!("{id}-error"));
        // A browser would drop what is no day: it is shown as text, to be put right.
        let is_day = value.is_empty() || value.parse::<jiff::civil::Date>().is_ok_and(|day| day.to_string() == value);
        let kind = if is_day { "date" } else { "text" };
        let field = view! {
            <div class="field inline">
                <label for=id.clone()>{label}</label>
                <input class="input filter-day" type=kind id=id.clone() name=name value=value
                    aria-invalid=wrong.is_some().then_some("true") aria-describedby=described />
                {wrong.map(|sentence| view! { <FieldProblem name=id sentence=sentence /> })}
            </div>
        };
        let field = field.drawn();
        self.fields.push(Narrows { name, label, field, chosen });
        self
    }

    /// A field of the page's own, which sends `name`; `chosen` says in words what it narrows by.
    pub fn field(mut self, name: &'static str, label: &'static str, field: Drawn) -> Self {
        let chosen = Some(self.value(name)).filter(|value| !value.is_empty());
        self.fields.push(Narrows { name, label, field, chosen });
        self
    }

    /// Other words on the button.
    pub fn submit(mut self, words: &'static str) -> Self {
        self.submit = words;
        self
    }

    /// The address of the list without filters, when there are any.
    pub fn clear(&self) -> Option<String> {
        let narrowed = self.fields.iter().any(|field| field.chosen.is_some());
        narrowed.then(|| self.without(&self.fields.iter().map(|field| field.name).collect::<Vec<_>>()))
    }

    /// The address of the list from its beginning, without these.
    fn without(&self, names: &[&str]) -> String {
        let gone = |key: &str| names.contains(&key) || CURSORS.contains(&key);
        let kept: Vec<_> = self.pairs.iter().filter(|(key, _)| !gone(key)).collect();
        paths::with(self.path, &kept)
    }

    /// The form, and under it what is chosen, each to be taken out.
    pub fn draw(self) -> Drawn {
        let clear = self.clear();
        let chips: Vec<_> = self
            .fields
            .iter()
            .filter_map(|field| {
                let chosen = field.chosen.clone()?;
                Some((field.label, chosen, self.without(&[field.name])))
            })
            .collect();
        let shown = |key: &str| self.fields.iter().any(|field| field.name == key) || CURSORS.contains(&key);
        let hidden = self.pairs.into_iter().filter(|(key, _)| !shown(key));
        let hidden = hidden.map(|(name, value)| view! { <Hidden name=name value=value /> }).collect_view();
        let fields: Vec<_> = self.fields.into_iter().map(|field| field.field).collect();
        view! {
            <form method="get" action=self.path class="filters" role="search" aria-label=self.label>
                {hidden}
                {fields}
                <button type="submit" class="button">{self.submit}</button>
                {clear.map(|clear| view! { <Chips chips=chips clear=clear /> })}
            </form>
        }
        .drawn()
    }
}

/// What is chosen: label, value, and the address without it.
#[component]
fn Chips(chips: Vec<(&'static str, String, String)>, clear: String) -> impl IntoView {
    view! {
        <ul class="chips">
            {chips.into_iter().map(|(label, chosen, href)| view! {
                <li><a class="chip" href=href>
                    <span class="vh">"Remove the filter "</span>
                    <span>{format!("{label}: {chosen}")}</span>
                    <Icon glyph=Glyph::Cross />
                </a></li>
            }).collect_view()}
            <li><a class="clear" href=clear>"Clear filters"</a></li>
        </ul>
    }
    .drawn()
}

/// Reads a filter from the parameters of an address, of each name the first. What cannot be read counts as not given.
pub fn read_filter<F: DeserializeOwned + Default>(query: &[(String, String)]) -> F {
    let mut first: Vec<&(String, String)> = Vec::new();
    for pair in query {
        if first.iter().all(|(name, _)| *name != pair.0) {
            first.push(pair);
        }
    }
    let query = serde_urlencoded::to_string(first).unwrap_or_default();
    serde_urlencoded::from_str(&query).unwrap_or_default()
}

/// Reads a text without the blanks around it.
pub fn trimmed<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    Ok(String::deserialize(from)?.trim().to_owned())
}

/// Reads a number or a word; what is none counts as not given, as does what is empty.
pub fn lenient<'de, D: Deserializer<'de>, T: std::str::FromStr>(from: D) -> Result<Option<T>, D::Error> {
    Ok(String::deserialize(from)?.trim().parse().ok())
}

/// The order of a list, `desc` or not given, as `#[serde(rename = "dir", with = "dir")] descending: bool`.
pub mod dir {
    use serde::{Deserialize, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(descending: &bool, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(if *descending { "desc" } else { "" })
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<bool, D::Error> {
        Ok(String::deserialize(from)? == "desc")
    }
}
/// The form. Fields are its children; what must stay as it is goes along hidden.
#[component]
pub fn FilterForm(
    action: &'static str,
    /// What it is, for assistive technology: "Filter the clients".
    label: &'static str,
    /// Name and value of what the form keeps; empty values are left out.
    #[prop(optional)]
    kept: Vec<(&'static str, String)>,
    #[prop(default = "Filter")] submit: &'static str,
    /// The address without filters, when there are any.
    clear: Option<String>,
    children: Inner,
) -> impl IntoView {
    let kept = kept.into_iter().filter(|(_, value)| !value.is_empty());
    view! {
        <form method="get" action=action class="filters" role="search" aria-label=label>
            {kept.map(|(name, value)| view! { <Hidden name=name value=value /> }).collect_view()}
            {children.draw()}
            <button type="submit" class="button">{submit}</button>
            {clear.map(|clear| view! { <a class="clear" href=clear>"Clear filters"</a> })}
        </form>
    }
    .drawn()
}

/// The text to look for. The key `/` leads here.
#[component]
pub fn FilterText(label: &'static str, value: String) -> impl IntoView {
    view! {
        <div class="field inline grow">
            <label for="filter-q">{label}</label>
            <input class="input" type="search" id="filter-q" name="q" value=value data-filter="true" autocomplete="off" spellcheck="false" />
        </div>
    }
    .drawn()
}

/// A select. A chosen value that is not among the options is offered as it is.
#[component]
pub fn FilterChoice(
    name: &'static str,
    label: &'static str,
    /// The words for "no filter"; not offered when an option stands for it.
    all: &'static str,
    chosen: String,
    /// Value and words.
    mut options: Vec<(String, String)>,
    /// The key `/` leads here.
    #[prop(optional)]
    first: bool,
) -> impl IntoView {
    if !chosen.is_empty() && options.iter().all(|(value, _)| *value != chosen) {
        options.push((chosen.clone(), chosen.clone()));
    }
    let all = (!options.iter().any(|(value, _)| value.is_empty())).then_some(all);
    view! {
        <div class="field inline">
            <label for=format!("filter-{name}")>{label}</label>
            <select class="input" id=format!("filter-{name}") name=name data-filter=first.then_some("true")>
                {all.map(|all| view! { <option value="">{all}</option> })}
                {options.into_iter().map(|(value, words)| {
                    let selected = value == chosen;
                    view! { <option value=value selected=selected>{words}</option> }
                }).collect_view()}
            </select>
        </div>
    }
    .drawn()
}

/// Options whose words are their values.
pub fn plain_options(values: impl IntoIterator<Item = String>) -> Vec<(String, String)> {
    values.into_iter().map(|value| (value.clone(), value)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
    #[serde(default)]
    struct Query {
        #[serde(deserialize_with = "trimmed")]
        q: String,
        state: String,
        sort: String,
        #[serde(rename = "dir", with = "dir")]
        descending: bool,
        #[serde(deserialize_with = "lenient")]
        before: Option<i64>,
    }

    fn query() -> Query {
        Query { q: "a & b".into(), state: "silent".into(), sort: "seen".into(), descending: true, before: Some(12) }
    }

    fn bar(query: &Query) -> FilterBar {
        FilterBar::new("/clients", "Filter the clients", query).search("Name").choice(
            "state",
            "State",
            "Every state",
            [("connected", "Connected", Some(4)), ("silent", "Silent", Some(1))],
        )
    }

    fn html(query: &Query) -> String {
        Owner::new().with(|| bar(query).draw().to_html())
    }

    #[test]
    fn what_an_address_says_and_what_is_read_from_it_is_the_same() {
        let address = paths::with("/clients", &query());
        assert_eq!(address, "/clients?q=a%20%26%20b&state=silent&sort=seen&dir=desc&before=12");
        for (text, read) in [
            (address.split_once('?').map_or("", |(_, text)| text), query()),
            ("", Query::default()),
            ("q=&state=&sort=&dir=&before=", Query::default()),
            ("q=+a+&dir=down&before=x&other=1", Query { q: "a".into(), ..Query::default() }),
        ] {
            assert_eq!(serde_urlencoded::from_str::<Query>(text).expect("anything can be read"), read, "{text}");
        }
        assert_eq!(paths::with("/clients", &Query::default()), "/clients");
        let twice = [("state", "silent"), ("state", "gone")].map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(read_filter::<Query>(&twice).state, "silent");
    }

    #[test]
    fn a_new_filter_keeps_the_order_and_starts_at_the_beginning() {
        let html = html(&query());
        assert!(html.contains("type=\"hidden\" name=\"sort\" value=\"seen\""), "{html}");
        assert!(html.contains("type=\"hidden\" name=\"dir\" value=\"desc\""), "{html}");
        assert!(!html.contains("before"), "{html}");
        for field in ["q", "state"] {
            assert_eq!(html.matches(&format!("name=\"{field}\"")).count(), 1, "{html}");
        }
    }

    #[test]
    fn each_filter_can_be_taken_out_and_all_of_them_at_once() {
        let html = html(&query());
        for (address, words) in [
            ("/clients?state=silent&amp;sort=seen&amp;dir=desc", "Name: \u{201c}a &amp; b\u{201d}"),
            ("/clients?q=a%20%26%20b&amp;sort=seen&amp;dir=desc", "State: Silent<"),
            ("/clients?sort=seen&amp;dir=desc", "Clear filters"),
        ] {
            assert!(html.contains(&format!("href=\"{address}\"")) && html.contains(words), "{address} {words}: {html}");
        }
        let calm = Query { q: String::new(), state: String::new(), ..query() };
        assert_eq!(bar(&calm).clear(), None);
        assert!(!self::html(&calm).contains("Clear filters"));
    }

    #[test]
    fn a_value_that_is_not_offered_is_shown_as_it_is() {
        let html = html(&Query { state: "<odd>".into(), ..Query::default() });
        assert!(html.contains("State: &lt;odd&gt;") && html.contains("selected>&lt;odd&gt;"), "{html}");
    }
}
