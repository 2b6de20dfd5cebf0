//! What must hold for a conf file of any bytes. Shared by the fuzz target and the tests.

use licensing::{
    conf::{
        check::check,
        diff,
        document::{Document, LineKind},
        effective::Effective,
        setting::SETTINGS,
        text::{TextOrigin, apply, shown},
        view::settings,
    },
    guid::Guid,
};

const BOM: &[u8] = b"\xEF\xBB\xBF";

/// Values that edits write.
const VALUES: [&str; 8] = ["", "default", "1", "8080", "a.example;b.example:80", "ä€ =x", "[GLOBAL]", "# no comment"];

/// Reads, checks, shows, saves and edits a file.
pub fn exercise(bytes: &[u8]) {
    lossless(bytes);
    sentences(bytes);
    assert_eq!(
        apply(bytes, &shown(bytes), TextOrigin::Browser).as_deref(),
        Ok(bytes),
        "a file shown and saved is the same"
    );
    let choice = bytes.iter().fold(bytes.len(), |sum, byte| sum.wrapping_mul(31).wrapping_add(usize::from(*byte)));
    let setting = &SETTINGS[choice % SETTINGS.len()];
    if let Ok(text) = str::from_utf8(bytes) {
        let _ = Guid::parse(text);
        let _ = setting.accept(text);
        assert_eq!(
            apply(b"[GLOBAL]\n", text, TextOrigin::Exact).as_deref(),
            Ok(bytes),
            "exact text is taken at its word"
        );
    }
    if choice.is_multiple_of(4) {
        values(bytes);
    }
    edit(bytes, "GLOBAL", setting.key, VALUES[choice / 16 % VALUES.len()]);
    if choice.is_multiple_of(8) {
        edit(bytes, "", "new.key", VALUES[choice / 128 % VALUES.len()]);
    }
}

fn lossless(bytes: &[u8]) {
    let document = Document::parse(bytes);
    let mut whole = if bytes.starts_with(BOM) { BOM.to_vec() } else { Vec::new() };
    let mut count = 0;
    for line in document.lines() {
        count += 1;
        assert_eq!(line.number, count);
        whole.extend_from_slice(line.bytes);
        whole.extend_from_slice(line.ending);
    }
    assert_eq!(whole, bytes, "the lines are the file");
    assert_eq!(document.as_bytes(), bytes);
}

fn sentences(bytes: &[u8]) {
    let document = Document::parse(bytes);
    let findings = check(&document);
    for finding in &findings {
        assert!(finding.sentence.ends_with(['.', '?']) && finding.sentence.len() < 600, "{}", finding.sentence);
    }
    let views = settings(&document);
    assert_eq!(views.len(), SETTINGS.len());
    for view in views {
        let unreadable = findings.iter().any(|finding| finding.sentence.contains("UTF-16"));
        let told = findings.iter().any(|finding| Some(&finding.sentence) == view.error.as_ref());
        assert!(view.error.is_none() || told || unreadable, "{:?}", view.error);
    }
}

fn values(bytes: &[u8]) {
    let effective = Effective::of(&Document::parse(bytes));
    assert!(effective.port_number > 0 && effective.http_port > 0 && effective.https_port > 0);
    assert!(!effective.http_nodes.is_empty() && !effective.https_nodes.is_empty());
    assert!((1..=3).contains(&effective.verbosity));
}

/// Section, key and value of every entry, as the file has them.
fn entries(document: &Document) -> Vec<(Vec<u8>, Vec<u8>, Vec<u8>)> {
    let mut section = Vec::new();
    let mut entries = Vec::new();
    for line in document.lines() {
        match line.kind {
            LineKind::Section(name) => section = name.to_vec(),
            LineKind::Entry { key, value } => entries.push((section.clone(), key.to_vec(), value.to_vec())),
            _ => {}
        }
    }
    entries
}

/// Sets a value, and proves that its bytes are the only ones that changed and that it reads back.
pub fn edit(bytes: &[u8], section: &str, key: &str, value: &str) {
    let before = Document::parse(bytes);
    let mut after = before.clone();
    let change = after.set(section, key, value).expect("the values and keys of these tests can be written");
    let found = after.get(section, key).expect("what was set is there");
    assert_eq!((found.value, found.line), (value.as_bytes(), change.line), "the value reads back");

    let (mut old, mut new) = (entries(&before), entries(&after));
    if change.inserted {
        assert!(before.get(section, key).is_none());
        inserted(bytes, after.as_bytes());
        let at = new
            .iter()
            .position(|(s, k, _)| s.eq_ignore_ascii_case(section.as_bytes()) && k.eq_ignore_ascii_case(key.as_bytes()));
        new.remove(at.expect("the new entry is there"));
    } else {
        replaced(&before, &after, change.line);
        let at = old.iter().rposition(|(s, k, _)| {
            s.eq_ignore_ascii_case(section.as_bytes()) && k.eq_ignore_ascii_case(key.as_bytes())
        });
        let at = at.expect("the entry was there");
        assert_eq!((&old[at].0, &old[at].1), (&new[at].0, &new[at].1));
        old.remove(at);
        new.remove(at);
    }
    assert_eq!(old, new, "no other entry changed");
    let difference = diff::lines(bytes, after.as_bytes());
    assert_eq!(difference.is_empty(), bytes == after.as_bytes());
    assert!(difference.removed <= 1 && difference.added <= 3, "an edit is a small difference");
}

/// The new file is the old one with bytes added at one place.
fn inserted(old: &[u8], new: &[u8]) {
    let prefix = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    let rest = &old[prefix..];
    assert!(new.len() > old.len() && new[prefix..].ends_with(rest), "every byte of the old file is still there");
}

/// All lines are the same but one, and that one differs only between the blanks around its value.
fn replaced(before: &Document, after: &Document, line: usize) {
    assert_eq!(before.line_count(), after.line_count());
    for (old, new) in before.lines().zip(after.lines()) {
        assert_eq!(old.ending, new.ending);
        if old.number != line {
            assert_eq!(old.bytes, new.bytes, "no other line changed");
            continue;
        }
        let (LineKind::Entry { value: was, .. }, LineKind::Entry { value: is, .. }) = (old.kind, new.kind) else {
            panic!("an entry stays an entry");
        };
        let around = |line: &[u8], value: &[u8]| {
            let equals = line.iter().position(|byte| *byte == b'=').expect("an entry has an equals sign");
            let blanks = line[equals + 1..].iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
            let start = equals + 1 + blanks;
            (line[..start].to_vec(), line[start + value.len()..].to_vec())
        };
        let (head, tail) = around(old.bytes, was);
        let (new_head, new_tail) = around(new.bytes, is);
        assert_eq!([head, tail].concat(), [new_head, new_tail].concat(), "only the value changed");
    }
}
