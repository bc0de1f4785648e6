//! Members of the chosen campaigns: fetched, filtered, changed ahead of the server; and who can still become one.

use crate::{
    api::{Api, ApiError},
    format,
};
use shared::{
    api::{
        access::UserView,
        campaigns::{MemberInput, MemberView},
    },
    ids::{CampaignId, UserId},
    page::{MAX_LIMIT, PageQuery},
};

/// A member of one of the chosen campaigns.
#[derive(Debug, Clone, PartialEq)]
pub struct Place {
    /// Campaign.
    pub campaign: CampaignId,
    /// Its name.
    pub campaign_name: String,
    /// Member.
    pub member: MemberView,
}

impl Place {
    /// Names it: who is a member of what.
    pub fn key(&self) -> (CampaignId, UserId) {
        (self.campaign, self.member.user_id)
    }

    /// Whether a filter lets it through.
    pub fn fits(&self, words: &str) -> bool {
        format::matches(&format!("{} {}", self.member.name, self.campaign_name), words)
    }

    /// Takes over a change ahead of the server's word.
    pub fn take(&mut self, input: &MemberInput) {
        let member = &mut self.member;
        member.position = input.position.unwrap_or(member.position);
        member.penalty = input.penalty.unwrap_or(member.penalty);
        member.may_receive = input.may_receive.unwrap_or(member.may_receive);
        member.may_start = input.may_start.unwrap_or(member.may_start);
    }
}

/// Everyone's places in these campaigns, given by id and name.
pub async fn places_of(api: Api, campaigns: Vec<(CampaignId, String)>) -> Result<Vec<Place>, ApiError> {
    let mut places = Vec::new();
    for (campaign, name) in campaigns {
        let mut cursor = None;
        loop {
            let page = api.list_members(campaign, &PageQuery { limit: Some(MAX_LIMIT), cursor }).await?;
            places.extend(page.items.into_iter().map(|member| Place { campaign, campaign_name: name.clone(), member }));
            cursor = page.next_cursor;
            if cursor.is_none() {
                break;
            }
        }
    }
    Ok(places)
}

/// Agents who can still be added: not those who are in all chosen campaigns already (S32).
pub fn addable(users: &[UserView], places: &[Place], campaigns: usize) -> Vec<UserView> {
    users
        .iter()
        .filter(|user| user.enabled)
        .filter(|user| places.iter().filter(|place| place.member.user_id == user.id).count() < campaigns.max(1))
        .cloned()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::{permission::Role, time::Timestamp};

    fn user(id: i64) -> UserView {
        UserView {
            id: UserId(id),
            login: format!("u{id}"),
            name: format!("User {id}"),
            role: Role::Agent,
            enabled: true,
            must_change_password: false,
            limited_to: vec![],
            screen_monitoring: false,
            link_until: None,
            created_at: Timestamp::from_millis(0),
            version: 1,
        }
    }

    fn place(campaign: i64, user: i64) -> Place {
        let member = MemberView {
            user_id: UserId(user),
            name: String::new(),
            role: Role::Agent,
            position: 1,
            penalty: 0,
            may_receive: true,
            may_start: true,
            gets_nothing: None,
        };
        Place { campaign: CampaignId(campaign), campaign_name: String::new(), member }
    }

    #[test]
    fn an_agent_is_absent_only_if_he_is_in_all_chosen_campaigns() {
        let users = [user(1), user(2)];
        let places = [place(1, 1), place(2, 1), place(1, 2)];
        let left: Vec<_> = addable(&users, &places, 2).iter().map(|user| user.id.0).collect();
        assert_eq!(left, [2]);
        assert_eq!(addable(&users, &[], 0).len(), 2, "before a campaign is chosen everyone is shown");
    }

    #[test]
    fn a_change_shows_at_once_and_leaves_the_rest() {
        let mut place = place(1, 1);
        place.take(&MemberInput { penalty: Some(5), may_start: Some(false), ..MemberInput::default() });
        assert_eq!((place.member.position, place.member.penalty), (1, 5));
        assert!(place.member.may_receive && !place.member.may_start);
    }

    #[test]
    fn who_cannot_sign_in_is_not_offered() {
        let mut gone = user(1);
        gone.enabled = false;
        assert!(addable(&[gone], &[], 1).is_empty());
    }
}
