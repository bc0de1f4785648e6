//! Named points at which a test can have the process die, as `kill -9` would: no unwinding, no flushing.
//!
//! `POSTA_FAILPOINT=name` dies at the first pass; `name:3` at the third. Reading one environment variable at the first
//! use is all it costs a normal run. Every name that the code passes is in [`NAMES`]; the kill test dies at each.

use std::sync::{
    OnceLock,
    atomic::{AtomicI64, Ordering},
};

/// Every named point, in the order in which a mail meets them.
pub const NAMES: &[&str] = &[
    "inbox.fetched",
    "inbox.blobs_stored",
    "inbox.before_commit",
    "inbox.committed",
    "inbox.before_act",
    "inbox.acted",
    "routing.before_commit",
    "routing.committed",
    "drafts.send_before_commit",
    "drafts.send_committed",
    "outbox.claimed",
    "outbox.accepted",
    "outbox.recorded",
];

struct Armed {
    name: String,
    left: AtomicI64,
}

fn armed() -> Option<&'static Armed> {
    static ARMED: OnceLock<Option<Armed>> = OnceLock::new();
    ARMED
        .get_or_init(|| {
            let text = std::env::var("POSTA_FAILPOINT").ok()?;
            let (name, count) = text.split_once(':').unwrap_or((&text, "1"));
            Some(Armed { name: name.to_owned(), left: AtomicI64::new(count.parse().unwrap_or(1)) })
        })
        .as_ref()
}

/// Dies here if the test said so.
pub fn pass(name: &'static str) {
    debug_assert!(NAMES.contains(&name), "fail point {name} is not in the list");
    if let Some(armed) = armed()
        && armed.name == name
        && armed.left.fetch_sub(1, Ordering::SeqCst) == 1
    {
        // Abort, not exit: destructors and flushes must not run.
        std::process::abort();
    }
}

/// Whether the test asked for a deliberately broken behaviour (`POSTA_MUTANT=name`), by which the kill test proves that
/// it can fail. Only debug builds know mutants.
#[must_use]
pub fn mutant(name: &str) -> bool {
    static MUTANT: OnceLock<Option<String>> = OnceLock::new();
    cfg!(debug_assertions) && MUTANT.get_or_init(|| std::env::var("POSTA_MUTANT").ok()).as_deref() == Some(name)
}
