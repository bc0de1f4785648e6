//! How much slower this machine is now than the quiet two-core one for which absolute bounds were written.

use std::time::Instant;

use sha2::{Digest, Sha256};

use super::stats::median;

/// What one round of the loop takes there, in milliseconds.
const REFERENCE_MS: f64 = 60.0;
const ROUNDS: usize = 9;

/// At least 1: a faster machine is not held to a narrower bound.
pub fn factor() -> f64 {
    let rounds: Vec<f64> = (0..ROUNDS).map(|_| one_round()).collect();
    (median(&rounds) / REFERENCE_MS).max(1.0)
}

fn one_round() -> f64 {
    let begun = Instant::now();
    let mut block = vec![0_u8; 1 << 20];
    for byte in &mut block {
        *byte = byte.wrapping_add(7).rotate_left(3);
    }
    // Hashing and copying: what ingestion and serving mostly do.
    let mut digest = [0_u8; 32];
    for _ in 0..16 {
        let mut hasher = Sha256::new();
        hasher.update(&block);
        hasher.update(digest);
        digest = hasher.finalize().into();
        block.rotate_left(usize::from(digest.first().copied().unwrap_or(1)) + 1);
    }
    std::hint::black_box(&block);
    begun.elapsed().as_secs_f64() * 1_000.0
}
