//! How long to wait before the next try to connect.

/// First wait, in milliseconds.
const FIRST: u64 = 1_000;
/// Longest wait, in milliseconds.
const LONGEST: u64 = 30_000;

/// The wait before try number `attempt` (from 0), in milliseconds: doubling up to a cap, and spread by `random`
/// (0 to 1) over its upper half, so that a thousand pages do not come back at the same moment.
pub fn wait(attempt: u32, random: f64) -> u64 {
    let full = FIRST.saturating_mul(1_u64.checked_shl(attempt.min(16)).unwrap_or(u64::MAX)).min(LONGEST);
    let half = full / 2;
    #[expect(
        clippy::as_conversions,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "at most 15,000 times a number from 0 to 1"
    )]
    let spread = (half as f64 * random.clamp(0.0, 1.0)) as u64;
    half + spread
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_up_to_the_cap_and_spreads() {
        assert_eq!(wait(0, 0.0), 500);
        assert_eq!(wait(0, 1.0), 1_000);
        assert_eq!(wait(3, 1.0), 8_000);
        assert_eq!(wait(5, 1.0), 30_000);
        assert_eq!(wait(u32::MAX, 0.5), 22_500);
    }
}
