//! Answers as they arrive when something goes wrong, from a fixed seed.

use super::random::SeededRandom;

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

fn range(random: &mut SeededRandom, length: usize, longest: usize) -> std::ops::Range<usize> {
    let start = random.below(length);
    start..(start + 1 + random.below(longest)).min(length)
}

/// One to three kinds of damage.
pub fn damage(original: &[u8], random: &mut SeededRandom) -> Vec<u8> {
    let mut bytes = original.to_vec();
    for _ in 0..=random.below(3) {
        once(&mut bytes, random);
    }
    bytes
}

fn once(bytes: &mut Vec<u8>, random: &mut SeededRandom) {
    if bytes.is_empty() {
        return;
    }
    match random.below(7) {
        0 => {
            let at = random.below(bytes.len());
            bytes[at] ^= 1 << random.below(8);
        }
        1 => {
            let at = random.below(bytes.len());
            bytes[at] = random.below(256) as u8;
        }
        2 => bytes.truncate(random.below(bytes.len())),
        3 => {
            let range = range(random, bytes.len(), 40);
            bytes.drain(range);
        }
        4 => {
            let range = range(random, bytes.len(), 200);
            let piece = bytes[range.clone()].to_vec();
            bytes.splice(range.end..range.end, piece);
        }
        5 => {
            let from = range(random, bytes.len(), 60);
            let piece = bytes[from].to_vec();
            let to = range(random, bytes.len(), 60);
            bytes.splice(to, piece);
        }
        _ => number(bytes, random),
    }
}

/// Another number in place of one that stands there.
fn number(bytes: &mut Vec<u8>, random: &mut SeededRandom) {
    let starts: Vec<_> =
        (1..bytes.len()).filter(|at| bytes[*at].is_ascii_digit() && !bytes[at - 1].is_ascii_digit()).collect();
    let Some(start) = starts.get(random.below(starts.len())).copied() else { return };
    let length = bytes[start..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let new = NUMBERS[random.below(NUMBERS.len())];
    bytes.splice(start..start + length, new.bytes());
}
