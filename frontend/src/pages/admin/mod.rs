//! Administration: campaigns, members, templates, users.

pub mod account_fields;
pub mod agents;
pub mod campaign_delete;
pub mod campaign_form;
pub mod campaign_list;
pub mod campaign_switch;
pub mod campaigns;
pub mod dispositions;
pub mod filter_box;
mod folder_fields;
pub mod form;
pub mod holiday_import;
pub mod ledger;
pub mod mail_fields;
pub mod member_columns;
pub mod member_places;
pub mod member_rows;
pub mod members;
mod oauth_sign_in;
pub mod plain;
pub mod presets;
pub mod replay;
pub mod replay_figures;
pub mod replay_form;
pub mod replay_staff;
pub mod schedule_fields;
pub mod strategy_fields;
pub mod strategy_form;
pub mod template_actions;
pub mod template_editor;
pub mod template_form;
pub mod template_preview;
pub mod template_state;
pub mod template_versions;
pub mod templates;
pub mod threshold_fields;
pub mod trial;
pub mod user_form;
pub mod users;
pub mod voice;
pub mod voice_form;

use crate::{
    components::IconButton,
    i18n::{txt, use_i18n},
    routes,
};
use leptos::prelude::*;

/// Back from a form to its list, where there is room for one of them only.
#[component]
pub fn BackToList(
    /// The list.
    path: &'static str,
) -> impl IntoView {
    let i18n = use_i18n();
    let go = routes::use_go();
    view! {
        <span class="admin-back">
            <IconButton glyph=icondata::LuArrowLeft label=txt!(i18n, common.back) on:click=move |_| go.to(path) />
        </span>
    }
}

/// The sections of the administration of people.
#[component]
pub fn UserSections() -> impl IntoView {
    let i18n = use_i18n();
    let go = routes::use_go();
    let current = move |path: &'static str| Signal::derive(move || go.is_at(path, false).then_some("page"));
    view! {
        <nav class="sections" aria-label=txt!(i18n, campaigns.sections)>
            <BackToList path=routes::USERS />
            <a href=routes::USERS aria-current=current(routes::USERS)>{txt!(i18n, shell.users)}</a>
            <a href=routes::AGENTS aria-current=current(routes::AGENTS)>{txt!(i18n, users.agents)}</a>
        </nav>
    }
}

/// The sections of campaign administration, at the upper left.
#[component]
pub fn Sections() -> impl IntoView {
    let i18n = use_i18n();
    let go = routes::use_go();
    let list = [routes::TEMPLATES, routes::VOICE].into_iter().find(|path| go.is_at(path, true));
    let list = list.unwrap_or(routes::CAMPAIGNS);
    let current =
        move |path: &'static str| Signal::derive(move || go.is_at(path, path == routes::TEMPLATES).then_some("page"));
    // On narrow screens it may stand beyond the edge.
    request_animation_frame(|| {
        if let Some(here) = document().query_selector(".sections [aria-current]").ok().flatten() {
            crate::dom::reveal(&here);
        }
    });
    view! {
        <nav class="sections" aria-label=txt!(i18n, campaigns.sections)>
            <BackToList path=list />
            <a href=routes::CAMPAIGNS aria-current=current(routes::CAMPAIGNS)>{txt!(i18n, shell.campaigns)}</a>
            <a href=routes::MEMBERS aria-current=current(routes::MEMBERS)>{txt!(i18n, campaigns.members)}</a>
            <a href=routes::VOICE aria-current=current(routes::VOICE)>{txt!(i18n, voice.title)}</a>
            <a href=routes::TEMPLATES aria-current=current(routes::TEMPLATES)>{txt!(i18n, templates.title)}</a>
            <a href=routes::DISPOSITIONS aria-current=current(routes::DISPOSITIONS)>{txt!(i18n, campaigns.endings)}</a>
            <a href=routes::REPLAY aria-current=current(routes::REPLAY)>{txt!(i18n, replay.title)}</a>
        </nav>
    }
}
