//! `/admin/campaigns/dispositions`: how interactions end, as an outline that is typed: of one campaign, or of all (S106).

use super::{Sections, campaign_form::focus_wrong_field, campaigns::all_campaigns, plain, template_form::refusal};
use crate::{
    api::{ApiError, use_api},
    i18n::{txt, use_i18n},
    pages::faces::Forbidden,
    routes::{self, use_go},
    state::{
        effect::effect,
        forms::FormErrors,
        load::{Load, Loader},
        outline,
        session::use_session,
        toasts::{say, use_toasts},
        unsaved::hold_unsaved,
    },
};
use leptos::prelude::*;
use shared::{
    api::dispositions::{DispositionInput, DispositionView, DispositionsView, SetDispositions},
    ids::CampaignId,
    permission::Permission,
};

/// Dispositions.
#[component]
pub fn DispositionsPage() -> impl IntoView {
    let session = use_session();
    plain::again(
        move || {
            if session.may(Permission::CampaignsRead) { page() } else { view! { <Forbidden /> }.into_any() }
        },
    )
}

fn page() -> AnyView {
    let i18n = use_i18n();
    let (api, session, go) = (use_api(), use_session(), use_go());
    let campaigns = Loader::new(|| (), move |()| all_campaigns(api));
    let wanted = Memo::new(move |_| go.query("campaign").and_then(|id| id.parse::<CampaignId>().ok()));
    let may_write = session.may_now(Permission::CampaignsWrite);
    let errors = FormErrors::new(i18n);
    let names = plain::options(move || {
        let mut names = vec![(String::new(), txt!(i18n, campaigns.endings_all).get())];
        campaigns.with(|load| {
            let known = load.ready().map(Vec::as_slice).unwrap_or_default();
            names.extend(known.iter().map(|one| (one.id.to_string(), one.name.clone())));
        });
        names
    });
    let chosen = RwSignal::new(String::new());
    effect(move || chosen.set(wanted.get().map(|id| id.to_string()).unwrap_or_default()));
    let choose = plain::act(move || {
        let id = chosen.get_untracked();
        let path =
            if id.is_empty() { routes::DISPOSITIONS.into() } else { format!("{}?campaign={id}", routes::DISPOSITIONS) };
        go.to(&path);
        // Somebody may be asked first whether he wants to leave.
        request_animation_frame(move || {
            chosen.try_set(wanted.get_untracked().map(|id| id.to_string()).unwrap_or_default());
        });
    });
    let loaded = Loader::new(
        move || wanted.get(),
        move |campaign| async move {
            match campaign {
                Some(id) => api.get_dispositions(id).await,
                None => api.get_global_dispositions().await,
            }
        },
    );
    let form = plain::again(move || match loaded.get() {
        Load::Ready(view) => form(wanted.get_untracked(), view, loaded, may_write),
        _ => plain::loaded(loaded, 3, "card", |_| ().into_any()),
    });
    let of = plain::choice(
        errors,
        txt!(i18n, campaigns.endings_of),
        "campaign",
        chosen,
        names,
        None,
        plain::Choosing { settled: None, on_edit: Some(choose) },
    );
    view! {
        <div class="admin admin-wide">
            <div class="admin-main">
                <Sections />
                <div class="admin-scroll">
                    <div class="admin-form">{of}</div>
                    {form}
                </div>
            </div>
        </div>
    }
    .into_any()
}

fn form(
    campaign: Option<CampaignId>,
    view: DispositionsView,
    loaded: Loader<DispositionsView>,
    may_write: bool,
) -> AnyView {
    let i18n = use_i18n();
    let (api, toasts) = (use_api(), use_toasts());
    let known: Vec<DispositionView> = if campaign.is_some() { view.items.clone() } else { view.global.clone() };
    let text = RwSignal::new(outline::text_of(&known));
    let required = RwSignal::new(view.required);
    let known = StoredValue::new(known);
    let opened = StoredValue::new((text.get_untracked(), view.required));
    let errors = FormErrors::new(i18n);
    let failure = RwSignal::new(None::<ApiError>);
    let busy = RwSignal::new(false);
    let typed = move || {
        let items = text.with_untracked(|text| known.with_value(|known| outline::read(text, known)));
        SetDispositions { required: required.get_untracked(), items }
    };
    hold_unsaved(move || opened.with_value(|then| (text.get_untracked(), required.get_untracked()) != *then));
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        if busy.get_untracked() {
            return;
        }
        let input = typed();
        failure.set(None);
        if !errors.judge(&input) {
            focus_wrong_field();
            return;
        }
        busy.set(true);
        leptos::task::spawn_local(async move {
            let outcome = match campaign {
                Some(id) => api.set_dispositions(id, &input).await,
                None => api.set_global_dispositions(&input).await,
            };
            let _ = busy.try_set(false);
            match outcome {
                Ok(view) => {
                    toasts.good(say!(campaigns.endings_saved));
                    let lines = if campaign.is_some() { view.items.clone() } else { view.global.clone() };
                    let written = outline::text_of(&lines);
                    let _ = opened.try_set_value((written.clone(), view.required));
                    let _ = known.try_set_value(lines);
                    let _ = text.try_set(written);
                }
                Err(error) => {
                    errors.adopt(&error);
                    let _ = failure.try_set(Some(error));
                }
            }
        });
    };
    // A fault is of a line; there is one field.
    let wrong = plain::text(move || {
        let items = text.with(|text| outline::read(text, &[]));
        fault(&items).map(|line| txt!(i18n, campaigns.endings_wrong, line = line.as_str()).get()).unwrap_or_default()
    });
    let said = plain::again(move || {
        if wrong.with(String::is_empty) {
            return ().into_any();
        }
        plain::banner(crate::components::Tint::Warn, wrong, String::new(), None)
    });
    let mut body = vec![plain::area(errors, txt!(i18n, campaigns.endings_outline), "items", text, 16, true), said];
    body.push(view! { <p class="help">{txt!(i18n, campaigns.endings_help)}</p> }.into_any());
    if campaign.is_some() {
        let help = txt!(i18n, campaigns.endings_required_help);
        body.push(plain::toggle(errors, txt!(i18n, campaigns.endings_required), "required", required, Some(help)));
        if !view.global.is_empty() {
            let global = outline::text_of(&view.global);
            body.push(
                view! {
                    <details class="group">
                        <summary>{txt!(i18n, campaigns.endings_global)}</summary>
                        <pre>{global}</pre>
                    </details>
                }
                .into_any(),
            );
        }
    }
    let again = plain::act(move || loaded.reload());
    let foot = may_write.then(move || {
        let said = plain::again(move || failure.get().map_or_else(|| ().into_any(), |error| refusal(error, again)));
        view! { <footer class="admin-form-foot">{said} {plain::send(txt!(i18n, common.save), busy)}</footer> }
            .into_any()
    });
    let group = plain::group(txt!(i18n, campaigns.endings), !may_write, body);
    view! { <form class="admin-form" on:submit=submit novalidate>{group} {foot}</form> }.into_any()
}

/// The first line with which something is wrong.
fn fault(items: &[DispositionInput]) -> Option<String> {
    use shared::validate::Validate;
    let issues = SetDispositions { required: false, items: items.to_vec() }.check().err()?;
    let place: usize = issues.first()?.pointer.strip_prefix("/items/")?.split('/').next()?.parse().ok()?;
    items.get(place).map(|item| item.name.clone())
}
