//! Medians and percentiles.

/// The value below which `share` (0–1) of the values lie; zero of none.
pub fn quantile(values: &[f64], share: f64) -> f64 {
    let mut sorted: Vec<f64> = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    // Nearest rank: the smallest value that at least so many do not exceed.
    let rank = (share * count(sorted.len())).ceil().max(1.0);
    let found = sorted.iter().zip(1_u32..).find(|(_, place)| f64::from(*place) >= rank);
    found.map_or(0.0, |(value, _)| *value)
}

/// The middle value.
pub fn median(values: &[f64]) -> f64 {
    quantile(values, 0.5)
}

/// A count as a number to reckon with.
pub fn count(number: usize) -> f64 {
    f64::from(u32::try_from(number).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearest_rank() {
        let values = [5.0, 1.0, 4.0, 2.0, 3.0];
        assert_eq!((median(&values), quantile(&values, 0.99), quantile(&values, 0.0)), (3.0, 5.0, 1.0));
        assert_eq!(quantile(&values, 0.2), 1.0);
        assert_eq!(quantile(&values, 0.21), 2.0);
        assert_eq!(median(&[]), 0.0);
    }
}
