//! What is done with an interaction besides answering it: noting, passing on, giving back, setting aside.

use super::{
    conversation::{Open, use_open},
    finish::leave,
    timeline::Tagging,
};
use crate::{
    api::{ApiError, use_api},
    components::{Banner, Button, Dialog, Icon, Look, Menu, MenuItem, TextArea, TextField, Tint},
    dom::js,
    format::intl,
    i18n::{I18n, error_text, keys, txt, use_i18n, word},
    live::store::use_live,
    routes::use_go,
    state::{
        clock::use_clock,
        commands::{Choice, Pick, Section, use_commands},
        effect::effect,
        forms::FormErrors,
        toasts::{Say, say, use_toasts},
    },
};
use leptos::{html, prelude::*};
use shared::{
    api::{
        interactions::{ReturnInteraction, SnoozeInteraction, TransferInteraction, TransferTargets},
        timeline::WriteNote,
    },
    ids::{ActivityId, CampaignId, UserId},
    time::Timestamp,
    validate::Rule,
};
use std::{sync::Arc, time::Duration};
use web_sys::KeyboardEvent;

/// Something for which words are asked.
#[derive(Debug, Clone, PartialEq)]
pub enum Errand {
    /// A new note.
    Note,
    /// A note is changed.
    EditNote(ActivityId, String),
    /// It goes to a colleague, by id and name.
    ToAgent(UserId, String),
    /// It goes to another campaign, by id and name.
    ToCampaign(CampaignId, String),
    /// It goes back to the queue.
    Return,
    /// It is set aside until a moment that is typed.
    Aside,
}

impl Errand {
    fn is_note(&self) -> bool {
        matches!(self, Self::Note | Self::EditNote(..))
    }

    fn title(&self, i18n: I18n) -> String {
        match self {
            Self::Note => word!(i18n, inbox.note_add),
            Self::EditNote(..) => word!(i18n, inbox.note_edit),
            Self::ToAgent(_, name) | Self::ToCampaign(_, name) => word!(i18n, inbox.transfer_to, who = name.as_str()),
            Self::Return => word!(i18n, inbox.return_title),
            Self::Aside => word!(i18n, inbox.snooze),
        }
    }
}

/// Asks for the words of an errand and does it.
#[component]
pub fn ErrandDialog() -> impl IntoView {
    let i18n = use_i18n();
    let (open, api, live, toasts, go) = (use_open(), use_api(), use_live(), use_toasts(), use_go());
    let shown = RwSignal::new(false);
    let words = RwSignal::new(String::new());
    let errors = FormErrors::new(i18n);
    let failure = RwSignal::new(None::<ApiError>);
    let busy = RwSignal::new(false);
    effect(move || {
        let errand = open.errand.get();
        if let Some(errand) = &errand {
            words.set(if let Errand::EditNote(_, text) = errand { text.clone() } else { String::new() });
            failure.set(None);
            errors.clear();
        }
        shown.set(errand.is_some());
    });
    effect(move || {
        // Setting it tells the effect above, even when nothing changes by it.
        if !shown.get() && open.errand.with_untracked(Option::is_some) {
            open.errand.set(None);
        }
    });
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let Some(errand) = open.errand.get_untracked().filter(|_| !busy.get_untracked()) else { return };
        let text = words.get_untracked().trim().to_owned();
        failure.set(None);
        let good = match &errand {
            Errand::Aside => {
                errors.clear();
                let good = js::local_time(&text).is_some();
                if !good {
                    errors.wrong("until", Rule::Required);
                }
                good
            }
            Errand::Note | Errand::EditNote(..) => errors.judge(&WriteNote { text: text.clone() }),
            _ => errors.judge(&ReturnInteraction { note: text.clone() }),
        };
        if !good {
            return;
        }
        busy.set(true);
        leptos::task::spawn_local(async move {
            let (stays, done) = (errand.is_note(), errand.clone());
            let outcome = run(open, api, errand, text).await;
            let _ = busy.try_set(false);
            match outcome {
                Ok(()) => {
                    let _ = open.errand.try_set(None);
                    if stays {
                        open.renew_timeline().await;
                    } else {
                        toasts.good(told(&done));
                        leave(open, live, go);
                    }
                }
                Err(error) => {
                    errors.adopt(&error);
                    let _ = failure.try_set(Some(error));
                }
            }
        });
    };
    let form = NodeRef::<html::Form>::new();
    let on_keydown = move |event: KeyboardEvent| {
        if event.key() == "Enter"
            && (event.ctrl_key() || event.meta_key())
            && let Some(form) = form.get_untracked()
        {
            event.prevent_default();
            let _ = form.request_submit();
        }
    };
    #[derive(Clone, Copy, PartialEq)]
    enum Asked {
        Note,
        Words,
        Moment,
    }
    let asked = Memo::new(move |_| {
        open.errand.with(|errand| match errand {
            Some(Errand::Aside) => Asked::Moment,
            Some(errand) if !errand.is_note() => Asked::Words,
            _ => Asked::Note,
        })
    });
    let title = Signal::derive(move || open.errand.with(|errand| errand.as_ref().map(|errand| errand.title(i18n))));
    view! {
        <Dialog open=shown title=Signal::derive(move || title.get().unwrap_or_default())>
            <form on:submit=submit on:keydown=on_keydown node_ref=form novalidate>
                <div class="dialog-body">
                    {move || {
                        failure
                            .get()
                            .map(|error| {
                                let text = error_text(i18n.get_locale(), &error);
                                view! { <Banner tint=Tint::Bad urgent=true>{text}</Banner> }
                            })
                    }}
                    {move || match asked.get() {
                        Asked::Note => {
                            view! {
                                <TextArea
                                    label=txt!(i18n, inbox.note)
                                    name="text"
                                    rows=5
                                    value=words
                                    help=txt!(i18n, inbox.note_help)
                                    error=errors.of("text")
                                />
                            }
                                .into_any()
                        }
                        Asked::Moment => {
                            view! {
                                <TextField
                                    kind="datetime-local"
                                    label=txt!(i18n, inbox.snooze_until)
                                    name="until"
                                    value=words
                                    help=txt!(i18n, inbox.snooze_until_help)
                                    error=errors.of("until")
                                />
                            }
                                .into_any()
                        }
                        Asked::Words => {
                            view! {
                                <TextArea
                                    label=txt!(i18n, inbox.transfer_note)
                                    name="note"
                                    value=words
                                    optional=true
                                    error=errors.of("note")
                                />
                            }
                                .into_any()
                        }
                    }}
                </div>
                <footer class="dialog-foot">
                    <Button on:click=move |_| open.errand.set(None)>{txt!(i18n, common.cancel)}</Button>
                    <Button look=Look::Primary submit=true busy=busy>
                        {move || match open.errand.get() {
                            Some(Errand::ToAgent(..) | Errand::ToCampaign(..)) => word!(i18n, inbox.transfer),
                            Some(Errand::Return) => word!(i18n, inbox.return_do),
                            Some(Errand::Aside) => word!(i18n, inbox.snooze),
                            _ => word!(i18n, common.save),
                        }}
                    </Button>
                </footer>
            </form>
        </Dialog>
    }
}

async fn run(open: Open, api: crate::api::Api, errand: Errand, text: String) -> Result<(), ApiError> {
    let id = open.interaction.with_untracked(|row| row.id);
    match errand {
        Errand::Note => api.add_note(open.id, &WriteNote { text }).await,
        Errand::EditNote(note, _) => api.update_note(note, &WriteNote { text }).await,
        Errand::ToAgent(agent, _) => {
            let transfer = TransferInteraction { agent_id: Some(agent), campaign_id: None, note: text };
            api.transfer_interaction(id, &transfer).await
        }
        Errand::ToCampaign(campaign, _) => {
            let transfer = TransferInteraction { agent_id: None, campaign_id: Some(campaign), note: text };
            api.transfer_interaction(id, &transfer).await
        }
        Errand::Return => api.return_interaction(id, &ReturnInteraction { note: text }).await,
        Errand::Aside => {
            let until = js::local_time(&text).map(Timestamp::from_millis);
            api.snooze_interaction(id, &SnoozeInteraction { until }).await
        }
    }
}

fn told(errand: &Errand) -> Say {
    match errand {
        Errand::ToAgent(_, name) | Errand::ToCampaign(_, name) => {
            let name = name.clone();
            Arc::new(move |locale| crate::i18n::td_string!(locale, inbox.transferred_toast, who = name.as_str()))
        }
        Errand::Aside => say!(inbox.snoozed_toast),
        _ => say!(inbox.returned_toast),
    }
}

/// What can be done with what is open, beside the buttons for answering: a menu, and the keys.
#[component]
pub fn MoreActions() -> impl IntoView {
    let i18n = use_i18n();
    let (open, commands) = (use_open(), use_commands());
    let errands = Errands::new(i18n);
    let tagging = Tagging::of(open);
    let note = move || open.errand.set(Some(Errand::Note));
    let give_back = move || open.errand.set(Some(Errand::Return));
    commands.offer(Section::Do, txt!(i18n, inbox.note_add), Some("m"), note);
    commands.offer(Section::Do, txt!(i18n, inbox.transfer), Some("t"), move || errands.transfer());
    commands.offer(Section::Do, txt!(i18n, inbox.snooze), Some("h"), move || errands.snooze());
    commands.offer(Section::Do, txt!(i18n, inbox.return_do), None, give_back);
    commands.offer(Section::Do, txt!(i18n, inbox.tag), Some("l"), move || tagging.choose(i18n));
    view! {
        <Menu
            label=txt!(i18n, inbox.more)
            class="button"
            testid="more"
            trigger=(|| view! { <Icon glyph=icondata::LuEllipsis /> }).into()
        >
            <MenuItem label=txt!(i18n, inbox.note_add) icon=icondata::LuStickyNote on_pick=move |()| note() />
            <MenuItem label=txt!(i18n, inbox.tag) icon=icondata::LuTag on_pick=move |()| tagging.choose(i18n) />
            <MenuItem label=txt!(i18n, inbox.snooze) icon=icondata::LuClock on_pick=move |()| errands.snooze() />
            <MenuItem label=txt!(i18n, inbox.transfer) icon=icondata::LuArrowRight on_pick=move |()| errands.transfer() />
            <MenuItem label=txt!(i18n, inbox.return_do) icon=icondata::LuUndo2 on_pick=move |()| give_back() />
        </Menu>
    }
}

/// The errands that begin with a choice. Cheap to copy.
#[derive(Clone, Copy)]
struct Errands {
    i18n: I18n,
    open: Open,
    api: crate::api::Api,
    live: crate::live::store::Live,
    go: crate::routes::Go,
    toasts: crate::state::toasts::Toasts,
    commands: crate::state::commands::Commands,
    clock: crate::state::clock::Clock,
}

impl Errands {
    fn new(i18n: I18n) -> Self {
        Self {
            i18n,
            open: use_open(),
            api: use_api(),
            live: use_live(),
            go: use_go(),
            toasts: use_toasts(),
            commands: use_commands(),
            clock: use_clock(),
        }
    }

    /// Has a colleague or a campaign chosen, and asks for words.
    fn transfer(self) {
        // Not the owner's: the menu that this was picked from closes at once.
        let targets = ArcRwSignal::new(None::<TransferTargets>);
        let coming = targets.clone();
        let id = self.open.interaction.with_untracked(|row| row.id);
        leptos::task::spawn_local(async move {
            match self.api.list_transfer_targets(id).await {
                Ok(found) => coming.set(Some(found)),
                Err(error) => {
                    self.commands.palette.set(false);
                    self.toasts.bad(Arc::new(move |locale| error_text(locale, &error)));
                }
            }
        });
        let i18n = self.i18n;
        let ask = move |errand: Errand| Arc::new(move || self.open.errand.set(Some(errand.clone())));
        let lines = move |typed: String| {
            let targets = targets.get()?;
            let agents = targets.agents.into_iter().map(|agent| {
                let held = word!(i18n, inbox.routing_held, held = agent.held);
                let state =
                    agent.obstacles.first().map(|reason| super::decisions::reason_of(*reason).of(i18n.get_locale()));
                let note = state.map_or_else(|| held.clone(), |state| format!("{state} · {held}"));
                (agent.name.clone(), note, Errand::ToAgent(agent.user_id, agent.name))
            });
            let campaigns = targets.campaigns.into_iter().map(|campaign| {
                let note = word!(i18n, inbox.transfer_campaign);
                (campaign.name.clone(), note, Errand::ToCampaign(campaign.id, campaign.name))
            });
            let fitting = agents.chain(campaigns).filter(|(label, ..)| crate::format::matches(label, &typed));
            Some(fitting.map(|(label, note, errand)| Choice { label, note, run: ask(errand) }).collect())
        };
        self.commands.choose(Pick { title: keys::inbox::transfer, lines: Arc::new(lines) });
    }

    /// Has a time chosen.
    fn snooze(self) {
        let i18n = self.i18n;
        let lines = move |typed: String| {
            let now = Timestamp::from_millis(self.clock.now());
            let mut lines: Vec<(String, Option<Timestamp>)> = vec![(word!(i18n, inbox.snooze_answer), None)];
            for (label, until) in later(now) {
                lines.push((label.of(i18n.get_locale()).to_owned(), Some(until)));
            }
            let line = |(label, until): (String, Option<Timestamp>)| Choice {
                label,
                note: until.map(|at| intl::when(i18n.get_locale(), at, intl::When::Moment)).unwrap_or_default(),
                run: Arc::new(move || self.set_aside(until)),
            };
            let mut lines: Vec<Choice> = lines.into_iter().map(line).collect();
            lines.push(Choice {
                label: word!(i18n, inbox.snooze_choose),
                note: String::new(),
                run: Arc::new(move || self.open.errand.set(Some(Errand::Aside))),
            });
            lines.retain(|choice| crate::format::matches(&choice.label, &typed));
            Some(lines)
        };
        self.commands.choose(Pick { title: keys::inbox::snooze, lines: Arc::new(lines) });
    }

    fn set_aside(self, until: Option<Timestamp>) {
        // Another conversation may have come in its place while this was chosen.
        let Some(id) = self.open.interaction.try_with_untracked(|row| row.id) else { return };
        leptos::task::spawn_local(async move {
            match self.api.snooze_interaction(id, &SnoozeInteraction { until }).await {
                Ok(()) => {
                    self.toasts.good(say!(inbox.snoozed_toast));
                    leave(self.open, self.live, self.go);
                }
                Err(error) => self.toasts.bad(Arc::new(move |locale| error_text(locale, &error))),
            }
        });
    }
}

/// Times that people mean: later today, tomorrow and next week in the morning.
fn later(now: Timestamp) -> Vec<(crate::i18n::Text, Timestamp)> {
    use keys::inbox;
    let hour = Duration::from_secs(3_600);
    let morning = |days: u32| Timestamp::from_millis(js::morning(now.millis(), days));
    vec![
        (inbox::snooze_hour, now.plus(hour)),
        (inbox::snooze_three_hours, now.plus(hour * 3)),
        (inbox::snooze_tomorrow, morning(1)),
        (inbox::snooze_two_days, morning(2)),
        (inbox::snooze_week, morning(7)),
    ]
}
