//! What the tests share: the real application on a free port over a private directory and database, on either engine,
//! with clients by role. Every answer that a client gets is checked against the OpenAPI document.
#![allow(dead_code, unused_imports, reason = "each test binary uses a part of this")]

mod app;
mod client;
mod conformance;
mod database;
mod socket;

pub use app::{Builder, PASSWORD, TestApp, block_on};
pub use client::{Answer, Client};
pub use conformance::Conformance;
pub use database::{TestDatabase, postgres_url};
pub use posta::kernel::db::Engine;
pub use socket::{Socket, SocketEnd};

/// Makes `name::sqlite` and `name::postgres` out of one story. The story gets a [`TestApp`]; a closure behind the name
/// may change how it is built.
#[macro_export]
macro_rules! both_engines {
    ($($(#[$meta:meta])* fn $name:ident($app:ident $(, $build:expr)?) $body:block)+) => { $(
        $(#[$meta])*
        mod $name {
            #[allow(unused_imports, reason = "not every story needs everything of its file")]
            use super::*;

            fn story($app: $crate::support::TestApp) $body

            fn build(engine: $crate::support::Engine) -> $crate::support::TestApp {
                let builder = $crate::support::TestApp::builder(engine);
                $(let builder = ($build)(builder);)?
                builder.start()
            }

            #[test]
            fn sqlite() {
                story(build($crate::support::Engine::Sqlite));
            }

            #[test]
            fn postgres() {
                story(build($crate::support::Engine::Postgres));
            }
        }
    )+ };
}
