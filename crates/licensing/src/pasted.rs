//! Text that people carry: as files, by mail, through a clipboard. It arrives in the encoding of an editor, quoted,
//! wrapped and footed by a mail program, or as quoted-printable. Everything that reads such text begins here, so that
//! the console, the commands and the API accept the same.
//!
//! A text is first read as it is. Only where that fails is it restored; a signature or a fingerprint inside then
//! says whether the restored text is what was sent.

mod encoding;
mod json;
mod lines;
#[cfg(test)]
mod tests;

pub use encoding::{Unreadable, decode};
pub use json::{NotRead, json, json_text};
pub(crate) use lines::{CarriedLine, LINE, WrappedAt, carried, widest};
