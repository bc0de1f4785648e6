//! Why an interaction went where it went (S43); for those who supervise.

use super::conversation::use_open;
use crate::{
    api::use_api,
    components::{Badge, Empty, Failed, Skeleton, TimeAgo, Tint},
    format::intl,
    i18n::{I18n, Text, txt, use_i18n, word},
    state::load::{Load, Loader},
};
use leptos::prelude::*;
use shared::api::{
    campaigns::DeliveryOrder,
    interactions::{AgentReason, DecisionCause, DecisionView, Ineligible},
};

/// Every decision about the open interaction, newest first.
#[component]
pub fn Decisions() -> impl IntoView {
    let i18n = use_i18n();
    let (api, open) = (use_api(), use_open());
    let key = Memo::new(move |_| open.interaction.with(|row| (row.id, row.assigned_at)));
    let decisions = Loader::new(move || key.get(), move |(id, _)| api.list_decisions(id));
    move || match decisions.get() {
        Load::Loading => view! { <Skeleton rows=2 shape="line" /> }.into_any(),
        Load::Failed(error) => view! { <Failed error=error on_retry=move |()| decisions.reload() /> }.into_any(),
        Load::Ready(page) if page.items.is_empty() => {
            view! { <Empty glyph=icondata::LuRoute title=txt!(i18n, inbox.routing_none) /> }.into_any()
        }
        Load::Ready(page) => {
            page.items.into_iter().map(|decision| view! { <Decision decision=decision /> }).collect_view().into_any()
        }
    }
}

#[component]
fn Decision(decision: DecisionView) -> impl IntoView {
    let i18n = use_i18n();
    let winner = decision.agents.iter().find(|agent| agent.user_id == decision.winner).map(|a| a.name.clone());
    let last = decision
        .last_served
        .and_then(|id| decision.agents.iter().find(|agent| agent.user_id == id).map(|agent| agent.name.clone()));
    let who = winner.unwrap_or_default();
    let max = decision.max_interactions;
    let won = decision.winner;
    let by_turn = decision.cause == DecisionCause::Order && decision.delivery_order == DeliveryOrder::Rrmemory;
    view! {
        <details class="decision">
            <summary>
                <span>
                    {match decision.cause {
                        DecisionCause::Order => txt!(i18n, inbox.routing_winner, who = who.as_str()),
                        DecisionCause::LastAgent => txt!(i18n, inbox.routing_last_agent, who = who.as_str()),
                        DecisionCause::Take => txt!(i18n, inbox.routing_taken, who = who.as_str()),
                        DecisionCause::Transferred => txt!(i18n, inbox.routing_given, who = who.as_str()),
                        DecisionCause::Returned => txt!(i18n, inbox.routing_returned, who = who.as_str()),
                        DecisionCause::OfferLapsed => txt!(i18n, inbox.routing_lapsed, who = who.as_str()),
                    }}
                </span>
                <TimeAgo at=decision.at />
            </summary>
            {by_turn
                .then(|| {
                    view! {
                        <p class="help">
                            {match last {
                                Some(last) => txt!(i18n, inbox.routing_after, who = last.as_str()),
                                None => txt!(i18n, inbox.routing_first),
                            }}
                        </p>
                    }
                })}
            <ul>
                {decision
                    .agents
                    .into_iter()
                    .map(|agent| {
                        let held = agent.held;
                        let name = agent.name.clone();
                        let is_winner = agent.user_id == won;
                        view! {
                            <li class="decision-agent">
                                <span class="decision-name">{name}</span>
                                <span class="decision-held">
                                    {match max {
                                        Some(max) => txt!(i18n, inbox.routing_held_of, held = held, max = max),
                                        None => txt!(i18n, inbox.routing_held, held = held),
                                    }}
                                </span>
                                {measure(i18n, &agent).map(|text| view! { <span class="decision-held">{text}</span> })}
                                {verdict(i18n, &agent, is_winner)}
                            </li>
                        }
                    })
                    .collect_view()}
            </ul>
        </details>
    }
}

/// The measure by which the order placed him, where it has one that people read.
fn measure(i18n: I18n, agent: &AgentReason) -> Option<Signal<String>> {
    if let Some(count) = agent.finished_today {
        return Some(txt!(i18n, inbox.routing_today, count = count));
    }
    if let Some(drawn) = agent.drawn {
        return Some(Signal::derive(move || {
            let locale = i18n.get_locale();
            word!(i18n, inbox.routing_drew, number = intl::decimal(locale, drawn, 3))
        }));
    }
    agent.last_ended_at.map(|at| {
        Signal::derive(move || {
            let when = intl::when(i18n.get_locale(), at, intl::When::Exact);
            word!(i18n, inbox.routing_ended, when = when.as_str())
        })
    })
}

fn verdict(i18n: I18n, agent: &AgentReason, winner: bool) -> impl IntoView + use<> {
    if winner {
        return view! { <Badge tint=Tint::Good>{txt!(i18n, inbox.routing_got)}</Badge> }.into_any();
    }
    if agent.eligible {
        return view! { <Badge tint=Tint::Info>{txt!(i18n, inbox.routing_eligible)}</Badge> }.into_any();
    }
    agent
        .reasons
        .iter()
        .map(|reason| {
            let word = i18n.text(reason_of(*reason));
            view! { <Badge tint=Tint::Quiet>{word}</Badge> }
        })
        .collect_view()
        .into_any()
}

/// Why somebody could not get it.
pub fn reason_of(reason: Ineligible) -> Text {
    use crate::i18n::keys::inbox;
    match reason {
        Ineligible::Offline => inbox::routing_offline,
        Ineligible::OnBreak => inbox::routing_on_break,
        Ineligible::MayNotReceive => inbox::routing_may_not,
        Ineligible::AtMaximum => inbox::routing_maximum,
        Ineligible::Disabled => inbox::routing_disabled,
        Ineligible::InCall => inbox::routing_in_call,
        Ineligible::InWrapUp => inbox::routing_in_wrap_up,
        Ineligible::HoldsInteraction => inbox::routing_holds_one,
        Ineligible::HoldsOtherChannel => inbox::routing_holds_channel,
        Ineligible::BlockedByIncall => inbox::routing_blocked,
        Ineligible::NotInVoiceCampaign => inbox::routing_no_voice,
        Ineligible::OthersAreFree => inbox::routing_others_free,
        Ineligible::LetItLapse => inbox::routing_let_lapse,
        Ineligible::CampaignClosed => inbox::routing_closed,
    }
}
