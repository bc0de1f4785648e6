//! *Test connection*: what came of it, as sentences with the server's own words (S10).

use super::form::CampaignForm;
use crate::state::effect::effect_with;
use crate::{
    api::{ApiError, use_api},
    components::{Banner, Button, Tint},
    i18n::{I18n, error_text, txt, use_i18n, word},
    state::forms::FormErrors,
};
use leptos::prelude::*;
use shared::{
    api::campaigns::{LoginOutcome, LoginTest, MailProtocol, TestConnection},
    ids::CampaignId,
    validate::Validate as _,
};

/// The button and its results.
#[component]
pub fn Trial(
    /// The form.
    form: CampaignForm,
    /// What is wrong with it.
    errors: FormErrors,
    /// The campaign, once it exists.
    id: Option<CampaignId>,
) -> impl IntoView {
    let i18n = use_i18n();
    let api = use_api();
    let busy = RwSignal::new(false);
    let results = RwSignal::new(None::<Result<Vec<LoginTest>, ApiError>>);
    // What was tried is no longer what stands in the form.
    let edits = StoredValue::new(0_u32);
    effect_with(move |before: Option<()>| {
        form.track_account();
        if before.is_some() {
            edits.update_value(|edits| *edits = edits.wrapping_add(1));
            results.set(None);
        }
    });
    let test = move |_| {
        let mut unread = Vec::new();
        let test = TestConnection {
            campaign_id: id,
            receive: form.receive.get_untracked(),
            account: form.read_account(&mut unread),
        };
        errors.clear();
        results.set(None);
        let judged = test.check().err().unwrap_or_default();
        let faulty = !unread.is_empty() || !judged.is_empty();
        for issue in unread.into_iter().chain(judged) {
            errors.add(issue);
        }
        if faulty {
            super::campaign_form::focus_wrong_field();
            return;
        }
        busy.set(true);
        let tried = edits.get_value();
        leptos::task::spawn_local(async move {
            let answer = api.test_connection(&test).await.map(|answer| answer.tests);
            if let Err(error) = &answer {
                errors.adopt(error);
            }
            if edits.try_get_value() == Some(tried) {
                let _ = results.try_set(Some(answer));
            }
            let _ = busy.try_set(false);
        });
    };
    view! {
        <div class="trial">
            <Button icon=icondata::LuPlug busy=busy on:click=test>
                {txt!(i18n, campaigns.test)}
            </Button>
            <div class="trial-results" role="status">
                {move || match results.get() {
                    None => ().into_any(),
                    Some(Err(error)) => {
                        view! { <Banner tint=Tint::Bad>{error_text(i18n.get_locale(), &error)}</Banner> }.into_any()
                    }
                    Some(Ok(tests)) => {
                        tests
                            .into_iter()
                            .map(|test| {
                                let words = test.detail.clone();
                                let bad = test.outcome != LoginOutcome::Ok;
                                let tint = if bad { Tint::Bad } else { Tint::Good };
                                view! {
                                    <Banner tint=tint>
                                        <p>{move || sentence(i18n, &test)}</p>
                                        {(bad && !words.is_empty()).then(|| view! { <p class="words">{words}</p> })}
                                    </Banner>
                                }
                            })
                            .collect_view()
                            .into_any()
                    }
                }}
            </div>
        </div>
    }
}

/// What came of one login, said as a sentence.
pub fn sentence(i18n: I18n, test: &LoginTest) -> String {
    let what = match test.protocol {
        MailProtocol::Smtp => word!(i18n, campaigns.smtp),
        MailProtocol::Imap => word!(i18n, campaigns.imap),
    };
    let what = what.as_str();
    match test.outcome {
        LoginOutcome::Ok => word!(i18n, campaigns.trial_ok, what = what),
        LoginOutcome::RefusedLogin => word!(i18n, campaigns.trial_refused, what = what),
        LoginOutcome::CannotReach => word!(i18n, campaigns.trial_unreachable, what = what),
        LoginOutcome::Tls => word!(i18n, campaigns.trial_tls, what = what),
        LoginOutcome::Forbidden => word!(i18n, campaigns.trial_forbidden, what = what),
        LoginOutcome::Protocol => word!(i18n, campaigns.trial_protocol, what = what),
    }
}
