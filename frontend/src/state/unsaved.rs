//! Asking before a page is left whose form holds what was not saved.

use super::{
    confirm::{Question, use_confirm},
    toasts::say,
};
use crate::routes::use_go;
use leptos::prelude::on_cleanup;
use std::sync::Arc;

/// Asks before another page of ours is opened while `is_dirty`, for as long as the owner lives.
pub fn hold_unsaved(is_dirty: impl Fn() -> bool + Send + Sync + 'static) {
    let (go, confirm) = (use_go(), use_confirm());
    go.guard(Some(Arc::new(move |path: &str| {
        let asks = is_dirty();
        if asks {
            let path = path.to_string();
            confirm.ask(Question {
                title: say!(common.unsaved_title),
                body: say!(common.unsaved_body),
                action: say!(common.unsaved_leave),
                danger: true,
                on_yes: Arc::new(move || go.to_at_once(&path)),
            });
        }
        asks
    })));
    on_cleanup(move || go.guard(None));
}
