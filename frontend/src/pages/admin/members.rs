//! `/admin/campaigns/members`: campaigns, agents, members (S31–S33).

use super::{
    Sections,
    campaigns::all_campaigns,
    filter_box::FilterBox,
    member_columns::{AgentColumn, CampaignColumn},
    member_places::{Place, addable, places_of},
    member_rows::MemberTable,
    users::all_users,
};
use crate::i18n::td_string;
use crate::state::{chosen::Chosen, effect::effect};
use crate::{
    api::{ApiError, use_api},
    components::{Button, Look},
    i18n::{Locale, error_text, plural, txt, use_i18n},
    live::store::use_live,
    pages::faces::Forbidden,
    state::{
        confirm::{Question, use_confirm},
        load::{Load, Loader},
        session::use_session,
        toasts::{say, use_toasts},
    },
};
use leptos::prelude::*;
use shared::{
    api::campaigns::MemberInput,
    ids::{CampaignId, UserId},
    live::LiveEvent,
    permission::Permission,
};
use std::sync::Arc;

/// `Ana, Beto and 3 more`.
pub fn and_more(locale: Locale, names: &[String], more: usize) -> String {
    let named = names.join(", ");
    match u32::try_from(more).unwrap_or(u32::MAX) {
        0 => named,
        more => format!("{named} {}", plural!(locale, campaigns.remove_more, more)),
    }
}

/// Who goes from where, and what becomes of his work.
fn removal(locale: Locale, places: &[Place]) -> String {
    const NAMED: usize = 8;
    let names: Vec<String> =
        places.iter().take(NAMED).map(|place| format!("{} ({})", place.member.name, place.campaign_name)).collect();
    let names = and_more(locale, &names, places.len().saturating_sub(NAMED));
    td_string!(locale, campaigns.remove_body, names = names.as_str()).to_string()
}

/// Members of campaigns.
#[component]
pub fn MembersPage() -> impl IntoView {
    let session = use_session();
    move || {
        if session.may(Permission::CampaignsRead) && session.may(Permission::UsersRead) {
            view! { <Members /> }.into_any()
        } else {
            view! { <Forbidden /> }.into_any()
        }
    }
}

#[component]
fn Members() -> impl IntoView {
    let i18n = use_i18n();
    let (api, live, session, toasts) = (use_api(), use_live(), use_session(), use_toasts());
    let confirm = use_confirm();
    let campaigns = Loader::new(|| (), move |()| all_campaigns(api));
    let users = Loader::new(|| (), move |()| all_users(api));
    let chosen = RwSignal::new(Chosen::<CampaignId>::default());
    let agents = RwSignal::new(Chosen::<UserId>::default());
    let picked = RwSignal::new(Chosen::<(CampaignId, UserId)>::default());
    let busy = RwSignal::new(false);
    let words = RwSignal::new(String::new());
    let may = session.may_now(Permission::CampaignsWrite);

    let named = Memo::new(move |_| {
        campaigns.with(|load| {
            load.ready()
                .map(|list| {
                    list.iter()
                        .filter(|campaign| chosen.with(|chosen| chosen.contains(campaign.id)))
                        .map(|campaign| (campaign.id, campaign.name.clone()))
                        .collect::<Vec<_>>()
                })
                .unwrap_or_default()
        })
    });
    let places = Loader::new(move || named.get(), move |named| places_of(api, named));
    live.listen(move |event| {
        let concerns = match event {
            LiveEvent::CampaignChanged { campaign_id } => {
                chosen.try_with_untracked(|chosen| chosen.contains(*campaign_id)) == Some(true)
            }
            // Whoever is in no voice campaign may get nothing from now on.
            LiveEvent::SettingsChanged {} => true,
            _ => false,
        };
        if concerns {
            places.reload();
        }
    });
    // Marks are of rows that are there: those of a campaign that is no longer chosen must not be taken out unseen.
    effect(move || {
        places.with(|load| {
            if let Load::Ready(list) = load {
                let there = |key: &(CampaignId, UserId)| list.iter().any(|place| place.key() == *key);
                picked.maybe_update(|set| set.retain(there));
            }
        });
    });
    let marked = Memo::new(move |_| {
        let list = places.with(|load| load.ready().cloned().unwrap_or_default());
        picked.with(|set| list.into_iter().filter(|place| set.contains(place.key())).collect::<Vec<_>>())
    });
    let left = Memo::new(move |_| {
        let taken = places.with(|load| load.ready().cloned().unwrap_or_default());
        let count = chosen.with(Chosen::len);
        users.with(|load| load.ready().map(|list| addable(list, &taken, count)).unwrap_or_default())
    });
    let finish = move |failure: Option<ApiError>| {
        let _ = busy.try_set(false);
        places.reload();
        match failure {
            Some(error) => toasts.bad(Arc::new(move |locale| error_text(locale, &error))),
            None => toasts.good(say!(campaigns.members_saved)),
        }
    };
    let add = move |_| {
        let (into, who) = (chosen.with_untracked(Chosen::to_vec), agents.with_untracked(Chosen::to_vec));
        busy.set(true);
        leptos::task::spawn_local(async move {
            let mut failure = None;
            for campaign in into {
                for user in &who {
                    if let Err(error) = api.put_member(campaign, *user, &MemberInput::default()).await {
                        failure = Some(error);
                    }
                }
            }
            let _ = agents.try_set(Chosen::default());
            finish(failure);
        });
    };
    let remove = move |out: Vec<Place>| {
        busy.set(true);
        leptos::task::spawn_local(async move {
            let mut failure = None;
            for (campaign, user) in out.iter().map(Place::key) {
                if let Err(error) = api.remove_member(campaign, user).await {
                    failure = Some(error);
                }
            }
            let _ = picked.try_set(Chosen::default());
            finish(failure);
        });
    };
    let ask_remove = move |_| {
        let out = marked.get_untracked();
        let count = u32::try_from(out.len()).unwrap_or(u32::MAX);
        let named = out.clone();
        confirm.ask(Question {
            title: Arc::new(move |locale| plural!(locale, campaigns.remove_title, count)),
            body: Arc::new(move |locale| removal(locale, &named)),
            action: say!(common.remove),
            danger: true,
            on_yes: Arc::new(move || remove(out.clone())),
        });
    };
    let change = Callback::new(move |(campaign, user, input): (CampaignId, UserId, MemberInput)| {
        // Shown at once; what the server has comes back in any case.
        places.change(|list| {
            if let Some(place) = list.iter_mut().find(|place| place.key() == (campaign, user)) {
                place.take(&input);
            }
        });
        leptos::task::spawn_local(async move {
            if let Err(error) = api.put_member(campaign, user, &input).await {
                toasts.bad(Arc::new(move |locale| error_text(locale, &error)));
            }
            places.reload();
        });
    });
    view! {
        <div class="admin admin-members">
            <div class="admin-main">
                <Sections />
                <div class="columns">
                    <CampaignColumn campaigns=campaigns chosen=chosen />
                    <AgentColumn users=users left=left chosen=agents>
                        {may.then(|| {
                            view! {
                                <Button
                                    look=Look::Primary
                                    icon=icondata::LuPlus
                                    busy=busy
                                    disabled=Signal::derive(move || {
                                        chosen.with(Chosen::is_empty) || agents.with(Chosen::is_empty)
                                    })
                                    on:click=add
                                >
                                    {txt!(i18n, common.add)}
                                </Button>
                            }
                        })}
                    </AgentColumn>
                    <section class="column column-members" aria-label=txt!(i18n, campaigns.members)>
                        <header class="column-head">
                            <h2>{txt!(i18n, campaigns.members)}</h2>
                            {may.then(|| {
                                view! {
                                    <Button
                                        small=true
                                        busy=busy
                                        disabled=Signal::derive(move || marked.with(Vec::is_empty))
                                        on:click=ask_remove
                                    >
                                        {txt!(i18n, common.remove)}
                                    </Button>
                                }
                            })}
                        </header>
                        <FilterBox label=txt!(i18n, campaigns.filter_members) value=words />
                        <MemberTable
                            places=places
                            words=words
                            nothing_chosen=Signal::derive(move || chosen.with(Chosen::is_empty))
                            picked=picked
                            may_write=may
                            on_change=change
                        />
                    </section>
                </div>
            </div>
        </div>
    }
}
