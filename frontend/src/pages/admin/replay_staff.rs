//! Who is there when in a replay: as it was, or as it is put together here, begun from how it was.

use super::{member_places::places_of, plain, replay_form::ReplayForm};
use crate::{
    api::{
        use_api,
        values::{list, number, text},
    },
    components::{Glyph, IconButton, Look, rows_of},
    i18n::{txt, use_i18n, word},
    state::{load::Loader, schedule::tidy_time},
};
use leptos::prelude::*;
use serde_json::Value;
use shared::{
    api::{campaigns::MemberView, replays::StaffInput},
    ids::{CampaignId, UserId},
};

/// A line: somebody is there for a time. Cheap to copy.
#[derive(Clone, Copy)]
pub struct StaffRow {
    key: i64,
    /// By his number; empty: one more.
    user: RwSignal<String>,
    from: RwSignal<String>,
    to: RwSignal<String>,
}

impl StaffRow {
    fn new(key: i64, user: String, from: String, to: String) -> Self {
        Self { key, user: RwSignal::new(user), from: RwSignal::new(from), to: RwSignal::new(to) }
    }

    /// As it is asked.
    pub fn read(&self) -> StaffInput {
        StaffInput {
            user_id: self.user.with_untracked(|user| user.parse().ok()).map(UserId),
            from: self.from.get_untracked(),
            to: self.to.get_untracked(),
        }
    }
}

/// Whose times they were, from what a replay said; without one, all who may receive, at the usual hours. Whoever is no
/// longer a member is one more agent.
fn beginnings(came: Option<&Value>, members: &[MemberView]) -> Vec<(String, String, String)> {
    let Some(recorded) = came.and_then(|came| came.get("recorded")) else {
        let may = members.iter().filter(|member| member.may_receive);
        return may.map(|member| (member.user_id.to_string(), "09:00".into(), "17:00".into())).collect();
    };
    let mut lines = Vec::new();
    for agent in list(recorded, "agents") {
        let id = UserId(number(agent, "user_id"));
        let known = members.iter().find(|member| member.user_id == id);
        let user = known.map(|member| member.user_id.to_string()).unwrap_or_default();
        for shift in list(agent, "shifts") {
            lines.push((user.clone(), text(shift, "from"), text(shift, "to")));
        }
    }
    lines
}

/// The group of the form.
pub fn staff(form: ReplayForm, came: RwSignal<Option<Value>>) -> AnyView {
    let i18n = use_i18n();
    let api = use_api();
    let campaign = Memo::new(move |_| form.campaign.with(|id| id.parse::<CampaignId>().ok()));
    let members = Loader::new(
        move || campaign.get(),
        move |campaign| async move {
            let campaigns = campaign.map(|campaign| (campaign, String::new())).into_iter().collect();
            let places = places_of(api, campaigns).await?;
            Ok(places.into_iter().map(|place| place.member).collect::<Vec<_>>())
        },
    );
    let next = StoredValue::new(0_i64);
    let add = move |user: String, from: String, to: String| {
        let key = next.get_value();
        next.set_value(key + 1);
        form.staff.update(|rows| rows.push(StaffRow::new(key, user, from, to)));
    };
    // Those of another campaign mean nobody here.
    crate::state::effect::effect(move || {
        campaign.track();
        form.staff.set(Vec::new());
        form.other_staff.set(false);
    });
    let set = Callback::new(move |on: bool| {
        form.other_staff.set(on);
        if on && form.staff.with_untracked(Vec::is_empty) {
            let known = members.with_untracked(|load| load.ready().cloned().unwrap_or_default());
            for (user, from, to) in came.with_untracked(|came| beginnings(came.as_ref(), &known)) {
                add(user, from, to);
            }
        }
    });
    let people = plain::options(move || {
        let mut all = vec![(String::new(), word!(i18n, replay.one_more))];
        members.with(|load| {
            let known = load.ready().map(Vec::as_slice).unwrap_or_default();
            all.extend(known.iter().map(|member| (member.user_id.to_string(), member.name.clone())));
        });
        all
    });
    let draw = move |row: StaffRow| line(form, row, people);
    let lines = plain::when(form.other_staff.into(), move || {
        let more = plain::act(move || add(String::new(), "09:00".into(), "17:00".into()));
        let glyph: Option<Glyph> = Some(icondata::LuPlus);
        let more = plain::button(Look::Plain, true, glyph, txt!(i18n, replay.add_line), Signal::stored(false), more);
        view! { <div class="rows" data-testid="staff">{rows_of(form.staff, |row| row.key, draw)} {more}</div> }
            .into_any()
    });
    let body = plain::loaded(members, 2, "line", move |_| {
        let label = txt!(i18n, replay.other_staff);
        let help = Some(txt!(i18n, replay.other_staff_help));
        plain::switch(label, help, form.other_staff.into(), false, set)
    });
    let nobody = plain::flag(move || form.other_staff.get() && form.staff.with(Vec::is_empty));
    let nobody = plain::when(nobody, move || view! { <p class="help">{txt!(i18n, replay.nobody)}</p> }.into_any());
    plain::group(txt!(i18n, replay.group_staff), false, vec![body, nobody, lines])
}

fn line(form: ReplayForm, row: StaffRow, people: plain::Options) -> AnyView {
    let i18n = use_i18n();
    let errors = form.errors;
    let place = move || form.staff.with(|rows| rows.iter().position(|other| other.key == row.key)).unwrap_or_default();
    let wrong = move |field: &'static str| plain::flag(move || errors.has(&format!("staffing/{}/{field}", place())));
    let fault = move || {
        let text = errors.below(&format!("staffing/{}", place()));
        text.map(|text| view! { <p class="field-error staff-fault" role="alert">{text}</p> })
    };
    // Only what is wrong with this line: the others' faults stay.
    let touch = plain::act(move || {
        let place = untrack(place);
        for field in ["user_id", "from", "to"] {
            errors.touch(&format!("staffing/{place}/{field}"));
        }
    });
    let remove = move |_| {
        errors.clear();
        form.staff.update(|rows| rows.retain(|other| other.key != row.key));
    };
    let choice = plain::choice(
        errors,
        txt!(i18n, campaigns.member),
        "user_id",
        row.user,
        people,
        None,
        plain::Choosing { on_edit: Some(touch), ..Default::default() },
    );
    view! {
        <div class="staff-row" data-testid="staff-row">
            {choice} {time(touch, txt!(i18n, replay.from), row.from, wrong("from"))}
            {time(touch, txt!(i18n, replay.to), row.to, wrong("to"))}
            <IconButton
                small=true
                glyph=icondata::LuMinus
                label=txt!(i18n, replay.remove_line)
                on:click=remove
            />
            {fault}
        </div>
    }
    .into_any()
}

fn time(touch: Callback<()>, label: Signal<String>, value: RwSignal<String>, wrong: Signal<bool>) -> AnyView {
    let edit = move |event: web_sys::Event| {
        touch.run(());
        value.set(event_target_value(&event));
    };
    view! {
        <input
            class="input input-time"
            type="text"
            inputmode="numeric"
            autocomplete="off"
            maxlength="5"
            placeholder="00:00"
            aria-label=label
            prop:value=value
            aria-invalid=move || wrong.get().then_some("true")
            on:input=edit
            on:change=move |_| value.update(|text| *text = tidy_time(text))
        />
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_staff_begins_as_it_was() {
        let came = json!({ "recorded": { "agents": [
            { "user_id": 3, "name": "Ana", "shifts": [{ "from": "08:55", "to": "12:00" }, { "from": "13:00", "to": "24:00" }] },
            { "user_id": 4, "name": "Beto", "shifts": [] },
        ] } });
        let ana = MemberView {
            user_id: UserId(3),
            name: "Ana".into(),
            role: shared::permission::Role::Agent,
            position: 1,
            penalty: 0,
            may_receive: true,
            may_start: true,
            gets_nothing: None,
        };
        let line = |user: &str, from: &str, to: &str| (user.to_string(), from.to_string(), to.to_string());
        assert_eq!(
            beginnings(Some(&came), std::slice::from_ref(&ana)),
            [line("3", "08:55", "12:00"), line("3", "13:00", "24:00"),]
        );
        assert_eq!(
            beginnings(Some(&came), &[]),
            [line("", "08:55", "12:00"), line("", "13:00", "24:00"),],
            "no member any more"
        );
        assert_eq!(beginnings(None, &[ana]), [line("3", "09:00", "17:00")]);
    }
}
