//! The third column: members of the chosen campaigns, and what each may.

use super::member_places::Place;
use crate::state::{
    chosen::Chosen,
    effect::{effect, effect_with},
};
use crate::{
    api::ApiError,
    components::{Avatar, Checkbox, Empty, Failed, Icon, Skeleton, rows},
    dom,
    i18n::{I18n, txt, use_i18n},
    state::load::{Load, Loader},
};
use leptos::prelude::*;
use shared::{
    api::campaigns::{GetsNothing, MemberInput},
    ids::{CampaignId, UserId},
};
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

/// Names a row: who is a member of what.
type Key = (CampaignId, UserId);

/// A change of one member.
pub type Change = (CampaignId, UserId, MemberInput);

/// The table.
#[component]
pub fn MemberTable(
    /// Members.
    places: Loader<Vec<Place>>,
    /// Words that a row must have to be shown.
    words: RwSignal<String>,
    /// No campaign is chosen yet.
    nothing_chosen: Signal<bool>,
    /// Marked for removal.
    picked: RwSignal<Chosen<Key>>,
    /// Changes are allowed.
    may_write: bool,
    /// One was changed.
    on_change: Callback<Change>,
) -> impl IntoView {
    let i18n = use_i18n();
    let face = Memo::new(move |_| {
        if nothing_chosen.get() {
            return Face::NothingChosen;
        }
        places.with(|load| match load {
            Load::Loading => Face::Loading,
            Load::Failed(error) => Face::Failed(error.clone()),
            Load::Ready(list) if list.is_empty() => Face::Empty,
            Load::Ready(_) => Face::Full,
        })
    });
    view! {
        <div class="column-list">
            {move || match face.get() {
                Face::NothingChosen => {
                    view! {
                        <Empty
                            glyph=icondata::LuUsers
                            title=txt!(i18n, campaigns.members_none_chosen)
                            body=txt!(i18n, campaigns.members_none_chosen_next)
                        />
                    }
                        .into_any()
                }
                Face::Loading => view! { <Skeleton rows=5 shape="line" /> }.into_any(),
                Face::Failed(error) => {
                    view! { <Failed error=error on_retry=move |()| places.reload() /> }.into_any()
                }
                Face::Empty => {
                    view! {
                        <Empty
                            glyph=icondata::LuUsers
                            title=txt!(i18n, campaigns.members_none)
                            body=txt!(i18n, campaigns.members_none_next)
                        />
                    }
                        .into_any()
                }
                Face::Full => {
                    view! { <Table places=places words=words picked=picked may_write=may_write on_change=on_change /> }
                        .into_any()
                }
            }}
        </div>
    }
}

/// What the column shows.
#[derive(Clone, PartialEq)]
enum Face {
    NothingChosen,
    Loading,
    Failed(ApiError),
    Empty,
    Full,
}

/// The table proper. Each row stays while it is a member, whatever else changes: somebody may be typing in it.
#[component]
fn Table(
    places: Loader<Vec<Place>>,
    words: RwSignal<String>,
    picked: RwSignal<Chosen<Key>>,
    may_write: bool,
    on_change: Callback<Change>,
) -> impl IntoView {
    let i18n = use_i18n();
    let several = Memo::new(move |_| {
        places.with(|load| {
            load.ready().is_some_and(|list| {
                list.first().is_some_and(|first| list.iter().any(|place| place.campaign != first.campaign))
            })
        })
    });
    let keys = Memo::new(move |_| {
        let words = words.get();
        places.with(|load| {
            let list = load.ready().map(Vec::as_slice).unwrap_or_default();
            list.iter().filter(|place| place.fits(&words)).map(Place::key).collect::<Vec<_>>()
        })
    });
    // A row that moves loses the keyboard on its way.
    let last = StoredValue::new_local(None::<HtmlElement>);
    effect(move || {
        keys.track();
        request_animation_frame(move || {
            let lost = dom::active_element().is_none_or(|active| active.tag_name() == "BODY");
            if let Some(field) = last.try_get_value().flatten().filter(|field| lost && field.is_connected()) {
                let _ = field.focus();
            }
        });
    });
    view! {
        <div
            class="table-scroll"
            tabindex="0"
            role="region"
            aria-label=txt!(i18n, campaigns.members)
            on:focusin=move |event| {
                last.set_value(event.target().and_then(|target| target.dyn_into::<HtmlElement>().ok()));
            }
            on:pointerdown=move |_| last.set_value(None)
        >
            <table class="table members">
                <thead>
                    <tr>
                        <th scope="col"><span class="visually-hidden">{txt!(i18n, common.remove)}</span></th>
                        <th scope="col">{txt!(i18n, campaigns.member)}</th>
                        {move || several.get().then(|| view! { <th scope="col">{txt!(i18n, campaigns.campaign)}</th> })}
                        <th scope="col" data-tip=txt!(i18n, campaigns.position_help)>{txt!(i18n, campaigns.position)}</th>
                        <th scope="col" data-tip=txt!(i18n, campaigns.penalty_help)>{txt!(i18n, campaigns.penalty)}</th>
                        <th scope="col">{txt!(i18n, campaigns.may_receive)}</th>
                        <th scope="col">{txt!(i18n, campaigns.may_start)}</th>
                    </tr>
                </thead>
                <tbody>
                    {rows(
                        move || keys.with(|keys| keys.iter().copied().map(number).collect()),
                        move |wanted| {
                            let first = places
                                .with_untracked(|load| {
                                    let mut list = load.ready().map(Vec::as_slice).unwrap_or_default().iter();
                                    list.find(|place| number(place.key()) == wanted).cloned()
                                });
                            first
                                .map(|first| {
                                    let key = first.key();
                                    // While it leaves, it shows what it was.
                                    let place = Memo::new(move |before: Option<&Place>| {
                                        places
                                            .with(|load| {
                                                load.ready()
                                                    .and_then(|list| list.iter().find(|place| place.key() == key))
                                                    .or(before)
                                                    .cloned()
                                            })
                                            .unwrap_or_else(|| first.clone())
                                    });
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
                                .into_any()
                        },
                    )}
                </tbody>
            </table>
            {move || {
                keys.with(Vec::is_empty)
                    .then(|| view! { <Empty glyph=icondata::LuSearch title=txt!(i18n, inbox.nothing_found) /> })
            }}
        </div>
    }
}

/// A place as one number; users are fewer than four thousand millions.
fn number((campaign, user): Key) -> i64 {
    campaign.0.wrapping_shl(32) ^ user.0
}

#[component]
fn MemberRow(
    place: Memo<Place>,
    several: Memo<bool>,
    picked: RwSignal<Chosen<Key>>,
    may_write: bool,
    on_change: Callback<Change>,
) -> impl IntoView {
    let i18n = use_i18n();
    let key = place.with_untracked(Place::key);
    let name = Signal::derive(move || place.with(|place| place.member.name.clone()));
    let change = move |input: MemberInput| on_change.run((key.0, key.1, input));
    let named = move |what: Signal<String>| Signal::derive(move || format!("{} · {}", what.get(), name.get()));
    view! {
        <tr data-testid="member-row">
            <td>
                <Checkbox
                    bare=true
                    label=name
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
                    <Avatar name=name small=true />
                    {name}
                </span>
                {move || place.with(|place| place.member.gets_nothing).map(|why| nothing_for(i18n, why))}
            </th>
            {move || several.get().then(|| view! { <td>{move || place.with(|place| place.campaign_name.clone())}</td> })}
            <td>
                <Cell
                    label=named(txt!(i18n, campaigns.position))
                    value=Memo::new(move |_| place.with(|place| place.member.position))
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
                    value=Memo::new(move |_| place.with(|place| place.member.penalty))
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
                    checked=Signal::derive(move || place.with(|place| place.member.may_receive))
                    disabled=!may_write
                    on_change=move |on| change(MemberInput { may_receive: Some(on), ..MemberInput::default() })
                />
            </td>
            <td>
                <Checkbox
                    bare=true
                    label=named(txt!(i18n, campaigns.may_start))
                    checked=Signal::derive(move || place.with(|place| place.member.may_start))
                    disabled=!may_write
                    on_change=move |on| change(MemberInput { may_start: Some(on), ..MemberInput::default() })
                />
            </td>
        </tr>
    }
}

/// That a member gets nothing, and why (S34).
fn nothing_for(i18n: I18n, why: GetsNothing) -> AnyView {
    let why = match why {
        GetsNothing::UserDisabled => txt!(i18n, campaigns.gets_nothing_disabled),
        GetsNothing::MayNotReceive => txt!(i18n, campaigns.gets_nothing_not_received),
        GetsNothing::NotInVoiceCampaign => txt!(i18n, campaigns.gets_nothing_no_voice),
    };
    view! {
        <span class="member-nothing" data-testid="gets-nothing">
            <Icon glyph=icondata::LuTriangleAlert />
            <strong>{txt!(i18n, campaigns.gets_nothing)}</strong>
            " "
            {why}
        </span>
    }
    .into_any()
}

/// A number in the table, taken over when the field is left. What is out of bounds goes back.
#[component]
fn Cell(
    label: Signal<String>,
    value: Memo<i32>,
    min: i32,
    max: i32,
    may_write: bool,
    on_commit: Callback<i32>,
) -> impl IntoView {
    let typed = RwSignal::new(value.get_untracked().to_string());
    // Follows the server, but never over what is being typed.
    effect_with(move |before: Option<i32>| {
        let now = value.get();
        if before.is_some_and(|before| typed.with_untracked(|typed| *typed == before.to_string())) {
            typed.set(now.to_string());
        }
        now
    });
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
                // Being taken out of the page also ends an edit.
                let Some(known) = value.try_get_untracked() else { return };
                match typed.with_untracked(|text| text.trim().parse::<i32>()) {
                    Ok(number) if (min..=max).contains(&number) && number != known => {
                        typed.set(number.to_string());
                        on_commit.run(number);
                    }
                    _ => typed.set(known.to_string()),
                }
            }
        />
    }
}
