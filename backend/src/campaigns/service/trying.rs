//! What a form's account is tried for before it is saved: its logins, and the folders of its mailbox. Stores nothing.

use super::{Asker, Service};
use crate::{
    campaigns::{form::judge_account, queries, rows::AccountRow, trial, verdict::verdict},
    kernel::{Error, Result},
    mail::{account::Credential, imap::SpecialUse},
};
use diesel::OptionalExtension;
use shared::{
    api::campaigns::{
        AccountAuth, AccountInput, FolderList, FolderUse, INBOX, ListFolders, MailFolder, TestConnection,
        TestConnectionAnswer,
    },
    ids::CampaignId,
    validate::{Issues, Rule, Validate},
};

impl Service {
    /// Tries the logins of a form and tells what came of each; stores nothing.
    ///
    /// # Errors
    /// `invalid`: the form breaks a rule, or names a campaign that is not there; the database's.
    pub async fn test(&self, asker: Asker, request: TestConnection) -> Result<TestConnectionAnswer> {
        let mut issues = Issues::default();
        request.validate(&mut issues);
        let secret = self.secret_of_form(&asker, request.campaign_id, &request.account, issues).await?;
        let tests = trial::try_logins(&self.servers, &request.account, request.receive, &secret).await;
        Ok(TestConnectionAnswer { tests })
    }

    /// Lists the folders of a form's mailbox that can hold mail.
    ///
    /// # Errors
    /// As [`Self::test`]; `mail_login_refused`, `mail_server_unreachable`.
    pub async fn list_folders(&self, asker: Asker, request: ListFolders) -> Result<FolderList> {
        let mut issues = Issues::default();
        request.validate(&mut issues);
        let secret = self.secret_of_form(&asker, request.campaign_id, &request.account, issues).await?;
        let listed = match trial::list_folders(&self.servers, &request.account, &secret).await {
            Ok(listed) => listed,
            Err(test) => {
                verdict(&[test], &request.account)?;
                Vec::new()
            }
        };
        let shown = |special| match special {
            SpecialUse::All => FolderUse::All,
            SpecialUse::Archive => FolderUse::Archive,
            SpecialUse::Drafts => FolderUse::Drafts,
            SpecialUse::Junk => FolderUse::Junk,
            SpecialUse::Sent => FolderUse::Sent,
            SpecialUse::Trash => FolderUse::Trash,
        };
        let mut folders: Vec<MailFolder> = listed
            .into_iter()
            .filter(|folder| folder.selectable)
            .map(|folder| MailFolder { name: folder.name, special: folder.special.map(shown) })
            .collect();
        folders.sort_by_cached_key(|folder| (!folder.name.eq_ignore_ascii_case(INBOX), folder.name.to_lowercase()));
        Ok(FolderList { folders })
    }

    /// What a form signs in with, or the campaign that it is of, once the account is judged beside what was found already.
    async fn secret_of_form(
        &self,
        asker: &Asker,
        campaign: Option<CampaignId>,
        account: &AccountInput,
        mut issues: Issues,
    ) -> Result<Credential> {
        judge_account(account, &mut issues);
        let (field, given) = match account.auth {
            AccountAuth::Password => ("account/password", &account.password),
            AccountAuth::Oauth2 => ("account/oauth_sign_in", &account.oauth_sign_in),
        };
        let is_given = given.as_deref().is_some_and(|secret| !secret.is_empty());
        let row = match campaign {
            Some(id) if !is_given => self.stored_account(asker, id).await?,
            _ => None,
        };
        if campaign.is_some() && !is_given && row.is_none() {
            issues.add("campaign_id", Rule::UnknownValue, "there is no such campaign");
        } else if !is_given && row.is_none() && !issues.has(field) {
            issues.add(field, Rule::Required, "is required");
        }
        issues.into_result().map_err(Error::invalid)?;
        match (row, self.new_tokens(asker.user, account).await?) {
            (_, Some(tokens)) => Ok(Credential::OAuthToken(tokens.access)),
            (Some(row), None) => self.secret_of(row, account, None, true).await,
            (None, None) => Ok(Credential::Password(account.password.clone().unwrap_or_default().into())),
        }
    }

    async fn stored_account(&self, asker: &Asker, id: CampaignId) -> Result<Option<AccountRow>> {
        if asker.sees(id).is_err() {
            return Ok(None);
        }
        self.core.db.read(move |conn| Ok(queries::account_of(conn, id).optional()?)).await
    }
}
