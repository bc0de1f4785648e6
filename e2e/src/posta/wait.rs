//! Waiting for conditions, never for time.

use std::time::{Duration, Instant};

use crate::error::LabError;

/// Asks `look` again and again until it gives something.
///
/// # Errors
/// It gave nothing within `limit`.
pub fn until<T>(what: &str, limit: Duration, mut look: impl FnMut() -> Option<T>) -> Result<T, LabError> {
    let begun = Instant::now();
    let mut pause = Duration::from_millis(1);
    loop {
        if let Some(found) = look() {
            return Ok(found);
        }
        if begun.elapsed() > limit {
            let seconds = limit.as_secs_f64();
            return Err(LabError::Timeout { what: what.to_owned(), seconds, seen: "nothing of it".into() });
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(20));
    }
}
