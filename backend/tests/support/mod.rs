//! What the tests share: the real application on a free port over a private directory and database, on either engine,
//! with clients by role. Every answer that a client gets is checked against the OpenAPI document.

mod app;
mod client;
mod conformance;
mod database;
mod mails;
mod socket;

pub use app::{Builder, PASSWORD, TestApp, block_on};
pub use client::{Answer, Client};
pub use mails::{Desk, insert_desk, insert_mail};
pub use posta::kernel::db::Engine;
pub use socket::{Socket, SocketEnd};

/// Makes `name::sqlite` and `name::postgres` out of one story. The story gets a [`TestApp`]; a closure behind the name
/// may change how it is built.
macro_rules! both_engines {
    ($($(#[$meta:meta])* fn $name:ident($app:ident $(, $build:expr)?) $body:block)+) => { $(
        $(#[$meta])*
        fn $name(engine: $crate::support::Engine) {
            let builder = $crate::support::TestApp::builder(engine);
            $(let builder = ($build)(builder);)?
            let $app = builder.start();
            $body
        }

        mod $name {
            #[test]
            fn sqlite() {
                super::$name($crate::support::Engine::Sqlite);
            }

            #[test]
            fn postgres() {
                super::$name($crate::support::Engine::Postgres);
            }
        }
    )+ };
}
