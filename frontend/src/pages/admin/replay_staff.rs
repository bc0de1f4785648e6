//! Who is there when in a replay: as it was, or as it is put together here, begun from how it was.

use super::{plain, replay_form::ReplayForm};
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
    page::{MAX_LIMIT, PageQuery},
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
    if let Some(recorded) = came.and_then(|came| came.get("recorded")) {
        let was = list(recorded, "agents").iter().filter(|agent| !text(agent, "came").is_empty());
        return was
            .map(|agent| {
                let id = UserId(number(agent, "user_id"));
                let known = members.iter().find(|member| member.user_id == id);
                let user = known.map(|member| member.user_id.to_string()).unwrap_or_default();
                (user, text(agent, "came"), text(agent, "left"))
            })
            .filter(|(_, from, to)| from < to)
            .collect();
    }
    let may = members.iter().filter(|member| member.may_receive);
    may.map(|member| (member.user_id.to_string(), "09:00".into(), "17:00".into())).collect()
}

/// The group of the form.
pub fn staff(form: ReplayForm, came: RwSignal<Option<Value>>) -> AnyView {
    let i18n = use_i18n();
    let api = use_api();
    let campaign = Memo::new(move |_| form.campaign.with(|id| id.parse::<CampaignId>().ok()));
    let members = Loader::new(
        move || campaign.get(),
        move |campaign| async move {
            let page = PageQuery { limit: Some(MAX_LIMIT), cursor: None };
            match campaign {
                Some(campaign) => Ok(api.list_members(campaign, &page).await?.items),
                None => Ok(Vec::new()),
            }
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
    let switch = plain::switch(
        txt!(i18n, replay.other_staff),
        Some(txt!(i18n, replay.other_staff_help)),
        form.other_staff.into(),
        false,
        set,
    );
    plain::group(txt!(i18n, replay.group_staff), false, vec![switch, lines])
}

fn line(form: ReplayForm, row: StaffRow, people: plain::Options) -> AnyView {
    let i18n = use_i18n();
    let errors = form.errors;
    let place = move || form.staff.with(|rows| rows.iter().position(|other| other.key == row.key)).unwrap_or_default();
    let wrong = move |field: &'static str| plain::flag(move || errors.has(&format!("staffing/{}/{field}", place())));
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
        plain::Choosing::default(),
    );
    view! {
        <div class="staff-row" data-testid="staff-row">
            {choice} {time(errors, txt!(i18n, replay.from), row.from, wrong("from"))}
            {time(errors, txt!(i18n, replay.to), row.to, wrong("to"))}
            <IconButton
                small=true
                glyph=icondata::LuMinus
                label=txt!(i18n, replay.remove_line)
                on:click=remove
            />
        </div>
    }
    .into_any()
}

fn time(
    errors: crate::state::forms::FormErrors,
    label: Signal<String>,
    value: RwSignal<String>,
    wrong: Signal<bool>,
) -> AnyView {
    let edit = move |event: web_sys::Event| {
        errors.clear();
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
            { "user_id": 3, "name": "Ana", "came": "08:55", "left": "24:00" },
            { "user_id": 4, "name": "Beto", "came": null, "left": null },
            { "user_id": 5, "name": "Eva", "came": "10:00", "left": "10:00" },
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
        assert_eq!(beginnings(Some(&came), std::slice::from_ref(&ana)), [line("3", "08:55", "24:00")]);
        assert_eq!(beginnings(Some(&came), &[]), [line("", "08:55", "24:00")], "no member any more");
        assert_eq!(beginnings(None, &[ana]), [line("3", "09:00", "17:00")]);
    }
}
