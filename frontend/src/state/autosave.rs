//! When a draft is stored: within a second of typing, one request at a time, again and again while the server is
//! away. Plain Rust; the editor feeds it keys and clock readings.

use shared::api::{attachments::AttachmentView, conversations::MailAddress, drafts::DraftView, drafts::UpdateDraft};
use shared::ids::CampaignId;

/// Milliseconds from the first unsaved key to the request.
const DELAY: i64 = 800;
/// Longest wait between tries while the server is away, in milliseconds.
const LONGEST: i64 = 15_000;

/// What the agent can write in a draft.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Content {
    /// Recipients.
    pub to: Vec<MailAddress>,
    /// Copies.
    pub cc: Vec<MailAddress>,
    /// Blind copies.
    pub bcc: Vec<MailAddress>,
    /// Subject.
    pub subject: String,
    /// Text, as HTML.
    pub html: String,
    /// Campaign that sends, where it can be chosen.
    pub campaign_id: Option<CampaignId>,
    /// Address that sends.
    #[serde(default)]
    pub from_address: Option<String>,
}

impl Content {
    /// What is stored.
    pub fn of(draft: &DraftView) -> Self {
        Self {
            to: draft.to.clone(),
            cc: draft.cc.clone(),
            bcc: draft.bcc.clone(),
            subject: draft.subject.clone(),
            html: with_cids(&draft.html, &draft.attachments),
            campaign_id: Some(draft.campaign_id),
            from_address: Some(draft.from_address.clone()),
        }
    }

    /// Whether both are the same mail. Pictures are named by links that the server signs anew each time.
    pub fn is_same(&self, other: &Self) -> bool {
        let bare = |content: &Self| Self { html: without_sources(&content.html), ..content.clone() };
        bare(self) == bare(other)
    }

    /// What must be sent so that `stored` becomes this; half-typed recipients are left for later.
    fn beyond(&self, stored: &Self) -> UpdateDraft {
        let good = |list: &[MailAddress]| -> Vec<MailAddress> {
            list.iter().filter(|address| super::recipients::is_good(address)).cloned().collect()
        };
        let list = |mine: &[MailAddress], theirs: &[MailAddress]| {
            let mine = good(mine);
            (mine != theirs).then_some(mine)
        };
        UpdateDraft {
            to: list(&self.to, &stored.to),
            cc: list(&self.cc, &stored.cc),
            bcc: list(&self.bcc, &stored.bcc),
            subject: (self.subject != stored.subject).then(|| self.subject.clone()),
            html: (self.html != stored.html).then(|| self.html.clone()),
            campaign_id: if self.campaign_id == stored.campaign_id { None } else { self.campaign_id },
            from_address: self.from_address.clone().filter(|_| self.from_address != stored.from_address),
        }
    }
}

/// HTML whose pictures are named by `cid:`, as the editor and the stored draft name them, rather than by the links
/// that the server gives for showing them.
fn with_cids(html: &str, files: &[AttachmentView]) -> String {
    files.iter().fold(html.to_string(), |html, file| match &file.content_id {
        Some(cid) => html.replace(&file.url, &format!("cid:{cid}")),
        None => html,
    })
}

/// HTML without the addresses of its pictures.
fn without_sources(html: &str) -> String {
    let mut out = String::with_capacity(html.len());
    let mut rest = html;
    while let Some((before, after)) = rest.split_once(" src=\"") {
        out.push_str(before);
        rest = after.split_once('"').map_or("", |(_, rest)| rest);
    }
    out.push_str(rest);
    out
}

/// What the agent sees of the saving.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Saved {
    /// Nothing was typed since it was opened.
    Untouched,
    /// Not stored yet.
    Pending,
    /// Stored at, in milliseconds since 1970.
    At(i64),
    /// The server is away; what was typed is kept here and tried again.
    Away,
    /// Someone else, or another tab, has changed the draft.
    Conflict,
    /// The server does not take what was typed; it is kept here until it is mended.
    Refused,
}

/// The saving of one draft.
#[derive(Debug, Clone)]
pub struct Autosave {
    typed: Content,
    /// What was typed when it was last stored.
    stored: Content,
    /// The same as the server gave it back: it cleans HTML.
    server: Content,
    version: i64,
    /// When the request is due.
    due: Option<i64>,
    in_flight: Option<Content>,
    failures: u32,
    saved_at: Option<i64>,
    conflict: bool,
    refused: bool,
}

impl Autosave {
    /// A draft as the server has it.
    pub fn new(draft: &DraftView) -> Self {
        let content = Content::of(draft);
        Self {
            typed: content.clone(),
            stored: content.clone(),
            server: content,
            version: draft.version,
            due: None,
            in_flight: None,
            failures: 0,
            saved_at: None,
            conflict: false,
            refused: false,
        }
    }

    /// What was typed.
    pub fn typed(&self) -> &Content {
        &self.typed
    }

    /// Version over which was typed, to know it again when a copy of it comes back; none that ever was while the agent
    /// must choose, so that he is asked again.
    pub fn base(&self) -> i64 {
        if self.conflict { 0 } else { self.version }
    }

    /// Something was typed.
    pub fn edit(&mut self, now: i64, change: impl FnOnce(&mut Content)) {
        change(&mut self.typed);
        if self.due.is_none() && self.is_dirty() {
            self.due = Some(now + DELAY);
        }
    }

    /// Whether something is not stored yet.
    pub fn is_dirty(&self) -> bool {
        self.typed.beyond(&self.stored) != UpdateDraft::default()
    }

    /// What to send now, if it is time, nothing is under way and no conflict waits for an answer.
    pub fn take_due(&mut self, now: i64) -> Option<(i64, UpdateDraft)> {
        if self.in_flight.is_some() || self.conflict || self.due.is_none_or(|due| now < due) {
            return None;
        }
        self.take()
    }

    /// What to send at once, as before sending the mail. Nothing when all is stored or a request is under way.
    pub fn take_now(&mut self) -> Option<(i64, UpdateDraft)> {
        if self.in_flight.is_some() || self.conflict { None } else { self.take() }
    }

    fn take(&mut self) -> Option<(i64, UpdateDraft)> {
        self.due = None;
        let change = self.typed.beyond(&self.stored);
        if change == UpdateDraft::default() {
            return None;
        }
        self.in_flight = Some(self.typed.clone());
        Some((self.version, change))
    }

    /// Whether a request is under way.
    pub fn is_busy(&self) -> bool {
        self.in_flight.is_some()
    }

    /// The server has stored what was sent, and gave it back. What was typed stays as it is.
    pub fn stored(&mut self, draft: &DraftView, now: i64) {
        if let Some(sent) = self.in_flight.take() {
            self.stored = Content {
                to: sent.to.iter().filter(|address| super::recipients::is_good(address)).cloned().collect(),
                cc: sent.cc.iter().filter(|address| super::recipients::is_good(address)).cloned().collect(),
                bcc: sent.bcc.iter().filter(|address| super::recipients::is_good(address)).cloned().collect(),
                ..sent
            };
        }
        self.server = Content::of(draft);
        self.version = draft.version;
        self.failures = 0;
        self.refused = false;
        self.saved_at = Some(now);
        self.due = self.is_dirty().then_some(now + DELAY);
    }

    /// The server is away: again later, and later still.
    pub fn failed(&mut self, now: i64) {
        self.in_flight = None;
        let wait = (DELAY << self.failures.min(5)).min(LONGEST);
        self.failures += 1;
        self.due = Some(now + wait);
    }

    /// The server refuses what was sent for good; the next key tries again. Whether that is news.
    pub fn refused(&mut self) -> bool {
        self.in_flight = None;
        self.due = None;
        self.failures = 0;
        !std::mem::replace(&mut self.refused, true)
    }

    /// A text that was kept elsewhere came back, typed over an older draft than `theirs`: nothing is stored before
    /// the agent has chosen.
    pub fn restored(&mut self, theirs: &DraftView) {
        self.version = theirs.version;
        self.due = None;
        self.conflict = true;
    }

    /// The draft has another version at the server. Where only the version differs, as after a file was added, it
    /// goes on from there; else the agent must choose. Whether he must.
    pub fn moved(&mut self, theirs: &DraftView, now: i64) -> bool {
        self.in_flight = None;
        self.version = theirs.version;
        let content = Content::of(theirs);
        if content.is_same(&self.server) {
            self.due = self.is_dirty().then_some(now);
            return false;
        }
        if content.is_same(&self.typed) {
            self.stored = self.typed.clone();
            self.server = content;
            return false;
        }
        self.conflict = true;
        true
    }

    /// The agent keeps his own text.
    pub fn keep_mine(&mut self, theirs: &DraftView, now: i64) {
        self.conflict = false;
        self.version = theirs.version;
        self.stored = Content::of(theirs);
        self.server = self.stored.clone();
        self.due = Some(now);
    }

    /// The draft is gone or became a mail: whatever is written counts as stored.
    pub fn settle(&mut self) {
        self.in_flight = None;
        self.due = None;
        self.refused = false;
        self.stored = self.typed.clone();
    }

    /// What the agent sees.
    pub fn status(&self) -> Saved {
        if self.conflict {
            Saved::Conflict
        } else if self.refused && self.is_dirty() {
            Saved::Refused
        } else if self.failures > 0 {
            Saved::Away
        } else if self.in_flight.is_some() || self.is_dirty() {
            Saved::Pending
        } else {
            self.saved_at.map_or(Saved::Untouched, Saved::At)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::{
        api::drafts::DraftKind,
        ids::{AttachmentId, DraftId},
        time::Timestamp,
    };

    fn draft(version: i64, html: &str) -> DraftView {
        DraftView {
            id: DraftId(1),
            kind: DraftKind::Reply,
            campaign_id: CampaignId(1),
            conversation_id: None,
            interaction_id: None,
            reply_to_message_id: None,
            to: vec![],
            cc: vec![],
            bcc: vec![],
            subject: "Re: Invoice".into(),
            html: html.into(),
            quote_url: None,
            attachments: vec![],
            conversation_version: None,
            updated_at: Timestamp::from_millis(0),
            version,
            from_address: "soporte@empresa.es".into(),
            from_addresses: vec!["soporte@empresa.es".into()],
        }
    }

    fn type_text(save: &mut Autosave, now: i64, text: &str) {
        save.edit(now, |content| content.html = text.into());
    }

    #[test]
    fn goes_within_a_second_of_the_first_key_however_fast_one_types() {
        let mut save = Autosave::new(&draft(1, ""));
        type_text(&mut save, 0, "a");
        type_text(&mut save, 400, "ab");
        assert_eq!(save.take_due(700), None);
        type_text(&mut save, 790, "abc");
        let (version, change) = save.take_due(800).unwrap();
        assert_eq!((version, change.html.as_deref()), (1, Some("abc")));
        assert_eq!(change.subject, None, "only what changed goes");
    }

    #[test]
    fn one_request_at_a_time_and_nothing_typed_meanwhile_is_lost() {
        let mut save = Autosave::new(&draft(1, ""));
        type_text(&mut save, 0, "a");
        save.take_due(800).unwrap();
        type_text(&mut save, 900, "ab");
        assert_eq!(save.take_due(2_000), None, "the first is still under way");
        save.stored(&draft(2, "a"), 2_100);
        let (version, change) = save.take_due(2_900).unwrap();
        assert_eq!((version, change.html.as_deref()), (2, Some("ab")));
        save.stored(&draft(3, "ab"), 3_000);
        assert_eq!(save.status(), Saved::At(3_000));
        assert_eq!(save.take_due(99_000), None);
    }

    #[test]
    fn tries_on_while_the_server_is_away() {
        let mut save = Autosave::new(&draft(1, ""));
        type_text(&mut save, 0, "a");
        save.take_due(800).unwrap();
        save.failed(1_000);
        assert_eq!(save.status(), Saved::Away);
        assert_eq!(save.take_due(1_799), None);
        save.take_due(1_800).unwrap();
        save.failed(2_000);
        assert_eq!(save.take_due(3_500), None, "waits longer each time");
        save.take_due(3_600).unwrap();
        save.stored(&draft(2, "a"), 3_700);
        assert_eq!(save.status(), Saved::At(3_700));
    }

    #[test]
    fn typing_back_to_what_is_stored_needs_no_request() {
        let mut save = Autosave::new(&draft(1, "a"));
        type_text(&mut save, 0, "ab");
        type_text(&mut save, 100, "a");
        assert_eq!(save.take_due(1_000), None);
        assert_eq!(save.status(), Saved::Untouched);
    }

    #[test]
    fn a_new_version_with_the_same_text_is_no_conflict() {
        let mut save = Autosave::new(&draft(1, "a"));
        type_text(&mut save, 0, "ab");
        save.take_due(800).unwrap();
        assert!(!save.moved(&draft(2, "a"), 900), "a file was added");
        let (version, change) = save.take_due(900).unwrap();
        assert_eq!((version, change.html.as_deref()), (2, Some("ab")));
    }

    #[test]
    fn pictures_go_by_cid_whatever_link_shows_them() {
        let file = AttachmentView {
            id: AttachmentId(1),
            name: "a.png".into(),
            content_type: "image/png".into(),
            size: 1,
            sha256: String::new(),
            inline: true,
            content_id: Some("1@posta".into()),
            url: "/api/v1/files/token".into(),
            previewable: true,
        };
        let draft = DraftView { attachments: vec![file], ..draft(1, "<img src=\"/api/v1/files/token\">") };
        assert_eq!(Content::of(&draft).html, "<img src=\"cid:1@posta\">");
    }

    #[test]
    fn what_the_server_cleaned_or_signed_anew_is_no_conflict() {
        let mut save = Autosave::new(&draft(1, ""));
        type_text(&mut save, 0, "<p onclick=x>a<img src=\"cid:1\"></p>");
        save.take_due(800).unwrap();
        save.stored(&draft(2, "<p>a<img src=\"/files/one\"></p>"), 900);
        type_text(&mut save, 1_000, "b");
        save.take_due(1_800).unwrap();
        assert!(!save.moved(&draft(3, "<p>a<img src=\"/files/two\"></p>"), 1_900));
        assert_eq!(save.take_due(1_900).unwrap().0, 3);
    }

    #[test]
    fn another_text_is_a_conflict_that_waits_for_the_agent() {
        let mut save = Autosave::new(&draft(1, "a"));
        type_text(&mut save, 0, "mine");
        save.take_due(800).unwrap();
        let theirs = draft(5, "theirs");
        assert!(save.moved(&theirs, 900));
        assert_eq!(save.status(), Saved::Conflict);
        assert_eq!(save.take_due(9_000), None);
        save.keep_mine(&theirs, 9_100);
        let (version, change) = save.take_due(9_100).unwrap();
        assert_eq!((version, change.html.as_deref()), (5, Some("mine")));
    }

    #[test]
    fn a_text_that_comes_back_over_a_newer_draft_waits_for_the_agent() {
        let theirs = draft(7, "newer");
        let mut save = Autosave::new(&theirs);
        type_text(&mut save, 0, "mine, from version 5");
        save.restored(&theirs);
        assert_eq!(save.status(), Saved::Conflict);
        assert_ne!(save.base(), theirs.version, "another reload asks again");
        assert_eq!(save.take_due(9_000), None, "the newer draft is not overwritten unasked");
        assert_eq!(save.take_now(), None);
        type_text(&mut save, 9_000, "mine, typed on");
        assert_eq!(save.take_due(99_000), None);
        save.keep_mine(&theirs, 99_000);
        assert_eq!(save.base(), theirs.version);
        let (version, change) = save.take_due(99_000).unwrap();
        assert_eq!((version, change.html.as_deref()), (7, Some("mine, typed on")));
    }

    #[test]
    fn what_the_server_refuses_is_said_once_until_it_is_mended() {
        let mut save = Autosave::new(&draft(1, ""));
        type_text(&mut save, 0, "too much");
        save.take_due(800).unwrap();
        assert!(save.refused(), "news");
        assert_eq!(save.status(), Saved::Refused);
        assert_eq!(save.take_due(9_000), None);
        type_text(&mut save, 9_000, "still too much");
        save.take_due(9_800).unwrap();
        assert!(!save.refused());
        type_text(&mut save, 10_000, "enough");
        save.take_due(10_800).unwrap();
        save.stored(&draft(2, "enough"), 10_900);
        assert_eq!(save.status(), Saved::At(10_900));
    }

    #[test]
    fn half_typed_recipients_wait() {
        let mut save = Autosave::new(&draft(1, ""));
        let wrong = MailAddress { name: None, email: "ana@".into() };
        save.edit(0, |content| content.to.push(wrong));
        assert!(!save.is_dirty());
        save.edit(0, |content| content.to.push(MailAddress { name: None, email: "ana@x.es".into() }));
        let (_, change) = save.take_due(800).unwrap();
        assert_eq!(change.to.unwrap().len(), 1);
    }
}
