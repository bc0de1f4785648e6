//! Administration of users.

use super::{
    Answer, Api,
    request::{Method, Request, page_query},
};
use shared::{
    api::access::{CreateUser, UpdateUser, UserView},
    ids::UserId,
    page::{Page, PageQuery},
};

impl Api {
    /// Users, a page at a time.
    pub async fn list_users(self, page: &PageQuery) -> Answer<Page<UserView>> {
        self.fetch(Request::get(page_query("users", page))).await
    }

    /// Creates a user.
    pub async fn create_user(self, user: &CreateUser) -> Answer<UserView> {
        self.fetch(Request::post("users").json(user)).await
    }

    /// Changes a user, if he still has `version`.
    pub async fn update_user(self, id: UserId, version: i64, change: &UpdateUser) -> Answer<UserView> {
        self.fetch(Request::new(Method::Patch, format!("users/{id}")).json(change).if_match(version)).await
    }

    /// Ends all sessions of a user.
    pub async fn sign_out_user(self, id: UserId) -> Answer<()> {
        self.run(Request::post(format!("users/{id}/sign-out"))).await.map(drop)
    }
}
