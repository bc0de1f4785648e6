//! `/sign-in`.

use super::AccessFrame;
use crate::state::effect::effect;
use crate::{
    api::{ApiError, use_api},
    components::{Banner, Button, Look, PasswordField, TextField, Tint},
    dom,
    i18n::{error_text, txt, use_i18n},
    routes::{INBOX, is_ours, use_go},
    state::{
        forms::FormErrors,
        session::{Phase, use_session},
    },
};
use leptos::{html, prelude::*};
use shared::api::access::SignInRequest;

/// Signs in, and goes on to where the user wanted to be.
#[component]
pub fn SignInPage() -> impl IntoView {
    let i18n = use_i18n();
    let api = use_api();
    let session = use_session();
    let go = use_go();
    let (login, password) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let errors = FormErrors::new(i18n);
    let failure = RwSignal::new(None::<ApiError>);
    let needs_setup = RwSignal::new(false);
    let busy = RwSignal::new(false);
    let form = NodeRef::<html::Form>::new();

    effect(move || {
        if session.phase() == Phase::SignedIn {
            // Read once: the new address has no such value, and would lead elsewhere.
            let next = untrack(|| go.query("next")).filter(|next| is_ours(next));
            go.replace(next.as_deref().unwrap_or(INBOX));
        }
    });
    leptos::task::spawn_local(async move {
        if let Ok(state) = api.get_setup().await {
            let _ = needs_setup.try_set(state.needs_setup);
        }
    });
    effect(move || {
        if let Some(form) = form.get() {
            dom::focus_first(&form, "input");
        }
    });
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        if busy.get_untracked() {
            return;
        }
        let request = SignInRequest { login: login.get_untracked().trim().into(), password: password.get_untracked() };
        failure.set(None);
        if !errors.judge(&request) {
            focus_wrong(form);
            return;
        }
        busy.set(true);
        leptos::task::spawn_local(async move {
            let outcome = api.sign_in(&request).await;
            let _ = busy.try_set(false);
            if let Err(error) = outcome {
                let _ = failure.try_set(Some(error));
                if let Some(form) = form.try_get_untracked().flatten() {
                    dom::focus_first(&form, "input[name=password]");
                }
            }
        });
    };
    view! {
        <AccessFrame title=txt!(i18n, access.sign_in_title)>
            <form class="access-form" node_ref=form on:submit=submit novalidate>
                {move || {
                    let locale = i18n.get_locale();
                    match failure.get() {
                        Some(error) => {
                            view! { <Banner tint=Tint::Bad urgent=true>{error_text(locale, &error)}</Banner> }.into_any()
                        }
                        None if needs_setup.get() => {
                            view! { <Banner tint=Tint::Info>{txt!(i18n, access.needs_setup)}</Banner> }.into_any()
                        }
                        None if session.ended.get() => {
                            view! { <Banner tint=Tint::Info>{txt!(i18n, access.session_ended)}</Banner> }.into_any()
                        }
                        None => ().into_any(),
                    }
                }}
                <TextField
                    label=txt!(i18n, access.login)
                    name="login"
                    value=login
                    autocomplete="username"
                    error=errors.of("login")
                    on_edit=Callback::new(move |()| errors.touch("login"))
                />
                <PasswordField
                    label=txt!(i18n, access.password)
                    name="password"
                    value=password
                    error=errors.of("password")
                    on_edit=Callback::new(move |()| errors.touch("password"))
                />
                <Button look=Look::Primary submit=true busy=busy>
                    {txt!(i18n, access.sign_in)}
                </Button>
            </form>
        </AccessFrame>
    }
}

/// Puts the keyboard on the first field that is wrong, once it is marked.
pub fn focus_wrong(form: NodeRef<html::Form>) {
    request_animation_frame(move || {
        if let Some(form) = form.try_get_untracked().flatten() {
            dom::focus_first(&form, "[aria-invalid=true]");
        }
    });
}
