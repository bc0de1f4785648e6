//! Where pages are, and how to get there. Selections, tabs and searches live in the address.

use crate::api::request::percent_encode;
use leptos::prelude::*;
use leptos_router::{NavigateOptions, hooks::use_navigate};
use shared::ids::{CampaignId, DraftId, InteractionId, UserId};

/// The agent's portal.
pub const INBOX: &str = "/inbox";
/// Starting an interaction.
pub const START: &str = "/inbox/new";
/// Campaigns.
pub const CAMPAIGNS: &str = "/admin/campaigns";
/// Members of campaigns.
pub const MEMBERS: &str = "/admin/campaigns/members";
/// Users.
pub const USERS: &str = "/admin/users";
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

/// Goes to pages. Cheap to copy.
#[derive(Clone, Copy)]
pub struct Go(StoredValue<Navigate, LocalStorage>);

/// Goes to a path, with or without a trace.
type Navigate = Box<dyn Fn(&str, bool)>;

impl Go {
    /// Must be called inside the router.
    pub fn provide() {
        let navigate = use_navigate();
        provide_context(Self(StoredValue::new_local(Box::new(move |path: &str, replace: bool| {
            navigate(path, NavigateOptions { replace, scroll: false, resolve: false, ..NavigateOptions::default() });
        }))));
    }

    /// Goes to `path`.
    pub fn to(self, path: &str) {
        self.0.with_value(|go| go(path, false));
    }

    /// Goes to `path` without leaving a trace to go back to.
    pub fn replace(self, path: &str) {
        self.0.with_value(|go| go(path, true));
    }
}

/// Goes to pages.
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
}
