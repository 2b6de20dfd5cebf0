//! What is printed: one line a measurement, with its goal.

/// Prints as it goes.
#[derive(Debug, Default)]
pub struct BenchReport {
    goals: usize,
    reached: usize,
}

impl BenchReport {
    /// The first line.
    pub fn begin() -> Self {
        println!("{:<9} {:<56} {:>13}   {:<15}", "part", "what", "measured", "goal");
        Self::default()
    }

    /// A measurement with a goal.
    pub fn goal(&mut self, part: &str, what: &str, measured: &str, goal: &str, reached: bool) {
        self.goals += 1;
        self.reached += usize::from(reached);
        let verdict = if reached { "reached" } else { "missed" };
        println!("{part:<9} {what:<56} {measured:>13}   {goal:<15} {verdict}");
    }

    /// What explains the line above.
    pub fn more(&self, text: &str) {
        println!("          · {text}");
    }

    /// The last line.
    pub fn end(&self) {
        println!("{} of {} goals reached", self.reached, self.goals);
    }
}

/// The middle one; 0 of nothing.
pub fn median(numbers: &[f64]) -> f64 {
    let mut numbers = numbers.to_vec();
    numbers.sort_by(f64::total_cmp);
    numbers.get(numbers.len() / 2).copied().unwrap_or_default()
}

/// A number with its thousands apart.
pub fn grouped(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Bytes as megabytes, as people read them beside `VmRSS`.
pub fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1_048_576.0
}
