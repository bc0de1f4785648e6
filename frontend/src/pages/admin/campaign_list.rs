//! The list of campaigns with their health (S28).

use crate::{
    components::{Badge, Dot, Icon, TimeAgo, Tint},
    i18n::{I18n, plural, txt, use_i18n, word},
    routes,
};
use leptos::prelude::*;
use shared::{
    alarm::{Alarm, of_count},
    api::campaigns::{AccountHealth, CampaignOverview},
    ids::CampaignId,
};

/// How a health is shown.
pub fn health(i18n: I18n, health: AccountHealth) -> (Tint, String) {
    match health {
        AccountHealth::Unknown => (Tint::Quiet, word!(i18n, campaigns.health_unknown)),
        AccountHealth::Connected => (Tint::Good, word!(i18n, campaigns.health_connected)),
        AccountHealth::Failing => (Tint::Warn, word!(i18n, campaigns.health_failing)),
        AccountHealth::Stopped => (Tint::Bad, word!(i18n, campaigns.health_stopped)),
        AccountHealth::Off => (Tint::Quiet, word!(i18n, campaigns.health_off)),
    }
}

/// A row of the list.
#[component]
pub fn CampaignRow(
    /// The campaign.
    campaign: CampaignOverview,
    /// The one in the form.
    #[prop(into)]
    chosen: Signal<Option<CampaignId>>,
) -> impl IntoView {
    let i18n = use_i18n();
    let id = campaign.id;
    let state = campaign.health;
    let tint = Signal::derive(move || health(i18n, state).0);
    let name = Signal::derive(move || health(i18n, state).1);
    let waiting = campaign.waiting;
    let crowd = match of_count(waiting, campaign.most_waiting) {
        Alarm::Calm => (Tint::Info, None),
        Alarm::Near => (Tint::Warn, Some(icondata::LuTriangleAlert)),
        Alarm::Over => (Tint::Bad, Some(icondata::LuOctagonAlert)),
    };
    // Of a campaign that is on they are on their way, and no news.
    let held = if campaign.enabled { 0 } else { campaign.outgoing };
    let failed = matches!(state, AccountHealth::Failing | AccountHealth::Stopped);
    let error = campaign.last_error.clone().filter(|_| failed);
    let fetched = campaign.last_fetch_at.filter(|_| state == AccountHealth::Connected);
    view! {
        <a
            class="admin-row"
            href=routes::campaign(id)
            aria-current=move || (chosen.get() == Some(id)).then_some("true")
            data-testid="campaign-row"
        >
            <Dot tint=tint label=name />
            <span class="admin-row-text">
                <span class="admin-row-name">
                    <strong>{campaign.name}</strong>
                    {(!campaign.enabled).then(|| view! { <Badge tint=Tint::Quiet>{txt!(i18n, campaigns.disabled)}</Badge> })}
                </span>
                <span class="admin-row-note">{campaign.address}</span>
                <span class="admin-row-note">
                    {name}
                    {fetched.map(|at| view! { " · " <TimeAgo at=at /> })}
                </span>
                {(held > 0)
                    .then(|| {
                        view! {
                            <span class="admin-row-note">
                                {move || plural!(i18n.get_locale(), campaigns.held, held)}
                            </span>
                        }
                    })}
                {error.map(|error| view! { <span class="admin-row-error">{error}</span> })}
            </span>
            {(waiting > 0)
                .then(|| {
                    let (tint, sign) = crowd;
                    view! {
                        <Badge tint=tint>
                            {sign.map(|glyph| view! { <Icon glyph=glyph /> })}
                            {move || plural!(i18n.get_locale(), campaigns.waiting, waiting)}
                        </Badge>
                    }
                })}
        </a>
    }
}
