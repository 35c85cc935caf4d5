//! A token bucket: the rate and the burst of a method.

use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use crate::template::Throttle;

pub(super) struct Bucket {
    limits: Throttle,
    level: Mutex<Option<(f64, Instant)>>,
}

impl Bucket {
    pub(super) fn new(limits: Throttle) -> Self {
        Self {
            limits,
            level: Mutex::new(None),
        }
    }

    /// Takes a token, if there is one at `now`.
    pub(super) fn admits(&self, now: Instant) -> bool {
        let mut level = self.level.lock().unwrap_or_else(PoisonError::into_inner);
        let (tokens, since) = level.unwrap_or((self.limits.burst, now));
        let gained = now.saturating_duration_since(since).as_secs_f64() * self.limits.rate;
        let tokens = (tokens + gained).min(self.limits.burst);
        let admitted = tokens >= 1.0;
        *level = Some((if admitted { tokens - 1.0 } else { tokens }, now));
        admitted
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_burst_passes_then_the_rate() {
        let bucket = Bucket::new(Throttle {
            rate: 10.0,
            burst: 3.0,
        });
        let start = Instant::now();
        assert_eq!((0..5).filter(|_| bucket.admits(start)).count(), 3);
        assert!(!bucket.admits(start + Duration::from_millis(50)));
        assert!(bucket.admits(start + Duration::from_millis(120)));
        assert!(!bucket.admits(start + Duration::from_millis(130)));
    }
}
