//! What a template said before: who saved it and when, a look at it, and the way back (S38).

use super::template_preview::Looked;
use crate::{
    api::{templates::OpenTemplate, use_api},
    components::{Badge, Button, Dialog, Failed, Look, Skeleton, TimeAgo, Tint},
    i18n::{error_text, txt, use_i18n, word},
    state::{
        confirm::{Question, use_confirm},
        load::{Load, Loader},
        toasts::{say, use_toasts},
    },
};
use leptos::prelude::*;
use shared::ids::TemplateId;
use std::sync::Arc;

/// The folded group of versions.
#[component]
pub fn Versions(
    /// The template.
    id: TemplateId,
    /// For `If-Match`.
    version: i64,
    /// The caller may restore one.
    may_write: bool,
    /// Whether the form holds what was not saved.
    is_dirty: Callback<(), bool>,
    /// It says what it said before.
    on_saved: Callback<OpenTemplate>,
) -> impl IntoView {
    let i18n = use_i18n();
    let (api, toasts, confirm) = (use_api(), use_toasts(), use_confirm());
    let rows = Loader::new(move || id, move |id| api.list_template_versions(id));
    let shown = RwSignal::new(0_i32);
    let open = RwSignal::new(false);
    let restore = move |number: i32| {
        let act = move || {
            open.set(false);
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
        if is_dirty.run(()) {
            confirm.ask(Question {
                title: say!(common.unsaved_title),
                body: say!(common.unsaved_body),
                action: say!(templates.restore),
                danger: true,
                on_yes: Arc::new(act),
            });
        } else {
            act();
        }
    };
    let summary = move || rows.with(|load| load.ready().map(|page| page.items.len())).map(|count| count.to_string());
    let title = Signal::derive(move || word!(i18n, templates.version, number = shown.get()));
    view! {
        <details class="group group-advanced">
            <summary>
                <span>{txt!(i18n, templates.versions)}</span>
                <span class="help">{summary}</span>
            </summary>
            <fieldset>
                {move || match rows.get() {
                    Load::Loading => view! { <Skeleton rows=2 shape="line" /> }.into_any(),
                    Load::Failed(error) => {
                        view! { <Failed error=error on_retry=move |()| rows.reload() /> }.into_any()
                    }
                    Load::Ready(page) => {
                        page.items
                            .into_iter()
                            .enumerate()
                            .map(|(at, row)| {
                                let number = row.number;
                                view! {
                                    <div class="template-version" data-testid="version-row">
                                        <strong>{txt!(i18n, templates.version, number = number)}</strong>
                                        <span class="admin-row-note">{row.author_name} " · " <TimeAgo at=row.created_at /></span>
                                        {(at == 0)
                                            .then(|| view! { <Badge tint=Tint::Good>{txt!(i18n, templates.newest)}</Badge> })}
                                        <span class="template-version-actions">
                                            <Button
                                                small=true
                                                on:click=move |_| {
                                                    shown.set(number);
                                                    open.set(true);
                                                }
                                            >
                                                {txt!(i18n, templates.look)}
                                            </Button>
                                            {(at > 0 && may_write)
                                                .then(|| {
                                                    view! {
                                                        <Button small=true on:click=move |_| restore(number)>
                                                            {txt!(i18n, templates.restore)}
                                                        </Button>
                                                    }
                                                })}
                                        </span>
                                    </div>
                                }
                            })
                            .collect_view()
                            .into_any()
                    }
                }}
            </fieldset>
        </details>
        <Dialog open=open title=title wide=true>
            <div class="dialog-body">
                {
                    let number = shown.get_untracked();
                    let look = Loader::new(|| (), move |()| api.get_template_version(id, number));
                    move || match look.get() {
                        Load::Loading => view! { <Skeleton rows=3 shape="card" /> }.into_any(),
                        Load::Failed(error) => {
                            view! { <Failed error=error on_retry=move |()| look.reload() /> }.into_any()
                        }
                        Load::Ready(look) => {
                            let source = look.source.clone();
                            view! {
                                <Looked look=look />
                                <details class="template-text">
                                    <summary>{txt!(i18n, templates.source)}</summary>
                                    <pre>{source}</pre>
                                </details>
                            }
                                .into_any()
                        }
                    }
                }
            </div>
            <footer class="dialog-foot">
                <Button look=Look::Primary on:click=move |_| open.set(false)>{txt!(i18n, common.close)}</Button>
            </footer>
        </Dialog>
    }
}
