//! The fields of a strategy: who may get a waiting interaction, whose turn it is, and the order of the queue.

use super::plain;
use super::strategy_form::{RuleRow, StrategyForm};
use crate::{
    components::{Button, Icon, IconButton, rows_of},
    format::intl,
    i18n::{I18n, txt, use_i18n, word},
    state::forms::FormErrors,
};
use leptos::prelude::*;
use shared::api::campaigns::{DeliveryOrder, Eligibility, PriorityField, PriorityMatch};

/// The fields.
#[component]
pub fn StrategyFields(
    /// What they hold.
    strategy: StrategyForm,
    /// What is wrong with them.
    errors: FormErrors,
) -> impl IntoView {
    let i18n = use_i18n();
    let touch = move |pointer: &'static str| Callback::new(move |()| errors.touch(pointer));
    let has_maximum = Memo::new(move |_| strategy.chosen().maximum(Some(1)).is_some());
    let seconds = move |label, name: &'static str, value: RwSignal<String>, max, none: Signal<String>| {
        let help = Signal::derive(move || match value.with(|text| text.trim().parse::<i64>()) {
            Ok(0) => none.get(),
            Ok(seconds) => intl::duration(i18n.get_locale(), seconds),
            Err(_) => String::new(),
        });
        view! {
            {plain::number(
                errors,
                label,
                name,
                value,
                [0, max],
                Some(txt!(i18n, campaigns.seconds)),
                Some(plain::text(move || help.get())),
            )}
        }
    };
    view! {
        {plain::choice(
            errors,
            txt!(i18n, campaigns.eligibility),
            "eligibility",
            strategy.eligibility,
            plain::options(move || {
                Eligibility::ALL.iter().map(|one| (one.as_str().to_string(), rule_name(i18n, *one))).collect::<Vec<_>>()
            }),
            Some(plain::text(move || rule_help(i18n, strategy.chosen()))),
            plain::Choosing { on_edit: Some(touch("max_interactions")), ..Default::default() },
        )}
        {move || {
            has_maximum
                .get()
                .then(|| {
                    view! {
                        {plain::number(
                            errors,
                            txt!(i18n, campaigns.max),
                            "max_interactions",
                            strategy.max,
                            [1, 1_000],
                            None,
                            Some(txt!(i18n, campaigns.max_help)),
                        )}
                    }
                })
        }}
        {move || {
            (!strategy.chosen().is_pull())
                .then(|| {
                    view! {
                        {plain::choice(
                            errors,
                            txt!(i18n, campaigns.order),
                            "delivery_order",
                            strategy.order,
                            plain::options(move || {
                                DeliveryOrder::ALL
                                    .iter()
                                    .map(|one| (one.as_str().to_string(), order_name(i18n, *one)))
                                    .collect::<Vec<_>>()
                            }),
                            Some(plain::text(move || {
                                let order = strategy.order.with(|word| word.parse().unwrap_or(DeliveryOrder::Rrmemory));
                                order_help(i18n, order)
                            })),
                            plain::Choosing::default(),
                        )}
                    }
                })
        }}
        {seconds(
            txt!(i18n, campaigns.last_agent),
            "last_agent_seconds",
            strategy.last_agent,
            2_592_000,
            txt!(i18n, campaigns.last_agent_none),
        )}
        {seconds(
            txt!(i18n, campaigns.offer_timeout),
            "offer_timeout_seconds",
            strategy.offer,
            86_400,
            txt!(i18n, campaigns.offer_timeout_none),
        )}
        {seconds(
            txt!(i18n, campaigns.wrap_up),
            "wrap_up_seconds",
            strategy.wrap_up,
            3_600,
            txt!(i18n, campaigns.wrap_up_none),
        )}
        {plain::number(
            errors,
            txt!(i18n, campaigns.max_in_queue),
            "max_in_queue",
            strategy.window,
            [0, 100_000],
            None,
            Some(txt!(i18n, campaigns.max_in_queue_help)),
        )}
        {plain::number(
            errors,
            txt!(i18n, campaigns.default_priority),
            "default_priority",
            strategy.priority,
            [1, 9],
            None,
            Some(txt!(i18n, campaigns.default_priority_help)),
        )}
        <div class="rows" role="group" aria-label=txt!(i18n, campaigns.priority_rules)>
            <h3 class="rows-title">{txt!(i18n, campaigns.priority_rules)}</h3>
            <p class="help">{txt!(i18n, campaigns.priority_rules_help)}</p>
            {rows_of(
                strategy.rules,
                |row| row.key.into(),
                move |row| view! { <Rule strategy=strategy row=row errors=errors /> }.into_any(),
            )}
            {
                let wrong = errors.of("priority_rules");
                move || wrong.get().map(|text| view! { <p class="field-error" role="alert">{text}</p> })
            }
            <Button small=true icon=icondata::LuPlus on:click=move |_| strategy.add_rule()>
                {txt!(i18n, campaigns.priority_rule_add)}
            </Button>
        </div>
    }
}

/// One priority rule: in what, how, what, and the priority.
#[component]
fn Rule(strategy: StrategyForm, row: RuleRow, errors: FormErrors) -> impl IntoView {
    let i18n = use_i18n();
    let wrong = errors.of("priority_rules");
    let touch = move || errors.touch("priority_rules");
    let is_empty =
        move || (wrong.with(Option::is_some) && row.pattern.with(|text| text.trim().is_empty())).then_some("true");
    let choice = move |label: Signal<String>, value: RwSignal<String>, options: Vec<(&'static str, Signal<String>)>| {
        view! {
            <div class="select">
                <select
                    aria-label=label
                    prop:value=value
                    on:change=move |event| {
                        value.set(event_target_value(&event));
                        touch();
                    }
                >
                    {options
                        .into_iter()
                        .map(|(word, name)| {
                            view! { <option value=word selected=move || value.with(|value| value == word)>{name}</option> }
                        })
                        .collect_view()}
                </select>
                <Icon glyph=icondata::LuChevronDown />
            </div>
        }
    };
    view! {
        <div class="row-fields">
            {choice(
                txt!(i18n, campaigns.rule_field),
                row.field,
                vec![
                    (PriorityField::Sender.as_str(), txt!(i18n, campaigns.rule_sender)),
                    (PriorityField::Subject.as_str(), txt!(i18n, campaigns.rule_subject)),
                ],
            )}
            {choice(
                txt!(i18n, campaigns.rule_matching),
                row.matching,
                vec![
                    (PriorityMatch::Contains.as_str(), txt!(i18n, campaigns.rule_contains)),
                    (PriorityMatch::Equals.as_str(), txt!(i18n, campaigns.rule_equals)),
                ],
            )}
            <input
                class="input"
                type="text"
                autocomplete="off"
                maxlength="200"
                aria-label=txt!(i18n, campaigns.rule_pattern)
                prop:value=row.pattern
                aria-invalid=is_empty
                on:input=move |event| {
                    row.pattern.set(event_target_value(&event));
                    touch();
                }
            />
            {choice(
                txt!(i18n, campaigns.rule_priority),
                row.priority,
                ["1", "2", "3", "4", "5", "6", "7", "8", "9"]
                    .into_iter()
                    .map(|number| (number, Signal::stored(number.to_string())))
                    .collect(),
            )}
            <IconButton
                small=true
                glyph=icondata::LuMinus
                label=txt!(i18n, campaigns.priority_rule_remove)
                on:click=move |_| {
                    strategy.remove_rule(row.key);
                    touch();
                }
            />
        </div>
    }
}

/// What the folded group holds.
pub fn strategy_summary(i18n: I18n, strategy: StrategyForm) -> String {
    let rule = strategy.chosen();
    let name = rule_name(i18n, rule);
    if rule.is_pull() {
        return name;
    }
    let order = strategy.order.with(|word| word.parse().unwrap_or(DeliveryOrder::Rrmemory));
    format!("{name} · {}", order_name(i18n, order))
}

/// The words of a rule.
pub fn rule_name(i18n: I18n, rule: Eligibility) -> String {
    match rule {
        Eligibility::Incall => word!(i18n, campaigns.rule_incall),
        Eligibility::Nocall => word!(i18n, campaigns.rule_nocall),
        Eligibility::Interaction => word!(i18n, campaigns.rule_interaction),
        Eligibility::Ringall => word!(i18n, campaigns.rule_ringall),
        Eligibility::Ringallmultiple => word!(i18n, campaigns.rule_ringallmultiple),
        Eligibility::Omni => word!(i18n, campaigns.rule_omni),
        Eligibility::Nopause => word!(i18n, campaigns.rule_nopause),
    }
}

fn rule_help(i18n: I18n, rule: Eligibility) -> String {
    match rule {
        Eligibility::Incall => word!(i18n, campaigns.rule_incall_help),
        Eligibility::Nocall => word!(i18n, campaigns.rule_nocall_help),
        Eligibility::Interaction => word!(i18n, campaigns.rule_interaction_help),
        Eligibility::Ringall => word!(i18n, campaigns.rule_ringall_help),
        Eligibility::Ringallmultiple => word!(i18n, campaigns.rule_ringallmultiple_help),
        Eligibility::Omni => word!(i18n, campaigns.rule_omni_help),
        Eligibility::Nopause => word!(i18n, campaigns.rule_nopause_help),
    }
}

/// The words of an order.
pub fn order_name(i18n: I18n, order: DeliveryOrder) -> String {
    match order {
        DeliveryOrder::Rrmemory => word!(i18n, campaigns.order_rrmemory),
        DeliveryOrder::Wrandom => word!(i18n, campaigns.order_wrandom),
        DeliveryOrder::Leastrecent => word!(i18n, campaigns.order_leastrecent),
        DeliveryOrder::Fewestcalls => word!(i18n, campaigns.order_fewestcalls),
        DeliveryOrder::Random => word!(i18n, campaigns.order_random),
        DeliveryOrder::Linear => word!(i18n, campaigns.order_linear),
    }
}

fn order_help(i18n: I18n, order: DeliveryOrder) -> String {
    match order {
        DeliveryOrder::Rrmemory => word!(i18n, campaigns.order_rrmemory_help),
        DeliveryOrder::Wrandom => word!(i18n, campaigns.order_wrandom_help),
        DeliveryOrder::Leastrecent => word!(i18n, campaigns.order_leastrecent_help),
        DeliveryOrder::Fewestcalls => word!(i18n, campaigns.order_fewestcalls_help),
        DeliveryOrder::Random => word!(i18n, campaigns.order_random_help),
        DeliveryOrder::Linear => word!(i18n, campaigns.order_linear_help),
    }
}
