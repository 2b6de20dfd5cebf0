use crate::plain_text::is_invisible;

/// Characters of a server's name at most.
pub const MOST_NAME: usize = 64;

/// A name fit for display and commands: printable, without direction marks and surrounding blanks, not too long.
#[must_use]
pub fn shown_name(name: &str) -> String {
    let plain: String = name.chars().filter(|c| !is_invisible(*c) && !c.is_whitespace()).take(MOST_NAME).collect();
    if plain.is_empty() { "server".to_owned() } else { plain }
}

/// The name, with the first free number if another server has it: two servers on one machine have the same host name.
#[must_use]
pub fn free_name(wanted: &str, taken: &[&str]) -> String {
    let wanted = shown_name(wanted);
    let is_free = |name: &str| !taken.iter().any(|other| other.eq_ignore_ascii_case(name));
    if is_free(&wanted) {
        return wanted;
    }
    let short: String = wanted.chars().take(MOST_NAME - 4).collect();
    let mut numbered = (2_u32..).map(|number| format!("{short}-{number}"));
    numbered.find(|name| is_free(name)).unwrap_or(wanted)
}
