//! The pages of other license daemons in their states.

use crate::Preview;
use crate::pages::inside;
use crate::samples::{DAY, HOUR, MINUTE, NOW, administrator, refused, viewer};
use app::pages::sources::{SourceFilter, SourcePage, SourceView, SourcesPage, SourcesView};
use app::request::RequestContext;
use engine::sources::{ListedSource, Source, SourceFeature, SourceInput};
use leptos::prelude::*;
use licensing::source::{
    Daemon, Denials, Feature, HeldLicense, Picture, Pool, QueuedRequest, Reservation, SourceKind, Unread, UnreadLines,
};

/// A name that is as hostile as a name can be.
const EVIL: &str = "<script>alert(1)</script>\"'";

fn command() -> SourceInput {
    let words = ["/opt/flexnet/lmutil", "lmstat", "-a", "-c", "27000@licences-of-a-long-department-name.example.com"];
    SourceInput::Command(words.map(str::to_owned).to_vec())
}

fn listed(tag: &str, kind: SourceKind, input: SourceInput) -> ListedSource {
    let last_good = Some(NOW - MINUTE);
    ListedSource {
        tag: tag.into(),
        kind,
        input,
        every_s: 60,
        zone: String::new(),
        tried_at: last_good,
        last_good,
        problem: None,
        features: 12,
        unread: 0,
    }
}

fn list() -> SourcesPage {
    let log = SourceInput::File("/var/log/flexnet/debug.log".into());
    SourcesPage {
        items: vec![
            ListedSource { unread: 3, ..listed("eu_acme", SourceKind::Lmstat, command()) },
            ListedSource {
                last_good: Some(NOW - 6 * HOUR),
                problem: Some("Can't read /var/log/flexnet/debug.log: Permission denied (os error 13).".into()),
                ..listed("eu_acme_log", SourceKind::FlexnetLog, log)
            },
            ListedSource {
                last_good: None,
                features: 0,
                ..listed(&"render-".repeat(9), SourceKind::Rlmstat, SourceInput::Pushed)
            },
        ],
        page: None,
    }
}

fn held(user: &str, count: u64, minutes: Option<i64>) -> HeldLicense {
    HeldLicense {
        user: user.into(),
        host: "ws-12.a-department.example.com".into(),
        display: "ws-12:0".into(),
        extra: String::new(),
        version: "v11.0".into(),
        handle: "7".into(),
        count,
        since: minutes.map(|minutes| NOW - minutes * MINUTE),
        pid: None,
        linger_s: None,
    }
}

fn pool(expires: Option<i64>) -> Pool {
    Pool { version: Some("11.0".into()), issued: Some(12), expires, permanent: expires.is_none(), binding: None }
}

fn feature(name: &str) -> Feature {
    Feature {
        name: name.into(),
        vendor: "acmed".into(),
        issued: Some(12),
        in_use: Some(0),
        pools: vec![pool(Some(NOW + 40 * DAY))],
        ..Feature::default()
    }
}

fn features() -> Vec<Feature> {
    let reserved = Reservation { kind: "GROUP".into(), name: "lab".into(), count: 5 };
    let waits = QueuedRequest { user: "cy".into(), host: "ws-14".into(), display: String::new(), count: 2 };
    let borrowed = HeldLicense { linger_s: Some(3 * 86_400), ..held("Ann Example", 1, None) };
    vec![
        Feature {
            in_use: Some(9),
            held: vec![held("Ann Example", 5, Some(200)), held(EVIL, 1, Some(3))],
            reserved: vec![reserved],
            queued: vec![waits],
            ..feature("router_pro")
        },
        Feature { in_use: Some(3), held: vec![borrowed], pools: vec![pool(None)], ..feature("ARC/INFO") },
        Feature { issued: None, uncounted: true, in_use: None, pools: Vec::new(), ..feature("viewer") },
        Feature {
            issued: None,
            in_use: None,
            problem: Some("(Error: 6 licenses, unsupported by licensed server)".into()),
            ..feature("old")
        },
    ]
}

fn source(features: Vec<Feature>) -> Source {
    let daemon = |name: &str, problem: Option<&str>| Daemon {
        name: name.into(),
        up: problem.is_none(),
        version: Some("v11.19.4".into()),
        problem: problem.map(str::to_owned),
    };
    let denials = |shortage| Denials { shortage, policy: shortage / 3, configuration: 1 };
    Source {
        tag: "eu_acme".into(),
        kind: SourceKind::Lmstat,
        input: command(),
        every_s: 60,
        zone: "Europe/Berlin".into(),
        tried_at: Some(NOW - MINUTE),
        last_good: Some(NOW - MINUTE),
        problem: None,
        picture: Picture {
            at: Some(NOW - 2 * MINUTE),
            servers: vec![daemon("lic-a.example.com", None)],
            vendors: vec![
                daemon("acmed", None),
                daemon("otherd", Some("The desired vendor daemon is down. (-97,121)")),
            ],
            ..Picture::default()
        },
        features: (0_u64..)
            .zip(features)
            .map(|(at, feature)| SourceFeature { feature, denials: denials(at * 7) })
            .collect(),
        unread: UnreadLines::default(),
    }
}

fn loaded() -> Source {
    let line = |line, text: &str| Unread { line, text: text.into(), reason: "it has no form that is known".into() };
    let unread = UnreadLines { lines: vec![line(9, "what is this"), line(12, EVIL)], count: 2 };
    Source { unread, ..source(features()) }
}

/// More than one page of everything.
fn many() -> Source {
    let holders = (1..=90).map(|number| held(&format!("user{number:03}"), 1, Some(number))).collect();
    let first = Feature { issued: Some(100), in_use: Some(90), held: holders, ..feature("router_pro") };
    let others = (1..60).map(|number| feature(&format!("option_{number:02}")));
    let line = |line: usize| Unread { line, text: "?".repeat(500), reason: "it has no form that is known".into() };
    let unread = UnreadLines { lines: (1..=1_000).map(line).collect(), count: 4_711 };
    Source { unread, ..source(std::iter::once(first).chain(others).collect()) }
}

fn log() -> Source {
    let of_log = |feature: Feature| Feature { issued: None, pools: Vec::new(), ..feature };
    Source {
        kind: SourceKind::FlexnetLog,
        input: SourceInput::File("/var/log/flexnet/debug.log".into()),
        picture: Picture { at: Some(NOW - MINUTE), ..Picture::default() },
        ..source(features().into_iter().take(2).map(of_log).collect())
    }
}

fn waiting() -> Source {
    let input = SourceInput::Pushed;
    let (picture, zone) = (Picture::default(), String::new());
    Source { input, picture, zone, tried_at: None, last_good: None, ..source(Vec::new()) }
}

fn show_list(name: &str, context: RequestContext, data: SourcesPage) -> Preview {
    inside(name, context, move || view! { <SourcesView data=data /> }.into_any())
}

fn show(name: &str, context: RequestContext, source: Source) -> Preview {
    show_with(name, context, source, SourceFilter::default())
}

fn show_with(name: &str, context: RequestContext, source: Source, filter: SourceFilter) -> Preview {
    let data = SourcePage { source, filter };
    inside(name, context, move || view! { <SourceView data=data /> }.into_any())
}

fn at() -> RequestContext {
    administrator("/sources/eu_acme")
}

/// All of them.
pub fn pages() -> Vec<Preview> {
    let mut wrong = administrator("/sources");
    wrong.form = refused(
        &[("tag", "eu acme"), ("kind", "rlmstat"), ("command", "rlmstat\n-a"), ("every", "5")],
        &[
            ("tag", "A tag has 1 to 64 letters, digits, “_” and “-”."),
            ("command", "Give the program by its absolute path, such as /opt/flexnet/lmutil."),
            ("every", "Enter a number of seconds from 10 to 86400."),
        ],
    );
    let mut nothing_pasted = at();
    nothing_pasted.form = refused(&[("text", "")], &[("text", "Paste the text first.")]);
    let problem = Some("/opt/flexnet/lmutil did not end within 60 s and was ended.".to_owned());
    vec![
        show_list("sources-empty", administrator("/sources"), SourcesPage::default()),
        show_list("sources", administrator("/sources"), list()),
        show_list("sources-refused", wrong, list()),
        show_list("sources-readonly", viewer("/sources"), list()),
        show("source", at(), loaded()),
        show("source-many", at(), many()),
        show("source-log", at(), log()),
        show("source-waiting", at(), waiting()),
        show("source-down", at(), Source { last_good: Some(NOW - 6 * HOUR), problem: problem.clone(), ..loaded() }),
        show("source-never", at(), Source { last_good: None, problem, ..source(Vec::new()) }),
        show("source-refused", nothing_pasted, waiting()),
        show("source-readonly", viewer("/sources/eu_acme"), loaded()),
    ]
}

#[test]
fn what_is_taken_reserved_and_free_stands_apart_and_what_is_not_told_is_no_zero() {
    let page = show("", at(), loaded()).html;
    // Of 12 issued ones 9 are counted in use: 6 in somebody's hands, 3 kept for who holds none.
    let row = page.split("<code>router_pro</code>").nth(1).and_then(|rest| rest.split("</tr>").next()).unwrap();
    for cell in ["<td>12</td>", "<td>6</td>", "<td>3</td>", "<td>2</td>"] {
        assert!(row.contains(cell), "{cell}: {row}");
    }
    let row = page.split("<code>old</code>").nth(1).and_then(|rest| rest.split("</tr>").next()).unwrap();
    assert!(row.contains("unsupported by licensed server") && row.contains("<span class=\"muted\">–</span>"), "{row}");
    assert!(page.contains("3 counted in use"), "shared licenses are in use and in no line: {page}");
    assert!(page.contains("otherd is down.") && page.contains("uncounted") && page.contains("never"), "{page}");
    assert!(!page.contains("<script>alert"), "{page}");
}

#[test]
fn a_log_tells_denials_by_cause_and_no_numbers() {
    let page = show("", at(), log()).html;
    for head in ["Shortage", "Policy", "Configuration"] {
        assert!(page.contains(&format!("<th scope=\"col\">{head}</th>")), "{head}");
    }
    assert!(!page.contains("<th scope=\"col\">Issued</th>") && !page.contains("Denials are in the"), "{page}");
}

#[test]
fn long_lists_are_shown_forty_rows_at_a_time() {
    let page = show("", at(), many()).html;
    assert!(page.contains("user040") && !page.contains("user041"), "{page}");
    assert!(page.contains("href=\"/sources/eu_acme?holders=2#holders\""), "{page}");
    assert!(page.contains("1–40 of 60") && page.contains("The first 1,000 are kept."), "{page}");
    let filter = SourceFilter { holders: Some(3), ..SourceFilter::default() };
    let last = show_with("", at(), many(), filter).html;
    assert!(last.contains("user090") && !last.contains("user080"), "{last}");
}

#[test]
fn who_may_not_change_a_source_is_told_why() {
    let page = show("", viewer("/sources/eu_acme"), loaded()).html;
    for reason in [
        "Importing usage needs the role operator or administrator.",
        "Adding and removing sources needs the role administrator.",
    ] {
        assert!(page.contains(reason), "{reason}");
    }
    let list = show_list("", viewer("/sources"), list()).html;
    assert!(list.contains("Adding and removing sources needs the role administrator."), "{list}");
    assert!(list.contains("1 of 3 sources is down: eu_acme_log."), "{list}");
}
