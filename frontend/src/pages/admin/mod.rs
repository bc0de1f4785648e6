//! Administration: campaigns, members, users.

pub mod account_fields;
pub mod campaign_form;
pub mod campaign_list;
pub mod campaigns;
pub mod form;
pub mod ledger;
pub mod member_rows;
pub mod members;
pub mod presets;
pub mod trial;
pub mod user_form;
pub mod users;

use crate::{
    i18n::{txt, use_i18n},
    routes,
};
use leptos::prelude::*;
use leptos_router::components::A;

/// The sections of campaign administration, at the upper left.
#[component]
pub fn Sections() -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <nav class="sections" aria-label=txt!(i18n, campaigns.sections)>
            <A href=routes::CAMPAIGNS exact=true>{txt!(i18n, shell.campaigns)}</A>
            <A href=routes::MEMBERS exact=true>{txt!(i18n, campaigns.members)}</A>
        </nav>
    }
}
