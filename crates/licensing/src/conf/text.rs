//! The file as text in an editor, and back: unchanged lines keep their bytes, even those an editor can't show.

mod apply;
mod shown;

pub use apply::{TextError, TextOrigin, apply};
pub(crate) use shown::printable;
pub use shown::{exact, shown};

#[cfg(test)]
mod tests;
