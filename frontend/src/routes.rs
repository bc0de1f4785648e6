//! Where pages are, and how to get there. Selections, tabs and searches live in the address.

use crate::api::request::percent_encode;
use leptos::prelude::*;
use shared::ids::{CampaignId, DraftId, InteractionId, TemplateId, UserId};
use std::sync::Arc;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, HtmlAnchorElement, MouseEvent};

/// The agent's portal.
pub const INBOX: &str = "/inbox";
/// Starting an interaction.
pub const START: &str = "/inbox/new";
/// Campaigns.
pub const CAMPAIGNS: &str = "/admin/campaigns";
/// Members of campaigns.
pub const MEMBERS: &str = "/admin/campaigns/members";
/// Voice campaigns.
pub const VOICE: &str = "/admin/campaigns/voice";
/// A voice campaign that is not saved yet.
pub const NEW_VOICE: &str = "/admin/campaigns/voice?voice=new";
/// Past days once more.
pub const REPLAY: &str = "/admin/campaigns/replay";
/// How interactions end.
pub const DISPOSITIONS: &str = "/admin/campaigns/dispositions";
/// Templates.
pub const TEMPLATES: &str = "/admin/templates";
/// A template that is not saved yet.
pub const NEW_TEMPLATE: &str = "/admin/templates/new";
/// Users.
pub const USERS: &str = "/admin/users";
/// What holds for agents: breaks, monitoring.
pub const AGENTS: &str = "/admin/users/agents";
/// One's own settings.
pub const SETTINGS: &str = "/settings";
/// Signing in.
pub const SIGN_IN: &str = "/sign-in";

/// An interaction.
pub fn interaction(id: InteractionId) -> String {
    format!("{INBOX}/{id}")
}

/// A started mail that is being written.
pub fn start(id: DraftId) -> String {
    format!("{START}/{id}")
}

/// A campaign in its form.
pub fn campaign(id: CampaignId) -> String {
    format!("{CAMPAIGNS}?campaign={id}")
}

/// A voice campaign in its form.
pub fn voice(id: i64) -> String {
    format!("{VOICE}?voice={id}")
}

/// A day of a campaign, to be replayed.
pub fn replay(campaign: CampaignId, date: &str) -> String {
    format!("{REPLAY}?campaign={campaign}&date={}", percent_encode(date))
}

/// A template in its form.
pub fn template(id: TemplateId) -> String {
    format!("{TEMPLATES}/{id}")
}

/// A user in his form.
pub fn user(id: UserId) -> String {
    format!("{USERS}?user={id}")
}

/// Signing in, and then on to `next`.
pub fn sign_in(next: &str) -> String {
    if next == "/" || next == INBOX || !is_ours(next) {
        SIGN_IN.into()
    } else {
        format!("{SIGN_IN}?next={}", percent_encode(next))
    }
}

/// Whether a path leads to a page of ours, so that no link can send a signed-in user elsewhere.
pub fn is_ours(path: &str) -> bool {
    path.starts_with('/') && !path.starts_with("//") && !path.contains('\\') && !path.starts_with(SIGN_IN)
}

/// A page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// `/`: leads to the inbox.
    Home,
    /// Set-up.
    Setup,
    /// Choosing one's password by a link.
    Welcome,
    /// Signing in.
    SignIn,
    /// The agent's portal, with what is open in it.
    Inbox(Pane),
    /// Campaigns.
    Campaigns,
    /// Members of campaigns.
    Members,
    /// Voice campaigns.
    Voice,
    /// How interactions end.
    Dispositions,
    /// Past days once more.
    Replay,
    /// Templates, one of them perhaps in the form.
    Templates,
    /// Users.
    Users,
    /// What holds for agents.
    Agents,
    /// One's own settings.
    Settings,
    /// No page of ours.
    Unknown,
}

/// What is open in the agent's portal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pane {
    /// Nothing.
    Nothing,
    /// A mail to start, and the draft that it is written in, once there is one.
    Start(Option<DraftId>),
    /// An interaction.
    Interaction(InteractionId),
}

/// The page of a path.
pub fn place(path: &str) -> Place {
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    match parts.as_slice() {
        [] => Place::Home,
        ["setup"] => Place::Setup,
        ["welcome"] => Place::Welcome,
        ["sign-in"] => Place::SignIn,
        ["inbox"] => Place::Inbox(Pane::Nothing),
        ["inbox", "new"] => Place::Inbox(Pane::Start(None)),
        ["inbox", "new", id] => id.parse().map_or(Place::Unknown, |id| Place::Inbox(Pane::Start(Some(id)))),
        ["inbox", id] => id.parse().map_or(Place::Unknown, |id| Place::Inbox(Pane::Interaction(id))),
        ["admin", "campaigns"] => Place::Campaigns,
        ["admin", "campaigns", "members"] => Place::Members,
        ["admin", "campaigns", "voice"] => Place::Voice,
        ["admin", "campaigns", "dispositions"] => Place::Dispositions,
        ["admin", "campaigns", "replay"] => Place::Replay,
        ["admin", "templates"] | ["admin", "templates", "new"] => Place::Templates,
        ["admin", "templates", id] => id.parse::<TemplateId>().map_or(Place::Unknown, |_| Place::Templates),
        ["admin", "users"] => Place::Users,
        ["admin", "users", "agents"] => Place::Agents,
        ["settings"] => Place::Settings,
        _ => Place::Unknown,
    }
}

/// The value of `name` in a query such as `?tab=history&q=a%20b`.
pub fn query_value(query: &str, name: &str) -> Option<String> {
    let pairs = query.trim_start_matches('?').split('&');
    pairs.filter_map(|pair| pair.split_once('=')).find(|(known, _)| *known == name).map(|(_, value)| decode(value))
}

/// Undoes percent-encoding; `+` is a blank, as in forms. What is no UTF-8 is replaced.
fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let mut ahead = rest.clone();
        let hex = |byte: Option<u8>| byte.and_then(|byte| char::from(byte).to_digit(16));
        match (byte, hex(ahead.next()), hex(ahead.next())) {
            (b'%', Some(high), Some(low)) => {
                bytes.push(u8::try_from(high * 16 + low).unwrap_or(b'?'));
                rest = ahead;
            }
            (b'+', ..) => bytes.push(b' '),
            _ => bytes.push(byte),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Whether a path is not gone to for now, because somebody is asked first.
pub type Guard = Arc<dyn Fn(&str) -> bool + Send + Sync>;

/// The address bar: where one is, and the way elsewhere. Cheap to copy.
#[derive(Clone, Copy)]
pub struct Go {
    guard: StoredValue<Option<Guard>>,
    path: RwSignal<String>,
    query: RwSignal<String>,
    place: Memo<Place>,
}

impl Go {
    /// Follows the address bar, and takes over links to our own pages, for as long as the owner lives.
    pub fn start() -> Self {
        let (path, query) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
        let go = Self {
            guard: StoredValue::new(None),
            path,
            query,
            place: Memo::new(move |_| path.with(|path| place(path))),
        };
        go.read();
        let back = window_event_listener(leptos::ev::popstate, move |_| go.read());
        let click = window_event_listener(leptos::ev::click, move |event| go.follow(&event));
        on_cleanup(move || {
            back.remove();
            click.remove();
        });
        go
    }

    /// The page; reactive.
    pub fn place(self) -> Place {
        self.place.get()
    }

    /// The path; reactive.
    pub fn path(self) -> String {
        self.path.get()
    }

    /// Whether the path is this one, or with `below` one below it; reactive.
    pub fn is_at(self, path: &str, below: bool) -> bool {
        self.path.with(|here| match here.strip_prefix(path) {
            Some("" | "/") => true,
            Some(rest) => below && rest.starts_with('/'),
            None => false,
        })
    }

    /// A value of the query; reactive.
    pub fn query(self, name: &str) -> Option<String> {
        self.query.with(|query| query_value(query, name))
    }

    /// The query with its question mark, or nothing; reactive.
    pub fn search(self) -> String {
        self.query.get()
    }

    /// Sets who is asked before one goes elsewhere.
    pub fn guard(self, guard: Option<Guard>) {
        self.guard.set_value(guard);
    }

    /// Goes to a path, unless something there is to be kept.
    pub fn to(self, path: &str) {
        if !self.guard.get_value().is_some_and(|guard| guard(path)) {
            self.to_at_once(path);
        }
    }

    /// Goes to a path, whatever is left behind.
    pub fn to_at_once(self, path: &str) {
        if let Ok(history) = window().history() {
            let _ = history.push_state_with_url(&JsValue::NULL, "", Some(path));
        }
        self.read();
    }

    /// Goes to a path without leaving a trace to go back to.
    pub fn replace(self, path: &str) {
        if let Ok(history) = window().history() {
            let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(path));
        }
        self.read();
    }

    fn read(self) {
        let location = window().location();
        let set = |signal: RwSignal<String>, value: String| {
            if signal.with_untracked(|known| *known != value) {
                signal.set(value);
            }
        };
        set(self.query, location.search().unwrap_or_default());
        set(self.path, location.pathname().unwrap_or_default());
    }

    /// A press on a link to a page of ours stays in this page, unless another tab or window is wanted.
    fn follow(self, event: &MouseEvent) {
        let modified = event.ctrl_key() || event.meta_key() || event.shift_key() || event.alt_key();
        if event.default_prevented() || event.button() != 0 || modified {
            return;
        }
        let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        let link = target.and_then(|target| target.closest("a[href]").ok().flatten());
        let Some(link) = link.and_then(|link| link.dyn_into::<HtmlAnchorElement>().ok()) else { return };
        let elsewhere = !link.target().is_empty() || link.has_attribute("download") || link.rel() == "external";
        if elsewhere || link.origin() != window().location().origin().unwrap_or_default() {
            return;
        }
        // Within the page the browser finds the way, and takes the keyboard along.
        let location = window().location();
        let same = location.pathname().is_ok_and(|path| path == link.pathname())
            && location.search().is_ok_and(|query| query == link.search());
        if same && !link.hash().is_empty() {
            return;
        }
        if place(&link.pathname()) != Place::Unknown {
            event.prevent_default();
            self.to(&format!("{}{}", link.pathname(), link.search()));
        }
    }
}

/// The address bar.
pub fn use_go() -> Go {
    expect_context()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signing_in_leads_to_our_own_pages_only() {
        assert_eq!(sign_in("/admin/users?user=3"), "/sign-in?next=%2Fadmin%2Fusers%3Fuser%3D3");
        assert_eq!(sign_in("/"), SIGN_IN);
        assert!(!is_ours("//evil.example"));
        assert!(!is_ours("/\\evil.example"));
        assert!(!is_ours("https://evil.example"));
        assert!(!is_ours("/sign-in?next=%2Fsign-in"));
    }

    #[test]
    fn every_path_has_its_page() {
        assert_eq!(place("/"), Place::Home);
        assert_eq!(place("/inbox/"), Place::Inbox(Pane::Nothing));
        assert_eq!(place(&interaction(InteractionId(7))), Place::Inbox(Pane::Interaction(InteractionId(7))));
        assert_eq!(place(START), Place::Inbox(Pane::Start(None)));
        assert_eq!(place(&start(DraftId(9))), Place::Inbox(Pane::Start(Some(DraftId(9)))));
        assert_eq!(place(MEMBERS), Place::Members);
        assert_eq!((place(VOICE), place(REPLAY)), (Place::Voice, Place::Replay));
        assert_eq!(place(DISPOSITIONS), Place::Dispositions);
        assert_eq!(place(&template(TemplateId(3))), Place::Templates);
        assert_eq!(place(NEW_TEMPLATE), Place::Templates);
        assert_eq!(place("/admin/templates/x"), Place::Unknown);
        assert_eq!(place("/inbox/x"), Place::Unknown);
        assert_eq!(place("/api/v1/files/x"), Place::Unknown);
    }

    #[test]
    fn queries_are_read_as_they_are_written() {
        let query = format!("?tab=history&q={}", percent_encode("niño & co+1"));
        assert_eq!(query_value(&query, "q").as_deref(), Some("niño & co+1"));
        assert_eq!(query_value("?q=a+b%", "q").as_deref(), Some("a b%"));
        assert_eq!(query_value("", "q"), None);
    }
}
