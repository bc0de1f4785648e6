//! Set-up, sign-in, one's own settings and sessions.

use super::{
    Answer, Api,
    request::{Method, Request},
};
use shared::{
    api::access::{
        ChangePassword, Me, SessionView, SetupRequest, SetupState, SignInRequest, SocketTicket, TokenAnswer, UpdateMe,
    },
    ids::SessionId,
    page::Page,
};

impl Api {
    /// Whether this Posta waits for its first administrator.
    pub async fn get_setup(self) -> Answer<SetupState> {
        self.fetch(Request::get("setup").anonymous()).await
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

    /// One's signed-in browsers.
    pub async fn list_sessions(self) -> Answer<Page<SessionView>> {
        self.fetch(Request::get("auth/sessions")).await
    }

    /// Signs one of one's browsers out.
    pub async fn revoke_session(self, id: SessionId) -> Answer<()> {
        self.run(Request::new(Method::Delete, format!("auth/sessions/{id}"))).await.map(drop)
    }

    /// A ticket that opens the live socket once.
    pub async fn create_socket_ticket(self) -> Answer<SocketTicket> {
        self.fetch(Request::post("auth/socket-tickets")).await
    }
}
