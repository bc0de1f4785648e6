//! Deleting a campaign, with what becomes of what is open in it (S30).

use super::campaigns::all_campaigns;
use crate::{
    api::{ApiError, use_api},
    components::{Banner, Button, Checkbox, Look, SelectField, Skeleton, Tint, dialog::Dialog},
    i18n::{error_text, plural, txt, use_i18n, word},
    state::toasts::{say, use_toasts},
};
use leptos::prelude::*;
use shared::{
    api::campaigns::{CampaignOverview, CampaignView, DeleteCampaign, InteractionsChoice, OpenWork},
    error::ErrorCode,
    ids::CampaignId,
};

/// The choice of finishing, among the ids of campaigns to move to.
const FINISH: &str = "finish";

/// What the dialog shows.
#[derive(Clone)]
enum Face {
    Loading,
    Open { work: OpenWork, others: Vec<CampaignOverview> },
    Failed(ApiError),
}

/// The button, and the dialog behind it.
#[component]
pub fn DeleteButton(
    /// The campaign.
    campaign: CampaignView,
    /// It is deleted.
    #[prop(into)]
    on_deleted: Callback<()>,
) -> impl IntoView {
    let i18n = use_i18n();
    let (api, toasts) = (use_api(), use_toasts());
    let (id, version) = (campaign.id, campaign.version);
    let open = RwSignal::new(false);
    let busy = RwSignal::new(false);
    let face = RwSignal::new(Face::Loading);
    let failure = RwSignal::new(None::<ApiError>);
    let fate = RwSignal::new(String::new());
    let discard = RwSignal::new(false);
    let load = move || {
        leptos::task::spawn_local(async move {
            let found = async {
                let work = api.open_work(id).await?;
                let mut others = if work.interactions() > 0 { all_campaigns(api).await? } else { Vec::new() };
                others.retain(|other| other.id != id);
                Ok(Face::Open { work, others })
            };
            let _ = face.try_set(found.await.unwrap_or_else(Face::Failed));
        });
    };
    let ask = move |_| {
        face.set(Face::Loading);
        failure.set(None);
        fate.set(String::new());
        discard.set(false);
        open.set(true);
        load();
    };
    let decided = Signal::derive(move || {
        face.with(|face| match face {
            Face::Open { work, .. } => {
                (work.interactions() == 0 || fate.with(|fate| !fate.is_empty()))
                    && (work.outgoing == 0 || discard.get())
            }
            Face::Loading | Face::Failed(_) => false,
        })
    });
    let delete = move |_| {
        let how = how(&fate.get_untracked(), discard.get_untracked());
        busy.set(true);
        failure.set(None);
        leptos::task::spawn_local(async move {
            let outcome = api.delete_campaign(id, version, &how).await;
            let _ = busy.try_set(false);
            match outcome {
                Ok(()) => {
                    let _ = open.try_set(false);
                    toasts.good(say!(campaigns.deleted));
                    let _ = on_deleted.try_run(());
                }
                Err(error) => {
                    // Something came in meanwhile: the questions are others now.
                    if error.code() == Some(ErrorCode::OpenWork) {
                        load();
                    }
                    let _ = failure.try_set(Some(error));
                }
            }
        });
    };
    let name = campaign.name;
    let title = Signal::derive(move || word!(i18n, campaigns.delete_title, name = name.as_str()));
    view! {
        <Button icon=icondata::LuTrash2 on:click=ask>{txt!(i18n, campaigns.delete)}</Button>
        <Dialog open=open title=title>
            <div class="dialog-body">
                {move || {
                    failure
                        .get()
                        .map(|error| {
                            let text = error_text(i18n.get_locale(), &error);
                            view! { <Banner tint=Tint::Bad urgent=true>{text}</Banner> }
                        })
                }}
                <p>{txt!(i18n, campaigns.delete_body)}</p>
                {move || match face.get() {
                    Face::Loading => view! { <Skeleton rows=2 /> }.into_any(),
                    Face::Failed(error) => {
                        let text = error_text(i18n.get_locale(), &error);
                        view! { <Banner tint=Tint::Bad urgent=true>{text}</Banner> }.into_any()
                    }
                    Face::Open { work, others } => {
                        view! { <Questions work=work others=others fate=fate discard=discard /> }.into_any()
                    }
                }}
            </div>
            <footer class="dialog-foot">
                <Button on:click=move |_| open.set(false)>{txt!(i18n, common.cancel)}</Button>
                <Button look=Look::Danger busy=busy disabled=Signal::derive(move || !decided.get()) on:click=delete>
                    {txt!(i18n, campaigns.delete_yes)}
                </Button>
            </footer>
        </Dialog>
    }
}

/// What becomes of open interactions, and of mail that has not left.
#[component]
fn Questions(
    work: OpenWork,
    others: Vec<CampaignOverview>,
    fate: RwSignal<String>,
    discard: RwSignal<bool>,
) -> impl IntoView {
    let i18n = use_i18n();
    let (interactions, outgoing) = (work.interactions(), work.outgoing);
    let others: Vec<(CampaignId, String)> = others.into_iter().map(|other| (other.id, other.name)).collect();
    let options = Signal::derive(move || {
        let mut options = vec![
            (String::new(), word!(i18n, campaigns.delete_choose)),
            (FINISH.to_string(), word!(i18n, campaigns.delete_finish)),
        ];
        for (id, name) in &others {
            options.push((id.to_string(), word!(i18n, campaigns.delete_move, name = name.as_str())));
        }
        options
    });
    let label = Signal::derive(move || plural!(i18n.get_locale(), campaigns.delete_interactions, interactions));
    view! {
        {(interactions > 0)
            .then(|| view! { <SelectField label=label name="interactions" value=fate options=options /> })}
        {(outgoing > 0)
            .then(|| {
                view! {
                    <Checkbox
                        label=Signal::derive(move || plural!(i18n.get_locale(), campaigns.delete_outgoing, outgoing))
                        checked=discard
                        on_change=move |on| discard.set(on)
                    />
                }
            })}
    }
}

/// The request of what was chosen.
fn how(fate: &str, discard_outgoing: bool) -> DeleteCampaign {
    let (interactions, move_to) = match fate {
        "" => (None, None),
        FINISH => (Some(InteractionsChoice::Finish), None),
        other => (Some(InteractionsChoice::Move), other.parse().ok()),
    };
    DeleteCampaign { interactions, move_to, discard_outgoing }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_becomes_a_request() {
        assert_eq!(how("", false), DeleteCampaign::default());
        assert_eq!(how(FINISH, true).interactions, Some(InteractionsChoice::Finish));
        let moved = how("7", false);
        assert_eq!((moved.interactions, moved.move_to), (Some(InteractionsChoice::Move), Some(CampaignId(7))));
    }
}
