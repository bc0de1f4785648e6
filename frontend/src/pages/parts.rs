//! Parts of the page that are modules of their own, loaded when one of their screens is opened: an agent's browser need
//! not load the administration. The bundler splits the module at the functions marked here; what only they reach goes
//! into the part, what others reach too stays in the main module.

use super::admin::{
    agents::AgentsPage, campaigns::CampaignsPage, dispositions::DispositionsPage, members::MembersPage,
    replay::ReplayPage, templates::TemplatesPage, users::UsersPage, voice::VoicePage,
};
use crate::{
    components::{Button, Empty, Skeleton},
    i18n::{txt, use_i18n},
    state::effect::effect,
};
use leptos::{
    prelude::*,
    wasm_split::{SplitLoaderError, wasm_split},
};

/// A screen of the administration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AdminScreen {
    /// Campaigns.
    Campaigns,
    /// Members of campaigns.
    Members,
    /// Voice campaigns.
    Voice,
    /// How interactions end.
    Dispositions,
    /// Past days once more.
    Replay,
    /// Templates.
    Templates,
    /// Users.
    Users,
    /// What holds for agents.
    Agents,
}

/// Draws a screen of a part that is loaded.
type Draw = fn(AdminScreen) -> AnyView;

#[wasm_split(admin, wasm_split_path = leptos::wasm_split, fallible)]
fn admin() -> Result<Draw, SplitLoaderError> {
    Ok(|screen| match screen {
        AdminScreen::Campaigns => view! { <CampaignsPage /> }.into_any(),
        AdminScreen::Members => view! { <MembersPage /> }.into_any(),
        AdminScreen::Voice => view! { <VoicePage /> }.into_any(),
        AdminScreen::Dispositions => view! { <DispositionsPage /> }.into_any(),
        AdminScreen::Replay => view! { <ReplayPage /> }.into_any(),
        AdminScreen::Templates => view! { <TemplatesPage /> }.into_any(),
        AdminScreen::Agents => view! { <AgentsPage /> }.into_any(),
        AdminScreen::Users => view! { <UsersPage /> }.into_any(),
    })
}

/// Where a part stands.
#[derive(Clone, Copy)]
enum Stand {
    Asked,
    Here(Draw),
    Failed,
}

/// The parts of the page.
#[derive(Clone, Copy)]
pub struct Parts {
    admin: RwSignal<Option<Stand>>,
}

impl Parts {
    /// Nothing is loaded.
    pub fn new() -> Self {
        Self { admin: RwSignal::new(None) }
    }

    /// Loads the administration, unless it is here or on its way.
    pub fn load_admin(self) {
        if matches!(self.admin.get_untracked(), Some(Stand::Asked | Stand::Here(_))) {
            return;
        }
        self.admin.set(Some(Stand::Asked));
        leptos::task::spawn_local(async move {
            let stand = admin().await.map_or(Stand::Failed, Stand::Here);
            self.admin.set(Some(stand));
        });
    }
}

/// A screen of the administration, as soon as its part is here.
#[component]
pub fn Administration(
    /// Which one.
    screen: AdminScreen,
) -> impl IntoView {
    let i18n = use_i18n();
    let parts: Parts = expect_context();
    effect(move || parts.load_admin());
    move || match parts.admin.get() {
        Some(Stand::Here(draw)) => draw(screen),
        Some(Stand::Failed) => {
            // No connection; or the server is a newer one, and has no such part any more.
            let reload = move |_| drop(window().location().reload());
            view! {
                <div class="lone">
                    <Empty
                        glyph=icondata::LuCloudOff
                        title=txt!(i18n, common.part_failed_title)
                        body=txt!(i18n, common.part_failed_body)
                    >
                        <Button icon=icondata::LuRotateCw on:click=move |_| parts.load_admin()>
                            {txt!(i18n, common.retry)}
                        </Button>
                        <Button on:click=reload>{txt!(i18n, common.reload_page)}</Button>
                    </Empty>
                </div>
            }
            .into_any()
        }
        Some(Stand::Asked) | None => view! { <Skeleton /> }.into_any(),
    }
}
