//! The closed set of primitives that pages are built from. Each draws itself from the tokens, wears its roles and
//! names, works by keyboard, and knows nothing of the product.

pub mod avatar;
pub mod banner;
pub mod button;
pub mod chart;
pub mod chips;
pub mod confirm;
pub mod dialog;
pub mod faces;
pub mod field;
pub mod icon;
pub mod menu;
pub mod palette;
pub mod rows;
pub mod shortcuts;
pub mod state;
pub mod switch;
pub mod tabs;
pub mod time;
pub mod toasts;
pub mod tooltip;

pub use avatar::Avatar;
pub use banner::Banner;
pub use button::{Button, IconButton, Look};
pub use chart::{Chart, Unit, chart};
pub use dialog::Dialog;
pub use faces::{Empty, Failed, Skeleton};
pub use field::{NumberField, PasswordField, SelectField, TextArea, TextField};
pub use icon::{Glyph, Icon};
pub use menu::{Menu, MenuItem, MenuLine};
pub use rows::{rows, rows_of};
pub use state::{Badge, Dot, Spinner, Tint};
pub use switch::{Checkbox, Switch};
pub use tabs::{Tab, Tabs};
pub use time::{TimeAgo, Timer};

use std::sync::atomic::{AtomicU64, Ordering};

/// An id for `for`, `aria-labelledby` and the like, unique in the page.
pub fn unique_id(prefix: &str) -> String {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    format!("{prefix}-{}", NEXT.fetch_add(1, Ordering::Relaxed))
}
