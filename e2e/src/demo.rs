//! The product on stage: real mail servers, the real program, campaigns and people. `posta-lab stage` puts it up for
//! tests in a browser and obeys them; `posta-lab demo` adds customers who write, for somebody who wants to see it.

pub mod cast;
mod control;
mod show;
mod stage;

pub use control::obey;
pub use show::{facts, revive, welcome};
pub use stage::{Engine, Stage, StageOptions};
