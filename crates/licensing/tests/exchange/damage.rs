//! Answers as they arrive when something goes wrong, from a fixed seed.

/// Numbers in a fixed order (xorshift64).
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Dice {
        Dice(seed)
    }

    pub fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) as usize % end.max(1)
    }

    fn range(&mut self, length: usize, longest: usize) -> std::ops::Range<usize> {
        let start = self.below(length);
        start..(start + 1 + self.below(longest)).min(length)
    }
}

/// What numbers are replaced by.
const NUMBERS: &[&str] = &[
    "0",
    "1",
    "-1",
    "51",
    "50.0",
    "5e1",
    "050",
    "1e999",
    "9007199254740991",
    "9007199254740992",
    "18446744073709551616",
    "",
];

/// One to three kinds of damage.
pub fn damage(original: &[u8], dice: &mut Dice) -> Vec<u8> {
    let mut bytes = original.to_vec();
    for _ in 0..=dice.below(3) {
        once(&mut bytes, dice);
    }
    bytes
}

fn once(bytes: &mut Vec<u8>, dice: &mut Dice) {
    if bytes.is_empty() {
        return;
    }
    match dice.below(7) {
        0 => {
            let at = dice.below(bytes.len());
            bytes[at] ^= 1 << dice.below(8);
        }
        1 => {
            let at = dice.below(bytes.len());
            bytes[at] = dice.below(256) as u8;
        }
        2 => bytes.truncate(dice.below(bytes.len())),
        3 => {
            let range = dice.range(bytes.len(), 40);
            bytes.drain(range);
        }
        4 => {
            let range = dice.range(bytes.len(), 200);
            let piece = bytes[range.clone()].to_vec();
            bytes.splice(range.end..range.end, piece);
        }
        5 => {
            let from = dice.range(bytes.len(), 60);
            let piece = bytes[from].to_vec();
            let to = dice.range(bytes.len(), 60);
            bytes.splice(to, piece);
        }
        _ => number(bytes, dice),
    }
}

/// Another number in place of one that stands there.
fn number(bytes: &mut Vec<u8>, dice: &mut Dice) {
    let starts: Vec<_> =
        (1..bytes.len()).filter(|at| bytes[*at].is_ascii_digit() && !bytes[at - 1].is_ascii_digit()).collect();
    let Some(start) = starts.get(dice.below(starts.len())).copied() else { return };
    let length = bytes[start..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let new = NUMBERS[dice.below(NUMBERS.len())];
    bytes.splice(start..start + length, new.bytes());
}
