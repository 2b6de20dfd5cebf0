//! Shows a license of a virtual environment in plain words.

fn main() {}
