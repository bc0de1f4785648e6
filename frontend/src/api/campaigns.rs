//! Campaigns, their members, and what operators see of their mailboxes.

use super::{
    Answer, Api,
    request::{Method, Request, page_query, with_query},
};
use shared::{
    api::{
        campaigns::{
            CampaignInput, CampaignSummary, CampaignView, DeleteCampaign, FolderList, ListFolders, MemberInput,
            MemberView, OpenWork, OutgoingChoice, TestConnection, TestConnectionAnswer,
        },
        oauth::{BeginSignIn, SignInBegun, SignInView},
        operations::{MailboxLedger, QuarantineView},
        schedules::{HolidayCalendar, ReadHolidays},
    },
    ids::{CampaignId, UserId},
    page::{Page, PageQuery},
};

impl Api {
    /// Campaigns, a page at a time.
    pub async fn list_campaigns(self, page: &PageQuery) -> Answer<Page<CampaignView>> {
        self.fetch(Request::get(page_query("campaigns", page))).await
    }

    /// One campaign.
    pub async fn get_campaign(self, id: CampaignId) -> Answer<CampaignView> {
        self.fetch(Request::get(format!("campaigns/{id}"))).await
    }

    /// Creates a campaign; with `save_disabled` the login is not tried and it is stored switched off.
    pub async fn create_campaign(self, input: &CampaignInput, save_disabled: bool) -> Answer<CampaignView> {
        self.fetch(Request::post(format!("campaigns{}", disabled_query(save_disabled))).json(input)).await
    }

    /// Replaces a campaign, if it still has `version`.
    pub async fn update_campaign(
        self,
        id: CampaignId,
        version: i64,
        input: &CampaignInput,
        save_disabled: bool,
    ) -> Answer<CampaignView> {
        let path = format!("campaigns/{id}{}", disabled_query(save_disabled));
        self.fetch(Request::new(Method::Put, path).json(input).if_match(version)).await
    }

    /// Switches a campaign on or off; `outgoing`: what becomes of mail that waited meanwhile.
    pub async fn enable_campaign(self, id: CampaignId, on: bool, outgoing: Option<OutgoingChoice>) -> Answer<()> {
        let verb = if on { "enable" } else { "disable" };
        let choice = outgoing.map(|choice| choice.as_str().to_string());
        let path = with_query(&format!("campaigns/{id}/{verb}"), &[("outgoing", choice)]);
        self.run(Request::post(path)).await.map(drop)
    }

    /// What of a campaign is open.
    pub async fn open_work(self, id: CampaignId) -> Answer<OpenWork> {
        self.fetch(Request::get(format!("campaigns/{id}/open-work"))).await
    }

    /// Deletes a campaign, if it still has `version`.
    pub async fn delete_campaign(self, id: CampaignId, version: i64, how: &DeleteCampaign) -> Answer<()> {
        let pairs = [
            ("interactions", how.interactions.map(|choice| choice.as_str().to_string())),
            ("move_to", how.move_to.map(|id| id.to_string())),
            ("discard_outgoing", how.discard_outgoing.then(|| "true".to_string())),
        ];
        let path = with_query(&format!("campaigns/{id}"), &pairs);
        self.run(Request::new(Method::Delete, path).if_match(version)).await.map(drop)
    }

    /// Tries the account of the form for real.
    pub async fn test_connection(self, test: &TestConnection) -> Answer<TestConnectionAnswer> {
        self.fetch(Request::post("campaigns/test-connection").json(test)).await
    }

    /// Begins a sign-in at a provider.
    pub async fn begin_oauth_sign_in(self, wanted: &BeginSignIn) -> Answer<SignInBegun> {
        self.fetch(Request::post("campaigns/oauth2/authorize").json(wanted)).await
    }

    /// How far a sign-in has come.
    pub async fn get_oauth_sign_in(self, id: &str) -> Answer<SignInView> {
        self.fetch(Request::get(format!("campaigns/oauth2/sign-ins/{id}"))).await
    }

    /// The folders of the form's mailbox.
    pub async fn list_folders(self, wanted: &ListFolders) -> Answer<FolderList> {
        self.fetch(Request::post("campaigns/list-folders").json(wanted)).await
    }

    /// The holidays of a calendar file.
    pub async fn read_holidays(self, file: &ReadHolidays) -> Answer<HolidayCalendar> {
        self.fetch(Request::post("campaigns/read-holidays").json(file)).await
    }

    /// Campaigns in which the caller works.
    pub async fn list_my_campaigns(self) -> Answer<Page<CampaignSummary>> {
        self.fetch(Request::get("campaigns/mine")).await
    }

    /// Members in their order, a page at a time.
    pub async fn list_members(self, id: CampaignId, page: &PageQuery) -> Answer<Page<MemberView>> {
        self.fetch(Request::get(page_query(&format!("campaigns/{id}/members"), page))).await
    }

    /// Adds or changes a member.
    pub async fn put_member(self, id: CampaignId, user: UserId, input: &MemberInput) -> Answer<()> {
        self.run(Request::new(Method::Put, format!("campaigns/{id}/members/{user}")).json(input)).await.map(drop)
    }

    /// Removes a member; what he holds stays his.
    pub async fn remove_member(self, id: CampaignId, user: UserId) -> Answer<()> {
        self.run(Request::new(Method::Delete, format!("campaigns/{id}/members/{user}"))).await.map(drop)
    }

    /// Mailboxes with their ledger.
    pub async fn list_mailboxes(self, id: CampaignId) -> Answer<Page<MailboxLedger>> {
        self.fetch(Request::get(format!("campaigns/{id}/mailboxes"))).await
    }

    /// Mails that could not be read.
    pub async fn list_quarantine(self, id: CampaignId) -> Answer<Page<QuarantineView>> {
        self.fetch(Request::get(format!("campaigns/{id}/quarantine"))).await
    }
}

fn disabled_query(save_disabled: bool) -> &'static str {
    if save_disabled { "?save_disabled=true" } else { "" }
}
