use std::sync::{Arc, Mutex, PoisonError};

use tokio::task::JoinHandle;

use crate::client::ClientShutdown;
use crate::shared::SharedClient;

/// Kept by the client, its products and its leases. When the last of them is gone, the background task says goodbye and ends.
#[derive(Debug)]
pub(crate) struct ClientGuard {
    pub shared: Arc<SharedClient>,
    task: Mutex<Option<JoinHandle<ClientShutdown>>>,
}

impl ClientGuard {
    pub fn new(shared: Arc<SharedClient>, task: JoinHandle<ClientShutdown>) -> Self {
        Self { shared, task: Mutex::new(Some(task)) }
    }

    pub fn take_task(&self) -> Option<JoinHandle<ClientShutdown>> {
        self.task.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl Drop for ClientGuard {
    fn drop(&mut self) {
        self.shared.closing.send_replace(true);
    }
}
