//! The first two columns: campaigns and agents, several of which can be chosen.

use super::{filter_box::FilterBox, users::RoleBadge};
use crate::{
    components::{Avatar, Empty, Failed, Skeleton},
    format,
    i18n::{plural, txt, use_i18n},
    state::{
        chosen::Chosen,
        load::{Load, Loader},
    },
};
use leptos::prelude::*;
use shared::{
    api::{access::UserView, campaigns::CampaignOverview},
    ids::{CampaignId, UserId},
    permission::Role,
};

/// Campaigns.
#[component]
pub fn CampaignColumn(
    /// All that the user sees.
    campaigns: Loader<Vec<CampaignOverview>>,
    /// Those that are chosen.
    chosen: RwSignal<Chosen<CampaignId>>,
) -> impl IntoView {
    let i18n = use_i18n();
    let words = RwSignal::new(String::new());
    view! {
        <section class="column" aria-label=txt!(i18n, shell.campaigns)>
            <header class="column-head">
                <h2>{txt!(i18n, shell.campaigns)}</h2>
                <Count set=Signal::derive(move || chosen.with(Chosen::len)) />
            </header>
            <FilterBox label=txt!(i18n, campaigns.filter_campaigns) value=words />
            <div class="column-list">
                {move || match campaigns.get() {
                    Load::Loading => view! { <Skeleton rows=5 shape="line" /> }.into_any(),
                    Load::Failed(error) => {
                        view! { <Failed error=error on_retry=move |()| campaigns.reload() /> }.into_any()
                    }
                    Load::Ready(list) if list.is_empty() => {
                        view! { <Empty glyph=icondata::LuMegaphone title=txt!(i18n, campaigns.empty) /> }.into_any()
                    }
                    Load::Ready(list) => {
                        list.into_iter()
                            .filter(|campaign| words.with(|words| format::matches(&campaign.name, words)))
                            .map(|campaign| {
                                let id = campaign.id;
                                view! {
                                    <ChoiceRow
                                        checked=Signal::derive(move || chosen.with(|set| set.contains(id)))
                                        on_toggle=move |on| toggle(chosen, id, on)
                                    >
                                        <span class="choice-name">{campaign.name}</span>
                                    </ChoiceRow>
                                }
                            })
                            .collect_view()
                            .into_any()
                    }
                }}
            </div>
        </section>
    }
}

/// Agents who can be added.
#[component]
pub fn AgentColumn(
    /// All users, for the faces of the column.
    users: Loader<Vec<UserView>>,
    /// Those who can be added.
    left: Memo<Vec<UserView>>,
    /// Those who are chosen.
    chosen: RwSignal<Chosen<UserId>>,
    /// What stands below.
    children: Children,
) -> impl IntoView {
    let i18n = use_i18n();
    let words = RwSignal::new(String::new());
    view! {
        <section class="column" aria-label=txt!(i18n, campaigns.agents)>
            <header class="column-head">
                <h2>{txt!(i18n, campaigns.agents)}</h2>
                <Count set=Signal::derive(move || chosen.with(Chosen::len)) />
            </header>
            <FilterBox label=txt!(i18n, campaigns.filter_agents) value=words />
            <div class="column-list">
                {move || match users.with(|load| match load {
                    Load::Loading => Some(None),
                    Load::Failed(error) => Some(Some(error.clone())),
                    Load::Ready(_) => None,
                }) {
                    Some(None) => view! { <Skeleton rows=5 shape="line" /> }.into_any(),
                    Some(Some(error)) => {
                        view! { <Failed error=error on_retry=move |()| users.reload() /> }.into_any()
                    }
                    None if left.with(Vec::is_empty) => {
                        view! { <Empty glyph=icondata::LuUsers title=txt!(i18n, campaigns.agents_none) /> }.into_any()
                    }
                    None => {
                        left.get()
                            .into_iter()
                            .filter(|user| {
                                words.with(|words| format::matches(&format!("{} {}", user.name, user.login), words))
                            })
                            .map(|user| {
                                let id = user.id;
                                view! {
                                    <ChoiceRow
                                        checked=Signal::derive(move || chosen.with(|set| set.contains(id)))
                                        on_toggle=move |on| toggle(chosen, id, on)
                                    >
                                        <Avatar name=user.name.clone() small=true />
                                        <span class="choice-name">{user.name}</span>
                                        {(user.role != Role::Agent).then(|| view! { <RoleBadge role=user.role /> })}
                                    </ChoiceRow>
                                }
                            })
                            .collect_view()
                            .into_any()
                    }
                }}
            </div>
            <footer class="column-foot">{children()}</footer>
        </section>
    }
}

/// A row that is chosen by pressing it anywhere.
#[component]
fn ChoiceRow(
    /// Whether it is.
    #[prop(into)]
    checked: Signal<bool>,
    /// It was pressed.
    #[prop(into)]
    on_toggle: Callback<bool>,
    /// What it shows; its text names the box.
    children: Children,
) -> impl IntoView {
    view! {
        <label class="choice">
            <input
                type="checkbox"
                prop:checked=checked
                on:change=move |event| on_toggle.run(event_target_checked(&event))
            />
            {children()}
        </label>
    }
}

fn toggle<T: PartialEq + Copy + Send + Sync + 'static>(set: RwSignal<Chosen<T>>, id: T, on: bool) {
    set.update(|set| set.set(id, on));
}

#[component]
fn Count(#[prop(into)] set: Signal<usize>) -> impl IntoView {
    let i18n = use_i18n();
    move || {
        let count = u32::try_from(set.get()).unwrap_or(u32::MAX);
        (count > 0)
            .then(|| view! { <span class="help">{plural!(i18n.get_locale(), common.selected_count, count)}</span> })
    }
}
