//! `/admin/campaigns`: form at the left, list at the right.

use super::{Sections, campaign_form::CampaignEditor, campaign_list::CampaignRow, filter_box::FilterBox};
use crate::{
    api::{Api, ApiError, use_api},
    components::{Button, Empty, Failed, Look, Skeleton},
    format,
    i18n::{txt, use_i18n},
    live::store::use_live,
    pages::faces::Forbidden,
    routes::{self, use_go},
    state::{
        clock::use_clock,
        effect::effect_with,
        load::{Load, Loader},
        session::use_session,
        throttle::Throttle,
    },
};
use leptos::prelude::*;
use shared::{
    api::campaigns::{CampaignOverview, CampaignView},
    ids::CampaignId,
    live::LiveEvent,
    page::{MAX_LIMIT, PageQuery},
    permission::Permission,
};
use std::time::Duration;

/// All campaigns, page by page.
pub async fn all_campaigns(api: Api) -> Result<Vec<CampaignOverview>, ApiError> {
    let mut all = Vec::new();
    let mut cursor = None;
    loop {
        let page = api.list_overviews(&PageQuery { limit: Some(MAX_LIMIT), cursor }).await?;
        all.extend(page.items);
        cursor = page.next_cursor;
        if cursor.is_none() {
            return Ok(all);
        }
    }
}

/// The list is fetched anew no more often than this.
const FOLLOWED_EVERY: Duration = Duration::from_secs(2);
/// From so many campaigns on they can be filtered.
const FILTERED_FROM: usize = 8;

/// What the form shows.
#[derive(Debug, Clone, PartialEq)]
enum Choice {
    Nothing,
    New,
    One(CampaignId),
}

/// Administration of campaigns.
#[component]
pub fn CampaignsPage() -> impl IntoView {
    let session = use_session();
    move || {
        if session.may(Permission::CampaignsRead) {
            view! { <Campaigns /> }.into_any()
        } else {
            view! { <Forbidden /> }.into_any()
        }
    }
}

#[component]
fn Campaigns() -> impl IntoView {
    let i18n = use_i18n();
    let (api, live, session, go) = (use_api(), use_live(), use_session(), use_go());
    let clock = use_clock();
    let list = Loader::new(|| (), move |()| all_campaigns(api));
    let choice = Memo::new(move |_| match go.query("campaign").as_deref() {
        Some("new") => Choice::New,
        Some(text) => text.parse().map_or(Choice::Nothing, Choice::One),
        None => Choice::Nothing,
    });
    let chosen = Signal::derive(move || match choice.get() {
        Choice::One(id) => Some(id),
        Choice::Nothing | Choice::New => None,
    });
    let words = RwSignal::new(String::new());
    // What waits changes with every mail: a busy day must not become a busy page.
    let follow = Throttle::new(FOLLOWED_EVERY, Callback::new(move |()| list.reload()));
    live.listen(move |event| match event {
        LiveEvent::CampaignChanged { .. }
        | LiveEvent::InteractionChanged { .. }
        | LiveEvent::DeliveryChanged { .. }
        | LiveEvent::AccountHealthChanged { .. } => follow.ask(),
        _ => {}
    });
    // When mail was last fetched is told by nobody.
    effect_with(move |before: Option<i64>| {
        let minute = clock.minute();
        if before.is_some() {
            follow.ask();
        }
        minute
    });
    view! {
        <div class="admin" data-open=move || (choice.get() != Choice::Nothing).to_string()>
            <div class="admin-main">
                <Sections />
                <div class="admin-scroll">
                    {move || match choice.get() {
                        Choice::Nothing => {
                            let empty = list.with(|load| load.ready().is_some_and(Vec::is_empty));
                            view! { <NothingChosen empty=empty /> }.into_any()
                        }
                        Choice::New => {
                            view! {
                                <CampaignEditor
                                    campaign=None
                                    on_saved=Callback::new(move |saved: CampaignView| {
                                        list.reload();
                                        go.replace(&routes::campaign(saved.id));
                                    })
                                    on_deleted=Callback::new(|()| {})
                                    on_reload=Callback::new(|()| {})
                                />
                            }
                                .into_any()
                        }
                        Choice::One(id) => {
                            view! { <Existing
                                    id=id
                                    on_saved=Callback::new(move |()| list.reload())
                                    on_deleted=Callback::new(move |()| {
                                        list.reload();
                                        go.replace(routes::CAMPAIGNS);
                                    })
                                />
                            }
                                .into_any()
                        }
                    }}
                </div>
            </div>
            <aside class="admin-side" aria-label=txt!(i18n, shell.campaigns)>
                <header class="admin-side-head">
                    <h2>{txt!(i18n, shell.campaigns)}</h2>
                    {move || {
                        session
                            .may(Permission::CampaignsWrite)
                            .then(|| {
                                view! {
                                    <Button
                                        small=true
                                        icon=icondata::LuPlus
                                        on:click=move |_| go.to(&format!("{}?campaign=new", routes::CAMPAIGNS))
                                    >
                                        {txt!(i18n, campaigns.new_short)}
                                    </Button>
                                }
                            })
                    }}
                </header>
                {move || match list.get() {
                    Load::Loading => view! { <Skeleton rows=4 /> }.into_any(),
                    Load::Failed(error) => {
                        view! { <Failed error=error on_retry=move |()| list.reload() /> }.into_any()
                    }
                    Load::Ready(rows) if rows.is_empty() => {
                        view! { <Empty glyph=icondata::LuMegaphone title=txt!(i18n, campaigns.empty) /> }.into_any()
                    }
                    Load::Ready(rows) => {
                        let many = rows.len() >= FILTERED_FROM;
                        view! {
                            {many
                                .then(|| {
                                    view! { <FilterBox label=txt!(i18n, campaigns.filter_campaigns) value=words /> }
                                })}
                            <ul>
                                {rows
                                    .into_iter()
                                    .filter(|row| !many || words.with(|words| format::matches(&row.name, words)))
                                    .map(|campaign| view! { <li><CampaignRow campaign=campaign chosen=chosen /></li> })
                                    .collect_view()}
                            </ul>
                        }
                            .into_any()
                    }
                }}
            </aside>
        </div>
    }
}

#[component]
fn NothingChosen(empty: bool) -> impl IntoView {
    let i18n = use_i18n();
    let (session, go) = (use_session(), use_go());
    let may = session.may_now(Permission::CampaignsWrite);
    let (title, body) = if empty {
        (txt!(i18n, campaigns.empty), txt!(i18n, campaigns.empty_next))
    } else {
        (txt!(i18n, campaigns.none_chosen), txt!(i18n, campaigns.none_chosen_next))
    };
    view! {
        <div class="lone">
            <Empty glyph=icondata::LuMegaphone title=title body=body>
                {may.then(|| {
                    view! {
                        <Button
                            look=Look::Primary
                            icon=icondata::LuPlus
                            on:click=move |_| go.to(&format!("{}?campaign=new", routes::CAMPAIGNS))
                        >
                            {txt!(i18n, campaigns.new)}
                        </Button>
                    }
                })}
            </Empty>
        </div>
    }
}

#[component]
fn Existing(id: CampaignId, on_saved: Callback<()>, on_deleted: Callback<()>) -> impl IntoView {
    let api = use_api();
    let campaign = Loader::new(move || id, move |id| api.get_campaign(id));
    move || match campaign.get() {
        Load::Loading => view! { <Skeleton rows=3 shape="card" /> }.into_any(),
        Load::Failed(error) => {
            view! { <div class="lone"><Failed error=error on_retry=move |()| campaign.reload() /></div> }.into_any()
        }
        Load::Ready(known) => view! {
            <CampaignEditor
                campaign=Some(known)
                on_saved=Callback::new(move |saved| {
                    campaign.put(saved);
                    on_saved.run(());
                })
                on_deleted=on_deleted
                on_reload=Callback::new(move |()| campaign.reload())
            />
        }
        .into_any(),
    }
}
