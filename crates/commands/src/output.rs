//! What commands print: JSON with `--json`, else lines and columns; and the files they read.

use std::fmt;
use std::io::{Read, Write};
use std::path::Path;

use clap::Args;
use serde_json::Value;

use crate::exit::Failure;

/// Every command that prints data takes this.
#[derive(Debug, Clone, Copy, Default, Args)]
pub struct Format {
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

impl Format {
    /// Prints `value` as JSON, or what `plain` makes of it.
    ///
    /// # Errors
    /// When stdout cannot be written.
    pub fn print(self, value: &Value, plain: impl FnOnce(&Value) -> String) -> Result<(), Failure> {
        let text = if self.json { format!("{value:#}\n") } else { plain(value) };
        print(text.as_bytes())
    }
}

/// Writes to stdout. A reader that went away (`| head`) is not an error.
///
/// # Errors
/// When stdout cannot be written, a full disk for example.
pub fn print(bytes: &[u8]) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Failure::failed(format!("Can't write the output: {error}.")))
        }
        _ => Ok(()),
    }
}

/// Says something to the person at the terminal, on stderr. If nobody reads there, or its disk is full, it is dropped.
pub fn note(text: impl fmt::Display) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// Text of a field; empty when absent.
pub fn text(value: &Value, key: &str) -> String {
    match &value[key] {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// Rows as left-aligned columns under their heads.
pub fn table(heads: &[&str], rows: &[Vec<String>]) -> String {
    let mut widths: Vec<usize> = heads.iter().map(|h| h.chars().count()).collect();
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let line = |cells: Vec<&str>| {
        let padded: Vec<String> = cells.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        format!("{}\n", padded.join("  ").trim_end())
    };
    let mut out = line(heads.to_vec());
    for row in rows {
        out.push_str(&line(row.iter().map(String::as_str).collect()));
    }
    out
}

/// One row for each of the `items`.
pub fn rows(value: &Value, row: impl Fn(&Value) -> Vec<String>) -> Vec<Vec<String>> {
    value["items"].as_array().into_iter().flatten().map(row).collect()
}

/// The largest file a command reads, bytes.
const MAX_FILE: u64 = 8 * 1024 * 1024;

/// A file, or standard input for `-`.
///
/// # Errors
/// A sentence that names the file.
pub fn read_file(path: &Path) -> Result<Vec<u8>, Failure> {
    let shown = if path == Path::new("-") { "standard input".to_owned() } else { path.display().to_string() };
    let unreadable = |error: std::io::Error| Failure::refused(format!("Can't read {shown}: {error}."));
    let source: Box<dyn Read> = if path == Path::new("-") {
        Box::new(std::io::stdin().lock())
    } else {
        Box::new(std::fs::File::open(path).map_err(unreadable)?)
    };
    let mut bytes = Vec::new();
    source.take(MAX_FILE + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > MAX_FILE {
        return Err(Failure::refused(format!("Too large: {shown} has more than {} MB.", MAX_FILE / 1024 / 1024)));
    }
    Ok(bytes)
}

/// A password from stdin, without its line ending.
///
/// # Errors
/// When stdin cannot be read or is empty.
pub fn password_from_stdin() -> Result<String, Failure> {
    let mut text = String::new();
    std::io::stdin()
        .lock()
        .take(64 * 1024)
        .read_to_string(&mut text)
        .map_err(|error| Failure::refused(format!("Can't read the password from standard input: {error}.")))?;
    let password = text.strip_suffix('\n').unwrap_or(&text);
    let password = password.strip_suffix('\r').unwrap_or(password);
    if password.is_empty() {
        return Err(Failure::refused(
            "Standard input was empty. Pass the password there, for example `printf %s \"$PASSWORD\" | leasehold user add …`.",
        ));
    }
    Ok(password.to_owned())
}
