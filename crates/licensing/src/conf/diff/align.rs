use std::{collections::BTreeMap, ops::Range};

use similar::{Algorithm, DiffTag, capture_diff_slices};

/// Maximum lines between the first and last change, on either side, that are compared one by one.
pub(super) const MAX_COMPARED: usize = 4000;

/// A run of lines: the same in both, or replaced (either side may be empty).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Block {
    pub same: bool,
    pub old: Range<usize>,
    pub new: Range<usize>,
}

/// Aligns two lists of lines. The blocks cover both lists in order without gaps; none is empty.
pub(crate) fn blocks<T: Ord>(old: &[T], new: &[T]) -> Vec<Block> {
    let prefix = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    let suffix = old[prefix..].iter().rev().zip(new[prefix..].iter().rev()).take_while(|(a, b)| a == b).count();
    let (old_end, new_end) = (old.len() - suffix, new.len() - suffix);

    let mut blocks = Vec::new();
    push(&mut blocks, true, 0..prefix, 0..prefix);
    if (old_end - prefix).max(new_end - prefix) > MAX_COMPARED {
        push(&mut blocks, false, prefix..old_end, prefix..new_end);
    } else {
        middle(&mut blocks, &old[prefix..old_end], &new[prefix..new_end], prefix);
    }
    push(&mut blocks, true, old_end..old.len(), new_end..new.len());
    blocks
}

fn middle<T: Ord>(blocks: &mut Vec<Block>, old: &[T], new: &[T], offset: usize) {
    let mut numbers = BTreeMap::new();
    let mut number = |line| {
        let next = numbers.len();
        *numbers.entry(line).or_insert(next)
    };
    let old: Vec<usize> = old.iter().map(&mut number).collect();
    let new: Vec<usize> = new.iter().map(&mut number).collect();
    for op in capture_diff_slices(Algorithm::Myers, &old, &new) {
        let shift = |range: Range<usize>| range.start + offset..range.end + offset;
        push(blocks, op.tag() == DiffTag::Equal, shift(op.old_range()), shift(op.new_range()));
    }
}

/// Adds a block, merged with the previous one if of the same kind.
fn push(blocks: &mut Vec<Block>, same: bool, old: Range<usize>, new: Range<usize>) {
    if old.is_empty() && new.is_empty() {
        return;
    }
    match blocks.last_mut() {
        Some(last) if last.same == same => {
            last.old.end = old.end;
            last.new.end = new.end;
        }
        _ => blocks.push(Block { same, old, new }),
    }
}
