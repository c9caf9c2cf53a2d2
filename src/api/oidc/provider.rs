//! The provider: found by discovery at first use, asked and listened to by `openidconnect`.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use openidconnect::core::{CoreAuthenticationFlow, CoreClient, CoreProviderMetadata};
use openidconnect::{
    AccessTokenHash, AuthorizationCode, ClientId, ClientSecret, CsrfToken, EndpointMaybeSet, EndpointNotSet,
    EndpointSet, IssuerUrl, Nonce, OAuth2TokenResponse, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl,
    RequestTokenError, Scope, TokenResponse, reqwest,
};
use tokio::sync::Mutex;

use crate::config::Oidc;
use crate::store::accounts::Identity;

/// How long the provider may take for an answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// For how long its addresses and keys are kept; keys change.
const KEPT: TimeDelta = TimeDelta::minutes(10);

type Client = CoreClient<
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// The provider that the operator has named.
pub struct Provider {
    settings: Oidc,
    issuer: IssuerUrl,
    redirect: RedirectUrl,
    http: reqwest::Client,
    found: Mutex<Option<(DateTime<Utc>, CoreProviderMetadata)>>,
}

/// What is asked, and what must be kept until the answer.
pub struct Asked {
    pub address: String,
    pub state: String,
    pub nonce: String,
    pub verifier: String,
}

/// Why an answer makes nobody. Its text is for the log and holds no token.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    #[error("the provider doesn't answer: {0}")]
    Unreachable(String),
    #[error("the provider's answer is no good: {0}")]
    Answer(String),
    #[error("the identity token is no good: {0}")]
    Token(String),
}

impl Provider {
    /// # Errors
    /// When an address is none.
    pub fn new(settings: Oidc) -> Result<Self, String> {
        // What it redirects to was never agreed on: nothing is followed.
        let http =
            reqwest::ClientBuilder::new().redirect(reqwest::redirect::Policy::none()).timeout(PATIENCE);
        Ok(Self {
            issuer: IssuerUrl::new(settings.issuer.clone()).map_err(|error| error.to_string())?,
            redirect: RedirectUrl::new(settings.redirect.clone()).map_err(|error| error.to_string())?,
            http: http.build().map_err(|error| error.to_string())?,
            settings,
            found: Mutex::new(None),
        })
    }

    pub fn name(&self) -> &str {
        &self.settings.name
    }

    async fn client(&self, now: DateTime<Utc>) -> Result<Client, Refusal> {
        let mut found = self.found.lock().await;
        let metadata = match &*found {
            Some((since, metadata)) if now - *since < KEPT => metadata.clone(),
            _ => {
                let fresh = CoreProviderMetadata::discover_async(self.issuer.clone(), &self.http)
                    .await
                    .map_err(|error| Refusal::Unreachable(chain(&error)))?;
                *found = Some((now, fresh.clone()));
                fresh
            }
        };
        drop(found);
        let secret = ClientSecret::new(self.settings.client_secret.clone());
        let id = ClientId::new(self.settings.client_id.clone());
        Ok(CoreClient::from_provider_metadata(metadata, id, Some(secret))
            .set_redirect_uri(self.redirect.clone()))
    }

    /// Where to send the browser.
    ///
    /// # Errors
    /// When the provider can't be found.
    pub async fn ask(&self, now: DateTime<Utc>) -> Result<Asked, Refusal> {
        let client = self.client(now).await?;
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let (address, state, nonce) = client
            .authorize_url(
                CoreAuthenticationFlow::AuthorizationCode,
                CsrfToken::new_random,
                Nonce::new_random,
            )
            .add_scope(Scope::new("profile".to_owned()))
            .set_pkce_challenge(challenge)
            .url();
        Ok(Asked {
            address: address.into(),
            state: state.into_secret(),
            nonce: nonce.secret().clone(),
            verifier: verifier.into_secret(),
        })
    }

    /// Whose code this is.
    ///
    /// # Errors
    /// When the provider doesn't answer, or its answer isn't signed by it, for this client, for this sign-in and in time.
    pub async fn identify(
        &self,
        code: String,
        nonce: String,
        verifier: String,
        now: DateTime<Utc>,
    ) -> Result<Identity, Refusal> {
        let client = self.client(now).await?;
        let answer = client
            .exchange_code(AuthorizationCode::new(code))
            .map_err(|error| Refusal::Answer(error.to_string()))?
            .set_pkce_verifier(PkceCodeVerifier::new(verifier))
            .request_async(&self.http)
            .await
            .map_err(|error| match error {
                RequestTokenError::Request(error) => Refusal::Unreachable(chain(&error)),
                // Its parsing error would show the answer, which may hold tokens.
                RequestTokenError::Parse(..) => Refusal::Answer("it can't be read".to_owned()),
                RequestTokenError::ServerResponse(answer) => Refusal::Answer(answer.error().to_string()),
                RequestTokenError::Other(_) => Refusal::Answer("it is of another kind".to_owned()),
            })?;
        let token =
            answer.id_token().ok_or_else(|| Refusal::Answer("it has no identity token".to_owned()))?;
        let checker = client.id_token_verifier().set_time_fn(move || now);
        let claims =
            token.claims(&checker, &Nonce::new(nonce)).map_err(|error| Refusal::Token(error.to_string()))?;
        if let Some(expected) = claims.access_token_hash() {
            let actual = token
                .signing_alg()
                .and_then(|alg| Ok((alg, token.signing_key(&checker)?)))
                .map_err(|error| Refusal::Token(error.to_string()))
                .and_then(|(alg, key)| {
                    AccessTokenHash::from_token(answer.access_token(), alg, key)
                        .map_err(|error| Refusal::Token(error.to_string()))
                })?;
            if actual != *expected {
                return Err(Refusal::Token("its access token is another one".to_owned()));
            }
        }
        let username = claims.preferred_username().filter(|_| self.settings.usernames);
        Ok(Identity {
            subject: claims.subject().as_str().to_owned(),
            username: username.map(|name| name.as_str().to_owned()),
        })
    }
}

/// An error with its causes, on one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text += &format!(": {inner}");
        cause = inner.source();
    }
    text
}
