//! The folders that are read, chosen from the server's, and what becomes of stored mail there (S14).

use super::form::{CampaignForm, lines};
use super::plain;
use crate::{
    api::{ApiError, use_api},
    components::{Banner, Button, Checkbox, TextArea, Tint},
    i18n::{detail, error_text, txt, use_i18n, word},
    state::forms::FormErrors,
};
use leptos::prelude::*;
use shared::{
    api::campaigns::{AfterStoring, ListFolders, MailFolder},
    ids::CampaignId,
    validate::Validate as _,
};

/// Folders, what becomes of stored mail, and the folder that it is moved to.
#[component]
pub fn FolderFields(
    /// The form.
    form: CampaignForm,
    /// What is wrong with it.
    errors: FormErrors,
    /// The campaign, once it exists: its stored password stands in for an empty one.
    id: Option<CampaignId>,
) -> impl IntoView {
    let i18n = use_i18n();
    let touch = move |pointer: &'static str| Callback::new(move |()| errors.touch(pointer));
    view! {
        <TextArea
            label=txt!(i18n, campaigns.folders)
            name="account/folders"
            value=form.folders
            rows=2
            help=txt!(i18n, campaigns.folders_help)
            error=errors.of("account/folders")
            on_edit=touch("account/folders")
        />
        <ServerFolders form=form errors=errors id=id />
        {plain::choice(
            errors,
            txt!(i18n, campaigns.after_storing),
            "account/after_storing",
            form.after_storing,
            plain::options(move || {
                AfterStoring::ALL
                    .iter()
                    .map(|one| {
                        let name = match one {
                            AfterStoring::Leave => word!(i18n, campaigns.after_leave),
                            AfterStoring::MarkSeen => word!(i18n, campaigns.after_mark_seen),
                            AfterStoring::Move => word!(i18n, campaigns.after_move),
                        };
                        (one.as_str().to_string(), name)
                    })
                    .collect::<Vec<_>>()
            }),
            None,
            plain::Choosing::default(),
        )}
        {move || {
            form.moves()
                .then(|| {
                    view! {
                        {plain::line(
                            errors,
                            txt!(i18n, campaigns.move_to),
                            "account/move_to",
                            form.move_to,
                            Some(txt!(i18n, campaigns.move_to_help)),
                            false,
                        )}
                    }
                })
        }}
    }
}

/// The server's folders, once asked for: each is read or not.
#[component]
fn ServerFolders(form: CampaignForm, errors: FormErrors, id: Option<CampaignId>) -> impl IntoView {
    let i18n = use_i18n();
    let api = use_api();
    let busy = RwSignal::new(false);
    let known = RwSignal::new(None::<Result<Vec<MailFolder>, ApiError>>);
    let ask = move |_| {
        let mut unread = Vec::new();
        let wanted = ListFolders { campaign_id: id, account: form.read_account(&mut unread) };
        errors.clear();
        let judged = wanted.check().err().unwrap_or_default();
        // What is to be mended by choosing stands in no one's way.
        let faults: Vec<_> = unread.into_iter().chain(judged).filter(|issue| !is_of_folders(&issue.pointer)).collect();
        if !faults.is_empty() {
            faults.into_iter().for_each(|issue| errors.add(issue));
            super::campaign_form::focus_wrong_field();
            return;
        }
        busy.set(true);
        let wanted = without_folders(wanted);
        leptos::task::spawn_local(async move {
            let answer = api.list_folders(&wanted).await.map(|list| list.folders);
            if let Err(error) = &answer {
                errors.adopt(error);
            }
            let _ = known.try_set(Some(answer));
            let _ = busy.try_set(false);
        });
    };
    view! {
        <div class="field">
            <Button small=true icon=icondata::LuFolder busy=busy on:click=ask>
                {txt!(i18n, campaigns.folders_list)}
            </Button>
            {move || match known.get() {
                None => ().into_any(),
                Some(Err(error)) => {
                    let words = detail(&error);
                    view! {
                        <Banner tint=Tint::Bad>
                            <p>{error_text(i18n.get_locale(), &error)}</p>
                            {words.map(|words| view! { <p class="words">{words}</p> })}
                        </Banner>
                    }
                        .into_any()
                }
                Some(Ok(folders)) => {
                    view! {
                        <div class="folder-list" role="group" aria-label=txt!(i18n, campaigns.folders_chosen)>
                            {folders.into_iter().map(|folder| view! { <Choice form=form name=folder.name errors=errors /> }).collect_view()}
                        </div>
                    }
                        .into_any()
                }
            }}
        </div>
    }
}

#[component]
fn Choice(form: CampaignForm, name: String, errors: FormErrors) -> impl IntoView {
    let own = name.clone();
    let checked = Signal::derive(move || form.folders.with(|text| lines(text).contains(&own)));
    let label = name.clone();
    let change = move |on: bool| {
        errors.touch("account/folders");
        let mut list = form.folders.with_untracked(|text| lines(text));
        list.retain(|known| *known != name);
        if on {
            list.push(name.clone());
        }
        form.folders.set(list.join("\n"));
    };
    view! { <Checkbox label=Signal::stored(label) checked=checked on_change=change /> }
}

fn is_of_folders(pointer: &str) -> bool {
    pointer.starts_with("/account/folders") || pointer.starts_with("/account/move_to")
}

/// The account as it would be with the defaults: its folders are what is asked for.
fn without_folders(mut wanted: ListFolders) -> ListFolders {
    wanted.account.folders = vec![shared::api::campaigns::INBOX.into()];
    wanted.account.after_storing = AfterStoring::Leave;
    wanted.account.move_to = None;
    wanted
}
