//! What raises an alarm in a campaign (S24), as typed.

use super::form::number;
use crate::{
    components::NumberField,
    format::intl,
    i18n::{I18n, txt, use_i18n, word},
    state::forms::FormErrors,
};
use leptos::prelude::*;
use shared::{alarm::Thresholds, validate::FieldIssue};

/// Thresholds in a form; empty: none. Cheap to copy.
#[derive(Clone, Copy)]
pub struct ThresholdForm {
    /// Longest wait.
    pub waiting: RwSignal<String>,
    /// Longest handling.
    pub handling: RwSignal<String>,
    /// Most waiting.
    pub most: RwSignal<String>,
    /// Least service level.
    pub level: RwSignal<String>,
}

impl ThresholdForm {
    /// None.
    pub fn new() -> Self {
        let text = || RwSignal::new(String::new());
        Self { waiting: text(), handling: text(), most: text(), level: text() }
    }

    /// Takes over stored ones.
    pub fn set(self, thresholds: Thresholds) {
        let text = |value: Option<u32>| value.map(|value| value.to_string()).unwrap_or_default();
        self.waiting.set(text(thresholds.waiting_seconds));
        self.handling.set(text(thresholds.handling_seconds));
        self.most.set(text(thresholds.most_waiting));
        self.level.set(text(thresholds.service_level_percent));
    }

    /// All four, as typed.
    pub fn texts(self) -> [RwSignal<String>; 4] {
        [self.waiting, self.handling, self.most, self.level]
    }

    /// The thresholds; what is no number is an issue.
    pub fn read(self, issues: &mut Vec<FieldIssue>) -> Thresholds {
        let mut one = |field: &str, text: RwSignal<String>, most| {
            let empty = text.with_untracked(|text| text.trim().is_empty());
            (!empty).then(|| number(&format!("thresholds/{field}"), text, 1, most, issues))
        };
        Thresholds {
            waiting_seconds: one("waiting_seconds", self.waiting, 31_536_000),
            handling_seconds: one("handling_seconds", self.handling, 31_536_000),
            most_waiting: one("most_waiting", self.most, 1_000_000),
            service_level_percent: one("service_level_percent", self.level, 100),
        }
    }
}

/// The fields.
#[component]
pub fn ThresholdFields(
    /// What they hold.
    thresholds: ThresholdForm,
    /// What is wrong with them.
    errors: FormErrors,
) -> impl IntoView {
    let i18n = use_i18n();
    let field = move |label, name: &'static str, value: RwSignal<String>, max, unit: Option<Signal<String>>, timed| {
        let help = Signal::derive(move || {
            let seconds = value.with(|text| text.trim().parse::<i64>().ok()).filter(|_| timed);
            seconds.map(|seconds| intl::duration(i18n.get_locale(), seconds)).unwrap_or_default()
        });
        view! {
            <NumberField
                label=label
                name=name
                value=value
                unit=MaybeProp::derive(move || unit.map(|unit| unit.get()))
                help=MaybeProp::derive(move || Some(help.get()).filter(|help| !help.is_empty()))
                min=1
                max=max
                error=errors.of(name)
                on_edit=Callback::new(move |()| errors.touch(name))
            />
        }
    };
    let seconds = Some(txt!(i18n, campaigns.seconds));
    view! {
        <p class="help">{txt!(i18n, campaigns.thresholds_help)}</p>
        {field(
            txt!(i18n, campaigns.threshold_waiting),
            "thresholds/waiting_seconds",
            thresholds.waiting,
            31_536_000,
            seconds,
            true,
        )}
        {field(
            txt!(i18n, campaigns.threshold_handling),
            "thresholds/handling_seconds",
            thresholds.handling,
            31_536_000,
            seconds,
            true,
        )}
        {field(
            txt!(i18n, campaigns.threshold_most),
            "thresholds/most_waiting",
            thresholds.most,
            1_000_000,
            None,
            false,
        )}
        {field(
            txt!(i18n, campaigns.threshold_level),
            "thresholds/service_level_percent",
            thresholds.level,
            100,
            Some(Signal::derive(|| "%".to_string())),
            false,
        )}
    }
}

/// What the folded group holds.
pub fn threshold_summary(i18n: I18n, thresholds: ThresholdForm) -> String {
    let set = thresholds.texts().into_iter().filter(|text| text.with(|text| !text.trim().is_empty())).count();
    match set {
        0 => word!(i18n, campaigns.thresholds_none),
        _ => word!(i18n, campaigns.thresholds_set, count = set),
    }
}
