//! `/admin/templates`: form at the left, list at the right.

use super::{Sections, filter_box::FilterBox, plain, template_form::template_editor};
use crate::i18n::td_string;
use crate::{
    api::{templates::TemplateRow, use_api, values::text},
    components::{Look, Tint},
    format,
    i18n::{I18n, Locale, txt, use_i18n},
    live::store::use_live,
    pages::faces::Forbidden,
    routes::{self, use_go},
    state::{load::Loader, session::use_session},
};
use leptos::prelude::*;
use serde_json::Value;
use shared::{api::templates::TemplateKind, ids::TemplateId, live::LiveEvent, permission::Permission};

/// What the form shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Choice {
    Nothing,
    New,
    One(TemplateId),
}

/// What the forms share. Cheap to copy.
#[derive(Clone, Copy)]
pub struct Host {
    /// Campaigns by id and name.
    pub campaigns: plain::Options,
    /// Which side of the content is shown: who looks through templates, or saves one, stays on the side he looks at.
    pub tab: RwSignal<&'static str>,
    /// It was saved.
    pub on_saved: Callback<Value>,
    /// It was deleted.
    pub on_deleted: Callback<()>,
    /// It must be loaded again: someone else has changed it.
    pub on_reload: Callback<()>,
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
    // Agents read some templates while they write, and have no business here.
    let may = move || session.may(Permission::TemplatesRead) && session.may(Permission::CampaignsRead);
    plain::again(move || if may() { templates() } else { view! { <Forbidden /> }.into_any() })
}

fn templates() -> AnyView {
    let i18n = use_i18n();
    let (api, live, session, go) = (use_api(), use_live(), use_session(), use_go());
    let list = Loader::new(|| (), move |()| api.all_templates());
    let campaigns = Loader::new(|| (), move |()| super::campaigns::all_campaigns(api));
    let campaigns = plain::options(move || {
        campaigns.with(|load| {
            let known = load.ready().map(Vec::as_slice).unwrap_or_default();
            known.iter().map(|one| (one.id.to_string(), one.name.clone())).collect::<Vec<_>>()
        })
    });
    let words = RwSignal::new(String::new());
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
    let host = Host {
        campaigns,
        tab: RwSignal::new("design"),
        on_saved: Callback::new(move |saved: Value| {
            list.reload();
            go.replace(&routes::template(TemplateRow::of(&saved).id));
        }),
        on_deleted: plain::act(move || {
            list.reload();
            go.replace(routes::TEMPLATES);
        }),
        on_reload: plain::act(|| {}),
    };
    let add = move |look: Look, word: Signal<String>| {
        let to = plain::act(move || go.to(routes::NEW_TEMPLATE));
        may_write
            .then(|| plain::button(look, look == Look::Plain, Some(icondata::LuPlus), word, Signal::stored(false), to))
    };
    let none_yet = move || list.with(|load| load.ready().and_then(Value::as_array).is_some_and(Vec::is_empty));
    let form = plain::again(move || match choice.get() {
        Choice::Nothing => {
            let (title, body) = if none_yet() {
                (txt!(i18n, templates.empty), txt!(i18n, templates.empty_next))
            } else {
                (txt!(i18n, templates.none_chosen), txt!(i18n, templates.none_chosen_next))
            };
            let more = add(Look::Primary, txt!(i18n, templates.new));
            let face = plain::empty(icondata::LuLayoutTemplate, title, Some(body), more);
            view! { <div class="lone">{face}</div> }.into_any()
        }
        Choice::New => template_editor(None, host),
        Choice::One(id) => existing(id, host),
    });
    let rows = plain::loaded(list, 5, "line", move |rows| rows_view(i18n, &rows, words, choice));
    view! {
        <div class="admin" data-open=move || (choice.get() != Choice::Nothing).to_string()>
            <div class="admin-main">
                <Sections />
                <div class="admin-scroll">{form}</div>
            </div>
            <aside class="admin-side" aria-label=txt!(i18n, templates.title)>
                <header class="admin-side-head">
                    <h2>{txt!(i18n, templates.title)}</h2>
                    {add(Look::Plain, txt!(i18n, common.new))}
                </header>
                <FilterBox label=txt!(i18n, templates.filter) value=words />
                {rows}
            </aside>
        </div>
    }
    .into_any()
}

/// The rows that fit the words.
fn rows_view(i18n: I18n, rows: &Value, words: RwSignal<String>, choice: Memo<Choice>) -> AnyView {
    let rows = rows.as_array().map(Vec::as_slice).unwrap_or_default();
    let locale = i18n.get_locale();
    let everywhere = td_string!(locale, templates.everywhere);
    let mut shown = Vec::new();
    for row in rows {
        let campaign = text(row, "campaign_name");
        let row = TemplateRow::of(row);
        let kind = kind_word(locale, row.kind);
        let campaign = if campaign.is_empty() { everywhere.to_string() } else { campaign };
        let hay = format!("{} {} {kind} {campaign}", row.name, row.shortcut);
        if words.with(|words| format::matches(&hay, words)) {
            shown.push(row_view(row, kind, campaign, choice));
        }
    }
    if shown.is_empty() {
        let (glyph, title) = if rows.is_empty() {
            (icondata::LuLayoutTemplate, txt!(i18n, templates.empty))
        } else {
            (icondata::LuSearch, txt!(i18n, inbox.nothing_found))
        };
        return plain::empty(glyph, title, None, None);
    }
    view! { <ul>{shown}</ul> }.into_any()
}

fn row_view(row: TemplateRow, kind: &'static str, campaign: String, choice: Memo<Choice>) -> AnyView {
    let id = row.id;
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
                    <span class="admin-row-note">{campaign}</span>
                    <span class="admin-row-note words">{row.shortcut}</span>
                </span>
                {plain::badge(Tint::Quiet, Signal::stored(kind.to_string()))}
            </a>
        </li>
    }
    .into_any()
}

fn existing(id: TemplateId, host: Host) -> AnyView {
    let api = use_api();
    let template = Loader::new(move || id, move |id| api.get_template(id));
    let host = Host {
        on_saved: Callback::new(move |saved: Value| {
            if TemplateRow::of(&saved).id == id {
                template.put(saved.clone());
            }
            host.on_saved.run(saved);
        }),
        on_reload: plain::act(move || template.reload()),
        ..host
    };
    plain::loaded(template, 3, "card", move |known| template_editor(Some(known), host))
}
