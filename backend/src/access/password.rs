//! Passwords at rest: Argon2id with 19 MiB, two passes, one lane (OWASP), as PHC strings.

use crate::kernel::{Error, Result, db::connection::blocking, secrets::random_token};
use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use shared::error::ErrorCode;
use std::{sync::Arc, time::Duration};
use tokio::sync::Semaphore;

const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;

/// How long a sign-in waits for its turn before it is told to come again.
const PATIENCE: Duration = Duration::from_secs(10);

/// Hashes and verifies, a few at a time: each takes 19 MiB and a core, and sign-in is open to strangers.
#[derive(Debug, Clone)]
pub struct Passwords {
    turns: Arc<Semaphore>,
    decoy: Arc<str>,
}

impl Passwords {
    /// Ready to work, at most as many at once as there are cores, and never more than four.
    ///
    /// # Errors
    /// None that can be met; the hash function's interface has one.
    pub fn new() -> Result<Self> {
        let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
        Ok(Self { turns: Arc::new(Semaphore::new(cores.clamp(1, 4))), decoy: hash(&random_token())?.into() })
    }

    /// The PHC string to store.
    ///
    /// # Errors
    /// `too_many_requests` when there are too many others.
    pub async fn hash(&self, password: String) -> Result<String> {
        let turn = self.turn().await?;
        blocking(move || {
            let hashed = hash(&password);
            drop(turn);
            hashed
        })
        .await
    }

    /// Whether `password` is the one stored. Without a stored one it does the same work and says no, so that time does
    /// not tell whether an account exists (A6).
    ///
    /// # Errors
    /// `too_many_requests` when there are too many others; the stored text is no PHC string.
    pub async fn verify(&self, stored: Option<String>, password: String) -> Result<bool> {
        let turn = self.turn().await?;
        let decoy = Arc::clone(&self.decoy);
        blocking(move || {
            let right = verify(stored.as_deref().unwrap_or(&decoy), &password);
            drop(turn);
            Ok(right? && stored.is_some())
        })
        .await
    }

    async fn turn(&self) -> Result<tokio::sync::OwnedSemaphorePermit> {
        match tokio::time::timeout(PATIENCE, Arc::clone(&self.turns).acquire_owned()).await {
            Ok(Ok(turn)) => Ok(turn),
            Ok(Err(_)) | Err(_) => Err(Error::retry(ErrorCode::TooManyRequests, Duration::from_secs(5))),
        }
    }
}

fn argon() -> Result<Argon2<'static>> {
    let params = Params::new(MEMORY_KIB, PASSES, 1, None).map_err(|error| Error::Internal(error.to_string()))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn hash(password: &str) -> Result<String> {
    let hashed = argon()?.hash_password(password.as_bytes()).map_err(|error| Error::Internal(error.to_string()))?;
    Ok(hashed.to_string())
}

fn verify(stored: &str, password: &str) -> Result<bool> {
    let stored = PasswordHash::new(stored).map_err(|error| Error::Internal(format!("a stored password: {error}")))?;
    Ok(argon()?.verify_password(password.as_bytes(), &stored).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_password_itself_is_right() {
        let passwords = Passwords::new().unwrap();
        let stored = passwords.hash("caballo grapa".into()).await.unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
        assert_ne!(stored, passwords.hash("caballo grapa".into()).await.unwrap());
        assert!(passwords.verify(Some(stored.clone()), "caballo grapa".into()).await.unwrap());
        assert!(!passwords.verify(Some(stored), "caballo grapas".into()).await.unwrap());
    }

    #[tokio::test]
    async fn without_an_account_nothing_is_right() {
        let passwords = Passwords::new().unwrap();
        assert!(!passwords.verify(None, "caballo grapa".into()).await.unwrap());
    }
}
