//! The pieces pages are made of: a page takes what is here before it writes markup of its own.
//!
//! | for | take |
//! |---|---|
//! | rows | [`Table`] with [`Column`]s; its cells are written with [`Cell`] |
//! | a list that can be narrowed | [`FilterBar`] and the page's own struct of the query; [`NothingMatches`], [`EmptyState`], [`Pager`] by time or [`Pages`] by number |
//! | labels and values | [`Facts`] |
//! | a titled section, the sentence a page opens with | [`Card`], [`Statement`] |
//! | a form | [`Field`], [`TextArea`], [`Submit`], [`FormErrors`] |
//! | a step that cannot simply be taken back | [`Confirm`], [`Removal`] |
//! | a product on other pages | [`ProductLinks`] |
//! | an instant | [`TimeAgo`], [`TimeNear`], [`TimeUntil`], [`Date`], [`TimeStamp`] |
//! | a state, a property | [`Pill`], [`Tag`] |
//! | a value to copy, the same for a script | [`Copyable`], [`ShowAsCurl`] |
//!
//! Where a piece is more than a few properties, its module shows how it is used.

mod block;
mod cell;
mod diff_view;
mod filter;
mod form;
mod layout;
mod marks;
mod nav;
mod table;
mod time;

pub use block::{
    Banner, Card, EmptyState, ErrorBlock, Fact, Facts, NothingMatches, PageHeader, PagePart, Pager, Pages,
    ProductLinks, ROWS, ShowAsCurl, Statement,
};
pub use cell::Cell;
pub use diff_view::{DiffView, changed_lines};
pub use filter::{
    Choice, FilterBar, FilterChoice, FilterForm, FilterText, dir, lenient, plain_options, read_filter, trimmed,
};
pub use form::{Confirm, Disabled, Field, FormErrors, Hidden, LinkButton, Removal, Submit, TextArea};
pub(crate) use form::{FieldProblem, described_by};
pub use layout::{BareLayout, Document, Layout, Main, ThemeChoice};
pub use marks::{Copyable, Fingerprint, Glyph, Icon, Mark, Pill, Tag};
pub use nav::places;
pub use table::{Column, Table};
pub use time::{Date, TimeAgo, TimeNear, TimeStamp, TimeUntil, absolute, ago, day_and_month};
