use super::bytes::{read_varint, unzigzag, write_varint, zigzag};

/// A change of the number of licenses in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Edge {
    /// When, milliseconds since the day began.
    pub at: u32,
    /// By how many. Ends and starts in one millisecond are one change: ends come first, so adjacent check-outs don't
    /// overlap.
    pub change: i32,
}

/// The changes of a day in the order of time, one per millisecond, none of them zero.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Edges(Vec<Edge>);

impl Edges {
    /// The changes.
    #[must_use]
    pub fn as_slice(&self) -> &[Edge] {
        &self.0
    }

    /// Adds changes in any order.
    pub fn merge(&mut self, fresh: &[Edge]) {
        self.0.extend_from_slice(fresh);
        // Two runs, the first in order: the stable sort finds and merges them.
        self.0.sort_by_key(|edge| edge.at);
        let mut kept = 0;
        let mut next = 0;
        while next < self.0.len() {
            let mut edge = self.0[next];
            next += 1;
            while next < self.0.len() && self.0[next].at == edge.at {
                edge.change = edge.change.saturating_add(self.0[next].change);
                next += 1;
            }
            if edge.change != 0 {
                self.0[kept] = edge;
                kept += 1;
            }
        }
        self.0.truncate(kept);
    }

    /// The level after all of them, beginning with `start`.
    #[must_use]
    pub fn after(&self, start: i64) -> i64 {
        self.0.iter().fold(start, |level, edge| level + i64::from(edge.change))
    }

    /// As bytes: per change the time since the one before and, in the two lowest bits, 0 for one more, 1 for one less,
    /// 2 when the change follows as a number of its own.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.0.len() * 3);
        let mut last = 0;
        for edge in &self.0 {
            let code = match edge.change {
                1 => 0,
                -1 => 1,
                _ => 2,
            };
            write_varint(&mut out, u64::from(edge.at - last) << 2 | code);
            if code == 2 {
                write_varint(&mut out, zigzag(edge.change.into()));
            }
            last = edge.at;
        }
        out
    }

    /// Reads and adds the output of [`Edges::encode`]; `None` if damaged.
    #[must_use]
    pub fn decode(mut bytes: &[u8]) -> Option<Vec<Edge>> {
        let mut edges = Vec::with_capacity(bytes.len() / 2);
        let mut at = 0_u32;
        while !bytes.is_empty() {
            let word = read_varint(&mut bytes)?;
            at = at.checked_add(u32::try_from(word >> 2).ok()?)?;
            let change = match word & 3 {
                0 => 1,
                1 => -1,
                2 => i32::try_from(unzigzag(read_varint(&mut bytes)?)).ok()?,
                _ => return None,
            };
            edges.push(Edge { at, change });
        }
        Some(edges)
    }
}

impl FromIterator<Edge> for Edges {
    fn from_iter<I: IntoIterator<Item = Edge>>(edges: I) -> Self {
        let mut all = Self::default();
        all.merge(&edges.into_iter().collect::<Vec<_>>());
        all
    }
}
