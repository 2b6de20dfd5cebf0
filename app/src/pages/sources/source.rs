//! One source: what it tells, what of it could not be read, and what can be done with it.

use super::{kind_words, state_words, write_input};
use crate::components::{
    Card, Cell, Column, Confirm, EmptyState, Fact, Facts, FieldProblem, FormErrors, PageHeader, PagePart, Pages, Pill,
    Statement, Submit, Table, TextArea, TimeAgo, described_by, lenient,
};
use crate::drawn::{Draw, Drawn};
use crate::paths;
use crate::request::{Tone, request};
use engine::sources::{Source, SourceFeature, SourceInput};
use leptos::prelude::*;
use licensing::permission::Permission;
use licensing::source::{Daemon, Feature, HeldLicense, Unread};
use licensing::words::{about, count, grouped, list};
use serde::{Deserialize, Serialize};

/// Characters shown of where the text comes from.
const LONG: usize = 2_000;
/// Daemons in a sentence; the rest is counted.
const NAMED: usize = 3;

/// The page of one source.
#[derive(Clone, Debug)]
pub struct SourcePage {
    pub source: Source,
    pub filter: SourceFilter,
}

/// The query of its address: which page of each list, from 1.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SourceFilter {
    #[serde(deserialize_with = "lenient")]
    pub features: Option<usize>,
    #[serde(deserialize_with = "lenient")]
    pub holders: Option<usize>,
    #[serde(deserialize_with = "lenient")]
    pub unread: Option<usize>,
}

/// The page of `/sources/TAG`.
#[component]
pub fn SourceView(data: SourcePage) -> impl IntoView {
    let SourcePage { source, filter } = data;
    let crumbs = vec![("Sources".to_owned(), paths::SOURCES.to_owned())];
    let (tone, words) = state_words(source.state());
    let lead = view! { {kind_words(source.kind)}" "<Pill tone=tone text=words /> };
    let actions = look_now(&source);
    let has_answered = source.last_good.is_some();
    view! {
        <PageHeader title=source.tag.clone() crumbs=crumbs lead=lead.drawn() actions=actions />
        <FormErrors />
        {opening(&source)}
        {daemons(&source)}
        {has_answered.then(|| features(&source, &filter))}
        {holders(&source, &filter)}
        {unread(&source, &filter)}
        <div class="columns">
            <div>{paste(&source)}</div>
            <div>
                {about_it(&source)}
                {removal(&source)}
            </div>
        </div>
    }
    .drawn()
}

/// Looks at it without waiting for its time.
fn look_now(source: &Source) -> Drawn {
    let why_not = match request().why_not(Permission::ImportUsage) {
        Some(reason) => Some(reason.to_owned()),
        None => (source.input == SourceInput::Pushed).then(|| "Its texts are pushed.".to_owned()),
    };
    view! {
        <form method="post" action=paths::source_action(&source.tag, "look") class="actions">
            <Submit look="primary" why_not=why_not>"Look now"</Submit>
        </form>
    }
    .drawn()
}

/// Machines and vendors' daemons that are down, by name.
fn down(source: &Source) -> Vec<&str> {
    let all = source.picture.servers.iter().chain(&source.picture.vendors);
    all.filter(|daemon| !daemon.up).map(|daemon| daemon.name.as_str()).collect()
}

/// "12 features, 34 licenses taken, 2 requests queued."
fn told(source: &Source) -> String {
    let features = source.features.iter().map(|of| &of.feature);
    let sum = |of: fn(&Feature) -> u64| features.clone().fold(0_u64, |sum, feature| sum.saturating_add(of(feature)));
    let (taken, queued) = (sum(Feature::taken), sum(Feature::queued));
    let parts = [
        Some(count(source.features.len(), "feature", "features")),
        tells_use(source).then(|| count(taken, "license taken", "licenses taken")),
        (queued > 0).then(|| count(queued, "license waited for", "licenses waited for")),
    ];
    format!("{}.", list(parts.into_iter().flatten()))
}

/// Whether it tells who has what: a license file doesn't.
fn tells_use(source: &Source) -> bool {
    source.features.iter().any(|of| of.feature.in_use.is_some() || !of.feature.held.is_empty())
}

/// How it is, in a sentence.
fn standing(source: &Source) -> (Tone, String) {
    let down = down(source);
    match source.state() {
        "down" => (Tone::Danger, "The last look failed.".to_owned()),
        "up" if !down.is_empty() => {
            let rest = (down.len() > NAMED).then(|| format!("{} more", down.len() - NAMED));
            let names = list(down.iter().take(NAMED).map(|name| (*name).to_owned()).chain(rest));
            let are = if down.len() == 1 { "is" } else { "are" };
            (Tone::Warning, format!("{names} {are} down. {}", told(source)))
        }
        "up" => (Tone::Success, told(source)),
        _ => (Tone::Info, "No answer yet.".to_owned()),
    }
}

fn opening(source: &Source) -> Drawn {
    let (tone, sentence) = standing(source);
    let problem = source.problem.clone();
    let age = match (source.last_good, source.problem.is_some()) {
        (Some(at), true) => {
            view! { <p>"What follows is the last good answer, from "<TimeAgo at_ms=at />"."</p> }.drawn()
        }
        (Some(at), false) => view! { <p class="muted">"The last answer came "<TimeAgo at_ms=at />"."</p> }.drawn(),
        (None, true) => view! { <p>"It has not given a good answer so far."</p> }.drawn(),
        (None, false) if source.input == SourceInput::Pushed => {
            view! { <p>"Push a text to it, or paste one below."</p> }.drawn()
        }
        (None, false) => view! { <p>"The first look comes within seconds."</p> }.drawn(),
    };
    view! {
        <Statement tone=tone sentence=sentence>
            {problem.map(|problem| view! { <p>{problem}</p> })}
            {age}
        </Statement>
    }
    .drawn()
}

/// A machine or a vendor's daemon.
struct DaemonRow<'a> {
    kind: &'static str,
    daemon: &'a Daemon,
}

/// Machines and daemons, where it tells of any.
fn daemons(source: &Source) -> Option<Drawn> {
    let row = |kind| move |daemon| DaemonRow { kind, daemon };
    let servers = source.picture.servers.iter().map(row("Machine"));
    let rows: Vec<_> = servers.chain(source.picture.vendors.iter().map(row("Vendor's daemon"))).collect();
    if rows.is_empty() {
        return None;
    }
    let table = Table::new("Machines and daemons of the source")
        .look("sources")
        .column(Column::row_header("Name", |row: &DaemonRow<'_>, cell| {
            cell.code(&row.daemon.name);
            if let Some(problem) = &row.daemon.problem {
                cell.sub(|cell| cell.text(problem));
            }
        }))
        .column(Column::text("What", |row: &DaemonRow<'_>, cell| cell.text(row.kind)))
        .column(Column::text("Version", |row: &DaemonRow<'_>, cell| match &row.daemon.version {
            Some(version) => cell.text(version),
            None => cell.muted("unknown"),
        }))
        .column(Column::state("State", |row: &DaemonRow<'_>, cell| match row.daemon.up {
            true => cell.pill(Tone::Success, "Up"),
            false => cell.pill(Tone::Danger, "Down"),
        }))
        .draw(&rows);
    Some(view! { <Card title="Daemons" id="daemons">{table}</Card> }.drawn())
}

/// The address of the same page with other pages of its lists, at the list with this id.
fn at(tag: &str, filter: &SourceFilter, id: &str) -> String {
    format!("{}#{id}", paths::with(&paths::source(tag), filter))
}

/// A number, or that it isn't told.
fn write_told(number: Option<u64>, cell: &mut Cell<'_>) {
    match number {
        Some(number) => cell.number(number),
        None => cell.muted("–"),
    }
}

/// What tells a feature from others of its name.
fn write_feature(feature: &Feature, cell: &mut Cell<'_>) {
    cell.code(&feature.name);
    let version = feature.pools.iter().find_map(|pool| pool.version.as_deref());
    let parts = [
        (!feature.vendor.is_empty()).then(|| feature.vendor.clone()),
        version.map(|version| format!("version {version}")),
        (!feature.server.is_empty()).then(|| feature.server.clone()),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    if !parts.is_empty() {
        cell.sub(|cell| cell.text(&parts.join(" · ")));
    }
    if let Some(problem) = &feature.problem {
        cell.sub(|cell| cell.text(problem));
    }
}

/// When the licenses of a feature end.
fn write_end(feature: &Feature, cell: &mut Cell<'_>) {
    match feature.expires() {
        Some(at) => cell.date_of(at),
        None if feature.pools.iter().any(|pool| pool.permanent) => cell.text("never"),
        None => cell.muted("–"),
    }
}

/// What there is of each feature. A log tells denials, and neither numbers nor ends.
fn features(source: &Source, filter: &SourceFilter) -> Drawn {
    let all = source.features.len();
    let part = PagePart::new(filter.features, all);
    let (is_log, tells_use) = (source.kind.is_log(), tells_use(source));
    let (tells_number, in_use) = (!is_log, tells_use && !is_log);
    let nothing = view! { <EmptyState title="No features" why="The last answer names none." /> }.drawn();
    let table = Table::new("Features of the source")
        .look("sources")
        .column(Column::row_header("Feature", |row: &SourceFeature, cell| write_feature(&row.feature, cell)))
        .column_if(
            tells_number,
            Column::number("Issued", |row: &SourceFeature, cell| match row.feature.uncounted {
                true => cell.text("uncounted"),
                false => write_told(row.feature.issued, cell),
            }),
        )
        .column_if(
            tells_use,
            Column::number("Taken", |row: &SourceFeature, cell| {
                if row.feature.in_use.is_none() && row.feature.held.is_empty() {
                    return write_told(None, cell);
                }
                cell.number(row.feature.taken());
                let listed = row.feature.taken().saturating_add(row.feature.held_back().unwrap_or(0));
                if let Some(in_use) = row.feature.in_use.filter(|in_use| *in_use != listed) {
                    cell.sub(|cell| cell.text(&format!("{} counted in use", grouped(in_use))));
                }
            }),
        )
        .column_if(
            in_use,
            Column::number("Reserved only", |row: &SourceFeature, cell| {
                write_told(row.feature.held_back(), cell);
            }),
        )
        .column_if(in_use, Column::number("Free", |row: &SourceFeature, cell| write_told(row.feature.free(), cell)))
        .column_if(in_use, Column::number("Queued", |row: &SourceFeature, cell| cell.number(row.feature.queued())))
        .column_if(tells_number, Column::time("Ends", |row: &SourceFeature, cell| write_end(&row.feature, cell)))
        .column_if(is_log, Column::number("Shortage", |row: &SourceFeature, cell| cell.number(row.denials.shortage)))
        .column_if(is_log, Column::number("Policy", |row: &SourceFeature, cell| cell.number(row.denials.policy)))
        .column_if(
            is_log,
            Column::number("Configuration", |row: &SourceFeature, cell| cell.number(row.denials.configuration)),
        )
        .empty(nothing)
        .draw(&source.features[part.range()]);
    let meaning = match (is_log, in_use) {
        (true, _) => {
            "Denials since Leasehold reads this log, by cause. Shortage: all licenses were taken or reserved. Policy: a rule of the administrator. Configuration: not served here, expired, or another version. Only shortage is helped by more licenses."
        }
        (_, true) => {
            "Taken: in somebody's hands. Reserved only: kept for somebody who holds none; the daemon counts them as in use. Free: neither. Denials are in the daemon's log: add that as a source too."
        }
        (_, false) => "This text says what is licensed. The daemon itself knows who uses it: add that as a source too.",
    };
    let (tag, filter) = (source.tag.clone(), filter.clone());
    let href = Box::new(move |page| at(&tag, &SourceFilter { features: page, ..filter.clone() }, "features"));
    view! {
        <Card title="Features" id="features" aside=count(all, "feature", "features").drawn()>
            {table}
            <Pages part=part href=href label="More features" />
            <p class="fine">{meaning}</p>
        </Card>
    }
    .drawn()
}

/// A license in somebody's hands.
struct Holder<'a> {
    feature: &'a Feature,
    held: &'a HeldLicense,
}

/// Who holds what; nothing where the text tells of no use.
fn holders(source: &Source, filter: &SourceFilter) -> Option<Drawn> {
    if source.last_good.is_none() || !tells_use(source) {
        return None;
    }
    let of = |feature| move |held| Holder { feature, held };
    let rows: Vec<Holder<'_>> =
        source.features.iter().flat_map(|row| row.feature.held.iter().map(of(&row.feature))).collect();
    let part = PagePart::new(filter.holders, rows.len());
    let nothing = view! { <EmptyState title="Nobody holds a license" why="All are free, or kept for somebody." /> };
    let table = Table::new("Who holds licenses, and since when")
        .look("sources")
        .column(Column::row_header("User", |row: &Holder<'_>, cell| match row.held.user.as_str() {
            "" => cell.muted("unknown"),
            user => cell.text(user),
        }))
        .column(Column::text("Host", |row: &Holder<'_>, cell| {
            cell.text(&row.held.host);
            if !row.held.display.is_empty() && row.held.display != row.held.host {
                cell.sub(|cell| cell.text(&format!("display {}", row.held.display)));
            }
        }))
        .column(Column::text("Feature", |row: &Holder<'_>, cell| {
            cell.code(&row.feature.name);
            if !row.held.version.is_empty() {
                cell.sub(|cell| cell.text(&format!("version {}", row.held.version)));
            }
        }))
        .column(Column::number("Licenses", |row: &Holder<'_>, cell| cell.number(row.held.count)))
        .column(Column::time("Since", |row: &Holder<'_>, cell| {
            match row.held.since {
                Some(at) => cell.ago(at),
                None => cell.muted("unknown"),
            }
            if let Some(left) = row.held.linger_s {
                let left = about(i64::try_from(left).unwrap_or(i64::MAX).saturating_mul(1_000));
                cell.sub(|cell| cell.text(&format!("returned or borrowed, held for {left} more")));
            }
        }))
        .empty(nothing.drawn())
        .draw(&rows[part.range()]);
    let all = rows.len();
    let (tag, filter) = (source.tag.clone(), filter.clone());
    let href = Box::new(move |page| at(&tag, &SourceFilter { holders: page, ..filter.clone() }, "holders"));
    let view = view! {
        <Card title="Who holds licenses" id="holders" aside=count(all, "check-out", "check-outs").drawn()>
            {table}
            <Pages part=part href=href label="More check-outs" />
        </Card>
    };
    Some(view.drawn())
}

/// Lines that could not be read, with the reason; nothing where there are none.
fn unread(source: &Source, filter: &SourceFilter) -> Option<Drawn> {
    let (lines, all) = (&source.unread.lines, source.unread.count);
    if all == 0 {
        return None;
    }
    let part = PagePart::new(filter.unread, lines.len());
    let table = Table::new("Lines that could not be read")
        .look("sources")
        .column(Column::row_header("Line", |row: &Unread, cell| cell.text(&row.line.to_string())))
        .column(Column::text("Text", |row: &Unread, cell| cell.code(&row.text)).whole_line())
        .column(Column::text("Reason", |row: &Unread, cell| cell.text(&row.reason)))
        .draw(&lines[part.range()]);
    let kept = (lines.len() < all).then(|| {
        view! { <p class="fine">{format!("The first {} are kept.", grouped(lines.len() as u64))}</p> }.drawn()
    });
    let whole = if source.kind.is_log() { "Since Leasehold reads this log." } else { "In the last text." };
    let (tag, filter) = (source.tag.clone(), filter.clone());
    let href = Box::new(move |page| at(&tag, &SourceFilter { unread: page, ..filter.clone() }, "unread"));
    let view = view! {
        <Card title="Lines that could not be read" id="unread" aside=count(all, "line", "lines").drawn()>
            <p>{whole}" They are kept as they came; nothing is guessed from them, and all other lines count."</p>
            {table}
            <Pages part=part href=href label="More lines" />
            {kept}
        </Card>
    };
    Some(view.drawn())
}

/// Reads a text that is pasted.
fn paste(source: &Source) -> Drawn {
    let context = request();
    let why_not = context.why_not(Permission::ImportUsage).map(str::to_owned);
    let disabled = why_not.is_some();
    let wrong = context.error("text");
    let (described, invalid) = (described_by("text", true, wrong.is_some()).unwrap_or_default(), wrong.is_some());
    let (text, focus) = (context.typed("text", ""), context.focuses("text"));
    let action = paths::source_action(&source.tag, "text");
    let command = format!("leasehold source push {} FILE", source.tag);
    let hint = format!("{}, complete, up to about 2 MB.", kind_words(source.kind));
    view! {
        <Card title="Read a text" id="paste">
            <p class="muted">"It is read as if it had come from the source. The same text twice counts once."</p>
            <form method="post" action=action class="upload">
                <div class="field">
                    <label for="text">"Text"</label>
                    <p class="hint" id="text-hint">{hint}</p>
                    <TextArea name="text" id="text" text=text rows=7 described_by=described invalid=invalid disabled=disabled autofocus=focus look="input mono" />
                    {wrong.map(|sentence| view! { <FieldProblem name="text".to_owned() sentence=sentence /> })}
                </div>
                <div class="actions"><Submit why_not=why_not>"Read the text"</Submit></div>
            </form>
            <p class="fine">"A larger file: "<code>{command}</code></p>
        </Card>
    }
    .drawn()
}

/// How it is read.
fn about_it(source: &Source) -> Drawn {
    let from = Cell::alone(|cell| write_input(&source.input, LONG, cell));
    let every = match source.input {
        SourceInput::Pushed => "When a text is pushed".to_owned(),
        _ => format!("Every {} s", grouped(source.every_s.into())),
    };
    let zone = if source.zone.is_empty() { "Of this machine".to_owned() } else { source.zone.clone() };
    let kind = kind_words(source.kind);
    let time = |at: Option<i64>| match at {
        Some(at) => view! { <TimeAgo at_ms=at /> }.drawn(),
        None => view! { <span class="muted">"none yet"</span> }.drawn(),
    };
    let (tried, good) = (time(source.tried_at), time(source.last_good));
    let moment = source.picture.at.map(|at| view! { <TimeAgo at_ms=at /> }.drawn());
    view! {
        <Card title="Details" id="about">
            <Facts>
                <Fact label="Kind">{kind}</Fact>
                <Fact label="Read from">{from}</Fact>
                <Fact label="Interval">{every}</Fact>
                <Fact label="Time zone">{zone}</Fact>
                <Fact label="Last look">{tried}</Fact>
                <Fact label="Last good answer">{good}</Fact>
                {moment.map(|moment| view! { <Fact label="Time in the text">{moment}</Fact> })}
            </Facts>
        </Card>
    }
    .drawn()
}

/// Removes it, after a question.
fn removal(source: &Source) -> Drawn {
    let why_not = request().why_not(Permission::ManageSources).map(str::to_owned);
    let (title, action) = (format!("Remove {}?", source.tag), paths::source_action(&source.tag, "remove"));
    view! {
        <Card title="Remove" id="removal">
            <p class="muted">"What was in use stays in the usage records."</p>
            <div class="actions">
                <Confirm id="remove" title=title verb="Remove this source" action=action why_not=why_not>
                    <p>"Leasehold stops looking at it and deletes its last answer: features, who holds licenses, denials by cause. The daemon itself keeps running. What was in use stays in the usage records."</p>
                </Confirm>
            </div>
        </Card>
    }
    .drawn()
}

#[cfg(test)]
mod tests {
    use super::*;
    use licensing::source::{Denials, Picture, SourceKind, UnreadLines};

    fn source(last_good: Option<i64>, problem: Option<&str>, features: Vec<Feature>) -> Source {
        Source {
            tag: "eu_acme".to_owned(),
            kind: SourceKind::Lmstat,
            input: SourceInput::Pushed,
            every_s: 60,
            zone: String::new(),
            tried_at: last_good,
            last_good,
            problem: problem.map(str::to_owned),
            picture: Picture::default(),
            features: features
                .into_iter()
                .map(|feature| SourceFeature { feature, denials: Denials::default() })
                .collect(),
            unread: UnreadLines::default(),
        }
    }

    fn feature(in_use: Option<u64>) -> Feature {
        Feature { name: "f".to_owned(), issued: Some(10), in_use, ..Feature::default() }
    }

    fn daemon(name: &str, up: bool) -> Daemon {
        Daemon { name: name.to_owned(), up, version: None, problem: None }
    }

    #[test]
    fn the_page_opens_with_what_the_source_tells_and_which_daemons_are_down() {
        let mut half = source(Some(1), None, vec![feature(Some(0))]);
        half.picture.servers = vec![daemon("lic-a", true)];
        half.picture.vendors = vec![daemon("acmed", false)];
        for (source, tone, sentence) in [
            (source(None, None, Vec::new()), Tone::Info, "No answer yet."),
            (source(None, Some("Can't start it."), Vec::new()), Tone::Danger, "The last look failed."),
            (source(Some(1), None, vec![feature(Some(0))]), Tone::Success, "1 feature and 0 licenses taken."),
            (source(Some(1), None, vec![feature(None), feature(None)]), Tone::Success, "2 features."),
            (half, Tone::Warning, "acmed is down. 1 feature and 0 licenses taken."),
        ] {
            assert_eq!(standing(&source), (tone, sentence.to_owned()));
        }
    }
}
