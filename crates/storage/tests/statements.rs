//! Statements are checked against the schema they will meet, as the sources have them: no statement names a table or a column
//! that the migrations do not make.

#![expect(clippy::unwrap_used, reason = "these are tests")]

use std::path::{Path, PathBuf};

use proc_macro2::{TokenStream, TokenTree};
use sqlx::migrate::Migrator;
use sqlx::{AssertSqlSafe, Executor, SqlSafeStr};
use storage::store::Store;

/// How a statement begins; `{SELECT}` is the constant of its own module or the one above.
const BEGINNINGS: [&str; 6] = ["SELECT ", "INSERT ", "UPDATE ", "DELETE ", "WITH ", "{SELECT} "];

/// Every string of the code that is a statement; strings of unit tests are left out.
fn statements(file: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(file).unwrap();
    let code = text.split("\n#[cfg(test)]\nmod tests {").next().unwrap();
    let mut found = Vec::new();
    literals(code.parse().unwrap_or_else(|error| panic!("{}: {error}", file.display())), &mut found);
    found.retain(|text| BEGINNINGS.iter().any(|verb| text.starts_with(verb)));
    found
}

fn literals(tokens: TokenStream, found: &mut Vec<String>) {
    for token in tokens {
        match token {
            TokenTree::Group(group) => literals(group.stream(), found),
            TokenTree::Literal(literal) => {
                found.extend(syn::parse_str::<syn::LitStr>(&literal.to_string()).map(|text| text.value()));
            }
            _ => {}
        }
    }
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut all: Vec<PathBuf> = entries
        .filter(|path| !path.ends_with("tests") && !path.ends_with("tests.rs"))
        .flat_map(|path| if path.is_dir() { sources(&path) } else { vec![path] })
        .filter(|path| path.extension().is_some_and(|kind| kind == "rs"))
        .collect();
    all.sort();
    all
}

/// The statement of the constant `SELECT`, where a module has one.
fn constant(file: &Path) -> Option<String> {
    let text = std::fs::read_to_string(file).unwrap();
    let mut found = Vec::new();
    literals(text.split_once("const SELECT: &str =")?.1.split_once(';')?.0.parse().unwrap(), &mut found);
    found.into_iter().next()
}

/// With what stands in braces filled in: the constant, else a condition that holds.
fn filled(statement: &str, constant: Option<&String>) -> String {
    let mut whole = statement.replace("{SELECT}", constant.map_or("", String::as_str));
    while let Some((before, (_, after))) = whole.split_once('{').and_then(|(b, a)| Some((b, a.split_once('}')?))) {
        whole = format!("{before}true{after}");
    }
    whole
}

/// The statements of `crate_folder` that do not prepare on its migrated database, and how many there are.
async fn unprepared(crate_folder: &str, migrations: &str) -> (Vec<String>, usize) {
    let here = Path::new(".");
    let folder = tempfile::tempdir().unwrap();
    let migrator = Migrator::new(here.join(migrations)).await.unwrap();
    let store = Store::open(&folder.path().join("a.db"), &migrator, 0).await.unwrap();
    let mut connection = store.read().acquire().await.unwrap();
    let (mut failed, mut count) = (Vec::new(), 0);
    for file in sources(&here.join(crate_folder)) {
        let above = file.parent().map(|folder| folder.with_extension("rs")).filter(|file| file.exists());
        let constant = constant(&file).or_else(|| constant(&above?));
        for statement in statements(&file) {
            count += 1;
            let whole = filled(&statement, constant.as_ref());
            if let Err(error) = (&mut *connection).prepare(AssertSqlSafe(whole.clone()).into_sql_str()).await {
                failed.push(format!("{}: {error}\n{whole}", file.display()));
            }
        }
    }
    (failed, count)
}

#[tokio::test]
async fn every_statement_of_the_engine_prepares_on_its_migrated_database() {
    let (failed, count) = unprepared("../engine/src", "../../migrations").await;
    assert!(failed.is_empty(), "{}", failed.join("\n\n"));
    assert!(count > 150, "{count} statements were found");
}

#[tokio::test]
async fn every_statement_of_the_node_prepares_on_its_migrated_database() {
    let (failed, count) = unprepared("../node/src", "../node/migrations").await;
    assert!(failed.is_empty(), "{}", failed.join("\n\n"));
    assert!(count > 40, "{count} statements were found");
}
