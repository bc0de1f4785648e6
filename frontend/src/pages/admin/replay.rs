//! `/admin/campaigns/replay`: a past day once more, with another strategy or other people (S43). What is asked stands at the
//! left, what it comes to beside it; campaign and day stand in the address. Nothing is stored of it.

use super::{
    Sections,
    campaigns::all_campaigns,
    plain,
    replay_figures::{outcome, summary},
    replay_form::{ReplayForm, fields},
};
use crate::{
    api::{ApiError, use_api},
    components::Tint,
    dom,
    i18n::{error_text, txt, use_i18n, word},
    pages::faces::Forbidden,
    routes::{self, use_go},
    state::{
        effect::effect,
        forms::FormErrors,
        load::{Load, Loader},
        session::use_session,
    },
};
use leptos::prelude::*;
use serde_json::Value;
use shared::{error::ErrorCode, ids::CampaignId, permission::Permission};

/// Replays of past days.
#[component]
pub fn ReplayPage() -> impl IntoView {
    let session = use_session();
    let may = move || session.may(Permission::SupervisionRead) && session.may(Permission::CampaignsRead);
    plain::again(move || if may() { page() } else { view! { <Forbidden /> }.into_any() })
}

fn page() -> AnyView {
    let i18n = use_i18n();
    let (api, go) = (use_api(), use_go());
    let campaigns = Loader::new(|| (), move |()| all_campaigns(api));
    let errors = FormErrors::new(i18n);
    let form = ReplayForm::new(errors, untrack(|| go.query("campaign")), untrack(|| go.query("date")));
    let failure = RwSignal::new(None::<ApiError>);
    let came = RwSignal::new(None::<Value>);
    let busy = RwSignal::new(false);
    let names = plain::options(move || {
        campaigns.with(|load| {
            let known = load.ready().map(Vec::as_slice).unwrap_or_default();
            known.iter().map(|one| (one.id.to_string(), one.name.clone())).collect::<Vec<_>>()
        })
    });
    // The first, unless the address names one that is there.
    effect(move || {
        let chosen = form.campaign.get_untracked();
        let wanted = names.with(|names| {
            let known = names.iter().any(|(id, _)| *id == chosen);
            names.first().filter(|_| !known).map(|(id, _)| id.clone())
        });
        if let Some(wanted) = wanted {
            form.campaign.set(wanted);
        }
    });
    let chosen = Memo::new(move |_| form.campaign.with(|id| id.parse::<CampaignId>().ok()));
    // Of another campaign or day nothing is known yet.
    effect(move || {
        let (campaign, date) = (chosen.get(), form.date.get());
        if came.with_untracked(Option::is_some) {
            came.set(None);
        }
        failure.set(None);
        if let Some(campaign) = campaign {
            go.replace(&routes::replay(campaign, &date));
        }
    });
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let Some(campaign) = chosen.get_untracked().filter(|_| !busy.get_untracked()) else { return };
        failure.set(None);
        let Some(input) = form.read() else { return };
        busy.set(true);
        leptos::task::spawn_local(async move {
            let outcome = api.replay_campaign(campaign, &input).await;
            let _ = busy.try_set(false);
            // Another campaign or day was chosen meanwhile.
            let is_still = chosen.try_get_untracked().flatten() == Some(campaign)
                && form.date.try_with_untracked(|date| *date == input.date) == Some(true);
            if !is_still {
                return;
            }
            match outcome {
                Ok(mut view) => {
                    if let Some(members) = view.as_object_mut() {
                        members.insert("date".into(), input.date.into());
                    }
                    let _ = came.try_set(Some(view));
                    // On narrow screens it stands below.
                    request_animation_frame(|| {
                        if let Some(outcome) =
                            document().query_selector(".replay-figures, .replay-outcome .face").ok().flatten()
                        {
                            dom::reveal(&outcome);
                        }
                    });
                }
                Err(error) => {
                    if errors.adopt(&error) {
                        super::campaign_form::focus_wrong_field();
                    }
                    let _ = failure.try_set(Some(error));
                }
            }
        });
    };
    let none = plain::flag(move || campaigns.with(|load| matches!(load, Load::Ready(list) if list.is_empty())));
    let said = plain::again(move || {
        failure.get().map_or_else(
            || ().into_any(),
            |error| {
                let full = error.code() == Some(ErrorCode::Conflict);
                let text = plain::text(move || {
                    if full { word!(i18n, replay.too_many) } else { error_text(i18n.get_locale(), &error) }
                });
                plain::banner(Tint::Bad, text, String::new(), None)
            },
        )
    });
    let beside = plain::again(move || match came.get() {
        Some(view) => outcome(&view),
        None => plain::empty(icondata::LuHistory, txt!(i18n, replay.empty), Some(txt!(i18n, replay.empty_next)), None),
    });
    // The tables would be too much for the ear.
    let said_done =
        plain::text(move || came.with(|came| came.as_ref().map(|view| summary(i18n, view)).unwrap_or_default()));
    let body = plain::again(move || {
        if none.get() {
            let more = plain::link(routes::CAMPAIGNS, txt!(i18n, shell.campaigns));
            return plain::empty(icondata::LuMegaphone, txt!(i18n, campaigns.empty), None, Some(more));
        }
        ().into_any()
    });
    view! {
        <div class="admin admin-members" data-open="true">
            <div class="admin-main">
                <Sections />
                <div class="admin-scroll">
                    {body}
                    <div class="replay" hidden=none>
                        <form class="admin-form replay-form" on:submit=submit novalidate>
                            <header class="admin-form-head">
                                <h1>{txt!(i18n, replay.title)}</h1>
                            </header>
                            <p class="help">{txt!(i18n, replay.intro)}</p>
                            {fields(form, names, came)}
                            <footer class="admin-form-foot">{said} {plain::send(txt!(i18n, replay.run), busy)}</footer>
                        </form>
                        <section class="replay-outcome" aria-label=txt!(i18n, replay.outcome)>
                            <p class="visually-hidden" role="status">{said_done}</p>
                            {beside}
                        </section>
                    </div>
                </div>
            </div>
        </div>
    }
    .into_any()
}
