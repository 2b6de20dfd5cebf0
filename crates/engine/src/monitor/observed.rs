use licensing::contact::{DAY, Millis};

use crate::{DatabaseError, Engine};

/// The users who were first observed on one day of the current window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FirstObserved {
    /// When the first of them was, Unix milliseconds.
    pub at: Millis,
    /// The lowest of their numbers, in order of first appearance.
    pub first: u64,
    /// The highest.
    pub last: u64,
}

impl Engine {
    /// On which days of the current window users were first observed, the oldest first; days are UTC.
    ///
    /// # Errors
    /// When the database does not respond.
    pub async fn first_observed(&self) -> Result<Vec<FirstObserved>, DatabaseError> {
        let window = self.monitor.watch.window();
        let rows: Vec<(Millis, u64, u64)> = sqlx::query_as(
            "SELECT min(first_at), min(number), max(number) FROM observed_users
             WHERE span = ?1 AND \"window\" = ?2 GROUP BY first_at / ?3 ORDER BY min(number)",
        )
        .bind(window.to_string())
        .bind(window.number(self.clock.now_ms()))
        .bind(DAY)
        .fetch_all(self.store.read())
        .await?;
        Ok(rows.into_iter().map(|(at, first, last)| FirstObserved { at, first, last }).collect())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use licensing::monitor::ObservationWindow;

    use super::*;
    use crate::clock::ManualClock;

    #[tokio::test]
    async fn each_day_of_the_window_tells_which_users_appeared_first() {
        let monday = 1_780_272_000_000; // 2026-06-01T00:00Z
        let now = monday + 2 * DAY;
        let folder = tempfile::tempdir().unwrap();
        let conf = folder.path().join("license_server.conf");
        Engine::write_new_conf(&conf).unwrap();
        let engine = Engine::open(folder.path(), &conf, Arc::new(ManualClock::at(now))).await.unwrap();
        engine.monitor.watch.count_in(ObservationWindow::Week);
        let week = ObservationWindow::Week.number(now);
        let mut tx = engine.store.write().await.unwrap();
        let seen =
            [(week, 1_u8, monday), (week, 2, monday + DAY - 1), (week, 3, monday + DAY), (week - 1, 9, monday - 1)];
        for (window, number, at) in seen {
            sqlx::query("INSERT INTO observed_users VALUES ('week', ?, ?, ?, ?)")
                .bind(window)
                .bind(vec![number; 16_usize])
                .bind(number)
                .bind(at)
                .execute(&mut *tx)
                .await
                .unwrap();
        }
        tx.commit().await.unwrap();
        let expected =
            [FirstObserved { at: monday, first: 1, last: 2 }, FirstObserved { at: monday + DAY, first: 3, last: 3 }];
        assert_eq!(engine.first_observed().await.unwrap(), expected);
    }
}
