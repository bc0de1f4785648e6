//! `/welcome`: choosing one's password by a link that an administrator made.

use super::{AccessFrame, setup::token_of_address, sign_in::focus_wrong, strength::StrengthMeter};
use crate::{
    api::{ApiError, use_api},
    components::{Banner, Button, Look, PasswordField, Skeleton, Tint},
    i18n::{error_text, locale_of, txt, use_i18n, word},
    routes::{INBOX, use_go},
    state::{
        forms::FormErrors,
        load::{Load, Loader},
    },
};
use leptos::{html, prelude::*};
use shared::{
    api::access::{ReadLink, SpendLink},
    error::ErrorCode,
};

/// Chooses the password.
#[component]
pub fn WelcomePage() -> impl IntoView {
    let i18n = use_i18n();
    let (api, go) = (use_api(), use_go());
    // A link that lost its token on the way is nobody's.
    let token = StoredValue::new(Some(token_of_address()).filter(|token| !token.is_empty()).unwrap_or("-".into()));
    let owner = Loader::new(|| (), move |()| api.read_link(&ReadLink { token: token.get_value() }));
    let name =
        Signal::derive(move || owner.with(|load| load.ready().map(|link| link.name.clone())).unwrap_or_default());
    let login =
        Signal::derive(move || owner.with(|load| load.ready().map(|link| link.login.clone())).unwrap_or_default());
    crate::state::effect::effect(move || {
        if let Some(language) = owner.with(|load| load.ready().map(|link| link.language)) {
            i18n.set_locale(locale_of(language));
        }
    });
    let password = RwSignal::new(String::new());
    let errors = FormErrors::new(i18n);
    let failure = RwSignal::new(None::<ApiError>);
    let busy = RwSignal::new(false);
    let form = NodeRef::<html::Form>::new();
    let say = move |error: &ApiError| match error.code() {
        Some(ErrorCode::LinkExpired) => word!(i18n, access.welcome_void),
        _ => error_text(i18n.get_locale(), error),
    };
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let request = SpendLink { token: token.get_value(), password: password.get_untracked() };
        failure.set(None);
        if busy.get_untracked() || !errors.judge(&request) {
            focus_wrong(form);
            return;
        }
        busy.set(true);
        leptos::task::spawn_local(async move {
            let outcome = api.spend_link(&request).await;
            let _ = busy.try_set(false);
            match outcome {
                Ok(()) => go.replace(INBOX),
                Err(error) => {
                    if errors.adopt(&error) {
                        focus_wrong(form);
                    }
                    let _ = failure.try_set(Some(error));
                }
            }
        });
    };
    let title = Signal::derive(move || {
        let name = name.get();
        if name.is_empty() {
            word!(i18n, common.product)
        } else {
            word!(i18n, access.welcome_title, name = name.as_str())
        }
    });
    view! {
        <AccessFrame title=title>
            {move || match owner.get() {
                Load::Loading => view! { <Skeleton rows=2 shape="line" /> }.into_any(),
                Load::Failed(error) => view! { <Banner tint=Tint::Warn urgent=true>{say(&error)}</Banner> }.into_any(),
                Load::Ready(_) => {
                    view! {
                        <p class="access-intro">
                            {move || {
                                let login = login.get();
                                word!(i18n, access.welcome_intro, login = login.as_str())
                            }}
                        </p>
                        <form class="access-form" node_ref=form on:submit=submit novalidate>
                            {move || {
                                failure
                                    .get()
                                    .map(|error| view! { <Banner tint=Tint::Bad urgent=true>{say(&error)}</Banner> })
                            }}
                            // So that the browser's keeper of passwords knows whose it is.
                            <input
                                class="visually-hidden"
                                type="text"
                                autocomplete="username"
                                prop:value=login
                                readonly
                                tabindex="-1"
                                aria-hidden="true"
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
                            <Button look=Look::Primary submit=true busy=busy>
                                {txt!(i18n, access.welcome_submit)}
                            </Button>
                        </form>
                    }
                        .into_any()
                }
            }}
        </AccessFrame>
    }
}
