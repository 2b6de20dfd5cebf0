use super::Nonce;

/// Which challenge the next request of a member must carry. In memory only: after a start nothing of before is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Freshness {
    expected: Nonce,
}

/// Whether a request was made after the last answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestFreshness {
    /// It was; the challenge for the one after it.
    Yes(Nonce),
    /// It may be an old one. Nothing it says counts; it can be repeated with this challenge.
    No(Nonce),
}

impl Freshness {
    /// With a random nonce.
    #[must_use]
    pub fn new(random: Nonce) -> Freshness {
        Freshness { expected: random }
    }

    /// Takes the challenge of a request whose signature is good; `random` becomes the next. A request that is not fresh
    /// changes nothing, so that old ones, sent again by whoever, cannot get in the way of new ones.
    pub fn take(&mut self, given: Option<Nonce>, random: Nonce) -> RequestFreshness {
        if given != Some(self.expected) {
            return RequestFreshness::No(self.expected);
        }
        self.expected = random;
        RequestFreshness::Yes(random)
    }
}
