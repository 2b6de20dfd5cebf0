//! The second step of a sign-in: codes of an authenticator app (RFC 6238: HMAC-SHA-1, 6 digits, 30 s), and recovery codes for who has
//! lost it. Secret and time are arguments.

use std::fmt;

use data_encoding::BASE32_NOPAD;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;

use crate::contact::Millis;

/// Bytes of a secret: as many as the hash has (RFC 4226, 4).
pub const SECRET: usize = 20;
/// A code is for this long, milliseconds.
pub const STEP: Millis = 30_000;
/// Digits of a code.
pub const DIGITS: usize = 6;
/// Codes of so many steps before and after are accepted: clocks differ, and typing takes time (RFC 6238, 5.2).
const DRIFT: i64 = 1;
/// Recovery codes a user gets.
pub const RECOVERY_CODES: usize = 10;
/// Random bytes of a recovery code. Nobody guesses 80 bits, so a plain digest keeps them.
pub const RECOVERY: usize = 10;
/// Characters between the hyphens of a secret and of a recovery code.
const GROUP: usize = 4;

/// What the app and the server share.
#[derive(Clone, PartialEq, Eq)]
pub struct TotpSecret([u8; SECRET]);

/// The secret is shown by [`TotpSecret::text`] and [`TotpSecret::uri`] only.
impl fmt::Debug for TotpSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TotpSecret")
    }
}

/// Why a code is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeRefusal {
    /// It belongs to no time near this one.
    Wrong,
    /// It, or a newer one, was accepted before.
    Used,
}

impl TotpSecret {
    /// From random bytes.
    #[must_use]
    pub fn new(random: [u8; SECRET]) -> Self {
        Self(random)
    }

    /// As stored; `None` for another length.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// For typing into an app: base32 in groups of four.
    #[must_use]
    pub fn text(&self) -> String {
        grouped(&BASE32_NOPAD.encode(&self.0), ' ')
    }

    /// For the camera of an app. `issuer` names the server, `account` the user.
    #[must_use]
    pub fn uri(&self, issuer: &str, account: &str) -> String {
        let (issuer, account) = (percent_encoded(issuer), percent_encoded(account));
        let secret = BASE32_NOPAD.encode(&self.0);
        let seconds = STEP / 1_000;
        format!(
            "otpauth://totp/{issuer}:{account}?secret={secret}&issuer={issuer}&algorithm=SHA1&digits={DIGITS}&period={seconds}"
        )
    }

    /// The code of a time step (RFC 4226, 5.3).
    fn code(&self, step: i64) -> u32 {
        let mut mac = Hmac::<Sha1>::new_from_slice(&self.0).expect("HMAC takes a key of any length");
        mac.update(&step.to_be_bytes());
        let digest = mac.finalize().into_bytes();
        let at = usize::from(digest[digest.len() - 1] & 0x0f);
        let four = [digest[at] & 0x7f, digest[at + 1], digest[at + 2], digest[at + 3]];
        u32::from_be_bytes(four) % 10_u32.pow(DIGITS as u32)
    }

    /// The code of an instant, as an app shows it.
    #[must_use]
    pub fn code_at(&self, now: Millis) -> String {
        format!("{:0width$}", self.code(now.div_euclid(STEP)), width = DIGITS)
    }

    /// The time step of a code, which is to be stored as `last`: it and those before are not accepted again.
    ///
    /// # Errors
    /// [`CodeRefusal`]
    pub fn check(&self, code: u32, now: Millis, last: Option<i64>) -> Result<i64, CodeRefusal> {
        let current = now.div_euclid(STEP);
        // All of them, whichever fits first: the time it takes tells nothing.
        let fits: Vec<i64> =
            (current - DRIFT..=current + DRIFT).filter(|step| *step >= 0 && self.code(*step) == code).collect();
        match fits.iter().find(|step| last.is_none_or(|last| **step > last)) {
            Some(step) => Ok(*step),
            None if fits.is_empty() => Err(CodeRefusal::Wrong),
            None => Err(CodeRefusal::Used),
        }
    }
}

/// What was typed at the second step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecondFactor {
    /// A code of the app.
    Code(u32),
    /// The bytes of a recovery code.
    Recovery([u8; RECOVERY]),
}

impl SecondFactor {
    /// Reads what was typed, with or without blanks and hyphens, whatever the case; `None` when it is neither.
    #[must_use]
    pub fn parse(typed: &str) -> Option<Self> {
        let plain: String = typed.chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
        if plain.len() == DIGITS && plain.bytes().all(|byte| byte.is_ascii_digit()) {
            return plain.parse().ok().map(Self::Code);
        }
        // Digits that base32 has not are letters that look like them.
        let letters: String = plain
            .chars()
            .map(|c| match c.to_ascii_uppercase() {
                '0' => 'O',
                '1' => 'I',
                '8' => 'B',
                other => other,
            })
            .collect();
        let bytes = BASE32_NOPAD.decode(letters.as_bytes()).ok()?;
        bytes.try_into().ok().map(Self::Recovery)
    }
}

/// A recovery code as it is shown: "JBSW-Y3DP-EHPK-3PXP".
#[must_use]
pub fn recovery_code(random: &[u8; RECOVERY]) -> String {
    grouped(&BASE32_NOPAD.encode(random), '-')
}

fn grouped(text: &str, between: char) -> String {
    let mut grouped = String::with_capacity(text.len() + text.len() / GROUP);
    for (at, character) in text.chars().enumerate() {
        if at > 0 && at.is_multiple_of(GROUP) {
            grouped.push(between);
        }
        grouped.push(character);
    }
    grouped
}

/// Percent-encodes everything but the unreserved characters of RFC 3986.
fn percent_encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |encoded, byte| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => encoded + &char::from(byte).to_string(),
        _ => encoded + &format!("%{byte:02X}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The secret of RFC 6238, Appendix B.
    fn rfc() -> TotpSecret {
        TotpSecret::new(*b"12345678901234567890")
    }

    fn number(code: &str) -> u32 {
        code.parse().unwrap()
    }

    #[rstest::rstest]
    #[case(59, "287082")]
    #[case(1_111_111_109, "081804")]
    #[case(1_111_111_111, "050471")]
    #[case(1_234_567_890, "005924")]
    #[case(2_000_000_000, "279037")]
    #[case(20_000_000_000, "353130")]
    fn codes_are_those_of_rfc_6238(#[case] seconds: i64, #[case] expected: &str) {
        assert_eq!(rfc().code_at(seconds * 1_000), expected);
    }

    #[test]
    fn a_clock_may_be_off_by_one_step_and_not_by_two() {
        let (secret, now) = (rfc(), 1_234_567_890_000);
        let step = now / STEP;
        for off in [-1, 0, 1] {
            let code = number(&secret.code_at(now + off * STEP));
            assert_eq!(secret.check(code, now, None), Ok(step + off), "{off}");
        }
        for off in [-2, 2, 100] {
            let code = number(&secret.code_at(now + off * STEP));
            assert_eq!(secret.check(code, now, None), Err(CodeRefusal::Wrong), "{off}");
        }
    }

    #[test]
    fn a_code_is_accepted_once_and_an_older_one_not_after_it() {
        let (secret, now) = (rfc(), 1_234_567_890_000);
        let code = number(&secret.code_at(now));
        let step = secret.check(code, now, None).unwrap();
        assert_eq!(secret.check(code, now, Some(step)), Err(CodeRefusal::Used));
        let before = number(&secret.code_at(now - STEP));
        assert_eq!(secret.check(before, now, Some(step)), Err(CodeRefusal::Used));
        let next = number(&secret.code_at(now + STEP));
        assert_eq!(secret.check(next, now, Some(step)), Ok(step + 1));
    }

    #[test]
    fn what_is_typed_is_a_code_a_recovery_code_or_neither() {
        assert_eq!(SecondFactor::parse(" 005 924\n"), Some(SecondFactor::Code(5924)));
        let random = [0x48, 0x65, 0x6c, 0x6c, 0x6f, 0x21, 0xde, 0xad, 0xbe, 0xef];
        let shown = recovery_code(&random);
        assert_eq!(shown, "JBSW-Y3DP-EHPK-3PXP");
        for typed in ["JBSW-Y3DP-EHPK-3PXP", "jbswy3dpehpk3pxp", "JBSW Y3DP EHPK 3PXP"] {
            assert_eq!(SecondFactor::parse(typed), Some(SecondFactor::Recovery(random)), "{typed}");
        }
        assert_eq!(SecondFactor::parse("OOOO-IIII-BBBB-AAAA"), SecondFactor::parse("0000-1111-8888-AAAA"));
        for typed in
            ["", "12345", "1234567", "JBSW-Y3DP-EHPK-3PX", "JBSW-Y3DP-EHPK-3PX9", "sesame öffne dich", "１２３４５６"]
        {
            assert_eq!(SecondFactor::parse(typed), None, "{typed}");
        }
    }

    #[test]
    fn an_app_reads_the_secret_with_server_and_user() {
        assert_eq!(rfc().text(), "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ");
        assert_eq!(
            rfc().uri("Leasehold lic-01", "ann@example.com"),
            "otpauth://totp/Leasehold%20lic-01:ann%40example.com?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Leasehold%20lic-01&algorithm=SHA1&digits=6&period=30"
        );
        assert_eq!(format!("{:?}", rfc()), "TotpSecret");
        assert_eq!(TotpSecret::from_bytes(rfc().as_bytes()), Some(rfc()));
        assert_eq!(TotpSecret::from_bytes(b"short"), None);
    }
}
