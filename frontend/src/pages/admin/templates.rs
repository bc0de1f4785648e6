//! `/admin/templates`: form at the left, list at the right.

use super::{Sections, filter_box::FilterBox, template_form::TemplateEditor};
use crate::{
    api::{
        templates::{OpenTemplate, TemplateRow},
        use_api,
    },
    components::{Badge, Button, Empty, Failed, Look, Skeleton, Tint},
    format,
    i18n::{I18n, Locale, txt, use_i18n},
    live::store::use_live,
    pages::faces::Forbidden,
    routes::{self, use_go},
    state::{
        load::{Load, Loader},
        session::use_session,
    },
};
use leptos::prelude::*;
use leptos_i18n::td_string;
use shared::{api::templates::TemplateKind, ids::TemplateId, live::LiveEvent, permission::Permission};

/// What the form shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Choice {
    Nothing,
    New,
    One(TemplateId),
}

/// The word of a kind.
pub fn kind_word(locale: Locale, kind: TemplateKind) -> &'static str {
    match kind {
        TemplateKind::Signature => td_string!(locale, templates.kind_signature),
        TemplateKind::Confirmation => td_string!(locale, templates.kind_confirmation),
        TemplateKind::Reply => td_string!(locale, templates.kind_reply),
        TemplateKind::MassMail => td_string!(locale, templates.kind_mass_mail),
    }
}

/// Administration of templates.
#[component]
pub fn TemplatesPage() -> impl IntoView {
    let session = use_session();
    move || {
        // Agents read some templates while they write, and have no business here.
        if session.may(Permission::TemplatesRead) && session.may(Permission::CampaignsRead) {
            view! { <Templates /> }.into_any()
        } else {
            view! { <Forbidden /> }.into_any()
        }
    }
}

#[component]
fn Templates() -> impl IntoView {
    let i18n = use_i18n();
    let (api, live, session, go) = (use_api(), use_live(), use_session(), use_go());
    let list = Loader::new(|| (), move |()| api.all_templates());
    let campaigns = Loader::new(|| (), move |()| super::campaigns::all_campaigns(api));
    let campaigns = Signal::derive(move || {
        campaigns.with(|load| {
            let known = load.ready().map(Vec::as_slice).unwrap_or_default();
            known.iter().map(|one| (one.id.to_string(), one.name.clone())).collect::<Vec<_>>()
        })
    });
    let words = RwSignal::new(String::new());
    // Who looks through templates, or saves one, stays on the side that he looks at.
    let tab = RwSignal::new("design");
    let may_write = session.may_now(Permission::TemplatesWrite);
    let choice = Memo::new(move |_| match go.path().trim_end_matches('/').rsplit('/').next() {
        Some("new") => Choice::New,
        Some(text) => text.parse().map_or(Choice::Nothing, Choice::One),
        None => Choice::Nothing,
    });
    live.listen(move |event| {
        if matches!(event, LiveEvent::TemplateChanged { .. }) {
            list.reload();
        }
    });
    // Another template, or the same one as it stands now.
    let on_saved = Callback::new(move |saved: OpenTemplate| {
        list.reload();
        go.replace(&routes::template(saved.id));
    });
    let on_deleted = Callback::new(move |()| {
        list.reload();
        go.replace(routes::TEMPLATES);
    });
    let add = move |look: Look, small: bool, word: Signal<String>| {
        may_write.then(|| {
            view! {
                <Button look=look small=small icon=icondata::LuPlus on:click=move |_| go.to(routes::NEW_TEMPLATE)>
                    {word}
                </Button>
            }
        })
    };
    view! {
        <div class="admin" data-open=move || (choice.get() != Choice::Nothing).to_string()>
            <div class="admin-main">
                <Sections />
                <div class="admin-scroll">
                    {move || match choice.get() {
                        Choice::Nothing => {
                            let empty = list.with(|load| load.ready().is_some_and(Vec::is_empty));
                            let (title, body) = if empty {
                                (txt!(i18n, templates.empty), txt!(i18n, templates.empty_next))
                            } else {
                                (txt!(i18n, templates.none_chosen), txt!(i18n, templates.none_chosen_next))
                            };
                            view! {
                                <div class="lone">
                                    <Empty glyph=icondata::LuLayoutTemplate title=title body=body>
                                        {add(Look::Primary, false, txt!(i18n, templates.new))}
                                    </Empty>
                                </div>
                            }
                                .into_any()
                        }
                        Choice::New => {
                            view! {
                                <TemplateEditor
                                    template=None
                                    campaigns=campaigns
                                    tab=tab
                                    on_saved=on_saved
                                    on_deleted=on_deleted
                                    on_reload=Callback::new(|()| {})
                                />
                            }
                                .into_any()
                        }
                        Choice::One(id) => {
                            view! { <Existing id=id campaigns=campaigns tab=tab on_saved=on_saved on_deleted=on_deleted /> }
                                .into_any()
                        }
                    }}
                </div>
            </div>
            <aside class="admin-side" aria-label=txt!(i18n, templates.title)>
                <header class="admin-side-head">
                    <h2>{txt!(i18n, templates.title)}</h2>
                    {add(Look::Plain, true, txt!(i18n, common.new))}
                </header>
                <FilterBox label=txt!(i18n, templates.filter) value=words />
                {move || match list.get() {
                    Load::Loading => view! { <Skeleton rows=5 shape="line" /> }.into_any(),
                    Load::Failed(error) => {
                        view! { <Failed error=error on_retry=move |()| list.reload() /> }.into_any()
                    }
                    Load::Ready(rows) => rows_view(i18n, rows, words, choice),
                }}
            </aside>
        </div>
    }
}

/// The rows that fit the words.
fn rows_view(i18n: I18n, rows: Vec<TemplateRow>, words: RwSignal<String>, choice: Memo<Choice>) -> AnyView {
    let empty = rows.is_empty();
    let locale = i18n.get_locale();
    let fits = |row: &TemplateRow| {
        let campaign = row.campaign_name.as_deref().unwrap_or_default();
        let shortcut = row.shortcut.as_deref().unwrap_or_default();
        let text = format!("{} {shortcut} {} {campaign}", row.name, kind_word(locale, row.kind));
        words.with(|words| format::matches(&text, words))
    };
    let shown: Vec<_> = rows.into_iter().filter(fits).collect();
    if shown.is_empty() {
        let (glyph, title) = if empty {
            (icondata::LuLayoutTemplate, txt!(i18n, templates.empty))
        } else {
            (icondata::LuSearch, txt!(i18n, inbox.nothing_found))
        };
        return view! { <Empty glyph=glyph title=title /> }.into_any();
    }
    let rows = shown.into_iter().map(|row| {
        let id = row.id;
        let kind = row.kind;
        let campaign = row.campaign_name;
        let place = move || campaign.clone().unwrap_or_else(|| td_string!(i18n.get_locale(), templates.everywhere).into());
        view! {
            <li>
                <a
                    class="admin-row"
                    href=routes::template(id)
                    aria-current=move || (choice.get() == Choice::One(id)).then_some("true")
                    data-testid="template-row"
                >
                    <span class="admin-row-text">
                        <span class="admin-row-name"><strong>{row.name}</strong></span>
                        <span class="admin-row-note">{place}</span>
                        {row.shortcut.map(|shortcut| view! { <span class="admin-row-note words">{shortcut}</span> })}
                    </span>
                    <Badge tint=Tint::Quiet>{move || kind_word(i18n.get_locale(), kind)}</Badge>
                </a>
            </li>
        }
    });
    view! { <ul>{rows.collect_view()}</ul> }.into_any()
}

#[component]
fn Existing(
    id: TemplateId,
    campaigns: Signal<Vec<(String, String)>>,
    tab: RwSignal<&'static str>,
    on_saved: Callback<OpenTemplate>,
    on_deleted: Callback<()>,
) -> impl IntoView {
    let api = use_api();
    let template = Loader::new(move || id, move |id| api.get_template(id));
    move || match template.get() {
        Load::Loading => view! { <Skeleton rows=3 shape="card" /> }.into_any(),
        Load::Failed(error) => {
            view! { <div class="lone"><Failed error=error on_retry=move |()| template.reload() /></div> }.into_any()
        }
        Load::Ready(known) => view! {
            <TemplateEditor
                template=Some(known)
                campaigns=campaigns
                tab=tab
                on_saved=Callback::new(move |saved: OpenTemplate| {
                    if saved.id == id {
                        template.put(saved.clone());
                    }
                    on_saved.run(saved);
                })
                on_deleted=on_deleted
                on_reload=Callback::new(move |()| template.reload())
            />
        }
        .into_any(),
    }
}
