//! Who calls, and what he may do. The permission stands in the handler's type: `Caller<CampaignsRead>`.

use super::rate_limit::Limits;
use crate::kernel::{Error, Result};
use actix_web::{
    FromRequest, HttpMessage, HttpRequest,
    dev::{Payload, ServiceRequest},
    web,
};
use shared::{
    error::ErrorCode,
    ids::{SessionId, UserId},
    permission::{CampaignScope, Permission, Role},
};
use std::marker::PhantomData;

/// The one who is signed in.
#[derive(Debug, Clone)]
pub struct Principal {
    /// User.
    pub user_id: UserId,
    /// Session.
    pub session_id: SessionId,
    /// Role.
    pub role: Role,
    /// Campaigns that he sees.
    pub scope: CampaignScope,
    /// May do nothing else before.
    pub must_change_password: bool,
}

/// Tells who holds a bearer token; lent by the room `access`.
#[async_trait::async_trait]
pub trait Authenticator: Send + Sync {
    /// The holder of a token that is good now.
    async fn authenticate(&self, token: &str) -> Result<Principal>;
}

/// A permission as a type.
pub trait Permit: 'static {
    /// The permission.
    const PERMISSION: Permission;
    /// Whether it holds even while the password must be changed.
    const BEFORE_PASSWORD_CHANGE: bool = false;
}

macro_rules! permits {
    ($($name:ident),+ $(,)?) => { $(
        #[doc = concat!("[`Permission::", stringify!($name), "`] as a type.")]
        #[derive(Debug)]
        pub struct $name;
        impl Permit for $name { const PERMISSION: Permission = Permission::$name; }
    )+ };
}

permits!(
    UsersRead,
    UsersWrite,
    CampaignsRead,
    CampaignsWrite,
    TemplatesRead,
    TemplatesWrite,
    ConversationsRead,
    ConversationsWrite,
    SupervisionRead,
    SupervisionWrite,
    PresenceWrite,
    SettingsRead,
    SettingsWrite,
    OperationsRead,
    AuditRead,
);

/// [`Permission::SelfManage`] as a type.
#[derive(Debug)]
pub struct SelfManage;
impl Permit for SelfManage {
    const PERMISSION: Permission = Permission::SelfManage;
    const BEFORE_PASSWORD_CHANGE: bool = true;
}

/// A caller who has permission `P`.
#[derive(Debug)]
pub struct Caller<P: Permit> {
    /// Who.
    pub principal: Principal,
    permit: PhantomData<P>,
}

impl<P: Permit> std::ops::Deref for Caller<P> {
    type Target = Principal;
    fn deref(&self) -> &Principal {
        &self.principal
    }
}

impl<P: Permit> FromRequest for Caller<P> {
    type Error = Error;
    type Future = std::future::Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let judged = request.extensions_mut().remove::<Judged>();
        std::future::ready(admit::<P>(judged))
    }
}

fn admit<P: Permit>(judged: Option<Judged>) -> Result<Caller<P>> {
    let principal = judged.ok_or(ErrorCode::Unauthenticated)?.0?;
    if principal.must_change_password && !P::BEFORE_PASSWORD_CHANGE {
        return Err(ErrorCode::PasswordChangeRequired.into());
    }
    if !principal.role.may(P::PERMISSION) {
        return Err(ErrorCode::Forbidden.into());
    }
    Ok(Caller { principal, permit: PhantomData })
}

/// Who holds the request's bearer token, or why nobody does.
struct Judged(Result<Principal>);

/// Judges the request's bearer token before any handler runs. A handler's parameters are made side by side, and the
/// first error wins: if [`Caller`] had to ask the database, a fault in the body would be told to those who may not even
/// ask.
///
/// Whatever comes without a good token counts for its address: a made-up one would else lift the limit from the public
/// links, and let tokens be guessed.
///
/// # Errors
/// `too_many_requests`: the request goes no further.
pub async fn judge(request: &ServiceRequest) -> Result<()> {
    let judged = match bearer(request.request()) {
        Some(token) => Some(authenticate(request.request(), token).await),
        None => None,
    };
    if let Some(limits) = request.app_data::<web::Data<Limits>>() {
        match &judged {
            Some(Ok(principal)) => limits.session(principal.session_id)?,
            Some(Err(_)) | None => limits.address(super::request::client_address(request.request()))?,
        }
    }
    if let Some(judged) = judged {
        request.extensions_mut().insert(Judged(judged));
    }
    Ok(())
}

async fn authenticate(request: &HttpRequest, token: &str) -> Result<Principal> {
    let missing = || Error::Internal("the server was put together without authentication".into());
    let authenticator = request.app_data::<web::Data<dyn Authenticator>>().ok_or_else(missing)?;
    authenticator.authenticate(token).await
}

/// The token of `Authorization: Bearer …`.
#[must_use]
pub fn bearer(request: &HttpRequest) -> Option<&str> {
    let value = request.headers().get("Authorization")?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty() && token.len() <= 4_096).then(|| token.trim())
}
