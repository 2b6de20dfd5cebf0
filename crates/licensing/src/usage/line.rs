use std::borrow::Cow;

use crate::client_protocol::CheckOutOutcome;

/// A check-out as one line of a daily data file: nine fields, separated by tabs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageLine<'a> {
    /// When it was taken or denied, Unix milliseconds.
    pub from: i64,
    /// Duration, milliseconds; `None` for a denial.
    pub ms: Option<u64>,
    /// Outcome.
    pub outcome: CheckOutOutcome,
    /// Product.
    pub product: Cow<'a, str>,
    /// The client's name.
    pub client: Cow<'a, str>,
    /// Who.
    pub user: Cow<'a, str>,
    /// Where.
    pub host: Cow<'a, str>,
    /// The context of the server, empty if none.
    pub context: Cow<'a, str>,
    /// Deployment.
    pub deployment: Cow<'a, str>,
}

impl UsageLine<'_> {
    /// The first line of every file.
    pub const HEAD: &'static str = "#from\tms\toutcome\tproduct\tclient\tuser\thost\tcontext\tdeployment\n";

    /// Appends it with its line end.
    pub fn write(&self, out: &mut Vec<u8>) {
        number(out, self.from.unsigned_abs());
        out.push(b'\t');
        if let Some(ms) = self.ms {
            number(out, ms);
        }
        out.push(b'\t');
        out.extend_from_slice(word(self.outcome).as_bytes());
        for text in [&self.product, &self.client, &self.user, &self.host, &self.context, &self.deployment] {
            out.push(b'\t');
            escape(out, text);
        }
        out.push(b'\n');
    }

    /// Reads one line, with or without its end; `None` for the header and invalid lines.
    #[must_use]
    pub fn parse(line: &str) -> Option<UsageLine<'_>> {
        let mut fields = line.trim_end_matches('\n').split('\t');
        let from = fields.next()?.parse().ok()?;
        let ms = match fields.next()? {
            "" => None,
            ms => Some(ms.parse().ok()?),
        };
        let outcome = outcome(fields.next()?)?;
        let mut text = || fields.next().map(unescape);
        let line = UsageLine {
            from,
            ms,
            outcome,
            product: text()?,
            client: text()?,
            user: text()?,
            host: text()?,
            context: text()?,
            deployment: text()?,
        };
        fields.next().is_none().then_some(line)
    }
}

/// The word in the files.
fn word(outcome: CheckOutOutcome) -> &'static str {
    match outcome {
        CheckOutOutcome::Returned => "returned",
        CheckOutOutcome::Open => "open",
        CheckOutOutcome::Flushed => "flushed",
        CheckOutOutcome::Denied => "denied",
        CheckOutOutcome::Lost => "lost",
    }
}

fn outcome(word: &str) -> Option<CheckOutOutcome> {
    Some(match word {
        "returned" => CheckOutOutcome::Returned,
        "flushed" => CheckOutOutcome::Flushed,
        "denied" => CheckOutOutcome::Denied,
        "lost" => CheckOutOutcome::Lost,
        _ => return None,
    })
}

fn number(out: &mut Vec<u8>, mut number: u64) {
    let mut digits = [0_u8; 20];
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[at..]);
}

/// Tab, line ends and the backslash itself are written with a backslash.
fn escape(out: &mut Vec<u8>, text: &str) {
    if !text.bytes().any(|byte| matches!(byte, b'\t' | b'\n' | b'\r' | b'\\')) {
        out.extend_from_slice(text.as_bytes());
        return;
    }
    for byte in text.bytes() {
        match byte {
            b'\t' => out.extend_from_slice(b"\\t"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\\' => out.extend_from_slice(b"\\\\"),
            byte => out.push(byte),
        }
    }
}

fn unescape(text: &str) -> Cow<'_, str> {
    if !text.contains('\\') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        out.push(match c {
            '\\' => match chars.next() {
                Some('t') => '\t',
                Some('n') => '\n',
                Some('r') => '\r',
                Some(other) => other,
                None => '\\',
            },
            c => c,
        });
    }
    Cow::Owned(out)
}
