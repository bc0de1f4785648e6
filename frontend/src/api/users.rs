//! Administration of users.

use super::{
    Acted, Api, Asked,
    request::{Method, Request, page_query},
};
use shared::{
    api::access::{CreateUser, UpdateUser, UserLink, UserView},
    ids::UserId,
    page::{Page, PageQuery},
};

impl Api {
    /// Users, a page at a time.
    pub fn list_users(self, page: &PageQuery) -> Asked<Page<UserView>> {
        self.fetch(Request::get(page_query("users", page)))
    }

    /// Creates a user.
    pub fn create_user(self, user: &CreateUser) -> Asked<UserView> {
        self.fetch(Request::post("users").json(user))
    }

    /// Changes a user, if he still has `version`.
    pub fn update_user(self, id: UserId, version: i64, change: &UpdateUser) -> Asked<UserView> {
        self.fetch(Request::new(Method::Patch, format!("users/{id}")).json(change).if_match(version))
    }

    /// A fresh link by which a user chooses his password.
    pub fn make_link(self, id: UserId) -> Asked<UserLink> {
        self.fetch(Request::post(format!("users/{id}/link")))
    }

    /// Ends all sessions of a user.
    pub fn sign_out_user(self, id: UserId) -> Acted {
        self.act(Request::post(format!("users/{id}/sign-out")))
    }
}
