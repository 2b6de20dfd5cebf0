use super::levels::Levels;

/// The shares of time shown in the console, percent.
pub const SHARES: [f64; 4] = [95.0, 99.0, 99.9, 100.0];

/// How many licenses would have been enough for these shares of a time, percent: the smallest number that was not
/// exceeded for that share of `total_ms`. Missing time counts as no use. For 100 % it is at least `peak`, which
/// includes licenses returned at once.
#[must_use]
pub fn coverage(levels: &Levels, peak: u32, total_ms: u64, shares: &[f64]) -> Vec<(f64, u32)> {
    let told = levels.total();
    let total = total_ms.max(told);
    // In thousandths of a percent, so that 99.9 is exact.
    let needed = |share: f64| (share.clamp(0.0, 100.0) * 1000.0).round() as u128 * u128::from(total);
    let enough = |share: f64| {
        let mut covered = u128::from(total - told);
        let mut last = 0;
        for (level, ms) in levels.iter() {
            if level > 0 && covered * 100_000 >= needed(share) {
                break;
            }
            covered += u128::from(ms);
            last = level;
        }
        last
    };
    let never_short = |share: f64| if share < 100.0 { 0 } else { peak };
    shares.iter().map(|share| (*share, enough(*share).max(never_short(*share)))).collect()
}
