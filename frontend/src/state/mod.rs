//! What the page knows and decides. Decisions are plain Rust with native tests; thin reactive shells bind them.

pub mod autosave;
pub mod chosen;
pub mod clock;
pub mod commands;
pub mod confirm;
pub mod conversation;
pub mod effect;
pub mod forms;
pub mod load;
pub mod outline;
pub mod preferences;
pub mod recipients;
pub mod rows;
pub mod schedule;
pub mod session;
pub mod throttle;
pub mod toasts;
pub mod tray;
pub mod unsaved;
