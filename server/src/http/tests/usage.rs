//! What the page of the usage, its files and the API say of the past.

use engine::usage::Batch;
use licensing::client_protocol::{CheckOut, CheckOutOutcome};
use licensing::context::Context;

use super::*;

/// The time of [`TestApp`]: Fri 15 Jan 2027, 08:00 UTC.
const NOW: i64 = 1_800_000_000_000;
const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;

fn check_out(user: &str, from: i64, to: Option<i64>) -> CheckOut {
    CheckOut {
        product: "TTS3".parse().unwrap(),
        user: user.to_owned(),
        host: "desk".to_owned(),
        from,
        to,
        outcome: if to.is_some() { CheckOutOutcome::Returned } else { CheckOutOutcome::Denied },
        opened: None,
        before: None,
    }
}

/// Two licenses, all in use 20 days ago; 50 since ten days ago, of which three were in use five days ago. Recorded for 40 days.
async fn used() -> TestApp {
    let test = TestApp::claimed().await;
    let usage = &test.app.engine.usage;
    for (ago, count) in [(40, 2), (10, 50)] {
        usage.licensed(NOW - ago * DAY, Some(Context::Production), &[("TTS3".to_owned(), count)]).await.unwrap();
    }
    let (then, later) = (NOW - 20 * DAY, NOW - 5 * DAY);
    let mut records = vec![check_out("anna", then, Some(then + HOUR)), check_out("bert", then, Some(then + HOUR))];
    records.extend((0..3).map(|_| check_out("bert", then, None)));
    records.extend((0..3).map(|_| check_out("anna", later, Some(later + HOUR))));
    let batch = Batch {
        session: 1,
        client: "desk".into(),
        deployment: "".into(),
        context: Some(Context::Production),
        first: 1,
        records,
        ..Batch::default()
    };
    usage.take(batch).await.unwrap();
    test
}

async fn get(test: &TestApp, path: &str) -> String {
    let cookie = test.sign_in("viewer").await;
    let response = test.send(Request::get(path).header(header::COOKIE, cookie), "").await;
    assert_eq!(response.status(), StatusCode::OK, "{path}");
    text(response).await
}

#[tokio::test]
async fn a_peak_is_told_against_what_was_licensed_then_on_the_page_in_files_and_in_the_api() {
    let test = used().await;
    let page = get(&test, "/usage?zone=UTC").await;
    for words in [
        "TTS3 peaked at 3 of 50 licensed on Sun 10 Jan, 08:00\u{2013}09:00; 3 requests were denied.",
        "When 2 were licensed, all were in use on Sat 26 Dec 2026, 08:00\u{2013}09:00.",
        "all 2 in use on Sat 26 Dec 2026",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    let then = get(&test, "/usage?zone=UTC&range=custom&from=2026-12-20&to=2026-12-30").await;
    assert!(then.contains("TTS3 peaked at 2 of 2 licensed on Sat 26 Dec 2026"), "{then}");
    let csv = get(&test, "/usage.csv?zone=UTC").await;
    let row = csv.lines().nth(1).unwrap_or_default();
    assert!(row.starts_with("TTS3,5,") && row.contains(",3,3,2027-01-10T08:00:00+00:00,50,"), "{csv}");
    assert!(row.ends_with(",50,2026-12-26T08:00:00+00:00,2"), "{csv}");
    let json: serde_json::Value = serde_json::from_str(&get(&test, "/api/v1/usage?zone=UTC").await).unwrap();
    let item = &json["items"][0];
    assert_eq!((&item["peak"], &item["licensed"], &item["licensed_now"]), (&3.into(), &50.into(), &50.into()));
    assert_eq!(item["closest"], serde_json::json!({ "at": "2026-12-26T08:00:00Z", "peak": 2, "licensed": 2 }));
    let before = get(&test, "/usage?zone=UTC&range=custom&from=2026-11-01&to=2026-12-31&step=day").await;
    assert!(before.contains("<th scope=\"row\">2026-12-26</th><td>2</td><td>2</td>"), "{before}");
}

#[tokio::test]
async fn files_of_usage_go_out_to_viewers_and_come_in_from_operators() {
    let test = used().await;
    let bearer = |token: &str| format!("Bearer {token}");
    let (viewer, operator) = (bearer(&test.token(Role::Viewer).await), bearer(&test.token(Role::Operator).await));
    let get = |path: &str| Request::get(path).header(header::AUTHORIZATION, &viewer);
    let import = |by: &str| Request::post("/api/v1/usage/import?name=carried").header(header::AUTHORIZATION, by);
    let days = text(test.send(get("/api/v1/usage/days?from=2026-12-26&to=2026-12-26"), "").await).await;
    assert!(days.contains("\"day\":\"2026-12-26\",\"file\":\"2026.12.26\""), "{days}");
    let taken = test.send(get("/api/v1/usage/checkouts?day=2026-12-26"), "").await;
    assert_eq!(taken.headers()[header::CONTENT_TYPE], "text/tab-separated-values");
    let taken = text(taken).await;
    assert!(taken.starts_with("#TAG\t") && taken.lines().count() == 3, "{taken}");
    let denials = text(test.send(get("/api/v1/usage/denials?day=2026-12-26"), "").await).await;
    assert_eq!(denials.lines().count(), 3, "{denials}");
    assert_eq!(test.send(get("/api/v1/usage/denials?day=never"), "").await.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(test.send(import(&viewer), &taken).await.status(), StatusCode::FORBIDDEN);
    let told = test.send(import(&operator), &format!("{taken}no record\n")).await;
    assert_eq!(told.status(), StatusCode::OK);
    let told: serde_json::Value = serde_json::from_str(&text(told).await).unwrap();
    assert_eq!((&told["imported"], &told["known"], &told["refused_count"]), (&0.into(), &2.into(), &1.into()));
    assert_eq!((&told["refused"][0]["file"], &told["refused"][0]["line"]), (&"carried".into(), &4.into()));
    let entry =
        test.app.engine.audit.list(&engine::audit::AuditQuery { limit: 1, ..Default::default() }).await.unwrap();
    assert_eq!(entry[0].sentence, "Imported usage from carried: 0 new, 2 already known, 1 refused.");
}

#[tokio::test]
async fn growth_is_told_only_against_a_period_that_was_recorded_whole() {
    let test = used().await;
    let page = get(&test, "/usage?zone=UTC").await;
    assert!(page.contains("<span class=\"muted\">recorded since 6 Dec 2026</span>"), "{page}");
    assert!(page.contains("Recorded since 6 Dec 2026, so there is no whole period before to compare with."), "{page}");
    let week = get(&test, "/usage?zone=UTC&range=7d").await;
    assert!(week.contains("<span>new<small>peak 0 \u{2192} 3</small></span>"), "{week}");
    assert!(!week.contains("recorded since") && !week.contains("Recorded since"), "{week}");
    let api = async |range: &str| -> serde_json::Value {
        serde_json::from_str(&get(&test, &format!("/api/v1/usage?zone=UTC&range={range}")).await).unwrap()
    };
    let month = api("30d").await;
    assert_eq!(
        (&month["items"][0]["before"], &month["recorded_since"]),
        (&serde_json::Value::Null, &"2026-12-06T08:00:00Z".into())
    );
    assert_eq!(api("7d").await["items"][0]["before"]["usage_count"], 0);
}

#[tokio::test]
async fn tables_are_sorted_by_the_address_and_their_headings_say_so() {
    let test = used().await;
    let users = async |order: &str| {
        let page = get(&test, &format!("/usage?zone=UTC&product=TTS3&tab=users{order}")).await;
        let names = page.split("<th scope=\"row\">").skip(1).filter_map(|row| row.split('<').next().map(str::to_owned));
        (names.filter(|name| !name.is_empty()).collect::<Vec<_>>(), page)
    };
    assert_eq!(users("").await.0, ["anna", "bert"], "the longest first");
    let (names, page) = users("&sort=users.name&dir=desc").await;
    assert_eq!(names, ["bert", "anna"]);
    assert!(page.contains("<th scope=\"col\" aria-sort=\"descending\"><a class=\"sort\" href=\"/usage?zone=UTC&amp;product=TTS3&amp;tab=users&amp;sort=users.name#users\">User</a>"), "{page}");
    let denials = get(&test, "/usage?zone=UTC&product=TTS3&tab=refused&sort=refused.when").await;
    assert!(
        denials.contains("aria-sort=\"ascending\"")
            && denials.contains("<caption class=\"vh\">Denied requests for TTS3</caption>"),
        "{denials}"
    );
    let chart = get(&test, "/usage?zone=UTC&product=TTS3&sort=course.denied&dir=desc").await;
    assert!(chart.contains("id=\"course-table\" open"), "who sorts the table sees it: {chart}");
    let href = "/usage?product=TTS3&amp;range=custom&amp;from=2026-12-26&amp;to=2026-12-26&amp;zone=UTC&amp;tab=refused&amp;sort=course.denied&amp;dir=desc#product";
    assert!(chart.contains(&format!("<td><a href=\"{href}\">3</a></td>")), "a day leads to its denials: {chart}");
}
