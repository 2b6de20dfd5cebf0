//! Passwords: what is accepted, and Argon2id.

use argon2::{Argon2, PasswordHasher, PasswordVerifier};

/// Minimum length of a password (console rules: at least 15).
pub const MIN_CHARACTERS: usize = 15;
/// Maximum length; a longer password only keeps the server busy.
pub const MAX_CHARACTERS: usize = 256;

/// Why a password is not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// Too short.
    #[error(
        "The password has {0} characters; it needs at least {MIN_CHARACTERS}. Several words in a row are easy to remember."
    )]
    TooShort(usize),
    /// Too long.
    #[error("The password has more than {MAX_CHARACTERS} characters. A shorter one is just as safe.")]
    TooLong,
    /// Too easy to guess.
    #[error("This password is too common. Choose several unrelated words.")]
    Common,
    /// The same again and again.
    #[error("The password repeats the same characters. Choose several unrelated words.")]
    Repeated,
    /// Keys in a row, or the alphabet.
    #[error(
        "The password mostly follows the keyboard or the alphabet, which is easy to guess. Choose several unrelated words."
    )]
    Sequence,
    /// Mostly the user's name.
    #[error("The password is based on the user name. Choose one that can't be guessed from it.")]
    LikeName,
}

/// Whether `password` may protect the account `name`.
///
/// # Errors
/// A sentence that says what to change.
pub fn check(name: &str, password: &str) -> Result<(), PasswordError> {
    let characters = password.chars().count();
    if characters > MAX_CHARACTERS {
        return Err(PasswordError::TooLong);
    }
    if characters < MIN_CHARACTERS {
        return Err(PasswordError::TooShort(characters));
    }
    let plain: String = password.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect();
    if is_common(&plain) {
        return Err(PasswordError::Common);
    }
    let name: String = name.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect();
    if name.len() >= 3 && plain.replace(&name, "").len() < 4 {
        return Err(PasswordError::LikeName);
    }
    if repeats(&plain) {
        return Err(PasswordError::Repeated);
    }
    if without_sequences(&without_common(&plain)).chars().count() < MIN_OWN {
        return Err(PasswordError::Sequence);
    }
    Ok(())
}

/// Characters that must be left without common words, digits and sequences.
const MIN_OWN: usize = 4;
/// Neighbors from which on a sequence is one: words seldom have so many.
const SEQUENCE: usize = 3;

/// Keys as they lie beside and below each other on the usual keyboards, and the alphabet. They are also read backwards.
const SEQUENCES: &[&str] = &[
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "qwertzuiopü",
    "asdfghjklöä",
    "yxcvbnm",
    "azertyuiop",
    "qsdfghjklm",
    "wxcvbn",
    "qaz",
    "wsx",
    "edc",
    "rfv",
    "tgb",
    "yhn",
    "ujm",
    "qay",
    "zhn",
    "abcdefghijklmnopqrstuvwxyz",
];

/// What is left when all runs of neighbors are taken out.
fn without_sequences(plain: &str) -> String {
    let all: Vec<char> = plain.chars().collect();
    let follows = |line: &str, pair: [char; 2]| line.chars().zip(line.chars().skip(1)).any(|(a, b)| [a, b] == pair);
    let mut rest = String::new();
    let mut at = 0;
    while at < all.len() {
        let run = |line: &str, backwards: bool| {
            let pairs = all[at..]
                .windows(2)
                .take_while(|pair| follows(line, if backwards { [pair[1], pair[0]] } else { [pair[0], pair[1]] }));
            pairs.count() + 1
        };
        let longest = SEQUENCES.iter().map(|line| run(line, false).max(run(line, true))).max().unwrap_or(1);
        if longest >= SEQUENCE {
            at += longest;
        } else {
            rest.push(all[at]);
            at += 1;
        }
    }
    rest
}

/// Whether it is one piece again and again, the last time perhaps cut off, and the piece alone would be too short.
fn repeats(plain: &str) -> bool {
    let all: Vec<char> = plain.chars().collect();
    let most = (all.len() / 2).min(MIN_CHARACTERS - 1);
    (1..=most).any(|piece| all.iter().skip(piece).zip(&all).all(|(later, before)| later == before))
}

/// Words of long common passwords; a password made only of these, digits and repetitions is refused.
const COMMON: &[&str] = &[
    "password",
    "passwort",
    "passw0rd",
    "p4ssw0rd",
    "administrator",
    "admin",
    "letmein",
    "welcome",
    "qwertyuiop",
    "qwerty",
    "qwertz",
    "asdfghjkl",
    "zxcvbnm",
    "yxcvbnm",
    "iloveyou",
    "changeme",
    "secret",
    "license",
    "server",
    "leasehold",
    "master",
    "monkey",
    "dragon",
    "football",
    "baseball",
    "sunshine",
    "princess",
    "superman",
    "batman",
    "trustno",
    "abcdefghijklmnopqrstuvwxyz",
    "abcdef",
    "abc",
    "login",
    "root",
    "test",
    "default",
    "lumenvox",
    "capacity",
    "12345678901234567890",
    "1234567890",
    "0987654321",
    "0123456789",
    "123456",
    "correcthorsebatterystaple",
    "hallo",
    "geheim",
    "user",
    "guest",
    "computer",
    "internet",
    "whatever",
    "starwars",
    "my",
    "is",
    "the",
    "this",
    "q1w2e3r4t5y6u7i8o9p0",
    "1q2w3e4r5t6y7u8i9o0p",
    "1qaz2wsx3edc4rfv5tgb6yhn",
];

/// What is left without common words and digits.
fn without_common(plain: &str) -> String {
    let mut rest = plain.to_owned();
    for word in COMMON {
        rest = rest.replace(word, "");
    }
    rest.retain(|c| !c.is_ascii_digit());
    rest
}

fn is_common(plain: &str) -> bool {
    let rest = without_common(plain);
    let mut distinct: Vec<char> = rest.chars().collect();
    distinct.sort_unstable();
    distinct.dedup();
    let all: std::collections::BTreeSet<char> = plain.chars().collect();
    rest.chars().count() < 3 || distinct.len() < 2 || all.len() < 5
}

/// Hashes with Argon2id (19 MiB, 2 passes, 1 lane: the values RFC 9106's successors and OWASP name) as a PHC string.
pub fn hash(password: &str) -> String {
    Argon2::default()
        .hash_password(password.as_bytes())
        .expect("a random salt and default parameters are valid")
        .to_string()
}

/// Whether `password` is the one that was hashed. A damaged hash matches nothing.
pub fn matches(password: &str, phc: &str) -> bool {
    argon2::password_hash::phc::PasswordHash::new(phc)
        .is_ok_and(|parsed| Argon2::default().verify_password(password.as_bytes(), &parsed).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case("short", PasswordError::TooShort(5))]
    #[case("passwordpassword", PasswordError::Common)]
    #[case("Password123456789!", PasswordError::Common)]
    #[case("aaaaaaaaaaaaaaaaaa", PasswordError::Common)]
    #[case("123456789012345678", PasswordError::Common)]
    #[case("correct horse battery staple", PasswordError::Common)]
    #[case("gertrude-gertrude-1", PasswordError::LikeName)]
    #[case("qwertyuiopasdfgh", PasswordError::Sequence)]
    #[case("hgfdsapoiuytrewq", PasswordError::Sequence)]
    #[case("QWERTZUIOPÜasdfghjklöä", PasswordError::Sequence)]
    #[case("azertyuiopqsdfgh", PasswordError::Sequence)]
    #[case("qaz wsx edc rfv tgb", PasswordError::Sequence)]
    #[case("1qaz!2wsx!3edc!4rfv", PasswordError::Sequence)]
    #[case("zyxwvutsrqponmlk", PasswordError::Sequence)]
    #[case("rtyuiop-fghjkl-cvbnm", PasswordError::Sequence)]
    #[case("sevenlampsevenlamp", PasswordError::Repeated)]
    #[case("tX9kp!tX9kp!tX9kp!tX", PasswordError::Repeated)]
    fn weak_passwords_are_refused_with_the_reason(#[case] password: &str, #[case] expected: PasswordError) {
        assert_eq!(check("gertrude", password), Err(expected));
    }

    #[test]
    fn long_ones_are_accepted_and_checked_by_argon2id() {
        assert_eq!(check("admin", "seven green lamps hum"), Ok(()));
        for fine in ["we were the first to point there", "student properties tresor", "asdf green lamps hum"] {
            assert_eq!(check("admin", fine), Ok(()), "{fine}");
        }
        assert_eq!(check("admin", &"x".repeat(257)), Err(PasswordError::TooLong));
        let phc = hash("seven green lamps hum");
        assert!(phc.starts_with("$argon2id$"));
        assert!(matches("seven green lamps hum", &phc));
        assert!(!matches("seven green lamps hun", &phc));
        assert!(!matches("x", "not a hash"));
    }
}
