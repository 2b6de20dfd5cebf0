//! Whose use: names to numbers, all in memory.

use std::collections::HashMap;
use std::sync::Arc;

use licensing::context::Context;

use super::{Batch, UsageError};
use crate::store::Store;

/// The deployment of the series that stand for the whole server.
pub(super) const SERVER: &str = "*";

/// The three series a check-out counts in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SeriesIds {
    /// This client of this deployment.
    pub client: i64,
    /// All clients of this deployment.
    pub deployment: i64,
    /// The whole server.
    pub server: i64,
}

impl SeriesIds {
    pub fn all(self) -> [i64; 3] {
        [self.client, self.deployment, self.server]
    }
}

/// The names of a series.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct SeriesNames {
    /// Its word, or empty.
    pub context: Arc<str>,
    pub deployment: Arc<str>,
    pub product: Arc<str>,
    /// Empty: all.
    pub client: Arc<str>,
}

/// All names and their numbers.
#[derive(Debug, Default)]
pub(super) struct Series {
    numbers: HashMap<SeriesNames, i64>,
    names: HashMap<i64, SeriesNames>,
    users: HashMap<Arc<str>, u32>,
    last: i64,
    last_user: u32,
    /// Not yet stored.
    pub fresh: Vec<(i64, SeriesNames)>,
    /// Not yet stored.
    pub fresh_users: Vec<(u32, Arc<str>)>,
}

impl Series {
    pub async fn read(store: &Store) -> Result<Self, UsageError> {
        let mut all = Self::default();
        let series: Vec<(i64, String, String, String, String)> =
            sqlx::query_as("SELECT id, context, deployment, product, client FROM usage_series")
                .fetch_all(store.read())
                .await?;
        for (id, context, deployment, product, client) in series {
            let whose = SeriesNames {
                context: context.into(),
                deployment: deployment.into(),
                product: product.into(),
                client: client.into(),
            };
            all.last = all.last.max(id);
            all.numbers.insert(whose.clone(), id);
            all.names.insert(id, whose);
        }
        let users: Vec<(u32, String)> =
            sqlx::query_as("SELECT id, name FROM usage_names").fetch_all(store.read()).await?;
        for (id, name) in users {
            all.last_user = all.last_user.max(id);
            all.users.insert(name.into(), id);
        }
        Ok(all)
    }

    /// The names of a series.
    pub fn whose(&self, id: i64) -> Option<&SeriesNames> {
        self.names.get(&id)
    }

    /// The series of a client's batch and a product.
    pub fn of_batch(&mut self, batch: &Batch, product: &str) -> SeriesIds {
        let context = batch.context.map_or("", Context::as_str);
        self.of(context, &batch.deployment, product, &batch.client)
    }

    pub fn of(&mut self, context: &str, deployment: &str, product: &str, client: &str) -> SeriesIds {
        let mut whose = SeriesNames {
            context: context.into(),
            deployment: deployment.into(),
            product: product.into(),
            client: client.into(),
        };
        let client = self.number(&whose);
        whose.client = "".into();
        let deployment = self.number(&whose);
        whose.deployment = SERVER.into();
        SeriesIds { client, deployment, server: self.number(&whose) }
    }

    /// A client's series and those above it, all of which are known.
    pub fn known(&self, client: i64) -> Option<SeriesIds> {
        let mut whose = self.names.get(&client)?.clone();
        whose.client = "".into();
        let deployment = *self.numbers.get(&whose)?;
        whose.deployment = SERVER.into();
        Some(SeriesIds { client, deployment, server: *self.numbers.get(&whose)? })
    }

    fn number(&mut self, whose: &SeriesNames) -> i64 {
        if let Some(id) = self.numbers.get(whose) {
            return *id;
        }
        self.last += 1;
        self.numbers.insert(whose.clone(), self.last);
        self.names.insert(self.last, whose.clone());
        self.fresh.push((self.last, whose.clone()));
        self.last
    }

    /// The number of a user.
    pub fn user(&mut self, name: &str) -> u32 {
        if let Some(id) = self.users.get(name) {
            return *id;
        }
        self.last_user += 1;
        let name: Arc<str> = name.into();
        self.users.insert(Arc::clone(&name), self.last_user);
        self.fresh_users.push((self.last_user, name));
        self.last_user
    }
}
