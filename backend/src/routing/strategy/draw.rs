//! Chance, injected: the same seed draws the same numbers on every machine and with every version.

/// Draws numbers.
pub trait Draw {
    /// A number below `bound`, each as likely as another; 0 if `bound` is 0.
    fn below(&mut self, bound: u32) -> u32;
}

/// The generator SplitMix64 (Steele, Lea, Flood 2014).
#[derive(Debug, Clone)]
pub struct Seeded(u64);

impl Seeded {
    /// Begins at a seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }
}

impl Draw for Seeded {
    fn below(&mut self, bound: u32) -> u32 {
        // The upper half of a 96-bit product; with 32-bit bounds the bias is below 2⁻³².
        let product = u128::from(self.next()) * u128::from(bound);
        u32::try_from(product >> 64).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_draws_what_it_always_drew() {
        let mut drawn = Seeded::new(42);
        let numbers: Vec<u32> = (0..4).map(|_| drawn.below(1_000)).collect();
        let mut again = Seeded::new(42);
        assert_eq!(numbers, (0..4).map(|_| again.below(1_000)).collect::<Vec<_>>());
        assert_eq!(Seeded::new(0).next(), 0xE220_A839_7B1D_CDAF, "the published first number of seed 0");
        assert_eq!(Seeded::new(1).below(0), 0);
        assert!((0..1_000).all(|_| drawn.below(7) < 7));
    }
}
