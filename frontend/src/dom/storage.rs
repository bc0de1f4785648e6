//! Web storage. Every failure reads as "nothing stored": it may be forbidden or full.

use leptos::prelude::window;
use web_sys::Storage;

/// Which storage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Area {
    /// Until it is cleared; all tabs.
    Browser,
    /// As long as the tab lives, crashes included.
    Tab,
}

fn storage(area: Area) -> Option<Storage> {
    match area {
        Area::Browser => window().local_storage(),
        Area::Tab => window().session_storage(),
    }
    .ok()
    .flatten()
}

/// What is stored under `key`.
pub fn read(area: Area, key: &str) -> Option<String> {
    storage(area)?.get_item(key).ok().flatten()
}

/// Stores `value`. Whether it was.
pub fn write(area: Area, key: &str, value: &str) -> bool {
    storage(area).is_some_and(|storage| storage.set_item(key, value).is_ok())
}

/// Forgets `key`.
pub fn remove(area: Area, key: &str) {
    if let Some(storage) = storage(area) {
        let _ = storage.remove_item(key);
    }
}

/// Whether a switch is on; `fallback` while nothing is stored.
pub fn is_on(key: &str, fallback: bool) -> bool {
    read(Area::Browser, key).map_or(fallback, |value| value == "on")
}

/// Stores a switch.
pub fn switch(key: &str, on: bool) {
    write(Area::Browser, key, if on { "on" } else { "off" });
}
