//! The pieces pages are made of.

mod actions;
mod block;
mod card;
mod copyable;
mod curl;
mod diff_view;
mod field;
mod form_errors;
mod icon;
mod layout;
mod message;
mod nav;
mod page_header;
mod pill;
mod shell;
mod text_area;
mod theme_choice;
mod time;

pub use actions::{Disabled, LinkButton, Submit};
pub use block::{EmptyState, ErrorBlock, Statement};
pub use card::Card;
pub use copyable::Copyable;
pub use curl::ShowAsCurl;
pub use diff_view::{DiffView, changed_lines};
pub use field::{Field, Hidden};
pub use form_errors::FormErrors;
pub use icon::{Glyph, Icon, Mark};
pub use layout::{BareLayout, Layout};
pub use message::{Banner, FlashMessage};
pub use page_header::PageHeader;
pub use pill::{Pill, Tag};
pub use shell::Document;
pub use text_area::TextArea;
pub use theme_choice::ThemeChoice;
pub use time::{TimeAgo, absolute, duration_words};
