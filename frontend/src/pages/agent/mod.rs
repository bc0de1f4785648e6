//! The agent's portal.

pub mod actions;
pub mod anchor;
pub mod attachments;
pub mod composer;
pub mod conversation;
pub mod customer;
pub mod decisions;
pub mod delivery;
pub mod errand;
pub mod finish;
pub mod frame;
pub mod header;
pub mod inbox;
pub mod interaction;
pub mod message;
pub mod none_open;
pub mod older;
pub mod preview;
pub mod queue;
pub mod start;
pub mod text;
pub mod timeline;
pub mod tray;
pub mod tray_history;
pub mod tray_row;
pub mod tray_waiting;
