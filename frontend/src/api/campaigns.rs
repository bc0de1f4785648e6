//! Campaigns, their members, and what operators see of their mailboxes.

use super::{
    Acted, Api, Asked,
    request::{Method, Request, page_query, with_query},
    values::Coming,
};
use shared::{
    api::{
        campaigns::{
            CampaignInput, CampaignOverview, CampaignSummary, CampaignView, DeleteCampaign, FolderList, ListFolders,
            MemberInput, MemberView, OpenWork, OutgoingChoice, TestConnection, TestConnectionAnswer,
        },
        oauth::{BeginSignIn, SignInBegun, SignInView},
        operations::{MailboxLedger, QuarantineView},
        replays::ReplayInput,
        schedules::{HolidayCalendar, ReadHolidays},
    },
    ids::{CampaignId, UserId},
    page::{Page, PageQuery},
};

impl Api {
    /// Campaigns as a list shows them, a page at a time.
    pub fn list_overviews(self, page: &PageQuery) -> Asked<Page<CampaignOverview>> {
        self.fetch(Request::get(page_query("campaigns/overview", page)))
    }

    /// One campaign.
    pub fn get_campaign(self, id: CampaignId) -> Asked<CampaignView> {
        self.fetch(Request::get(format!("campaigns/{id}")))
    }

    /// Creates a campaign; with `save_disabled` the login is not tried and it is stored switched off.
    pub fn create_campaign(self, input: &CampaignInput, save_disabled: bool) -> Asked<CampaignView> {
        self.fetch(Request::post(format!("campaigns{}", disabled_query(save_disabled))).json(input))
    }

    /// Replaces a campaign, if it still has `version`.
    pub fn update_campaign(
        self,
        id: CampaignId,
        version: i64,
        input: &CampaignInput,
        save_disabled: bool,
    ) -> Asked<CampaignView> {
        let path = format!("campaigns/{id}{}", disabled_query(save_disabled));
        self.fetch(Request::new(Method::Put, path).json(input).if_match(version))
    }

    /// Switches a campaign on or off; `outgoing`: what becomes of mail that waited meanwhile.
    pub fn enable_campaign(self, id: CampaignId, on: bool, outgoing: Option<OutgoingChoice>) -> Acted {
        let verb = if on { "enable" } else { "disable" };
        let choice = outgoing.map(|choice| choice.as_str().to_string());
        let path = with_query(&format!("campaigns/{id}/{verb}"), &[("outgoing", choice)]);
        self.act(Request::post(path))
    }

    /// What of a campaign is open.
    pub fn open_work(self, id: CampaignId) -> Asked<OpenWork> {
        self.fetch(Request::get(format!("campaigns/{id}/open-work")))
    }

    /// Deletes a campaign, if it still has `version`.
    pub fn delete_campaign(self, id: CampaignId, version: i64, how: &DeleteCampaign) -> Acted {
        let pairs = [
            ("interactions", how.interactions.map(|choice| choice.as_str().to_string())),
            ("move_to", how.move_to.map(|id| id.to_string())),
            ("discard_outgoing", how.discard_outgoing.then(|| "true".to_string())),
        ];
        let path = with_query(&format!("campaigns/{id}"), &pairs);
        self.act(Request::new(Method::Delete, path).if_match(version))
    }

    /// Tries the account of the form for real.
    pub fn test_connection(self, test: &TestConnection) -> Asked<TestConnectionAnswer> {
        self.fetch(Request::post("campaigns/test-connection").json(test))
    }

    /// Begins a sign-in at a provider.
    pub fn begin_oauth_sign_in(self, wanted: &BeginSignIn) -> Asked<SignInBegun> {
        self.fetch(Request::post("campaigns/oauth2/authorize").json(wanted))
    }

    /// How far a sign-in has come.
    pub fn get_oauth_sign_in(self, id: &str) -> Asked<SignInView> {
        self.fetch(Request::get(format!("campaigns/oauth2/sign-ins/{id}")))
    }

    /// The folders of the form's mailbox.
    pub fn list_folders(self, wanted: &ListFolders) -> Asked<FolderList> {
        self.fetch(Request::post("campaigns/list-folders").json(wanted))
    }

    /// The holidays of a calendar file.
    pub fn read_holidays(self, file: &ReadHolidays) -> Asked<HolidayCalendar> {
        self.fetch(Request::post("campaigns/read-holidays").json(file))
    }

    /// Campaigns in which the caller works.
    pub fn list_my_campaigns(self) -> Asked<Page<CampaignSummary>> {
        self.fetch(Request::get("campaigns/mine"))
    }

    /// Members in their order, a page at a time.
    pub fn list_members(self, id: CampaignId, page: &PageQuery) -> Asked<Page<MemberView>> {
        self.fetch(Request::get(page_query(&format!("campaigns/{id}/members"), page)))
    }

    /// Adds or changes a member.
    pub fn put_member(self, id: CampaignId, user: UserId, input: &MemberInput) -> Acted {
        self.act(Request::new(Method::Put, format!("campaigns/{id}/members/{user}")).json(input))
    }

    /// Removes a member; what he holds stays his.
    pub fn remove_member(self, id: CampaignId, user: UserId) -> Acted {
        self.act(Request::new(Method::Delete, format!("campaigns/{id}/members/{user}")))
    }

    /// A past day once more, as it was and as it would have been.
    pub fn replay_campaign(self, id: CampaignId, input: &ReplayInput) -> Coming {
        self.value(Request::post(format!("campaigns/{id}/replay")).json(input))
    }

    /// Mailboxes with their ledger.
    pub fn list_mailboxes(self, id: CampaignId) -> Asked<Page<MailboxLedger>> {
        self.fetch(Request::get(format!("campaigns/{id}/mailboxes")))
    }

    /// Mails that could not be read.
    pub fn list_quarantine(self, id: CampaignId) -> Asked<Page<QuarantineView>> {
        self.fetch(Request::get(format!("campaigns/{id}/quarantine")))
    }
}

fn disabled_query(save_disabled: bool) -> &'static str {
    if save_disabled { "?save_disabled=true" } else { "" }
}
