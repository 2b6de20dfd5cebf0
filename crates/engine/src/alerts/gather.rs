//! What is asked of the other parts of the server before each look.

use licensing::alert::{GraceSignal, PeerSignal};
use licensing::peer::State;

use crate::Engine;

impl Engine {
    /// Hands over what is known now of the other servers, of clients in their grace period, and of the hours of this server.
    pub(super) fn gather_signals(&self) {
        let picture = self.peers.picture();
        let now = self.now_ms();
        let peer = |server: &crate::peers::Server| PeerSignal {
            name: server.name.clone(),
            seen_ms_ago: (now - server.last_seen_ms.unwrap_or(self.started_at)).max(0),
            up: matches!(server.state, State::Up(_)),
        };
        self.alerts.tell_peers(Some(picture.others().map(peer).collect()));
        let grace = self.in_grace().into_iter();
        let grace = grace.map(|client| GraceSignal { client: client.name, until_ms: client.until_ms });
        self.alerts.tell_grace(Some(grace.collect()));
        let view = self.countdown.view();
        self.alerts.tell_countdown((view.serial > 0).then_some((view.balance_ms, view.running_since.is_some())));
    }
}
