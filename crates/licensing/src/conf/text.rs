//! The file as text in an editor, and back: what was not changed keeps its bytes, even those no editor can show.

mod apply;
mod shown;

pub use apply::{TextError, TextOrigin, apply};
pub(crate) use shown::printable;
pub use shown::{exact, shown};

#[cfg(test)]
mod tests;
