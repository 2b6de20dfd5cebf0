//! The pages of the exchange and the licenses in their states.

use crate::exchange_samples::*;
use crate::license_samples::*;
use crate::samples::{DAY, HOUR, MINUTE, NOW, administrator, refused, viewer};
use crate::{Preview, render};
use app::components::Layout;
use app::pages::exchange::*;
use app::pages::licenses::{LicenseFilter, LicensesPage, LicensesView};
use app::request::RequestContext;
use engine::exchange::{LicenseItem, Readiness};
use leptos::prelude::*;
use licensing::bundle::{License, LicenseKind, LicenseStatus, LicenseVerdict};

fn inside(name: &str, context: RequestContext, page: impl FnOnce() -> AnyView + Send + 'static) -> Preview {
    render(name, context, || view! { <Layout>{page()}</Layout> }.into_any())
}

/// All previews of this area.
pub fn all() -> Vec<Preview> {
    [network_pages(), hand_pages(), ledger_pages(), cluster_pages(), license_pages()].concat()
}

fn network(name: &str, context: RequestContext, data: ExchangePage) -> Preview {
    inside(name, context, || view! { <ExchangeView data=data /> }.into_any())
}

fn network_pages() -> Vec<Preview> {
    let admin = || administrator("/exchange");
    let late = |days: i64, limit: u32| ExchangePage {
        last_round: Some(failed_round()),
        failed_rounds: 7,
        next_attempt_ms: Some(NOW + 48 * MINUTE),
        protocol: "HTTPS, port 8443".into(),
        proxy: Some("http://proxy.example:3128".into()),
        ..exchange(contact(Some(days * DAY + 4 * HOUR), limit))
    };
    let mut flagged = late(34, 60);
    flagged.contact.clock_flag = Some("The clock of this machine was set back by 3 days. That gains nothing: the days since the last exchange go on counting. Set the clock right.".into());
    flagged.notices = vec!["A second installation reported with this GUID on 12 Nov 2026. Ask the vendor's support which of the two is to stay.".into()];
    let with = |readiness: Readiness| ExchangePage { readiness, ..unregistered() };
    let other = Readiness::OtherGuid {
        file: "{11111111-7BD5-633B-F0F4-B1470BBD0B8E}".parse().expect("a GUID"),
        registered: crate::samples::GUID.parse().expect("a GUID"),
    };
    let running = ExchangePage { running: true, ..exchange(contact(Some(3 * HOUR), 60)) };
    let mut refusing = exchange(contact(Some(26 * HOUR), 60));
    refusing.last_round = Some(refused_round());
    refusing.failed_rounds = 2;
    refusing.registration.open = true;
    let mut no_context = admin();
    no_context.form = refused(
        &[("form", CORRECTION), ("new_context", "production"), ("new_guid", "DF9960A1")],
        &[
            ("new_guid", "A GUID has 32 hexadecimal digits; this has 8."),
            (
                "new_context",
                "The licenses at flexlicense-s02.lumenvox.com:443 are for a backup server. Choose backup, or ask the vendor.",
            ),
            ("password", "This is not your current password."),
        ],
    );
    let mut unchecked = exchange(contact(Some(3 * HOUR), 60));
    unchecked.registration.auth_is_kept = true;
    unchecked.registration.is_confirmed = true;
    unchecked.registration.unchecked =
        Some(Unchecked { sentence: "No licensing node could be reached.".into(), attempts: failed_round().attempts });
    let fresh = ExchangePage {
        last_round: None,
        last_success: None,
        next_attempt_ms: Some(NOW),
        ..exchange(contact(None, 60))
    };
    vec![
        network("exchange", admin(), exchange(contact(Some(3 * HOUR), 60))),
        network("exchange-late", admin(), late(4, 60)),
        network("exchange-reminder", admin(), flagged),
        network("exchange-final", admin(), late(57, 60)),
        network("exchange-lapsed", admin(), late(75, 60)),
        network("exchange-long", admin(), late(100, 120)),
        network("exchange-refused", admin(), refusing.clone()),
        network("exchange-refused-viewer", viewer("/exchange"), refusing),
        network("exchange-correction", no_context, exchange(contact(Some(3 * HOUR), 60))),
        network("exchange-unchecked", admin(), unchecked),
        network("exchange-running", admin(), running),
        network("exchange-first", admin(), fresh),
        network("exchange-empty", admin(), with(Readiness::Unregistered)),
        network("exchange-no-key", admin(), with(Readiness::NoKey)),
        network("exchange-no-auth", admin(), with(Readiness::NoAuth)),
        network("exchange-other-guid", admin(), with(other)),
        network(
            "exchange-unreadable",
            viewer("/exchange"),
            with(Readiness::Unreadable("There is no file at /etc/lumenvox/license_server.conf.".into())),
        ),
        network("exchange-viewer", viewer("/exchange"), late(57, 60)),
    ]
}

fn hand_pages() -> Vec<Preview> {
    let page = |name: &str, context: RequestContext, data: HandPage| {
        inside(name, context, || view! { <HandView data=data /> }.into_any())
    };
    let admin = || administrator("/exchange/hand");
    let mut wrong = admin();
    wrong.form = refused(
        &[("response", "<html><body>Sign in</body></html>")],
        &[(
            "response",
            "This is a web page, not the answer of a node. A sign-in page of the network may have answered instead. Nothing was changed.",
        )],
    );
    let mut wrong_file = admin();
    wrong_file.form =
        refused(&[], &[("file", "The answer ends in the middle. Copy the file again, whole. Nothing was changed.")]);
    let mut hidden = viewer("/exchange/hand");
    hidden.query = vec![("report".into(), REPORT.into())];
    let mut unknown = admin();
    unknown.query = vec![("report".into(), "00000000-0000-4000-8000-000000000000".into())];
    let good = HandPage { checked: Some(checked(false)), ..hand(None) };
    let same = HandPage { checked: Some(checked(true)), ..hand(None) };
    let empty = HandPage { open: Vec::new(), contact: contact(None, 60), ..hand(None) };
    let large = ReportModel { qr_svg: None, ..report("lost") };
    vec![
        page("hand", admin(), hand(None)),
        page("hand-report", admin(), hand(Some(report("open")))),
        page("hand-answered", admin(), hand(Some(report("answered")))),
        page("hand-lost", admin(), hand(Some(large))),
        page("hand-refused", wrong, hand(Some(report("open")))),
        page("hand-file", wrong_file, hand(None)),
        page("hand-hidden", hidden, hand(None)),
        page("hand-checked", admin(), good),
        page("hand-unchanged", admin(), same),
        page("hand-empty", admin(), empty),
        page("hand-unknown", unknown, hand(None)),
        page(
            "hand-unregistered",
            admin(),
            HandPage { readiness: Readiness::Unregistered, open: Vec::new(), ..hand(None) },
        ),
        page("hand-viewer", viewer("/exchange/hand"), hand(Some(report("open")))),
    ]
}

fn ledger_pages() -> Vec<Preview> {
    let page = |name: &str, context: RequestContext, data: LedgerPage| {
        inside(name, context, || view! { <LedgerView data=data /> }.into_any())
    };
    let admin = || administrator("/exchange/ledger");
    let filtered = LedgerPage { items: Vec::new(), filter: "lost".into(), next: None };
    let mut by_hand = receipt(true);
    (by_hand.entry.channel, by_hand.entry.node) = ("console".into(), None);
    by_hand.answer.by = "admin".into();
    vec![
        page("ledger", admin(), ledger()),
        page("ledger-empty", admin(), LedgerPage::default()),
        page("ledger-nothing", admin(), filtered),
        inside("receipt", administrator("/exchange/receipt/x"), || {
            view! { <ReceiptView data=receipt(false) /> }.into_any()
        }),
        inside("receipt-unchanged", administrator("/exchange/receipt/x"), || {
            view! { <ReceiptView data=by_hand /> }.into_any()
        }),
    ]
}

fn cluster_pages() -> Vec<Preview> {
    let many = |name: &str, context: RequestContext, data: ClustersPage| {
        inside(name, context, || view! { <ClustersView data=data /> }.into_any())
    };
    let one = |name: &str, context: RequestContext, data: ClusterPage| {
        inside(name, context, || view! { <ClusterView data=data /> }.into_any())
    };
    let admin = || administrator("/exchange/clusters");
    let mut wrong = admin();
    wrong.form = refused(
        &[("name", "Vienna"), ("uri", "vienna"), ("ca", "no certificate"), ("deployment", "x"), ("tls", "")],
        &[
            ("uri", "“vienna” has no port. Write host and port, such as vienna.example:443."),
            ("deployment", "“x” is not a UUID."),
            ("ca", "This holds no certificate. Paste everything from BEGIN CERTIFICATE to END CERTIFICATE."),
        ],
    );
    let mut refused_answer = admin();
    refused_answer.form =
        refused(&[("response", "{")], &[("response", "The answer ends in the middle. Copy it whole.")]);
    vec![
        many("clusters", admin(), clusters()),
        many("clusters-empty", admin(), ClustersPage::default()),
        many("clusters-refused", wrong, clusters()),
        many("clusters-viewer", viewer("/exchange/clusters"), clusters()),
        one("cluster", admin(), cluster(true)),
        one("cluster-new", admin(), cluster(false)),
        one("cluster-refused", refused_answer, cluster(false)),
        one("cluster-viewer", viewer("/exchange/clusters/1"), cluster(true)),
    ]
}

fn license_pages() -> Vec<Preview> {
    let page = |name: &str, context: RequestContext, data: LicensesPage| {
        inside(name, context, || view! { <LicensesView data=data /> }.into_any())
    };
    let admin = || administrator("/licenses");
    let none = || LicensesPage {
        serial: None,
        installed_ms: None,
        last_changes: None,
        context: None,
        contact: contact(None, 60),
        ..licenses(Vec::new())
    };
    let filter = |q: &str| LicenseFilter {
        q: q.into(),
        kind: "concurrent".into(),
        sort: "licensed".into(),
        descending: true,
        ..LicenseFilter::default()
    };
    let some = LicensesPage {
        items: all_licenses().into_iter().filter(|item| item.license.kind == LicenseKind::Concurrent).collect(),
        filter: filter(""),
        ..licenses(all_licenses())
    };
    let nothing = LicensesPage { items: Vec::new(), filter: filter("zebra"), ..licenses(all_licenses()) };
    let lapsed = all_licenses()
        .into_iter()
        .map(|item| {
            let of = &item.license;
            license(&of.id, of.product.as_str(), of.kind, of.count, LicenseStatus::Lapsed)
        })
        .collect();
    let lapsed = LicensesPage { contact: contact(Some(61 * DAY), 60), ..licenses(lapsed) };
    vec![
        page("licenses", admin(), licenses(all_licenses())),
        page("licenses-filtered", admin(), some),
        page("licenses-nothing", admin(), nothing),
        page("licenses-lapsed", admin(), lapsed),
        page("licenses-none", admin(), LicensesPage { last_changes: None, ..licenses(Vec::new()) }),
        page("licenses-never", admin(), none()),
        page("licenses-unregistered", admin(), LicensesPage { readiness: Readiness::Unregistered, ..none() }),
        page("licenses-viewer", viewer("/licenses"), none()),
        page("licenses-many", admin(), licenses(many_licenses())),
    ]
}

/// As many as a large installation has, few of them alike.
fn many_licenses() -> Vec<LicenseItem> {
    let products = ["ASR_ENUS", "TTS3", "VAD", "TRAN_ENUS", "ETRAN_ENUS"];
    (0..5_000)
        .map(|number: usize| {
            let product = products[number % products.len()];
            let kind = if number.is_multiple_of(7) { LicenseKind::Countdown } else { LicenseKind::Concurrent };
            let row = license(&format!("L-2026-{number:04}"), product, kind, 20 + number as u64, LicenseStatus::Active);
            LicenseItem { in_use: if number.is_multiple_of(4) { 3 } else { 0 }, over_committed: false, ..row }
        })
        .collect()
}

#[test]
fn many_licenses_are_shown_page_by_page() {
    let page = all().into_iter().find(|preview| preview.name == "licenses-many").expect("the page is there");
    assert_eq!(page.html.matches("<tr>").count(), 41);
    assert!(page.html.contains("1–40 of 5,000") && page.html.contains("/licenses?page=2"));
    assert!(page.html.len() <= 60_000, "{} bytes", page.html.len());
}

#[test]
fn what_a_license_says_cannot_become_markup() {
    const EVIL: &str = "</title><script>alert(1)</script>\"'><img src=x onerror=alert(1)>";
    let evil = |standing| {
        let item = license(EVIL, "TTS3", LicenseKind::Concurrent, 1, standing);
        let license = License { version: Some(EVIL.into()), ..(*item.license).clone() };
        LicenseItem { license: license.into(), verdict: LicenseVerdict { standing, reason: Some(EVIL.into()) }, ..item }
    };
    let data = LicensesPage {
        filter: LicenseFilter { q: EVIL.into(), state: EVIL.into(), sort: EVIL.into(), ..LicenseFilter::default() },
        ..licenses(vec![evil(LicenseStatus::Active), evil(LicenseStatus::Expired)])
    };
    let page = inside("licenses", administrator("/licenses"), || view! { <LicensesView data=data /> }.into_any());
    assert!(!page.html.contains("<script") && !page.html.contains("<img"));
}

#[test]
fn who_may_not_exchange_never_sees_the_auth_string() {
    for preview in all() {
        let may_see = ["hand-report", "hand-lost", "hand-refused", "cluster"].contains(&preview.name.as_str());
        assert_eq!(preview.html.contains("51b5e6d2f0"), may_see, "{}", preview.name);
    }
}

#[test]
fn an_answer_that_is_carried_to_its_application_cannot_become_markup() {
    let page = all().into_iter().find(|preview| preview.name == "hand-checked").expect("the page is there");
    assert!(!page.html.contains("<script"));
    assert_eq!(page.html.matches("<textarea").count(), page.html.matches("</textarea>").count());
    assert!(page.html.contains("&lt;script&gt;alert(1)"));
}
