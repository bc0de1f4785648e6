//! What can be done here: one list for the shortcuts, the palette and the key help.

use crate::i18n::Text;
use leptos::prelude::*;
use std::sync::Arc;

/// Where a command belongs in the palette.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Section {
    /// Acts on what is open.
    Do,
    /// Goes somewhere.
    Go,
    /// Changes how the page is.
    Settings,
}

/// Something that can be done.
#[derive(Clone)]
pub struct Command {
    /// Names it.
    pub id: u64,
    /// Where it belongs.
    pub section: Section,
    /// What it is called.
    pub label: Signal<String>,
    /// Single key that does it, as `KeyboardEvent.key` has it.
    pub key: Option<&'static str>,
    /// Does it.
    pub run: Callback<()>,
}

/// A line to choose.
#[derive(Clone)]
pub struct Choice {
    /// What it is.
    pub label: String,
    /// More about it.
    pub note: String,
    /// Chooses it. Not a [`Callback`]: those end with what drew the line, and the line is gone when it is chosen.
    pub run: Arc<dyn Fn() + Send + Sync>,
}

/// What a line is chosen from, in place of the commands.
#[derive(Clone)]
pub struct Pick {
    /// What is chosen. Neither this nor the lines belong to what asked for the choice: that may be a menu, which has closed.
    pub title: Text,
    /// The lines for what is typed; nothing yet: they are on their way.
    pub lines: Arc<dyn Fn(String) -> Option<Vec<Choice>> + Send + Sync>,
}

/// All commands that can be given now. Cheap to copy.
#[derive(Clone, Copy)]
pub struct Commands {
    list: RwSignal<Vec<Command>>,
    next: StoredValue<u64>,
    /// The palette is open.
    pub palette: RwSignal<bool>,
    /// It is open for this, and not for the commands.
    pub pick: RwSignal<Option<Pick>>,
    /// The key help is open.
    pub help: RwSignal<bool>,
}

impl Commands {
    /// None yet.
    pub fn new() -> Self {
        Self {
            list: RwSignal::new(Vec::new()),
            next: StoredValue::new(0),
            palette: RwSignal::new(false),
            pick: RwSignal::new(None),
            help: RwSignal::new(false),
        }
    }

    /// Offers a command for as long as the owner lives.
    pub fn offer(
        self,
        section: Section,
        label: Signal<String>,
        key: Option<&'static str>,
        run: impl Fn() + Send + Sync + 'static,
    ) {
        let id = self.next.get_value();
        self.next.set_value(id + 1);
        let run = Callback::new(move |()| run());
        self.list.update(|list| list.push(Command { id, section, label, key, run }));
        let list = self.list;
        on_cleanup(move || {
            let _ = list.try_update(|list| list.retain(|command| command.id != id));
        });
    }

    /// Has a line chosen.
    pub fn choose(self, pick: Pick) {
        self.pick.set(Some(pick));
        self.palette.set(true);
    }

    /// What was to be chosen from is no more.
    pub fn stop_choosing(self) {
        if self.pick.try_with_untracked(Option::is_some) == Some(true) {
            self.palette.set(false);
        }
    }

    /// What can be done, section by section, the latest offers first; reactive.
    pub fn by_section(self) -> Vec<Command> {
        let list = self.list.get();
        [Section::Do, Section::Go, Section::Settings]
            .into_iter()
            .flat_map(|section| list.iter().rev().filter(move |command| command.section == section).cloned())
            .collect()
    }

    /// The latest command on a key: what is open goes before what frames it.
    pub fn on_key(self, key: &str) -> Option<Callback<()>> {
        self.list.with_untracked(|list| list.iter().rev().find(|command| command.key == Some(key)).map(|c| c.run))
    }
}

/// The commands of the page.
pub fn use_commands() -> Commands {
    expect_context()
}
