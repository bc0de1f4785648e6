//! `/admin/users`: form at the left, list at the right.

use super::{
    UserSections,
    user_form::{NewUser, UserEditor, WITH_LINK},
};
use crate::{
    api::{Api, ApiError, use_api},
    components::{Avatar, Badge, Button, Empty, Failed, Look, Skeleton, Tint},
    format,
    i18n::{txt, use_i18n},
    pages::faces::Forbidden,
    routes::{self, use_go},
    state::{
        load::{Load, Loader},
        session::use_session,
    },
};
use leptos::prelude::*;
use shared::{
    api::access::UserView,
    ids::UserId,
    page::{MAX_LIMIT, PageQuery},
    permission::{Permission, Role},
};

/// All users, page by page.
pub async fn all_users(api: Api) -> Result<Vec<UserView>, ApiError> {
    let mut all = Vec::new();
    let mut cursor = None;
    loop {
        let page = api.list_users(&PageQuery { limit: Some(MAX_LIMIT), cursor }).await?;
        all.extend(page.items);
        cursor = page.next_cursor;
        if cursor.is_none() {
            return Ok(all);
        }
    }
}

/// What the form shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Choice {
    Nothing,
    New,
    One(UserId),
}

/// Administration of users.
#[component]
pub fn UsersPage() -> impl IntoView {
    let session = use_session();
    move || {
        if session.may(Permission::UsersRead) {
            view! { <Users /> }.into_any()
        } else {
            view! { <Forbidden /> }.into_any()
        }
    }
}

#[component]
fn Users() -> impl IntoView {
    let i18n = use_i18n();
    let (api, session, go) = (use_api(), use_session(), use_go());
    let list = Loader::new(|| (), move |()| all_users(api));
    let words = RwSignal::new(String::new());
    let choice = Memo::new(move |_| match go.query("user").as_deref() {
        Some("new") => Choice::New,
        Some(text) => text.parse().map_or(Choice::Nothing, Choice::One),
        None => Choice::Nothing,
    });
    // A user as the server has him now.
    let put = move |user: UserView| {
        list.change(|list| match list.iter_mut().find(|known| known.id == user.id) {
            Some(known) => *known = user,
            None => list.push(user),
        });
    };
    let to_new = move || go.to(&format!("{}?user=new", routes::USERS));
    let may_write = session.may_now(Permission::UsersWrite);
    view! {
        <div class="admin" data-open=move || (choice.get() != Choice::Nothing).to_string()>
            <div class="admin-main">
                <UserSections />
                <div class="admin-scroll">
                    {move || match choice.get() {
                        Choice::Nothing => {
                            view! {
                                <div class="lone">
                                    <Empty
                                        glyph=icondata::LuUsers
                                        title=txt!(i18n, users.none_chosen)
                                        body=txt!(i18n, users.none_chosen_next)
                                    >
                                        {may_write
                                            .then(|| {
                                                view! {
                                                    <Button
                                                        look=Look::Primary
                                                        icon=icondata::LuPlus
                                                        on:click=move |_| to_new()
                                                    >
                                                        {txt!(i18n, users.new)}
                                                    </Button>
                                                }
                                            })}
                                    </Empty>
                                </div>
                            }
                                .into_any()
                        }
                        Choice::New => {
                            view! {
                                <NewUser on_created=Callback::new(move |user: UserView| {
                                    let id = user.id;
                                    put(user);
                                    go.replace(&format!("{}&{WITH_LINK}=new", routes::user(id)));
                                }) />
                            }
                                .into_any()
                        }
                        Choice::One(id) => {
                            let known = Memo::new(move |_| {
                                list.with(|load| load.ready().and_then(|list| list.iter().find(|user| user.id == id).cloned()))
                            });
                            // The form stays while the user changes: somebody may be writing in it.
                            let face = Memo::new(move |_| match known.with(Option::is_some) {
                                true => Some(true),
                                false => list.with(|load| (*load != Load::Loading).then_some(false)),
                            });
                            (move || match face.get() {
                                None => view! { <Skeleton rows=2 shape="card" /> }.into_any(),
                                Some(false) => {
                                    view! {
                                        <div class="lone">
                                            <Empty
                                                glyph=icondata::LuSearch
                                                title=txt!(i18n, common.not_found_title)
                                            />
                                        </div>
                                    }
                                        .into_any()
                                }
                                Some(true) => {
                                    known
                                        .get_untracked()
                                        .map(|user| {
                                            view! {
                                                <UserEditor
                                                    user=user
                                                    known=known
                                                    on_saved=Callback::new(put)
                                                    on_reload=Callback::new(move |()| list.reload())
                                                />
                                            }
                                        })
                                        .into_any()
                                }
                            })
                                .into_any()
                        }
                    }}
                </div>
            </div>
            <aside class="admin-side" aria-label=txt!(i18n, shell.users)>
                <header class="admin-side-head">
                    <h2>{txt!(i18n, shell.users)}</h2>
                    {may_write
                        .then(|| {
                            view! {
                                <Button small=true icon=icondata::LuPlus on:click=move |_| to_new()>
                                    {txt!(i18n, common.new)}
                                </Button>
                            }
                        })}
                </header>
                <super::filter_box::FilterBox label=txt!(i18n, users.filter) value=words />
                {move || match list.get() {
                    Load::Loading => view! { <Skeleton rows=5 shape="line" /> }.into_any(),
                    Load::Failed(error) => {
                        view! { <Failed error=error on_retry=move |()| list.reload() /> }.into_any()
                    }
                    Load::Ready(rows) => {
                        let shown: Vec<_> = rows
                            .into_iter()
                            .filter(|user| {
                                words.with(|words| format::matches(&format!("{} {}", user.name, user.login), words))
                            })
                            .collect();
                        if shown.is_empty() {
                            return view! { <Empty glyph=icondata::LuSearch title=txt!(i18n, inbox.nothing_found) /> }
                                .into_any();
                        }
                        view! {
                            <ul>
                                {shown
                                    .into_iter()
                                    .map(|user| view! { <li><UserRow user=user chosen=choice /></li> })
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
fn UserRow(user: UserView, chosen: Memo<Choice>) -> impl IntoView {
    let i18n = use_i18n();
    let id = user.id;
    view! {
        <a
            class="admin-row"
            href=routes::user(id)
            aria-current=move || (chosen.get() == Choice::One(id)).then_some("true")
            data-testid="user-row"
        >
            <Avatar name=user.name.clone() small=true />
            <span class="admin-row-text">
                <span class="admin-row-name"><strong>{user.name}</strong></span>
                <span class="admin-row-note">{user.login}</span>
            </span>
            {(!user.enabled).then(|| view! { <Badge tint=Tint::Bad>{txt!(i18n, users.disabled)}</Badge> })}
            <RoleBadge role=user.role />
        </a>
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
