//! The mail account: address, password, servers, and the login test beside them.

use super::plain;
use super::{
    form::{CampaignForm, EndpointForm},
    oauth_sign_in::OauthSignIn,
    presets::{Preset, usual_port},
    trial::Trial,
};
use crate::{
    components::{Banner, Checkbox, PasswordField, TextField, Tint},
    i18n::{I18n, txt, use_i18n, word},
    state::forms::FormErrors,
};
use leptos::prelude::*;
use shared::{
    api::campaigns::{AccountAuth, MailSecurity},
    ids::CampaignId,
};

/// The second group of the form.
#[component]
pub fn AccountFields(
    /// The form.
    form: CampaignForm,
    /// What is wrong.
    errors: FormErrors,
    /// The campaign, once it exists: its stored password stands in for an empty one.
    id: Option<CampaignId>,
) -> impl IntoView {
    let i18n = use_i18n();
    let touch = move |pointer: &'static str| Callback::new(move |()| errors.touch(pointer));
    let preset = Memo::new(move |_| form.smtp.host.with(|host| Preset::of_host(host)));
    // A known provider is filled in by itself while no server was typed.
    let on_address = Callback::new(move |()| {
        errors.touch("account/address");
        let known = form.address.with_untracked(|address| Preset::of_address(address));
        if let (Some(known), true) = (known, form.smtp.host.with_untracked(String::is_empty)) {
            form.apply(known);
        }
    });
    let unprotected = Memo::new(move |_| {
        form.smtp.protection() == MailSecurity::None
            || (form.receive.get() && form.imap.protection() == MailSecurity::None)
    });
    let stored = id.is_some();
    view! {
        <TextField
            label=txt!(i18n, campaigns.address)
            name="account/address"
            value=form.address
            kind="email"
            help=txt!(i18n, campaigns.address_help)
            error=errors.of("account/address")
            on_edit=on_address
        />
        <div class="presets" role="group" aria-label=txt!(i18n, campaigns.provider)>
            {Preset::ALL
                .into_iter()
                .map(|one| {
                    view! {
                        <button
                            type="button"
                            class="preset"
                            aria-pressed=move || (preset.get() == one).to_string()
                            on:click=move |_| form.apply(one)
                        >
                            {match one.name() {
                                Some(name) => name.into_any(),
                                None => txt!(i18n, campaigns.provider_other).into_any(),
                            }}
                        </button>
                    }
                })
                .collect_view()}
        </div>
        {move || {
            preset
                .get()
                .is_microsoft()
                .then(|| view! { <Banner tint=Tint::Info>{txt!(i18n, campaigns.microsoft)}</Banner> })
        }}
        {plain::choice(
            errors,
            txt!(i18n, campaigns.auth),
            "account/auth",
            form.auth,
            plain::options(move || {
                [
                    (AccountAuth::Password, word!(i18n, campaigns.auth_password)),
                    (AccountAuth::Oauth2, word!(i18n, campaigns.auth_oauth2)),
                ]
                    .map(|(auth, name)| (auth.as_str().to_string(), name))
                    .to_vec()
            }),
            None,
            plain::Choosing { on_edit: Some(touch("account/password")), ..Default::default() },
        )}
        {move || match form.signs_in_at_provider() {
            true => view! { <OauthSignIn form=form errors=errors /> }.into_any(),
            false => {
                view! {
                    <PasswordField
                        label=txt!(i18n, campaigns.password)
                        name="account/password"
                        value=form.password
                        autocomplete="off"
                        placeholder=Signal::derive(move || {
                            stored
                                .then(|| match form.keeps_password() {
                                    true => word!(i18n, campaigns.password_kept),
                                    false => word!(i18n, campaigns.password_again),
                                })
                        })
                        error=errors.of("account/password")
                        on_edit=touch("account/password")
                    />
                }
                    .into_any()
            }
        }}
        <Server
            title=txt!(i18n, campaigns.smtp)
            endpoint=form.smtp
            imap=false
            errors=errors
            pointers=["account/smtp/host", "account/smtp/port", "account/smtp/security"]
        />
        {plain::toggle(
            errors,
            txt!(i18n, campaigns.receive),
            "receive",
            form.receive,
            Some(txt!(i18n, campaigns.receive_help)),
        )}
        {move || {
            form.receive
                .get()
                .then(|| {
                    view! {
                        <Server
                            title=txt!(i18n, campaigns.imap)
                            endpoint=form.imap
                            imap=true
                            errors=errors
                            pointers=["account/imap/host", "account/imap/port", "account/imap/security"]
                        />
                    }
                })
        }}
        {move || {
            unprotected
                .get()
                .then(|| {
                    view! {
                        <Banner tint=Tint::Warn>
                            <p>{txt!(i18n, campaigns.unprotected)}</p>
                            <Checkbox
                                label=txt!(i18n, campaigns.plaintext)
                                checked=form.plaintext
                                on_change=move |on| form.plaintext.set(on)
                            />
                        </Banner>
                    }
                })
        }}
        <Trial form=form errors=errors id=id />
    }
}

/// Host, port, protection.
#[component]
fn Server(
    title: Signal<String>,
    endpoint: EndpointForm,
    imap: bool,
    errors: FormErrors,
    pointers: [&'static str; 3],
) -> impl IntoView {
    let i18n = use_i18n();
    let [host, port, security] = pointers;
    // The usual port follows the protection, unless another one was typed.
    let before = StoredValue::new(endpoint.security.get_untracked());
    let on_security = Callback::new(move |()| {
        errors.touch(security);
        let old = before.get_value().parse().unwrap_or(MailSecurity::Starttls);
        let now = endpoint.security.get_untracked();
        before.set_value(now.clone());
        if endpoint.port.with_untracked(|port| *port == usual_port(imap, old).to_string()) {
            let new = now.parse().unwrap_or(MailSecurity::Starttls);
            endpoint.port.set(usual_port(imap, new).to_string());
            errors.touch(port);
        }
    });
    view! {
        <fieldset class="server">
            <legend>{title}</legend>
            {plain::line(
                errors,
                txt!(i18n, campaigns.host),
                host,
                endpoint.host,
                None,
                false,
            )}
            {plain::number(
                errors,
                txt!(i18n, campaigns.port),
                port,
                endpoint.port,
                [1, 65_535],
                None,
                None,
            )}
            {plain::choice(
                errors,
                txt!(i18n, campaigns.security),
                security,
                endpoint.security,
                plain::options(move || protections(i18n)),
                None,
                plain::Choosing { on_edit: Some(on_security), ..Default::default() },
            )}
        </fieldset>
    }
}

fn protections(i18n: I18n) -> Vec<(String, String)> {
    MailSecurity::ALL
        .iter()
        .map(|security| {
            let name = match security {
                MailSecurity::Starttls => word!(i18n, campaigns.security_starttls),
                MailSecurity::Implicit => word!(i18n, campaigns.security_implicit),
                MailSecurity::None => word!(i18n, campaigns.security_none),
            };
            (security.as_str().to_string(), name)
        })
        .collect()
}
