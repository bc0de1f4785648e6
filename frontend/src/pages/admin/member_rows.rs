//! The third column: members of the chosen campaigns, and what each may.

use super::members::Place;
use crate::state::chosen::Chosen;
use crate::{
    components::{Avatar, Checkbox, Empty, Failed, Skeleton},
    i18n::{txt, use_i18n},
    state::load::{Load, Loader},
};
use leptos::prelude::*;
use shared::{
    api::campaigns::MemberInput,
    ids::{CampaignId, UserId},
};

/// A change of one member.
pub type Change = (CampaignId, UserId, MemberInput);

/// The table.
#[component]
pub fn MemberTable(
    /// Members.
    places: Loader<Vec<Place>>,
    /// No campaign is chosen yet.
    nothing_chosen: Signal<bool>,
    /// Marked for removal.
    picked: RwSignal<Chosen<(CampaignId, UserId)>>,
    /// Changes are allowed.
    may_write: bool,
    /// One was changed.
    on_change: Callback<Change>,
) -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <div class="column-list">
            {move || {
                if nothing_chosen.get() {
                    return view! {
                        <Empty
                            glyph=icondata::LuUsers
                            title=txt!(i18n, campaigns.members_none_chosen)
                            body=txt!(i18n, campaigns.members_none_chosen_next)
                        />
                    }
                        .into_any();
                }
                match places.get() {
                    Load::Loading => view! { <Skeleton rows=5 shape="line" /> }.into_any(),
                    Load::Failed(error) => {
                        view! { <Failed error=error on_retry=move |()| places.reload() /> }.into_any()
                    }
                    Load::Ready(list) if list.is_empty() => {
                        view! {
                            <Empty
                                glyph=icondata::LuUsers
                                title=txt!(i18n, campaigns.members_none)
                                body=txt!(i18n, campaigns.members_none_next)
                            />
                        }
                            .into_any()
                    }
                    Load::Ready(list) => {
                        let several = list.first().is_some_and(|first| list.iter().any(|p| p.campaign != first.campaign));
                        view! {
                            <div class="table-scroll" tabindex="0" role="region" aria-label=txt!(i18n, campaigns.members)>
                                <table class="table members">
                                    <thead>
                                        <tr>
                                            <th scope="col"><span class="visually-hidden">{txt!(i18n, common.remove)}</span></th>
                                            <th scope="col">{txt!(i18n, campaigns.member)}</th>
                                            {several.then(|| view! { <th scope="col">{txt!(i18n, campaigns.campaign)}</th> })}
                                            <th scope="col" data-tip=txt!(i18n, campaigns.position_help)>{txt!(i18n, campaigns.position)}</th>
                                            <th scope="col" data-tip=txt!(i18n, campaigns.penalty_help)>{txt!(i18n, campaigns.penalty)}</th>
                                            <th scope="col">{txt!(i18n, campaigns.may_receive)}</th>
                                            <th scope="col">{txt!(i18n, campaigns.may_start)}</th>
                                        </tr>
                                    </thead>
                                    <tbody>
                                        {list
                                            .into_iter()
                                            .map(|place| {
                                                view! {
                                                    <MemberRow
                                                        place=place
                                                        several=several
                                                        picked=picked
                                                        may_write=may_write
                                                        on_change=on_change
                                                    />
                                                }
                                            })
                                            .collect_view()}
                                    </tbody>
                                </table>
                            </div>
                        }
                            .into_any()
                    }
                }
            }}
        </div>
    }
}

#[component]
fn MemberRow(
    place: Place,
    several: bool,
    picked: RwSignal<Chosen<(CampaignId, UserId)>>,
    may_write: bool,
    on_change: Callback<Change>,
) -> impl IntoView {
    let i18n = use_i18n();
    let member = place.member;
    let key = (place.campaign, member.user_id);
    let name = StoredValue::new(member.name.clone());
    let change = move |input: MemberInput| on_change.run((key.0, key.1, input));
    let named = move |what: Signal<String>| Signal::derive(move || format!("{} · {}", what.get(), name.get_value()));
    view! {
        <tr data-testid="member-row">
            <td>
                <Checkbox
                    bare=true
                    label=Signal::derive(move || name.get_value())
                    checked=Signal::derive(move || picked.with(|set| set.contains(key)))
                    disabled=!may_write
                    on_change=move |on: bool| {
                        picked
                            .update(|set| set.set(key, on))
                    }
                />
            </td>
            <th scope="row">
                <span class="member-name">
                    <Avatar name=member.name.clone() small=true />
                    {member.name.clone()}
                </span>
            </th>
            {several.then(|| view! { <td>{place.campaign_name}</td> })}
            <td>
                <Cell
                    label=named(txt!(i18n, campaigns.position))
                    value=member.position
                    min=1
                    max=100_000
                    may_write=may_write
                    on_commit=Callback::new(move |position| {
                        change(MemberInput { position: Some(position), ..MemberInput::default() });
                    })
                />
            </td>
            <td>
                <Cell
                    label=named(txt!(i18n, campaigns.penalty))
                    value=member.penalty
                    min=0
                    max=100
                    may_write=may_write
                    on_commit=Callback::new(move |penalty| {
                        change(MemberInput { penalty: Some(penalty), ..MemberInput::default() });
                    })
                />
            </td>
            <td>
                <Checkbox
                    bare=true
                    label=named(txt!(i18n, campaigns.may_receive))
                    checked=member.may_receive
                    disabled=!may_write
                    on_change=move |on| change(MemberInput { may_receive: Some(on), ..MemberInput::default() })
                />
            </td>
            <td>
                <Checkbox
                    bare=true
                    label=named(txt!(i18n, campaigns.may_start))
                    checked=member.may_start
                    disabled=!may_write
                    on_change=move |on| change(MemberInput { may_start: Some(on), ..MemberInput::default() })
                />
            </td>
        </tr>
    }
}

/// A number in the table, taken over when the field is left. What is out of bounds goes back.
#[component]
fn Cell(
    label: Signal<String>,
    value: i32,
    min: i32,
    max: i32,
    may_write: bool,
    on_commit: Callback<i32>,
) -> impl IntoView {
    let typed = RwSignal::new(value.to_string());
    view! {
        <input
            class="input cell"
            type="number"
            inputmode="numeric"
            min=min
            max=max
            step="1"
            aria-label=label
            disabled=!may_write
            prop:value=typed
            on:input=move |event| typed.set(event_target_value(&event))
            on:change=move |_| {
                match typed.with_untracked(|text| text.trim().parse::<i32>()) {
                    Ok(number) if (min..=max).contains(&number) && number != value => on_commit.run(number),
                    Ok(number) if number == value => {}
                    _ => typed.set(value.to_string()),
                }
            }
        />
    }
}
