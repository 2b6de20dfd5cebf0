//! Pictures of numbers, drawn by the server as SVG and tables. Each is a pure function of its data, keeps the size of its words on
//! every screen (places are percentages, only shapes stretch), takes its colours from classes, and stands beside a table with the
//! same numbers.

mod bar;
mod course;
mod heat;
mod legend;
mod scale;
mod ticks;

pub use bar::Bar;
pub use course::{Course, CourseChart};
pub use heat::{HEAT_LEVELS, HeatMap};
pub use legend::Legend;
pub use scale::Scale;
