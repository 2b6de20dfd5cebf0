use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Bundle, License, LicenseKind};
use crate::{canonical::instant, contact::Millis};

/// The changes of an exchange, license by license.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct LicenseChanges {
    /// Not there before.
    pub added: Vec<LicenseChange>,
    /// No longer there.
    pub removed: Vec<LicenseChange>,
    /// Improved: a later end, later maintenance or more hours.
    pub extended: Vec<LicenseChange>,
    /// Changed in any other way.
    pub changed: Vec<LicenseChange>,
}

/// The change of one license.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(as = LicenseChange))]
pub struct LicenseChange {
    /// The license's id.
    pub id: String,
    /// Its product.
    pub product: String,
    /// Its kind.
    pub kind: LicenseKind,
    /// What happened, in a sentence.
    pub sentence: String,
}

impl LicenseChanges {
    /// Whether nothing changed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lists().iter().all(|(changes, _)| changes.is_empty())
    }

    /// `2 added, 1 removed.`, or `Nothing changed.`
    #[must_use]
    pub fn sentence(&self) -> String {
        let counts = self.lists().into_iter().filter(|(changes, _)| !changes.is_empty());
        let parts: Vec<_> = counts.map(|(changes, word)| format!("{} {word}", changes.len())).collect();
        if parts.is_empty() { "Nothing changed.".to_owned() } else { format!("{}.", parts.join(", ")) }
    }

    fn lists(&self) -> [(&[LicenseChange], &'static str); 4] {
        [(&self.added, "added"), (&self.removed, "removed"), (&self.extended, "extended"), (&self.changed, "changed")]
    }
}

/// The changes from the previous bundle, if any, to the new one. Licenses are matched by id.
#[must_use]
pub fn changes(before: Option<&Bundle>, after: &Bundle) -> LicenseChanges {
    let old = before.map_or(&[][..], |bundle| &bundle.licenses);
    let mut gone: BTreeMap<&str, &License> = old.iter().map(|license| (license.id.as_str(), license)).collect();
    let mut changes = LicenseChanges::default();
    for license in &after.licenses {
        match gone.remove(license.id.as_str()) {
            None => changes.added.push(change(license, format!("{} added.", amount(license)))),
            Some(old) if old == license => {}
            Some(old) => compare(old, license, &mut changes),
        }
    }
    // In their previous order.
    let removed = old.iter().filter(|license| gone.contains_key(license.id.as_str()));
    changes.removed = removed.map(|license| change(license, format!("{} removed.", amount(license)))).collect();
    changes
}

fn change(license: &License, what: String) -> LicenseChange {
    let product = license.product.to_string();
    LicenseChange { id: license.id.clone(), kind: license.kind, sentence: format!("{product}: {what}"), product }
}

fn compare(old: &License, new: &License, changes: &mut LicenseChanges) {
    let (mut better, mut other) = (Vec::new(), Vec::new());
    if let Some(clause) = date("runs", old.expires, new.expires) {
        list(later(old.expires, new.expires), &mut better, &mut other).push(clause);
    }
    if let Some(clause) = date("maintenance runs", old.maintenance_expires, new.maintenance_expires) {
        list(later(old.maintenance_expires, new.maintenance_expires), &mut better, &mut other).push(clause);
    }
    if let Some(clause) = differs("hours", old.hours, new.hours) {
        list(old.hours < new.hours, &mut better, &mut other).push(clause);
    }
    other.extend(differs("licenses", Some(old.count), Some(new.count)));
    other.extend(now("product", Some(&old.product), Some(&new.product)));
    other.extend(now("kind", Some(&old.kind), Some(&new.kind)));
    other.extend(now("context", Some(&old.context), Some(&new.context)));
    other.extend(now("version", old.version.as_ref(), new.version.as_ref()));
    let to = if other.is_empty() { &mut changes.extended } else { &mut changes.changed };
    better.append(&mut other);
    to.push(change(new, format!("{}.", better.join("; "))));
}

fn list<'a>(is_better: bool, better: &'a mut Vec<String>, other: &'a mut Vec<String>) -> &'a mut Vec<String> {
    if is_better { better } else { other }
}

/// No end is later than any end.
fn later(old: Option<Millis>, new: Option<Millis>) -> bool {
    match (old, new) {
        (Some(old), Some(new)) => new > old,
        (old, new) => old.is_some() && new.is_none(),
    }
}

fn date(verb: &str, old: Option<Millis>, new: Option<Millis>) -> Option<String> {
    // Two instants on one day are shown with their times.
    let write = match (old, new) {
        (Some(old), Some(new)) if instant::day(old) == instant::day(new) => instant::to_text,
        _ => instant::day,
    };
    match (old, new) {
        (old, new) if old == new => None,
        (Some(old), Some(new)) => Some(format!("{verb} until {} instead of {}", write(new), write(old))),
        (Some(old), None) => Some(format!("{verb} without end instead of until {}", write(old))),
        (None, new) => Some(format!("{verb} until {} instead of without end", write(new?))),
    }
}

fn differs(what: &str, old: Option<u64>, new: Option<u64>) -> Option<String> {
    let number = |number: Option<u64>, none: &str| number.map_or(none.to_owned(), |number| number.to_string());
    (old != new).then(|| format!("{} {what} instead of {}", number(new, "no"), number(old, "none")))
}

fn now<T: PartialEq + std::fmt::Display>(what: &str, old: Option<&T>, new: Option<&T>) -> Option<String> {
    let word = |word: Option<&T>| word.map_or("none".to_owned(), T::to_string);
    (old != new).then(|| format!("{what} {} instead of {}", word(new), word(old)))
}

/// `50 concurrent licenses`, `1 countdown license with 200 hours`.
fn amount(license: &License) -> String {
    let plural = if license.count == 1 { "" } else { "s" };
    let hours =
        license.hours.map_or(String::new(), |hours| format!(" with {hours} hour{}", if hours == 1 { "" } else { "s" }));
    format!("{} {} license{plural}{hours}", license.count, license.kind)
}

#[cfg(test)]
mod tests;
