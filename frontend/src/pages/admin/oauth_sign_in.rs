//! Signing in to a mail account at its provider (S10): in another window, while this one waits.

use super::form::CampaignForm;
use crate::{
    api::use_api,
    components::{Banner, Button, Tint},
    format::intl::{self, When},
    i18n::{error_text, txt, use_i18n, word},
    state::forms::FormErrors,
};
use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;
use shared::api::oauth::{BeginSignIn, SignInState};

/// How often the server is asked whether the person has come back, in milliseconds, and how often at most.
const LOOK: u32 = 1_000;
const LOOKS: u32 = 600;

/// How far the sign-in of this form has come.
#[derive(Clone, PartialEq)]
enum Step {
    /// What was granted before, if anything.
    Before,
    /// The person is at the provider, whose page this is.
    Away(String),
    /// Granted, to whom.
    Granted(Option<String>),
    /// Refused, in whose words.
    Failed(String),
}

/// The button that begins a sign-in, and what came of it.
#[component]
pub fn OauthSignIn(
    /// The form.
    form: CampaignForm,
    /// What is wrong with it.
    errors: FormErrors,
) -> impl IntoView {
    let i18n = use_i18n();
    let api = use_api();
    let busy = RwSignal::new(false);
    let step = RwSignal::new(Step::Before);
    let error = errors.of("account/oauth_sign_in");
    let begin = move |_| {
        errors.touch("account/oauth_sign_in");
        // Opened at once: after an answer from the server, browsers would take it for an advertisement.
        let opened = window().open_with_url_and_target("about:blank", "_blank").ok().flatten();
        let address = form.address.get_untracked().trim().to_string();
        let wanted = BeginSignIn {
            provider: untrack(|| form.preset().provider()),
            login_hint: Some(address).filter(|address| !address.is_empty()),
        };
        busy.set(true);
        leptos::task::spawn_local(async move {
            let begun = api.begin_oauth_sign_in(&wanted).await;
            let _ = busy.try_set(false);
            match begun {
                Err(error) => {
                    if let Some(opened) = opened {
                        let _ = opened.close();
                    }
                    let words = error.issues().first().map(|issue| issue.message.clone());
                    let words = words.unwrap_or_else(|| error_text(i18n.get_locale_untracked(), &error));
                    let _ = step.try_set(Step::Failed(words));
                }
                Ok(begun) => {
                    if let Some(opened) = opened {
                        let _ = opened.location().set_href(&begun.url);
                    }
                    let _ = step.try_set(Step::Away(begun.url));
                    let came = wait(api, &begun.id, step).await;
                    if matches!(came, Step::Granted(_)) {
                        let _ = form.oauth_sign_in.try_set(begun.id);
                    }
                    let _ = step.try_set(came);
                }
            }
        });
    };
    let label = move || match (form.preset().name(), form.granted().is_some()) {
        (_, true) => word!(i18n, campaigns.oauth_again),
        (Some(name), false) => word!(i18n, campaigns.oauth_sign_in, who = name),
        (None, false) => {
            let who = word!(i18n, campaigns.oauth_other);
            word!(i18n, campaigns.oauth_sign_in, who = who.as_str())
        }
    };
    let granted = move |who: Option<String>| match who {
        Some(who) => word!(i18n, campaigns.oauth_as, who = who.as_str()),
        None => word!(i18n, campaigns.oauth_granted),
    };
    view! {
        <div class="field" class:field-wrong=move || error.with(Option::is_some)>
            <Button icon=icondata::LuLogIn busy=busy on:click=begin>
                {label}
            </Button>
            {move || error.get().map(|text| view! { <p class="field-error" role="alert">{text}</p> })}
            <div role="status">
                {move || match step.get() {
                    Step::Before => {
                        form.granted()
                            .map(|known| {
                                let ends = known.expires_at.map(|at| intl::when(i18n.get_locale(), at, When::DayOfYear));
                                view! {
                                    <p class="help">{granted(known.login)}</p>
                                    {ends
                                        .map(|day| {
                                            view! {
                                                <Banner tint=Tint::Warn>
                                                    {word!(i18n, campaigns.oauth_until, day = day.as_str())}
                                                </Banner>
                                            }
                                        })}
                                }
                            })
                            .into_any()
                    }
                    Step::Away(url) => {
                        view! {
                            <p class="help">{txt!(i18n, campaigns.oauth_pending)}</p>
                            <a href=url target="_blank" rel="noopener">{txt!(i18n, campaigns.oauth_open)}</a>
                        }
                            .into_any()
                    }
                    Step::Granted(who) => view! { <Banner tint=Tint::Good>{granted(who)}</Banner> }.into_any(),
                    Step::Failed(words) => {
                        view! {
                            <Banner tint=Tint::Bad>
                                <p>{txt!(i18n, campaigns.oauth_failed)}</p>
                                <p class="words">{words}</p>
                            </Banner>
                        }
                            .into_any()
                    }
                }}
            </div>
        </div>
    }
}

/// Waits until the person has come back, or the form has gone.
async fn wait(api: crate::api::Api, id: &str, step: RwSignal<Step>) -> Step {
    for _ in 0..LOOKS {
        TimeoutFuture::new(LOOK).await;
        if step.try_get_untracked().is_none() {
            return Step::Before;
        }
        if let Ok(found) = api.get_oauth_sign_in(id).await {
            match found.state {
                SignInState::Pending => {}
                SignInState::Granted => return Step::Granted(found.login),
                SignInState::Failed => return Step::Failed(found.error.unwrap_or_default()),
            }
        }
    }
    Step::Before
}
