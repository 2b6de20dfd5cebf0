//! The component of a log line, from the module of the event.

use engine::exchange::REMINDER;

/// Width of a component in the file; the names of others' crates are cut to it.
const WIDTH: usize = 8;

/// The component of a target such as `engine::leases::background`.
pub fn of(target: &str) -> String {
    if target == REMINDER {
        return "EXCHANGE".to_owned();
    }
    let mut parts = target.split("::");
    let (krate, module) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let known = match (krate, module) {
        ("engine", "exchange" | "registration" | "reachability" | "diagnostics") => "EXCHANGE",
        ("engine" | "leasehold", "leases" | "clients") => "LEASES",
        ("engine", "usage") => "USAGE",
        ("engine", "conf") => "CONF",
        ("engine", "audit") => "AUDIT",
        ("engine" | "leasehold", "peers" | "failover") => "PEERS",
        ("engine" | "leasehold", "ve" | "identity") => "VE",
        ("engine", "countdown") => "COUNTDOWN",
        ("engine", "locked") => "LOCKED",
        ("engine" | "leasehold", "alerts") => "ALERTS",
        ("engine", "accounts") | ("leasehold", "http" | "operations") | ("app" | "leptos", _) => "CONSOLE",
        ("reporting", _) | ("leasehold", "reporting") => "REPORTS",
        ("client" | "leasehold_client", _) => "CLIENT",
        ("engine" | "leasehold", _) => "SERVER",
        (other, _) => return other.chars().take(WIDTH).map(capital).collect(),
    };
    known.to_owned()
}

/// A name as a component: capital letters, digits, hyphens.
pub fn named(name: &str) -> String {
    name.chars().map(capital).collect()
}

fn capital(letter: char) -> char {
    if letter.is_ascii_alphanumeric() { letter.to_ascii_uppercase() } else { '_' }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case("engine::exchange::keep", "EXCHANGE")]
    #[case("engine::leases::keep", "LEASES")]
    #[case("leasehold::clients::listen", "LEASES")]
    #[case("leasehold::http::problem", "CONSOLE")]
    #[case("leasehold::cli::serve", "SERVER")]
    #[case("engine::audit::append", "AUDIT")]
    #[case(REMINDER, "EXCHANGE")]
    #[case("rustls::conn", "RUSTLS")]
    #[case("hyper_util::client", "HYPER_UT")]
    fn each_part_of_the_program_has_its_word(#[case] target: &str, #[case] component: &str) {
        assert_eq!(of(target), component);
    }
}
