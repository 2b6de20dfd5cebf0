use std::sync::{Arc, Mutex, PoisonError};

use tokio::task::JoinHandle;

use crate::client::Parting;
use crate::shared::Shared;

/// Kept by the client, its products and its leases. When the last of them is gone, the background task says goodbye and ends.
#[derive(Debug)]
pub(crate) struct Alive {
    pub shared: Arc<Shared>,
    task: Mutex<Option<JoinHandle<Parting>>>,
}

impl Alive {
    pub fn new(shared: Arc<Shared>, task: JoinHandle<Parting>) -> Self {
        Self { shared, task: Mutex::new(Some(task)) }
    }

    pub fn take_task(&self) -> Option<JoinHandle<Parting>> {
        self.task.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl Drop for Alive {
    fn drop(&mut self) {
        self.shared.closing.send_replace(true);
    }
}
