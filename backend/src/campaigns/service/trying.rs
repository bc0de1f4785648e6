//! What a form's account is tried for before it is saved: its logins, and the folders of its mailbox. Stores nothing.

use super::{ANOTHER_SERVER, Asker, Service};
use crate::{
    campaigns::{account::open_password, form::judge_account, queries, trial, verdict::verdict},
    kernel::{Error, Result, db::Connection},
    mail::imap::SpecialUse,
};
use diesel::OptionalExtension;
use secrecy::SecretString;
use shared::{
    api::campaigns::{
        AccountInput, AccountView, FolderList, FolderUse, INBOX, ListFolders, MailFolder, TestConnection,
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
        let password = self.password_of(&asker, request.campaign_id, &request.account, issues).await?;
        let tests = trial::try_logins(&self.servers, &request.account, request.receive, &password).await;
        Ok(TestConnectionAnswer { tests })
    }

    /// Lists the folders of a form's mailbox that can hold mail.
    ///
    /// # Errors
    /// As [`Self::test`]; `mail_login_refused`, `mail_server_unreachable`.
    pub async fn list_folders(&self, asker: Asker, request: ListFolders) -> Result<FolderList> {
        let mut issues = Issues::default();
        request.validate(&mut issues);
        let password = self.password_of(&asker, request.campaign_id, &request.account, issues).await?;
        let listed = match trial::list_folders(&self.servers, &request.account, &password).await {
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

    /// The password of a form, or the stored one of the campaign that it is of, once the account is judged beside what
    /// was found already.
    async fn password_of(
        &self,
        asker: &Asker,
        campaign: Option<CampaignId>,
        account: &AccountInput,
        mut issues: Issues,
    ) -> Result<SecretString> {
        judge_account(account, &mut issues);
        let given = account.password.as_deref().unwrap_or("");
        let password = match campaign {
            _ if !given.is_empty() => Some(SecretString::from(given)),
            Some(id) => match self.stored_password(asker, id).await? {
                Some((known, stored)) if known.password_may_go_to(account) => Some(stored),
                Some(_) => {
                    issues.add("account/password", Rule::Required, ANOTHER_SERVER);
                    None
                }
                None => {
                    issues.add("campaign_id", Rule::UnknownValue, "there is no such campaign");
                    None
                }
            },
            None => {
                if !issues.has("account/password") {
                    issues.add("account/password", Rule::Required, "is required");
                }
                None
            }
        };
        issues.into_result().map_err(Error::invalid)?;
        Ok(password.unwrap_or_default())
    }

    async fn stored_password(&self, asker: &Asker, id: CampaignId) -> Result<Option<(AccountView, SecretString)>> {
        if asker.sees(id).is_err() {
            return Ok(None);
        }
        let keys = self.core.keys.clone();
        let read = move |conn: &mut Connection| match queries::account_of(conn, id).optional()? {
            Some(row) => {
                let password = open_password(&keys, &row)?;
                Ok(Some((row.view(), password)))
            }
            None => Ok(None),
        };
        self.core.db.read(read).await
    }
}
