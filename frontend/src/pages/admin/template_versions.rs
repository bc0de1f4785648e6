//! What a template said before: who saved it and when, a look at it, and the way back (S38).

use super::{
    plain,
    template_preview::{looked, raw},
};
use crate::{
    api::{
        json, use_api,
        values::{list, number, text},
    },
    components::{Look, TimeAgo, Tint},
    i18n::{error_text, txt, use_i18n, word},
    state::{
        confirm::{Question, use_confirm},
        load::Loader,
        toasts::{say, use_toasts},
    },
};
use leptos::prelude::*;
use serde_json::Value;
use shared::{ids::TemplateId, time::Timestamp};
use std::sync::Arc;

/// The folded group of versions of a template that has `version` now; `is_dirty`: the form holds what was not saved.
pub fn versions(
    id: TemplateId,
    version: i64,
    may_write: bool,
    is_dirty: Callback<(), bool>,
    on_saved: Callback<Value>,
) -> AnyView {
    let i18n = use_i18n();
    let (api, toasts, confirm) = (use_api(), use_toasts(), use_confirm());
    let rows = Loader::new(move || id, move |id| api.list_template_versions(id));
    let shown = RwSignal::new(0_i64);
    let open = RwSignal::new(false);
    let act = move |number: i64| {
        leptos::task::spawn_local(async move {
            match api.restore_template_version(id, number, version).await {
                Ok(saved) => {
                    toasts.good(say!(templates.restored, number = number));
                    let _ = on_saved.try_run(saved);
                }
                Err(error) => toasts.bad(Arc::new(move |locale| error_text(locale, &error))),
            }
        });
    };
    let restore = Callback::new(move |number: i64| {
        if is_dirty.run(()) {
            confirm.ask(Question {
                title: say!(common.unsaved_title),
                body: say!(common.unsaved_body),
                action: say!(templates.restore),
                danger: true,
                on_yes: Arc::new(move || act(number)),
            });
        } else {
            act(number);
        }
    });
    let look = Callback::new(move |number| {
        shown.set(number);
        open.set(true);
    });
    let count =
        move || rows.with(|load| load.ready().map(|page| list(page, "items").len())).map(|count| count.to_string());
    let rows = plain::loaded(rows, 2, "line", move |page| {
        let row = |(at, row)| row_view(row, at == 0, look, (at > 0 && may_write).then_some(restore));
        list(&page, "items").iter().enumerate().map(row).collect::<Vec<_>>().into_any()
    });
    let title = plain::text(move || word!(i18n, templates.version, number = shown.get()));
    let body = move || {
        let number = shown.get_untracked();
        let content = Loader::new(|| (), move |()| api.get_template_version(id, number));
        plain::loaded(content, 3, "card", move |content| {
            let source = raw(txt!(i18n, templates.source), text(&content, "source"));
            vec![looked(&content), source].into_any()
        })
    };
    let close = plain::act(move || open.set(false));
    let foot = move || plain::button(Look::Plain, false, None, txt!(i18n, common.close), Signal::stored(false), close);
    let group =
        plain::fold(txt!(i18n, templates.versions), plain::text(move || count().unwrap_or_default()), false, rows);
    vec![group, plain::dialog(open, title, true, body, foot)].into_any()
}

fn row_view(row: &Value, newest: bool, look: Callback<i64>, restore: Option<Callback<i64>>) -> AnyView {
    let i18n = use_i18n();
    let number = number(row, "number");
    let at = row.get("created_at").and_then(json::take::<Timestamp>).unwrap_or_default();
    let newest = newest.then(|| plain::badge(Tint::Good, txt!(i18n, templates.newest)));
    let look = plain::press(txt!(i18n, templates.look), move || look.run(number));
    let restore = restore.map(|restore| plain::press(txt!(i18n, templates.restore), move || restore.run(number)));
    view! {
        <div class="template-version" data-testid="version-row">
            <strong>{txt!(i18n, templates.version, number = number)}</strong>
            <span class="admin-row-note">{text(row, "author_name")} " · " <TimeAgo at=at /></span>
            {newest}
            <span class="template-version-actions">{look} {restore}</span>
        </div>
    }
    .into_any()
}
