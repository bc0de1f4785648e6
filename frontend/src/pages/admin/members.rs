//! `/admin/campaigns/members`: campaigns, agents, members (S31–S33).

use super::{Sections, campaigns::all_campaigns, member_rows::MemberTable, users::all_users};
use crate::state::{chosen::Chosen, effect::effect};
use crate::{
    api::{Api, ApiError, use_api},
    components::{Avatar, Badge, Button, Empty, Failed, Icon, Look, Skeleton, Tint},
    format,
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
use leptos_i18n::td_string;
use shared::{
    api::{
        access::UserView,
        campaigns::{CampaignView, MemberInput, MemberView},
    },
    ids::{CampaignId, UserId},
    live::LiveEvent,
    page::{MAX_LIMIT, PageQuery},
    permission::{Permission, Role},
};
use std::sync::Arc;

/// A member of one of the chosen campaigns.
#[derive(Debug, Clone, PartialEq)]
pub struct Place {
    /// Campaign.
    pub campaign: CampaignId,
    /// Its name.
    pub campaign_name: String,
    /// Member.
    pub member: MemberView,
}

impl Place {
    /// Names it: who is a member of what.
    pub fn key(&self) -> (CampaignId, UserId) {
        (self.campaign, self.member.user_id)
    }

    /// Whether a filter lets it through.
    pub fn fits(&self, words: &str) -> bool {
        format::matches(&format!("{} {}", self.member.name, self.campaign_name), words)
    }

    /// Takes over a change ahead of the server's word.
    fn take(&mut self, input: &MemberInput) {
        let member = &mut self.member;
        member.position = input.position.unwrap_or(member.position);
        member.penalty = input.penalty.unwrap_or(member.penalty);
        member.may_receive = input.may_receive.unwrap_or(member.may_receive);
        member.may_start = input.may_start.unwrap_or(member.may_start);
    }
}

/// Who goes from where, and what becomes of his work.
fn removal(locale: Locale, places: &[Place]) -> String {
    const NAMED: usize = 8;
    let mut names: Vec<String> =
        places.iter().take(NAMED).map(|place| format!("{} ({})", place.member.name, place.campaign_name)).collect();
    if places.len() > NAMED {
        let count = u32::try_from(places.len() - NAMED).unwrap_or(u32::MAX);
        names.push(plural!(locale, campaigns.remove_more, count));
    }
    let names = names.join(", ");
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

async fn places_of(api: Api, campaigns: Vec<(CampaignId, String)>) -> Result<Vec<Place>, ApiError> {
    let mut places = Vec::new();
    for (campaign, name) in campaigns {
        let mut cursor = None;
        loop {
            let page = api.list_members(campaign, &PageQuery { limit: Some(MAX_LIMIT), cursor }).await?;
            places.extend(page.items.into_iter().map(|member| Place { campaign, campaign_name: name.clone(), member }));
            cursor = page.next_cursor;
            if cursor.is_none() {
                break;
            }
        }
    }
    Ok(places)
}

/// Agents who can still be added: not those who are in all chosen campaigns already (S32).
pub fn addable(users: &[UserView], places: &[Place], campaigns: usize) -> Vec<UserView> {
    users
        .iter()
        .filter(|user| user.enabled)
        .filter(|user| places.iter().filter(|place| place.member.user_id == user.id).count() < campaigns.max(1))
        .cloned()
        .collect()
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
        if let LiveEvent::CampaignChanged { campaign_id } = event
            && chosen.try_with_untracked(|chosen| chosen.contains(*campaign_id)) == Some(true)
        {
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

/// A filter box above a column.
#[component]
pub fn FilterBox(
    /// What is filtered.
    label: Signal<String>,
    /// The words.
    value: RwSignal<String>,
) -> impl IntoView {
    view! {
        <div class="tray-search column-filter">
            <Icon glyph=icondata::LuSearch />
            <input
                type="search"
                autocomplete="off"
                aria-label=label
                placeholder=label
                prop:value=value
                on:input=move |event| value.set(event_target_value(&event))
            />
        </div>
    }
}

/// A row that is chosen by pressing it anywhere.
#[component]
pub fn ChoiceRow(
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
fn CampaignColumn(campaigns: Loader<Vec<CampaignView>>, chosen: RwSignal<Chosen<CampaignId>>) -> impl IntoView {
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

#[component]
fn AgentColumn(
    users: Loader<Vec<UserView>>,
    left: Memo<Vec<UserView>>,
    chosen: RwSignal<Chosen<UserId>>,
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

/// The word of a role.
#[component]
pub fn RoleBadge(
    /// Role.
    role: Role,
) -> impl IntoView {
    let i18n = use_i18n();
    let word = match role {
        Role::Administrator => txt!(i18n, shell.role_administrator),
        Role::Supervisor => txt!(i18n, shell.role_supervisor),
        Role::Agent => txt!(i18n, shell.role_agent),
    };
    view! { <Badge tint=Tint::Quiet>{word}</Badge> }
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

#[cfg(test)]
mod tests {
    use super::*;
    use shared::time::Timestamp;

    fn user(id: i64) -> UserView {
        UserView {
            id: UserId(id),
            login: format!("u{id}"),
            name: format!("User {id}"),
            role: Role::Agent,
            enabled: true,
            must_change_password: false,
            limited_to: vec![],
            created_at: Timestamp::from_millis(0),
            version: 1,
        }
    }

    fn place(campaign: i64, user: i64) -> Place {
        let member = MemberView {
            user_id: UserId(user),
            name: String::new(),
            role: Role::Agent,
            position: 1,
            penalty: 0,
            may_receive: true,
            may_start: true,
        };
        Place { campaign: CampaignId(campaign), campaign_name: String::new(), member }
    }

    #[test]
    fn an_agent_is_absent_only_if_he_is_in_all_chosen_campaigns() {
        let users = [user(1), user(2)];
        let places = [place(1, 1), place(2, 1), place(1, 2)];
        let left: Vec<_> = addable(&users, &places, 2).iter().map(|user| user.id.0).collect();
        assert_eq!(left, [2]);
        assert_eq!(addable(&users, &[], 0).len(), 2, "before a campaign is chosen everyone is shown");
    }

    #[test]
    fn a_change_shows_at_once_and_leaves_the_rest() {
        let mut place = place(1, 1);
        place.take(&MemberInput { penalty: Some(5), may_start: Some(false), ..MemberInput::default() });
        assert_eq!((place.member.position, place.member.penalty), (1, 5));
        assert!(place.member.may_receive && !place.member.may_start);
    }

    #[test]
    fn who_cannot_sign_in_is_not_offered() {
        let mut gone = user(1);
        gone.enabled = false;
        assert!(addable(&[gone], &[], 1).is_empty());
    }
}
