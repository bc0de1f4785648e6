//! What a campaign's mail carries: signature, confirmation, rating (S19–S25), as typed.

use super::plain::{self, Choosing};
use crate::{
    api::{templates::TemplateRow, use_api},
    components::Look,
    i18n::{I18n, txt, use_i18n, word},
    pages::agent::composer::{
        rich_text::{RICH_TEXT, RichHost, RichText, RichTextHandle},
        toolbar::Toolbar,
    },
    routes,
    state::{effect::effect, forms::FormErrors, load::Loader},
};
use leptos::prelude::*;
use serde_json::Value;
use shared::{
    api::{
        campaigns::{CampaignView, ConfirmationSettings, RatingSettings},
        templates::TemplateKind,
    },
    ids::{CampaignId, TemplateId},
};

/// These settings in a form. Cheap to copy.
#[derive(Clone, Copy)]
pub struct MailForm {
    /// Template of the signature, by its id; empty: none.
    pub signature: RwSignal<String>,
    /// First mails are confirmed.
    pub confirms: RwSignal<bool>,
    /// Template of the confirmation, by its id.
    pub confirmation: RwSignal<String>,
    /// Mail asks for a rating.
    pub rates: RwSignal<bool>,
    /// Title above the faces.
    pub prompt: RwSignal<String>,
    /// What the customer reads after rating, as HTML.
    pub thanks: RwSignal<String>,
}

impl MailForm {
    /// None of these.
    pub fn new() -> Self {
        let text = || RwSignal::new(String::new());
        Self {
            signature: text(),
            confirms: RwSignal::new(false),
            confirmation: text(),
            rates: RwSignal::new(false),
            prompt: text(),
            thanks: text(),
        }
    }

    /// Takes over those of a campaign.
    pub fn set(self, campaign: &CampaignView) {
        let id = |id: Option<TemplateId>| id.map(|id| id.to_string()).unwrap_or_default();
        self.signature.set(id(campaign.signature_template_id));
        self.confirms.set(campaign.confirmation.enabled);
        self.confirmation.set(id(campaign.confirmation.template_id));
        self.rates.set(campaign.rating.enabled);
        self.prompt.set(campaign.rating.prompt.clone());
        self.thanks.set(campaign.rating.thanks_html.clone());
    }

    /// All texts, as typed.
    pub fn texts(self) -> [RwSignal<String>; 4] {
        [self.signature, self.confirmation, self.prompt, self.thanks]
    }

    /// All switches.
    pub fn switches(self) -> [RwSignal<bool>; 2] {
        [self.confirms, self.rates]
    }

    /// The settings.
    pub fn read(self) -> (Option<TemplateId>, ConfirmationSettings, RatingSettings) {
        let id = |text: RwSignal<String>| text.with_untracked(|text| text.parse().ok());
        let confirmation =
            ConfirmationSettings { enabled: self.confirms.get_untracked(), template_id: id(self.confirmation) };
        let rating = RatingSettings {
            enabled: self.rates.get_untracked(),
            prompt: self.prompt.get_untracked().trim().into(),
            thanks_html: self.thanks.get_untracked(),
        };
        (id(self.signature), confirmation, rating)
    }
}

/// The three groups; `campaign`: whose templates are offered beside those of all.
pub fn mail_fields(mail: MailForm, errors: FormErrors, campaign: Option<CampaignId>, may_write: bool) -> AnyView {
    let i18n = use_i18n();
    let api = use_api();
    let templates = Loader::new(|| (), move |()| api.all_templates());
    let offered = move |kind: TemplateKind, none: Signal<String>, chosen: RwSignal<String>| {
        plain::options(move || {
            let mut list = vec![(String::new(), none.get())];
            let chosen = chosen.get_untracked();
            templates.with(|load| {
                let known = load.ready().and_then(Value::as_array).into_iter().flatten();
                for one in known.map(TemplateRow::of).filter(|one| one.kind == kind) {
                    if one.campaign.is_none() || one.campaign == campaign {
                        list.push((one.id.to_string(), one.name));
                    }
                }
            });
            // While the list is on its way, and where it may not be read, what is stored stands all the same.
            if !list.iter().any(|(id, _)| *id == chosen) {
                let name = word!(i18n, campaigns.template_unnamed, id = chosen.as_str());
                list.push((chosen, name));
            }
            list
        })
    };
    let signatures = offered(TemplateKind::Signature, txt!(i18n, campaigns.signature_none), mail.signature);
    let confirmations = offered(TemplateKind::Confirmation, txt!(i18n, campaigns.template_choose), mail.confirmation);
    let signature = plain::choice(
        errors,
        txt!(i18n, campaigns.signature_template),
        "signature_template_id",
        mail.signature,
        signatures,
        Some(txt!(i18n, campaigns.signature_help)),
        Choosing::default(),
    );
    let template = txt!(i18n, campaigns.confirmation_template);
    let confirmation = vec![
        plain::toggle(
            errors,
            txt!(i18n, campaigns.confirmation_on),
            "confirmation/enabled",
            mail.confirms,
            Some(txt!(i18n, campaigns.confirmation_help)),
        ),
        plain::when(mail.confirms.into(), move || {
            let at = "confirmation/template_id";
            plain::choice(errors, template, at, mail.confirmation, confirmations, None, Choosing::default())
        }),
        plain::link(routes::TEMPLATES, txt!(i18n, campaigns.to_templates)),
    ];
    let summary = move |text: RwSignal<String>, options: plain::Options, none: Signal<String>| {
        plain::text(move || {
            let id = text.get();
            let named = options.get().into_iter().find(|(known, _)| *known == id && !id.is_empty());
            named.map_or_else(|| none.get(), |(_, name)| name)
        })
    };
    let off = txt!(i18n, campaigns.off);
    let confirmed = summary(mail.confirmation, confirmations, txt!(i18n, campaigns.template_choose));
    let confirmed = plain::text(move || if mail.confirms.get() { confirmed.get() } else { off.get() });
    let rated = plain::text(move || if mail.rates.get() { mail.prompt.get() } else { off.get() });
    let signed = summary(mail.signature, signatures, txt!(i18n, campaigns.signature_none));
    vec![
        plain::fold(txt!(i18n, campaigns.group_signature), signed, !may_write, signature),
        plain::fold(txt!(i18n, campaigns.group_confirmation), confirmed, !may_write, confirmation.into_any()),
        plain::fold(txt!(i18n, campaigns.group_rating), rated, !may_write, rating(i18n, mail, errors)),
    ]
    .into_any()
}

fn rating(i18n: I18n, mail: MailForm, errors: FormErrors) -> AnyView {
    let open = RwSignal::new(false);
    let written = RwSignal::new(String::new());
    let edit = move || {
        written.set(mail.thanks.get_untracked());
        open.set(true);
    };
    let take = move || {
        errors.touch("rating/thanks_html");
        mail.thanks.set(written.get_untracked());
        open.set(false);
    };
    // A title is wanted as soon as it is on; the usual one is better than none.
    effect(move || {
        if mail.rates.get() && mail.prompt.with_untracked(String::is_empty) {
            mail.prompt.set(word!(i18n, campaigns.rating_prompt_usual));
        }
    });
    // The one thing that can be wrong with the switch itself.
    let unreachable = errors.of("rating/enabled");
    let help = plain::text(move || match unreachable.get() {
        Some(_) => word!(i18n, campaigns.rating_no_address),
        None => word!(i18n, campaigns.rating_help),
    });
    let faulty = errors.of("rating/thanks_html");
    let said = plain::text(move || match faulty.get() {
        Some(fault) => fault,
        None if mail.thanks.with(String::is_empty) => word!(i18n, campaigns.rating_thanks_usual),
        None => word!(i18n, campaigns.rating_thanks_own),
    });
    let (prompt, prompt_help) = (txt!(i18n, campaigns.rating_prompt), txt!(i18n, campaigns.rating_prompt_help));
    let (thanks, write) = (txt!(i18n, campaigns.rating_thanks), txt!(i18n, campaigns.rating_thanks_write));
    let more = plain::when(mail.rates.into(), move || {
        let button = plain::press(write, edit);
        view! {
            {plain::line(errors, prompt, "rating/prompt", mail.prompt, Some(prompt_help), false)}
            <div class="field" class:field-wrong=move || faulty.with(Option::is_some)>
                <span class="rows-title">{thanks}</span>
                <p class="help">{said}</p>
                <div class="rows-actions">{button}</div>
            </div>
        }
        .into_any()
    });
    let host = RichHost {
        bundle: RICH_TEXT,
        label: thanks,
        placeholder: txt!(i18n, campaigns.rating_thanks_hint),
        options: Callback::new(|()| Vec::new()),
        html: Callback::new(move |()| written.get()),
        replaced: Signal::stored(0),
        on_html: Callback::new(move |html| written.set(html)),
        upload: Callback::new(|_| js_sys::Promise::reject(&wasm_bindgen::JsValue::NULL)),
        resolve_cid: Callback::new(|_| None),
        focus: Some("end"),
    };
    let body = move || {
        let editor = RichTextHandle::new();
        view! {
            <div class="rich">
                <Toolbar editor=editor plain=true />
                <RichText editor=editor host=host />
            </div>
        }
        .into_any()
    };
    let take = plain::act(take);
    let foot = move || {
        plain::button(Look::Primary, false, None, txt!(i18n, campaigns.rating_thanks_take), Signal::stored(false), take)
    };
    vec![
        plain::toggle(errors, txt!(i18n, campaigns.rating_on), "rating/enabled", mail.rates, Some(help)),
        more,
        plain::dialog(open, thanks, true, body, foot),
    ]
    .into_any()
}
