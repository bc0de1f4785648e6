//! Files that go along: by button, drop or paste.

use super::desk::Desk;
use crate::i18n::td_string;
use crate::{
    api::ApiError,
    components::{Icon, Spinner},
    format::intl,
    i18n::{error_text, txt, use_i18n},
    pages::agent::attachments::file_glyph,
    state::toasts::use_toasts,
};
use leptos::prelude::*;
use shared::api::attachments::AttachmentView;
use std::sync::Arc;
use web_sys::{File, FileList};

/// Octets of a megabyte, as the server counts them.
const MEGABYTE: i64 = 1_048_576;

/// Adds files beside the text.
pub(super) fn attach(desk: Desk, files: &FileList) {
    for index in 0..files.length() {
        if let Some(file) = files.get(index) {
            leptos::task::spawn_local(async move {
                upload(desk, file, false).await;
            });
        }
    }
}

/// Sends one file to the server. None when it could not be stored, which was said.
pub(super) async fn upload(desk: Desk, file: File, inline: bool) -> Option<AttachmentView> {
    let name = file.name();
    let most = desk.max_file_size;
    #[expect(clippy::as_conversions, reason = "a file's size is exact in an f64 up to 9 PB")]
    let fits = file.size() <= most as f64;
    if file.size() <= 0.0 || !fits {
        // Sending it would take its time and come to nothing.
        desk.toast(Arc::new(move |locale| {
            let why = if fits {
                td_string!(locale, editor.file_empty).to_string()
            } else {
                td_string!(locale, editor.file_too_large, most = most / MEGABYTE).to_string()
            };
            td_string!(locale, editor.file_refused, name = name.as_str(), why = why.as_str()).to_string()
        }));
        return None;
    }
    desk.uploading.try_update(|list| list.push(name.clone()))?;
    let outcome = desk.api().add_attachment(desk.id, &file, inline).await;
    desk.uploading.try_update(|list| {
        if let Some(at) = list.iter().position(|other| *other == name) {
            list.remove(at);
        }
    })?;
    match outcome {
        Ok(stored) => {
            desk.attachments.try_update(|list| list.push(stored.clone()))?;
            Some(stored)
        }
        Err(error) => {
            say_refused(desk, name, error);
            None
        }
    }
}

fn say_refused(desk: Desk, name: String, error: ApiError) {
    desk.toast(Arc::new(move |locale| {
        let why = error_text(locale, &error);
        td_string!(locale, editor.file_refused, name = name.as_str(), why = why.as_str()).to_string()
    }));
}

/// The files, and those on their way.
#[component]
pub(super) fn DraftFiles(desk: Desk) -> impl IntoView {
    let i18n = use_i18n();
    let toasts = use_toasts();
    let beside = Memo::new(move |_| {
        desk.attachments.with(|list| list.iter().filter(|file| !file.inline).cloned().collect::<Vec<_>>())
    });
    let remove = move |file: AttachmentView| {
        desk.attachments.update(|list| list.retain(|other| other.id != file.id));
        leptos::task::spawn_local(async move {
            if let Err(error) = desk.api().remove_attachment(desk.id, file.id).await {
                let _ = desk.attachments.try_update(|list| list.push(file));
                toasts.bad(Arc::new(move |locale| error_text(locale, &error)));
            }
        });
    };
    move || {
        let (files, coming) = (beside.get(), desk.uploading.get());
        (!files.is_empty() || !coming.is_empty()).then(|| {
            view! {
                <ul class="files composer-files" aria-label=txt!(i18n, inbox.files)>
                    {files
                        .into_iter()
                        .map(|file| {
                            let (size, name) = (file.size, file.name.clone());
                            let glyph = file_glyph(&file.content_type);
                            let label = name.clone();
                            view! {
                                <li class="file">
                                    <span class="file-open">
                                        <Icon glyph=glyph />
                                        <span class="file-name">{name}</span>
                                        <span class="file-size">
                                            {move || intl::file_size(i18n.get_locale(), size)}
                                        </span>
                                    </span>
                                    <button
                                        type="button"
                                        class="icon-button icon-button-small"
                                        aria-label=txt!(i18n, editor.remove_file, name = label.as_str())
                                        on:click=move |_| remove(file.clone())
                                    >
                                        <Icon glyph=icondata::LuX />
                                    </button>
                                </li>
                            }
                        })
                        .collect_view()}
                    {coming
                        .into_iter()
                        .map(|name| {
                            view! {
                                <li class="file" role="status">
                                    <span class="file-open">
                                        <Spinner />
                                        <span class="file-name">{name}</span>
                                    </span>
                                </li>
                            }
                        })
                        .collect_view()}
                </ul>
            }
        })
    }
}
