//! Chance from a fixed seed, and what it does to an answer on its way.

/// Numbers in a fixed order (xorshift64).
pub struct Dice(u64);

/// What numbers are replaced by.
const NUMBERS: &[&str] =
    &["0", "1", "-1", "51", "050", "1e999", "9007199254740992", "18446744073709551616", "null", ""];

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 16).unwrap() % end.max(1)
    }

    fn range(&mut self, length: usize, longest: usize) -> std::ops::Range<usize> {
        let start = self.below(length);
        start..(start + 1 + self.below(longest)).min(length)
    }

    /// One to three kinds of damage.
    pub fn damage(&mut self, original: &[u8]) -> Vec<u8> {
        let mut bytes = original.to_vec();
        for _ in 0..=self.below(3) {
            if !bytes.is_empty() {
                self.damage_once(&mut bytes);
            }
        }
        bytes
    }

    fn damage_once(&mut self, bytes: &mut Vec<u8>) {
        match self.below(7) {
            0 => {
                let at = self.below(bytes.len());
                bytes[at] ^= 1 << self.below(8);
            }
            1 => {
                let (a, b) = (self.below(bytes.len()), self.below(bytes.len()));
                bytes.swap(a, b);
            }
            2 => bytes.truncate(self.below(bytes.len())),
            3 => {
                let range = self.range(bytes.len(), 40);
                bytes.drain(range);
            }
            4 => {
                let range = self.range(bytes.len(), 200);
                let piece = bytes[range.clone()].to_vec();
                bytes.splice(range.end..range.end, piece);
            }
            5 => {
                let range = self.range(bytes.len(), 60);
                let piece: Vec<u8> = bytes.drain(range).collect();
                let to = self.below(bytes.len() + 1);
                bytes.splice(to..to, piece);
            }
            _ => self.other_number(bytes),
        }
    }

    /// Another number in place of one that stands there.
    fn other_number(&mut self, bytes: &mut Vec<u8>) {
        let begins = |at: &usize| bytes[*at].is_ascii_digit() && !bytes[at - 1].is_ascii_digit();
        let starts: Vec<usize> = (1..bytes.len()).filter(begins).collect();
        let Some(&start) = starts.get(self.below(starts.len())) else { return };
        let length = bytes[start..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        let new = NUMBERS[self.below(NUMBERS.len())];
        bytes.splice(start..start + length, new.bytes());
    }
}
