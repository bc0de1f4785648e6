//! `/setup`: the first administrator, by the one-time link that the first start printed (S2b).

use super::{AccessFrame, sign_in::focus_wrong, strength::StrengthMeter};
use crate::state::effect::effect;
use crate::{
    api::{ApiError, use_api},
    components::{Banner, Button, Look, PasswordField, Switch, TextField, Tint},
    i18n::{error_text, language_of, txt, use_i18n, word},
    routes::{CAMPAIGNS, SIGN_IN, use_go},
    state::{
        forms::FormErrors,
        session::{Phase, use_session},
    },
};
use leptos::{html, prelude::*};
use shared::{api::access::SetupRequest, error::ErrorCode};

/// Makes the first administrator.
#[component]
pub fn SetupPage() -> impl IntoView {
    let i18n = use_i18n();
    let api = use_api();
    let session = use_session();
    let go = use_go();
    let token = StoredValue::new(token_of_address());
    let (login, name, password) =
        (RwSignal::new(String::new()), RwSignal::new(String::new()), RwSignal::new(String::new()));
    let voice = RwSignal::new(false);
    let errors = FormErrors::new(i18n);
    let failure = RwSignal::new(None::<ApiError>);
    let done = RwSignal::new(false);
    let busy = RwSignal::new(false);
    let form = NodeRef::<html::Form>::new();

    effect(move || {
        if session.phase() == Phase::SignedIn {
            go.replace(CAMPAIGNS);
        }
    });
    leptos::task::spawn_local(async move {
        if let Ok(state) = api.get_setup().await {
            let _ = done.try_set(!state.needs_setup);
        }
    });
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        if busy.get_untracked() {
            return;
        }
        let request = SetupRequest {
            token: token.get_value(),
            login: login.get_untracked().trim().into(),
            name: name.get_untracked().trim().into(),
            password: password.get_untracked(),
            language: language_of(i18n.get_locale_untracked()),
            require_voice_campaign: voice.get_untracked(),
        };
        failure.set(None);
        if !errors.judge(&request) {
            focus_wrong(form);
            return;
        }
        busy.set(true);
        leptos::task::spawn_local(async move {
            let outcome = api.set_up(&request).await;
            let _ = busy.try_set(false);
            if let Err(error) = outcome {
                if errors.adopt(&error) {
                    focus_wrong(form);
                }
                let _ = failure.try_set(Some(error));
            }
        });
    };
    view! {
        <AccessFrame title=txt!(i18n, access.setup_title)>
            {move || {
                if done.get() {
                    return view! {
                        <Banner tint=Tint::Good>{txt!(i18n, access.setup_done_already)}</Banner>
                        <p><a href=SIGN_IN>{txt!(i18n, access.sign_in)}</a></p>
                    }
                        .into_any();
                }
                if token.with_value(String::is_empty) {
                    return view! { <Banner tint=Tint::Warn>{txt!(i18n, access.setup_no_token)}</Banner> }.into_any();
                }
                view! {
                    <p class="access-intro">{txt!(i18n, access.setup_intro)}</p>
                    <form class="access-form" node_ref=form on:submit=submit novalidate>
                        {move || {
                            failure
                                .get()
                                .map(|error| {
                                    let locale = i18n.get_locale();
                                    let text = match error.code() {
                                        Some(ErrorCode::LinkExpired) => {
                                            word!(i18n, access.setup_link_void)
                                        }
                                        _ => error_text(locale, &error),
                                    };
                                    view! { <Banner tint=Tint::Bad urgent=true>{text}</Banner> }
                                })
                        }}
                        <TextField
                            label=txt!(i18n, access.name)
                            name="name"
                            value=name
                            autocomplete="name"
                            help=txt!(i18n, access.name_help)
                            error=errors.of("name")
                            on_edit=Callback::new(move |()| errors.touch("name"))
                        />
                        <TextField
                            label=txt!(i18n, access.login)
                            name="login"
                            value=login
                            autocomplete="username"
                            help=txt!(i18n, access.login_help)
                            error=errors.of("login")
                            on_edit=Callback::new(move |()| errors.touch("login"))
                        />
                        <PasswordField
                            label=txt!(i18n, access.password)
                            name="password"
                            value=password
                            autocomplete="new-password"
                            help=txt!(i18n, shell.password_help)
                            error=errors.of("password")
                            on_edit=Callback::new(move |()| errors.touch("password"))
                        />
                        <StrengthMeter password=password login=login />
                        <Switch
                            label=txt!(i18n, access.setup_voice)
                            help=txt!(i18n, access.setup_voice_help)
                            checked=voice
                            on_change=move |on| voice.set(on)
                        />
                        <Button look=Look::Primary submit=true busy=busy>
                            {txt!(i18n, access.setup_submit)}
                        </Button>
                    </form>
                }
                    .into_any()
            }}
        </AccessFrame>
    }
}

/// The token of the link. It stands behind `#`, which no server log sees, or in the query.
pub fn token_of_address() -> String {
    let location = window().location();
    let hash = location.hash().unwrap_or_default();
    let search = location.search().unwrap_or_default();
    find_token(&hash).or_else(|| find_token(&search)).unwrap_or_default()
}

fn find_token(part: &str) -> Option<String> {
    part.trim_start_matches(['#', '?'])
        .split('&')
        .find_map(|pair| pair.strip_prefix("token="))
        .filter(|token| !token.is_empty())
        .map(ToString::to_string)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_token_behind_hash_or_question_mark() {
        assert_eq!(find_token("#token=abc").as_deref(), Some("abc"));
        assert_eq!(find_token("?lang=es&token=abc").as_deref(), Some("abc"));
        assert_eq!(find_token("#token="), None);
        assert_eq!(find_token(""), None);
    }
}
