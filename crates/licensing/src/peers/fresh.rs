use super::Nonce;

/// The challenge for a member's next request. Only in memory: a restart invalidates it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Freshness {
    expected: Nonce,
}

/// Whether a request was made after the last answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestFreshness {
    /// It was; the challenge for the one after it.
    Yes(Nonce),
    /// It may be a replay. It is ignored and can be repeated with this challenge.
    No(Nonce),
}

impl Freshness {
    /// With a random nonce.
    #[must_use]
    pub fn new(random: Nonce) -> Freshness {
        Freshness { expected: random }
    }

    /// Checks the challenge of a request with a valid signature; `random` becomes the next one. A request that isn't
    /// fresh changes nothing, so that replays can't get in the way of new requests.
    pub fn take(&mut self, given: Option<Nonce>, random: Nonce) -> RequestFreshness {
        if given != Some(self.expected) {
            return RequestFreshness::No(self.expected);
        }
        self.expected = random;
        RequestFreshness::Yes(random)
    }
}
