use super::{SETTINGS, Setting};

/// Longer keys are not compared: no setting is similar.
const LONGEST: usize = 40;

/// The setting for "did you mean"; `None` if none is similar.
#[must_use]
pub fn nearest(key: &str) -> Option<&'static Setting> {
    if key.len() > LONGEST {
        return None;
    }
    let typed = letters(key);
    let (distance, setting) =
        SETTINGS.iter().map(|setting| (distance(&typed, &letters(setting.key)), setting)).min_by_key(|(d, _)| *d)?;
    let near = (setting.key.len() / 5).max(2);
    (distance <= near && typed.len() > near).then_some(setting)
}

/// Upper case, without separators.
fn letters(key: &str) -> Vec<u8> {
    key.bytes().filter(u8::is_ascii_alphanumeric).map(|byte| byte.to_ascii_uppercase()).collect()
}

/// Distance in letters inserted, removed, replaced or swapped (optimal string alignment).
fn distance(a: &[u8], b: &[u8]) -> usize {
    let mut rows = vec![vec![0_usize; b.len() + 1]; a.len() + 1];
    for (i, row) in rows.iter_mut().enumerate() {
        row[0] = i;
    }
    for (j, cell) in rows[0].iter_mut().enumerate() {
        *cell = j;
    }
    for i in 1..=a.len() {
        for j in 1..=b.len() {
            let replaced = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut least = replaced.min(rows[i - 1][j] + 1).min(rows[i][j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(rows[i - 2][j - 2] + 1);
            }
            rows[i][j] = least;
        }
    }
    rows[a.len()][b.len()]
}
