//! The OAuth 2 providers of this installation (S10, S27): what Posta is to each of them stands in section `oauth` of the
//! configuration, so that no form can have tokens, or our client's secret, sent anywhere else.

use crate::{
    kernel::{Error, Result, config::Oauth},
    mail::oauth::Provider,
};
use shared::{api::oauth::OauthProvider, validate::Rule};

/// Google's mail, and who it is that signs in.
const GOOGLE_SCOPES: &str = "https://mail.google.com/ openid email";
/// The same of Microsoft; without `offline_access` there is no refresh token.
const MICROSOFT_SCOPES: &str = "https://outlook.office.com/IMAP.AccessAsUser.All https://outlook.office.com/SMTP.Send \
                                offline_access openid email";

/// What Posta is to a provider.
///
/// # Errors
/// A field error of `provider`: the configuration does not know it.
pub fn provider(settings: &Oauth, which: OauthProvider) -> Result<Provider> {
    let (client_id, client_secret) = match which {
        OauthProvider::Google => (&settings.google_client_id, &settings.google_client_secret),
        OauthProvider::Microsoft => (&settings.microsoft_client_id, &settings.microsoft_client_secret),
        OauthProvider::Generic => (&settings.generic_client_id, &settings.generic_client_secret),
    };
    let no_endpoint = which == OauthProvider::Generic
        && (settings.generic_authorize_url.is_empty() || settings.generic_token_url.is_empty());
    if client_id.is_empty() || no_endpoint {
        let words =
            format!("is not set up: fill in oauth.{which}_client_id and what belongs to it in the configuration");
        return Err(Error::field("provider", Rule::UnknownValue, words));
    }
    let (authorize_url, token_url, scopes, extra): (_, _, _, &'static [(&'static str, &'static str)]) = match which {
        OauthProvider::Google => (
            "https://accounts.google.com/o/oauth2/v2/auth".to_owned(),
            "https://oauth2.googleapis.com/token".to_owned(),
            GOOGLE_SCOPES,
            // Without both, Google gives a refresh token at the first sign-in only.
            &[("access_type", "offline"), ("prompt", "consent")],
        ),
        OauthProvider::Microsoft => {
            let base = format!("https://login.microsoftonline.com/{}/oauth2/v2.0", settings.microsoft_tenant);
            (format!("{base}/authorize"), format!("{base}/token"), MICROSOFT_SCOPES, &[("prompt", "select_account")])
        }
        OauthProvider::Generic => (
            settings.generic_authorize_url.clone(),
            settings.generic_token_url.clone(),
            settings.generic_scopes.as_str(),
            &[("prompt", "consent")],
        ),
    };
    Ok(Provider {
        authorize_url,
        token_url,
        scopes: scopes.to_owned(),
        client_id: client_id.clone(),
        client_secret: client_secret.clone(),
        extra,
    })
}
