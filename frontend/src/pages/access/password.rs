//! Changing one's password, by choice or because one must.

use super::{AccessFrame, sign_in::focus_wrong, strength::StrengthMeter};
use crate::{
    api::{ApiError, use_api},
    components::{Banner, Button, Look, PasswordField, Tint},
    i18n::{error_text, txt, use_i18n, word},
    state::{
        forms::FormErrors,
        session::use_session,
        toasts::{say, use_toasts},
    },
};
use leptos::{html, prelude::*};
use shared::{api::access::ChangePassword, error::ErrorCode};

/// The page that stands before all others until the password is changed.
#[component]
pub fn MustChangePassword() -> impl IntoView {
    let i18n = use_i18n();
    let api = use_api();
    view! {
        <AccessFrame title=txt!(i18n, access.change_title)>
            <p class="access-intro">{txt!(i18n, access.change_intro)}</p>
            <PasswordForm submit_label=txt!(i18n, access.change_submit) />
            <p>
                <button
                    type="button"
                    class="link-button"
                    on:click=move |_| leptos::task::spawn_local(api.sign_out())
                >
                    {txt!(i18n, shell.sign_out)}
                </button>
            </p>
        </AccessFrame>
    }
}

/// The form.
#[component]
pub fn PasswordForm(
    /// What the button says.
    #[prop(into)]
    submit_label: Signal<String>,
    /// It was changed.
    #[prop(optional, into)]
    on_done: Option<Callback<()>>,
) -> impl IntoView {
    let i18n = use_i18n();
    let api = use_api();
    let session = use_session();
    let toasts = use_toasts();
    let (current, new) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let errors = FormErrors::new(i18n);
    let failure = RwSignal::new(None::<ApiError>);
    let busy = RwSignal::new(false);
    let wrong = RwSignal::new(false);
    let current_error = errors.of("current");
    let form = NodeRef::<html::Form>::new();
    let login = Signal::derive(move || session.with_me(|me| me.login.clone()).unwrap_or_default());
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        if busy.get_untracked() {
            return;
        }
        let request = ChangePassword { current: current.get_untracked(), new: new.get_untracked() };
        failure.set(None);
        wrong.set(false);
        if !errors.judge(&request) {
            focus_wrong(form);
            return;
        }
        busy.set(true);
        leptos::task::spawn_local(async move {
            let outcome = api.change_password(&request).await;
            let _ = busy.try_set(false);
            match outcome {
                Ok(()) => {
                    let _ = current.try_set(String::new());
                    let _ = new.try_set(String::new());
                    toasts.good(say!(shell.password_changed));
                    if let Some(on_done) = on_done {
                        let _ = on_done.try_run(());
                    }
                }
                Err(error) if error.code() == Some(ErrorCode::WrongCredentials) => {
                    // Only the present password can be wrong here.
                    let _ = wrong.try_set(true);
                    focus_wrong(form);
                }
                Err(error) => {
                    if errors.adopt(&error) {
                        focus_wrong(form);
                    }
                    let _ = failure.try_set(Some(error));
                }
            }
        });
    };
    view! {
        <form class="access-form" node_ref=form on:submit=submit novalidate>
            {move || {
                failure
                    .get()
                    .map(|error| {
                        let text = error_text(i18n.get_locale(), &error);
                        view! { <Banner tint=Tint::Bad urgent=true>{text}</Banner> }
                    })
            }}
            <PasswordField
                label=txt!(i18n, shell.password_current)
                name="current"
                value=current
                error=Signal::derive(move || {
                    if wrong.get() { Some(word!(i18n, shell.password_current_wrong)) } else { current_error.get() }
                })
                on_edit=Callback::new(move |()| {
                    wrong.set(false);
                    errors.touch("current");
                })
            />
            <PasswordField
                label=txt!(i18n, shell.password_new)
                name="new"
                value=new
                autocomplete="new-password"
                help=txt!(i18n, shell.password_help)
                error=errors.of("new")
                on_edit=Callback::new(move |()| errors.touch("new"))
            />
            <StrengthMeter password=new login=login />
            <Button look=Look::Primary submit=true busy=busy>
                {submit_label}
            </Button>
        </form>
    }
}
