//! The same data as files: CSV and JSON, made from the functions the page is made from.

use engine::{DatabaseError, Engine};
use serde_json::{Map, Value, json};

use super::{Asked, clients, course, filter, labels, rows, users};
use crate::console::{Console, csv_text};
use app::pages::usage::Totals;

/// Rows of a file of refusals at the most.
const MOST_REFUSALS: u32 = 100_000;

/// The form of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Csv,
    Json,
}

/// Names of the columns, and rows.
struct Table {
    /// What the file is about: the end of its name.
    what: &'static str,
    columns: Vec<&'static str>,
    rows: Vec<Vec<Value>>,
}

/// Name and content of the file an address asks for.
///
/// # Errors
/// [`DatabaseError`].
pub async fn file(console: &Console, kind: Kind) -> Result<(String, Vec<u8>), DatabaseError> {
    let asked = Asked::of(&filter(console), console.now_ms);
    let table = table(&console.engine, &asked).await?;
    let product = asked.filter.product.clone();
    let safe: String = product
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '_' })
        .take(64)
        .collect();
    let named = if safe.is_empty() { String::new() } else { format!("-{safe}") };
    let name = format!("leasehold-usage{named}-{}", table.what);
    Ok(match kind {
        Kind::Csv => (format!("{name}.csv"), csv(&table).into_bytes()),
        Kind::Json => (format!("{name}.json"), json_of(&table, &asked).to_string().into_bytes()),
    })
}

async fn table(engine: &Engine, asked: &Asked) -> Result<Table, DatabaseError> {
    let recorded_ms = engine.usage.recorded_from().await?.unwrap_or(i64::MAX);
    let product = asked.filter.product.as_str();
    let query = asked.query(Some(product));
    let at = |ms: i64| Value::from(labels::rfc3339(ms, asked));
    let numbers = |totals: Totals| [totals.taken, totals.use_ms, totals.denied, totals.peak].map(Value::from);
    Ok(match asked.filter.tab.as_str() {
        _ if product.is_empty() => summary(engine, asked).await?,
        "summary" => summary(engine, asked).await?,
        "clients" => Table {
            what: "clients",
            columns: vec!["client", "taken", "use_ms", "refused", "peak"],
            rows: clients(engine, &query)
                .await?
                .into_iter()
                .map(|row| [Value::from(row.who)].into_iter().chain(numbers(row.totals)).collect())
                .collect(),
        },
        "users" => Table {
            what: "users",
            columns: vec!["user", "taken", "use_ms", "refused"],
            rows: users(engine, &query)
                .await?
                .into_iter()
                .map(|row| [Value::from(row.who)].into_iter().chain(numbers(row.totals)).take(4).collect())
                .collect(),
        },
        "refused" => Table {
            what: "refused",
            columns: vec!["first", "last", "user", "client", "host", "requests"],
            rows: engine
                .usage
                .denials(&query, None, MOST_REFUSALS)
                .await?
                .into_iter()
                .map(|row| {
                    vec![
                        at(row.at_ms),
                        at(row.last_ms),
                        row.user.into(),
                        row.client.into(),
                        row.host.into(),
                        row.count.into(),
                    ]
                })
                .collect(),
        },
        _ => {
            let (step, _) = asked.steps();
            let points = course(engine, asked, &query, step, recorded_ms).await?;
            Table {
                what: "course",
                columns: vec!["from", "taken", "use_ms", "refused", "peak", "licensed", "peak_before"],
                rows: points
                    .into_iter()
                    .map(|point| {
                        let ends = [point.licensed.into(), point.before.into()];
                        [at(point.at_ms)].into_iter().chain(numbers(point.totals)).chain(ends).collect()
                    })
                    .collect(),
            }
        }
    })
}

async fn summary(engine: &Engine, asked: &Asked) -> Result<Table, DatabaseError> {
    let rows = rows(engine, asked).await?.into_iter().map(|(row, coverage)| {
        let covered = |share: f64| coverage.iter().find(|(of, _)| (of - share).abs() < 1e-9).map(|(_, needed)| *needed);
        let before = |pick: fn(&Totals) -> u64| row.before.as_ref().map(pick);
        vec![
            row.product.clone().into(),
            row.totals.taken.into(),
            row.totals.use_ms.into(),
            row.totals.denied.into(),
            row.totals.peak.into(),
            row.peak_at.as_ref().map(|at| labels::rfc3339(at.at_ms, asked)).into(),
            row.licensed.into(),
            covered(95.0).into(),
            covered(99.0).into(),
            covered(99.9).into(),
            covered(100.0).into(),
            before(|totals| totals.taken).into(),
            before(|totals| totals.use_ms).into(),
            before(|totals| totals.denied).into(),
            before(|totals| totals.peak).into(),
            row.licensed_now.into(),
            row.full.as_ref().map(|(_, at)| labels::rfc3339(at.at_ms, asked)).into(),
            row.full.as_ref().map(|(licensed, _)| *licensed).into(),
        ]
    });
    Ok(Table {
        what: "products",
        columns: vec![
            "product",
            "taken",
            "use_ms",
            "refused",
            "peak",
            "peak_hour",
            "licensed",
            "enough_95",
            "enough_99",
            "enough_99_9",
            "enough_100",
            "taken_before",
            "use_ms_before",
            "refused_before",
            "peak_before",
            "licensed_now",
            "full_hour",
            "full_licensed",
        ],
        rows: rows.collect(),
    })
}

/// RFC 4180. A cell that a spreadsheet would take for a formula is made text.
fn csv(table: &Table) -> String {
    let mut text = format!("{}\r\n", table.columns.join(","));
    for row in &table.rows {
        text.push_str(&row.iter().map(csv_cell).collect::<Vec<_>>().join(","));
        text.push_str("\r\n");
    }
    text
}

fn csv_cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => csv_text(text),
        other => other.to_string(),
    }
}

fn json_of(table: &Table, asked: &Asked) -> Value {
    let items = table.rows.iter().map(|row| {
        let members = table.columns.iter().zip(row).map(|(name, value)| ((*name).to_owned(), value.clone()));
        Value::Object(members.collect::<Map<_, _>>())
    });
    json!({
        "product": Some(&asked.filter.product).filter(|product| !product.is_empty() && table.what != "products"),
        "client": Some(&asked.filter.client).filter(|client| !client.is_empty()),
        "context": Some(&asked.filter.context).filter(|context| !context.is_empty()),
        "from": labels::rfc3339(asked.period.from_ms, asked),
        "until": labels::rfc3339(asked.period.until_ms, asked),
        "zone": asked.period.zone,
        "items": items.collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_holds_text_that_no_spreadsheet_runs() {
        let table = Table {
            what: "users",
            columns: vec!["user", "taken"],
            rows: vec![vec!["=cmd()".into(), 3.into()], vec!["a,\"b\"".into(), Value::Null]],
        };
        assert_eq!(csv(&table), "user,taken\r\n'=cmd(),3\r\n\"a,\"\"b\"\"\",\r\n");
    }
}
