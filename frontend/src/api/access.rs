//! Set-up, sign-in, one's own settings and sessions.

use super::{
    Acted, Answer, Api, Asked,
    request::{Method, Request},
};
use shared::{
    api::access::{
        ChangePassword, LinkView, Me, ReadLink, SessionView, SetupRequest, SetupState, SignInRequest, SocketTicket,
        SpendLink, TokenAnswer, UpdateMe,
    },
    ids::{SessionId, UserId},
    page::Page,
};

fn sessions_of(user: Option<UserId>) -> String {
    user.map_or_else(|| "auth/sessions".into(), |user| format!("users/{user}/sessions"))
}

impl Api {
    /// Whether this Posta waits for its first administrator.
    pub fn get_setup(self) -> Asked<SetupState> {
        self.fetch(Request::get("setup").anonymous())
    }

    /// Makes the first administrator and signs him in.
    pub async fn set_up(self, request: &SetupRequest) -> Answer<()> {
        let answer: TokenAnswer = self.fetch(Request::post("setup").json(request).anonymous()).await?;
        self.adopt(answer);
        Ok(())
    }

    /// Signs in.
    pub async fn sign_in(self, request: &SignInRequest) -> Answer<()> {
        let answer: TokenAnswer = self.fetch(Request::post("auth/sign-in").json(request).anonymous()).await?;
        self.adopt(answer);
        Ok(())
    }

    /// Ends this session, here even if the server cannot be told.
    pub async fn sign_out(self) {
        self.session.leave();
        let _ = self.run(Request::post("auth/sign-out")).await;
        self.end();
    }

    /// Changes one's own settings.
    pub async fn update_me(self, change: &UpdateMe) -> Answer<Me> {
        let me: Me = self.fetch(Request::new(Method::Patch, "auth/me").json(change)).await?;
        self.session.set_me(me.clone());
        Ok(me)
    }

    /// Changes one's own password; all other sessions end.
    pub async fn change_password(self, request: &ChangePassword) -> Answer<()> {
        let answer: TokenAnswer = self.fetch(Request::post("auth/password").json(request)).await?;
        self.adopt(answer);
        Ok(())
    }

    /// Signed-in browsers: one's own, or those of a user.
    pub fn list_sessions(self, user: Option<UserId>) -> Asked<Page<SessionView>> {
        self.fetch(Request::get(sessions_of(user)))
    }

    /// Signs a browser out: one's own, or that of a user.
    pub fn revoke_session(self, user: Option<UserId>, id: SessionId) -> Acted {
        self.act(Request::new(Method::Delete, format!("{}/{id}", sessions_of(user))))
    }

    /// Whose link this is.
    pub fn read_link(self, request: &ReadLink) -> Asked<LinkView> {
        self.fetch(Request::post("auth/links/read").json(request).anonymous())
    }

    /// Chooses the password by a link, and signs in.
    pub async fn spend_link(self, request: &SpendLink) -> Answer<()> {
        let answer: TokenAnswer = self.fetch(Request::post("auth/links/spend").json(request).anonymous()).await?;
        self.adopt(answer);
        Ok(())
    }

    /// A ticket that opens the live socket once.
    pub fn create_socket_ticket(self) -> Asked<SocketTicket> {
        self.fetch(Request::post("auth/socket-tickets"))
    }
}
