//! Posta's page: the agent's portal and the administration, in the browser.
//!
//! `pages` compose, `components` draw, `state` thinks, `api` and `live` speak with the server, `format` and `i18n` find
//! the words. Plain decisions have native tests; what needs a browser is tested in one (`e2e/browser`).

// The view of a page is one deeply nested type.
#![recursion_limit = "512"]

mod api;
mod app;
mod components;
mod dom;
mod format;
mod i18n;
mod live;
mod pages;
mod routes;
mod state;

fn main() {
    console_error_panic_hook::set_once();
    leptos::mount::mount_to_body(app::App);
}
