//! Looks at a file without downloading it: pictures, PDF, text (S110).

use crate::state::effect::effect;
use crate::{
    api::ApiError,
    components::{Dialog, Failed, Icon, Spinner},
    i18n::{txt, use_i18n},
};
use gloo_net::http::Request;
use leptos::prelude::*;
use shared::api::attachments::AttachmentView;
use web_sys::{Blob, BlobPropertyBag, Url};

/// Longest text shown, in characters; the rest is for the download.
const LONGEST_TEXT: usize = 500_000;

/// An address of a fetched file, freed with it.
struct ObjectUrl(String);

impl Drop for ObjectUrl {
    fn drop(&mut self) {
        let _ = Url::revoke_object_url(&self.0);
    }
}

enum Shown {
    Loading,
    Page(ObjectUrl),
    Text(String),
    Failed(ApiError),
}

/// The preview's dialog.
#[component]
pub fn Preview(
    /// What is looked at.
    file: RwSignal<Option<AttachmentView>>,
    /// Whether it is open.
    open: RwSignal<bool>,
    /// Its address gave no file: it is signed, and does not last. Whatever comes of it, `file` is set again.
    on_expired: Callback<()>,
) -> impl IntoView {
    let i18n = use_i18n();
    let renewed = RwSignal::new(false);
    effect(move || {
        if open.get() {
            renewed.set(false);
        }
    });
    // Once for each look. Whether it is being renewed.
    let renew = Callback::new(move |()| {
        let first = !renewed.get_untracked();
        if first {
            renewed.set(true);
            on_expired.run(());
        }
        first
    });
    let title = Signal::derive(move || file.with(|file| file.as_ref().map(|f| f.name.clone())).unwrap_or_default());
    view! {
        <Dialog open=open title=title wide=true>
            {move || {
                file.get()
                    .map(|file| {
                        let (url, name) = (file.url.clone(), file.name.clone());
                        view! {
                            <div class="preview">
                                {if file.content_type.starts_with("image/") {
                                    view! {
                                        <img
                                            src=file.url.clone()
                                            alt=file.name.clone()
                                            on:error=move |_| {
                                                let _ = renew.run(());
                                            }
                                        />
                                    }
                                        .into_any()
                                } else {
                                    view! { <Fetched file=file renew=renew /> }.into_any()
                                }}
                            </div>
                            <footer class="dialog-foot">
                                <a class="button" href=url download=name rel="external">
                                    <Icon glyph=icondata::LuDownload />
                                    <span>{txt!(i18n, common.download)}</span>
                                </a>
                            </footer>
                        }
                    })
            }}
        </Dialog>
    }
}

/// PDF and text are fetched first: the server offers files as downloads.
#[component]
fn Fetched(file: AttachmentView, renew: Callback<(), bool>) -> impl IntoView {
    let is_text = file.content_type.starts_with("text/");
    let shown = RwSignal::new_local(Shown::Loading);
    let url = file.url.clone();
    let again = Trigger::new();
    effect(move || {
        again.track();
        let url = url.clone();
        leptos::task::spawn_local(async move {
            let next = match fetch(&url, is_text).await {
                Ok(next) => next,
                // It will be drawn anew.
                Err(ApiError::Unreadable { .. }) if renew.try_run(()) == Some(true) => return,
                Err(error) => Shown::Failed(error),
            };
            let _ = shown.try_set(next);
        });
    });
    let name = file.name;
    move || {
        shown.with(|shown| match shown {
            Shown::Loading => view! { <div class="preview-wait"><Spinner /></div> }.into_any(),
            Shown::Page(url) => view! { <iframe src=url.0.clone() title=name.clone()></iframe> }.into_any(),
            Shown::Text(text) => view! { <pre class="preview-text">{text.clone()}</pre> }.into_any(),
            Shown::Failed(error) => {
                view! { <Failed error=error.clone() on_retry=move |()| again.notify() /> }.into_any()
            }
        })
    }
}

async fn fetch(url: &str, is_text: bool) -> Result<Shown, ApiError> {
    let response = Request::get(url).send().await.map_err(|_| ApiError::Network)?;
    if !response.ok() {
        return Err(ApiError::Unreadable { status: response.status() });
    }
    if is_text {
        let text = response.text().await.map_err(|_| ApiError::Network)?;
        return Ok(Shown::Text(text.chars().take(LONGEST_TEXT).collect()));
    }
    let bytes = response.binary().await.map_err(|_| ApiError::Network)?;
    // Only PDF comes here: the type is ours to say, not the file's.
    let parts = js_sys::Array::of1(&js_sys::Uint8Array::from(bytes.as_slice()));
    let options = BlobPropertyBag::new();
    options.set_type("application/pdf");
    let blob = Blob::new_with_u8_array_sequence_and_options(&parts, &options).map_err(|_| ApiError::Network)?;
    let url = Url::create_object_url_with_blob(&blob).map_err(|_| ApiError::Network)?;
    Ok(Shown::Page(ObjectUrl(url)))
}
