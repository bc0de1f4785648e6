//! What is asked of a replay: which day, with which strategy and which people. What is left empty is as the campaign has it.

use super::{
    campaign_form::focus_wrong_field,
    plain::{self, Choosing},
    replay_staff::{StaffRow, staff},
    strategy_fields::{order_name, rule_name},
};
use crate::{
    dom::yesterday,
    i18n::{txt, use_i18n, word},
    state::forms::FormErrors,
};
use leptos::prelude::*;
use serde_json::Value;
use shared::{
    api::{
        campaigns::{DeliveryOrder, Eligibility},
        replays::ReplayInput,
    },
    validate::{FieldIssue, Rule},
};

/// A replay, as typed. Cheap to copy.
#[derive(Clone, Copy)]
pub struct ReplayForm {
    /// Campaign, by its number.
    pub campaign: RwSignal<String>,
    /// Day, `YYYY-MM-DD`.
    pub date: RwSignal<String>,
    eligibility: RwSignal<String>,
    order: RwSignal<String>,
    max: RwSignal<String>,
    last_agent: RwSignal<String>,
    wrap_up: RwSignal<String>,
    seed: RwSignal<String>,
    step: RwSignal<String>,
    /// Other people than there were.
    pub other_staff: RwSignal<bool>,
    /// Who is there when, then.
    pub staff: RwSignal<Vec<StaffRow>>,
    /// What is wrong.
    pub errors: FormErrors,
}

impl ReplayForm {
    /// Of a campaign and a day, if they are known; else of yesterday.
    pub fn new(errors: FormErrors, campaign: Option<String>, date: Option<String>) -> Self {
        let text = |text: &str| RwSignal::new(text.to_string());
        Self {
            campaign: RwSignal::new(campaign.unwrap_or_default()),
            date: RwSignal::new(date.filter(|date| !date.is_empty()).unwrap_or_else(yesterday)),
            eligibility: text(""),
            order: text(""),
            max: text(""),
            last_agent: text(""),
            wrap_up: text(""),
            seed: text("1"),
            step: text("30"),
            other_staff: RwSignal::new(false),
            staff: RwSignal::new(Vec::new()),
            errors,
        }
    }

    /// The question, if it is sound; else its fields say what is wrong.
    pub fn read(self) -> Option<ReplayInput> {
        let mut issues = Vec::new();
        let staffing = self
            .other_staff
            .get_untracked()
            .then(|| self.staff.with_untracked(|rows| rows.iter().map(|row| row.read()).collect::<Vec<_>>()));
        let input = ReplayInput {
            date: self.date.get_untracked(),
            eligibility: self.eligibility.with_untracked(|word| word.parse().ok()),
            delivery_order: self.order.with_untracked(|word| word.parse().ok()),
            max_interactions: optional("max_interactions", self.max, [1, 1_000], &mut issues),
            last_agent_seconds: optional("last_agent_seconds", self.last_agent, [0, 2_592_000], &mut issues),
            wrap_up_seconds: optional("wrap_up_seconds", self.wrap_up, [0, 3_600], &mut issues),
            staffing,
            seed: optional("seed", self.seed, [0, u32::MAX], &mut issues).unwrap_or(1),
            step_minutes: self.step.with_untracked(|step| step.parse().unwrap_or(30)),
        };
        let sound = self.errors.judge(&input);
        for issue in issues {
            self.errors.add(issue);
        }
        if !sound || self.errors.any() {
            focus_wrong_field();
            return None;
        }
        Some(input)
    }
}

/// A number that may be left out; what is none is an issue.
fn optional(
    name: &'static str,
    value: RwSignal<String>,
    [min, max]: [u32; 2],
    issues: &mut Vec<FieldIssue>,
) -> Option<u32> {
    let text = value.with_untracked(|text| text.trim().to_string());
    if text.is_empty() {
        return None;
    }
    let number = text.parse().ok().filter(|number| (min..=max).contains(number));
    if number.is_none() {
        issues.push(FieldIssue {
            pointer: format!("/{name}"),
            rule: Rule::OutOfRange,
            min: Some(min.into()),
            max: Some(max.into()),
            message: String::new(),
        });
    }
    number
}

/// The fields; `came`: what the last replay of this day said.
pub fn fields(form: ReplayForm, campaigns: plain::Options, came: RwSignal<Option<Value>>) -> AnyView {
    let i18n = use_i18n();
    let ReplayForm { errors, .. } = form;
    let plainly = Choosing::default();
    let as_it_is = move || (String::new(), word!(i18n, replay.as_it_is));
    let rules = plain::options(move || {
        let mut list = vec![as_it_is()];
        list.extend(Eligibility::ALL.iter().map(|one| (one.as_str().to_string(), rule_name(i18n, *one))));
        list
    });
    let orders = plain::options(move || {
        let mut list = vec![as_it_is()];
        list.extend(DeliveryOrder::ALL.iter().map(|one| (one.as_str().to_string(), order_name(i18n, *one))));
        list
    });
    let steps = plain::options(move || {
        ["15", "30"].into_iter().map(|step| (step.to_string(), word!(i18n, replay.minutes, count = step))).collect()
    });
    let left_out = Some(txt!(i18n, replay.left_out));
    let seconds = Some(txt!(i18n, campaigns.seconds));
    let day = vec![
        plain::choice(errors, txt!(i18n, campaigns.campaign), "campaign", form.campaign, campaigns, None, plainly),
        plain::typed(errors, "date", txt!(i18n, replay.date), "date", form.date, Some(txt!(i18n, replay.date_help))),
    ];
    let wrap_up = txt!(i18n, campaigns.wrap_up);
    let max = txt!(i18n, campaigns.max);
    let strategy = vec![
        plain::choice(errors, txt!(i18n, campaigns.eligibility), "eligibility", form.eligibility, rules, None, plainly),
        plain::choice(errors, txt!(i18n, campaigns.order), "delivery_order", form.order, orders, None, plainly),
        plain::number(errors, max, "max_interactions", form.max, [1, 1_000], None, left_out),
        plain::number(errors, wrap_up, "wrap_up_seconds", form.wrap_up, [0, 3_600], seconds, left_out),
        plain::number(
            errors,
            txt!(i18n, campaigns.last_agent),
            "last_agent_seconds",
            form.last_agent,
            [0, 2_592_000],
            seconds,
            left_out,
        ),
    ];
    let more = vec![
        plain::choice(errors, txt!(i18n, replay.step), "step_minutes", form.step, steps, None, plainly),
        plain::number(
            errors,
            txt!(i18n, replay.seed),
            "seed",
            form.seed,
            [0, i64::from(u32::MAX)],
            None,
            Some(txt!(i18n, replay.seed_help)),
        ),
    ];
    let summary = plain::text(move || {
        let (step, seed) = (form.step.get(), form.seed.get());
        word!(i18n, replay.more_summary, step = step.as_str(), seed = seed.as_str())
    });
    vec![
        plain::group(txt!(i18n, replay.group_day), false, day),
        plain::group(txt!(i18n, replay.group_strategy), false, strategy),
        staff(form, came),
        plain::fold(txt!(i18n, replay.more), summary, false, more.into_any()),
    ]
    .into_any()
}
