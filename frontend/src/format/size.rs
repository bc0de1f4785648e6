//! Sizes of files.

/// A size in the unit that reads best.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Size {
    /// Number in that unit.
    pub value: f64,
    /// Unit as `Intl` names it.
    pub unit: &'static str,
    /// Digits after the point.
    pub digits: u32,
}

/// `octets` in decimal units, as file managers show them.
pub fn size(octets: i64) -> Size {
    const UNITS: [(&str, i64); 2] = [("gigabyte", 1_000_000_000), ("megabyte", 1_000_000)];
    let octets = octets.max(0);
    // Nobody needs to know bytes: what is not empty has at least a tenth of a kilobyte.
    let octets = if octets == 0 { 0 } else { octets.max(100) };
    #[expect(clippy::as_conversions, reason = "a file's size is exact in an f64 up to 9 PB")]
    let float = |n: i64| n as f64;
    let (unit, scale) = UNITS.into_iter().find(|(_, scale)| octets >= *scale).unwrap_or(("kilobyte", 1_000));
    let value = float(octets) / float(scale);
    Size { value, unit, digits: u32::from(value < 10.0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn picks_the_unit() {
        assert_eq!(size(0), Size { value: 0.0, unit: "kilobyte", digits: 1 });
        assert_eq!(size(7), Size { value: 0.1, unit: "kilobyte", digits: 1 });
        assert_eq!(size(600), Size { value: 0.6, unit: "kilobyte", digits: 1 });
        assert_eq!(size(1_500), Size { value: 1.5, unit: "kilobyte", digits: 1 });
        assert_eq!(size(120_000), Size { value: 120.0, unit: "kilobyte", digits: 0 });
        assert_eq!(size(25_000_000).unit, "megabyte");
    }
}
