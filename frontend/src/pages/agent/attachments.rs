//! Files of a mail: name, size, preview, download.

use super::{conversation::use_open, preview::Preview};
use crate::{
    components::{Glyph, Icon},
    format::intl,
    i18n::{txt, use_i18n},
};
use leptos::{either::Either, prelude::*};
use shared::{api::attachments::AttachmentView, ids::MessageId};

/// The picture of a kind of file.
pub fn file_glyph(content_type: &str) -> Glyph {
    match content_type.split('/').next() {
        Some("image") => icondata::LuFileImage,
        Some("text") => icondata::LuFileText,
        _ if content_type == "application/pdf" => icondata::LuFileText,
        _ if content_type.contains("zip") || content_type.contains("compressed") => icondata::LuFileArchive,
        _ => icondata::LuFile,
    }
}

/// The files; nothing where there are none.
#[component]
pub fn Attachments(
    /// The mail that they belong to.
    message: MessageId,
    /// Files beside the text.
    #[prop(into)]
    files: Signal<Vec<AttachmentView>>,
) -> impl IntoView {
    let i18n = use_i18n();
    let conversation = use_open();
    let shown = RwSignal::new(None::<AttachmentView>);
    let open = RwSignal::new(false);
    let on_expired = Callback::new(move |()| {
        leptos::task::spawn_local(async move {
            let anew = conversation.renew(message).await;
            let _ = shown.try_update(|shown| {
                let id = shown.as_ref().map(|file| file.id);
                let found = anew.and_then(|message| message.attachments.into_iter().find(|file| Some(file.id) == id));
                if found.is_some() {
                    *shown = found;
                }
            });
        });
    });
    let files = Memo::new(move |_| files.get());
    view! {
        {move || {
            (!files.with(Vec::is_empty))
                .then(|| {
                    view! {
                        <ul class="files" aria-label=txt!(i18n, inbox.files)>
                            {files
                                .get()
                                .into_iter()
                                .map(|file| {
                                    let view_file = file.clone();
                                    view! {
                                        <FileCard
                                            file=file
                                            on_preview=Callback::new(move |()| {
                                                shown.set(Some(view_file.clone()));
                                                open.set(true);
                                            })
                                        />
                                    }
                                })
                                .collect_view()}
                        </ul>
                    }
                })
        }}
        <Preview file=shown open=open on_expired=on_expired />
    }
}

#[component]
fn FileCard(file: AttachmentView, on_preview: Callback<()>) -> impl IntoView {
    let i18n = use_i18n();
    let size = file.size;
    let glyph = file_glyph(&file.content_type);
    let name = file.name.clone();
    let inside = view! {
        <Icon glyph=glyph />
        <span class="file-name">{name}</span>
        <span class="file-size">{move || intl::file_size(i18n.get_locale(), size)}</span>
    };
    let url = file.url.clone();
    let download_name = file.name.clone();
    view! {
        <li class="file">
            {if file.previewable {
                Either::Left(
                    view! {
                        <button
                            type="button"
                            class="file-open"
                            on:click=move |_| on_preview.run(())
                        >
                            <span class="visually-hidden">{txt!(i18n, inbox.preview)} " "</span>
                            {inside}
                        </button>
                    },
                )
            } else {
                Either::Right(view! { <span class="file-open">{inside}</span> })
            }}
            <a
                class="icon-button icon-button-small"
                href=url
                download=download_name
                rel="external"
                aria-label={
                    let name = file.name.clone();
                    txt!(i18n, inbox.download, name = name.as_str())
                }
                data-tip=txt!(i18n, common.download)
            >
                <Icon glyph=icondata::LuDownload />
            </a>
        </li>
    }
}
