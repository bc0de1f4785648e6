//! Switching a campaign on and off (S17).

use super::form::CampaignForm;
use crate::{
    api::use_api,
    components::{Button, Look, Switch, dialog::Dialog},
    i18n::{error_text, plural, txt, use_i18n},
    state::toasts::use_toasts,
};
use leptos::prelude::*;
use shared::{api::campaigns::OutgoingChoice, error::ErrorCode, ids::CampaignId};
use std::sync::Arc;

/// Switches a campaign that exists on or off at once, without saving the form, and without touching what is typed in it.
/// Where mail has waited while it was off, it asks what becomes of it.
#[component]
pub fn EnabledSwitch(
    /// The campaign.
    id: CampaignId,
    /// Its form.
    form: CampaignForm,
    /// The version that the form would replace.
    version: StoredValue<i64>,
) -> impl IntoView {
    let i18n = use_i18n();
    let (api, toasts) = (use_api(), use_toasts());
    let asking = RwSignal::new(false);
    let waits = RwSignal::new(0_u32);
    let change = move |on: bool, outgoing: Option<OutgoingChoice>| {
        form.enabled.set(on);
        leptos::task::spawn_local(async move {
            match api.enable_campaign(id, on, outgoing).await {
                Ok(()) => {
                    if let Ok(campaign) = api.get_campaign(id).await {
                        let _ = form.enabled.try_set(campaign.enabled);
                        // One step is this change. More are somebody else's, which saving the form must not overwrite.
                        let _ = version.try_update_value(|version| {
                            if campaign.version == version.saturating_add(1) {
                                *version = campaign.version;
                            }
                        });
                    }
                }
                Err(error) => {
                    let _ = form.enabled.try_set(!on);
                    if error.code() == Some(ErrorCode::OpenWork)
                        && let Ok(work) = api.open_work(id).await
                    {
                        let _ = waits.try_set(work.outgoing);
                        let _ = asking.try_set(true);
                    } else {
                        toasts.bad(Arc::new(move |locale| error_text(locale, &error)));
                    }
                }
            }
        });
    };
    let choose = move |choice| {
        asking.set(false);
        change(true, Some(choice));
    };
    view! {
        <span class="admin-form-switch" data-tip=txt!(i18n, campaigns.enabled_help)>
            <Switch label=txt!(i18n, campaigns.enabled) checked=form.enabled on_change=move |on| change(on, None) />
        </span>
        <Dialog open=asking title=txt!(i18n, campaigns.waited_title)>
            <div class="dialog-body">
                <p>{move || plural!(i18n.get_locale(), campaigns.waited_body, waits.get())}</p>
            </div>
            <footer class="dialog-foot">
                <Button on:click=move |_| asking.set(false)>{txt!(i18n, common.cancel)}</Button>
                <Button on:click=move |_| choose(OutgoingChoice::Discard)>{txt!(i18n, campaigns.waited_discard)}</Button>
                <Button look=Look::Primary on:click=move |_| choose(OutgoingChoice::Send)>
                    {txt!(i18n, campaigns.waited_send)}
                </Button>
            </footer>
        </Dialog>
    }
}
