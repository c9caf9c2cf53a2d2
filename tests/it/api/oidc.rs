//! Signing in by an OpenID Connect provider, against a small one on this machine.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::extract::{Form, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post};
use axum::{Json, Router};
use chrono::{DateTime, TimeDelta, Utc};
use khot::access::Role;
use khot::api::{self, Provider};
use khot::config::Oidc;
use openidconnect::core::{
    CoreIdToken, CoreIdTokenClaims, CoreJsonWebKeySet, CoreJwsSigningAlgorithm, CoreRsaPrivateSigningKey,
};
use openidconnect::{
    AccessToken, Audience, EmptyAdditionalClaims, EndUserUsername, IssuerUrl, JsonWebKeyId, Nonce,
    PkceCodeChallenge, PkceCodeVerifier, PrivateSigningKey, StandardClaims, SubjectIdentifier,
};
use reqwest::redirect::Policy;
use reqwest::{Client, Response, Url};
use serde_json::{Value, json};

use crate::harness::*;

const CLIENT: &str = "khot";
const SECRET: &str = "the-client's-secret";

/// What the provider says of whoever comes; none: what is right.
#[derive(Clone, Default)]
struct Says {
    subject: Option<String>,
    username: Option<String>,
    issuer: Option<String>,
    audience: Option<String>,
    nonce: Option<String>,
    issued: Option<DateTime<Utc>>,
    signed_by_another: bool,
    for_another_access_token: bool,
}

/// What it was asked: the parameters of the address that the browser was sent to.
#[derive(Clone, Default)]
struct Heard {
    nonce: String,
    challenge: String,
}

struct Known {
    address: SocketAddr,
    says: Says,
    heard: Heard,
    /// Requests that it has answered.
    answered: usize,
}

type Shared = Arc<Mutex<Known>>;

fn key(kid: &str) -> CoreRsaPrivateSigningKey {
    let pem = include_str!("oidc_provider_key.pem");
    CoreRsaPrivateSigningKey::from_pem(pem, Some(JsonWebKeyId::new(kid.to_owned()))).unwrap()
}

async fn discovery(State(known): State<Shared>) -> Json<Value> {
    let mut known = known.lock().unwrap();
    known.answered += 1;
    let issuer = format!("http://{}", known.address);
    Json(json!({
        "issuer": issuer, "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"), "jwks_uri": format!("{issuer}/keys"),
        "response_types_supported": ["code"], "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
    }))
}

async fn keys() -> Json<CoreJsonWebKeySet> {
    Json(CoreJsonWebKeySet::new(vec![key("one").as_verification_key()]))
}

#[derive(serde::Deserialize)]
struct Exchange {
    code: String,
    code_verifier: String,
    grant_type: String,
}

async fn token(
    State(known): State<Shared>,
    headers: HeaderMap,
    Form(given): Form<Exchange>,
) -> Result<Json<Value>, (StatusCode, Json<Value>)> {
    let known = known.lock().unwrap();
    let (says, heard) = (known.says.clone(), known.heard.clone());
    let challenge = PkceCodeChallenge::from_code_verifier_sha256(&PkceCodeVerifier::new(given.code_verifier));
    let knows_secret =
        headers.get("authorization").is_some_and(|value| value.as_bytes().starts_with(b"Basic "));
    if given.code != "a-code"
        || given.grant_type != "authorization_code"
        || challenge.as_str() != heard.challenge
        || !knows_secret
    {
        return Err((StatusCode::BAD_REQUEST, Json(json!({"error": "invalid_grant"}))));
    }
    let own = format!("http://{}", known.address);
    let issued = says.issued.unwrap_or_else(noon);
    let name = says.username.map(EndUserUsername::new);
    let subject = SubjectIdentifier::new(says.subject.unwrap_or_else(|| "subject-1".to_owned()));
    let claims = CoreIdTokenClaims::new(
        IssuerUrl::new(says.issuer.unwrap_or(own)).unwrap(),
        vec![Audience::new(says.audience.unwrap_or_else(|| CLIENT.to_owned()))],
        issued + TimeDelta::minutes(5),
        issued,
        StandardClaims::new(subject).set_preferred_username(name),
        EmptyAdditionalClaims {},
    )
    .set_nonce(Some(Nonce::new(says.nonce.unwrap_or(heard.nonce))));
    let access = AccessToken::new("an-access-token".to_owned());
    let meant =
        if says.for_another_access_token { AccessToken::new("another".to_owned()) } else { access.clone() };
    let signer = key(if says.signed_by_another { "two" } else { "one" });
    let signed =
        CoreIdToken::new(claims, &signer, CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256, Some(&meant), None);
    Ok(Json(json!({
        "access_token": access.secret(), "token_type": "Bearer", "expires_in": 60,
        "id_token": serde_json::to_value(signed.unwrap()).unwrap(),
    })))
}

/// The provider, the service, and an account that is linked to its `subject-1`.
struct Place {
    app: TestApp,
    known: Shared,
    running: tokio::task::JoinHandle<()>,
}

impl Place {
    async fn new(usernames: bool) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let known = Known { address, says: Says::default(), heard: Heard::default(), answered: 0 };
        let known = Arc::new(Mutex::new(known));
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(discovery))
            .route("/keys", get(keys))
            .route("/token", post(token))
            .with_state(known.clone())
            // So that nobody goes on with a connection to a provider that is down.
            .layer(axum::middleware::map_response(async |mut answer: axum::response::Response| {
                answer.headers_mut().insert("connection", "close".parse().unwrap());
                answer
            }));
        let running = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        let settings = Oidc {
            issuer: format!("http://{address}"),
            client_id: CLIENT.to_owned(),
            client_secret: SECRET.to_owned(),
            redirect: "http://khot.example/api/v1/sign-in/oidc/callback".to_owned(),
            name: "统一身份".to_owned(),
            usernames,
        };
        let provider = Provider::new(settings).unwrap();
        let app = TestApp::start_shaped(unhindered(), |state| state.with_provider(provider)).await;
        put_tiny(&app.store).await;
        let app = app.signed_in().await;
        app.token_of("zhao", Role::Planner, "150821").await;
        let link = json!({"oidc_subject": "subject-1"});
        let (status, linked) = app.call(reqwest::Method::PATCH, "/api/v1/accounts/zhao", Some(link)).await;
        assert_eq!((status.as_u16(), &linked["oidc_subject"]), (200, &json!("subject-1")), "{linked}");
        Self { app, known, running }
    }

    fn says(&self, says: Says) {
        self.known.lock().unwrap().says = says;
    }

    async fn ask(&self, browser: &Browser, path: &str) -> Response {
        browser.0.get(format!("http://{}{path}", self.app.address())).send().await.unwrap()
    }

    /// Begins a sign-in; gives the state that the provider would send back.
    async fn begin(&self, browser: &Browser) -> String {
        let answer = self.ask(browser, "/api/v1/sign-in/oidc?back=/areas/150821").await;
        assert_eq!(answer.status(), 303);
        let address = Url::parse(&place(&answer)).unwrap();
        assert_eq!(address.path(), "/authorize");
        let of = |name: &str| address.query_pairs().find(|pair| pair.0 == name).unwrap().1.into_owned();
        assert_eq!(
            (of("response_type"), of("client_id"), of("code_challenge_method")),
            ("code".into(), CLIENT.into(), "S256".into())
        );
        assert!(of("scope").split(' ').any(|scope| scope == "openid"));
        assert!(!address.as_str().contains(SECRET));
        self.known.lock().unwrap().heard = Heard { nonce: of("nonce"), challenge: of("code_challenge") };
        of("state")
    }

    /// Comes back with the right code; gives where it leads and whether somebody is signed in.
    async fn finish(&self, browser: &Browser, state: &str) -> (String, bool) {
        let answer =
            self.ask(browser, &format!("/api/v1/sign-in/oidc/callback?code=a-code&state={state}")).await;
        assert_eq!(answer.status(), 303);
        let signed_in = answer
            .headers()
            .get_all("set-cookie")
            .iter()
            .any(|cookie| cookie.to_str().unwrap().starts_with("khot_session="));
        (place(&answer), signed_in)
    }

    /// The whole way.
    async fn sign_in(&self) -> (String, bool) {
        let browser = Browser::new();
        let state = self.begin(&browser).await;
        self.finish(&browser, &state).await
    }
}

fn place(answer: &Response) -> String {
    answer.headers()["location"].to_str().unwrap().to_owned()
}

fn why(why: &str) -> (String, bool) {
    (format!("/signin?why={why}"), false)
}

/// Keeps cookies and follows nothing.
struct Browser(Client);

impl Browser {
    fn new() -> Self {
        Self(Client::builder().cookie_store(true).redirect(Policy::none()).build().unwrap())
    }
}

#[tokio::test]
async fn whoever_is_linked_signs_in_and_comes_back_to_where_they_began() {
    let place = Place::new(false).await;
    let ways = place.app.anonymous(reqwest::Method::GET, "/api/v1/sign-in").send().await.unwrap();
    assert_eq!(ways.json::<Value>().await.unwrap(), json!({"password": true, "oidc": {"name": "统一身份"}}));
    // A password that must be changed is none of the provider's.
    sqlx::query("UPDATE account SET must_change_password = true WHERE username = 'zhao'")
        .execute(&mut as_owner(&place.app.database).await)
        .await
        .unwrap();
    let browser = Browser::new();
    let state = place.begin(&browser).await;
    assert_eq!(place.finish(&browser, &state).await, ("/areas/150821".to_owned(), true));
    let session: Value = place.ask(&browser, "/api/v1/session").await.json().await.unwrap();
    assert_eq!(
        (&session["account"]["username"], &session["account"]["must_change_password"]),
        (&json!("zhao"), &json!(false))
    );
    assert_eq!(place.ask(&browser, "/api/v1/areas/150821").await.status(), 200);
    let told: (String, Value) =
        sqlx::query_as("SELECT subject, after FROM audit WHERE action = 'session.open' AND actor = 'zhao'")
            .fetch_one(&mut as_owner(&place.app.database).await)
            .await
            .unwrap();
    assert_eq!(told, ("zhao".to_owned(), json!({"by": "oidc"})));
    // Found once, it isn't looked for each time.
    place.sign_in().await;
    assert_eq!(place.known.lock().unwrap().answered, 1);
}

#[tokio::test]
async fn a_token_for_another_sign_in_client_or_time_or_by_another_signs_nobody_in() {
    let place = Place::new(false).await;
    let other = |text: &str| Some(text.to_owned());
    for (what, says) in [
        ("nonce", Says { nonce: other("another"), ..Says::default() }),
        ("issuer", Says { issuer: other("http://elsewhere.example"), ..Says::default() }),
        ("audience", Says { audience: other("another-client"), ..Says::default() }),
        ("expired", Says { issued: Some(noon() - TimeDelta::minutes(6)), ..Says::default() }),
        ("key", Says { signed_by_another: true, ..Says::default() }),
        ("access token", Says { for_another_access_token: true, ..Says::default() }),
    ] {
        place.says(says);
        assert_eq!(place.sign_in().await, why("oidc_failed"), "{what}");
    }
    place.says(Says::default());
    assert_eq!(place.sign_in().await, ("/areas/150821".to_owned(), true));
}

#[tokio::test]
async fn a_state_is_used_once_in_time_and_by_its_own_browser() {
    let place = Place::new(false).await;
    let browser = Browser::new();
    let first = place.begin(&browser).await;
    let stranger = Browser::new();
    assert_eq!(place.finish(&stranger, &first).await, why("oidc_expired"), "another browser");
    place.begin(&stranger).await;
    assert_eq!(place.finish(&stranger, &first).await, why("oidc_expired"), "another's state");
    let second = place.begin(&browser).await;
    assert_eq!(place.finish(&browser, "made-up").await, why("oidc_expired"), "a state of nobody's");
    // A failure takes the browser's mark away as well: it begins anew.
    assert_eq!(place.finish(&browser, &second).await, why("oidc_expired"));
    let third = place.begin(&browser).await;
    let mark = Browser::new();
    let answer =
        place.ask(&browser, &format!("/api/v1/sign-in/oidc/callback?code=a-code&state={third}")).await;
    assert_eq!(answer.headers()["location"], "/areas/150821");
    assert_eq!(place.finish(&mark, &third).await, why("oidc_expired"), "used already");
    let late = place.begin(&browser).await;
    place.app.pass(TimeDelta::minutes(10));
    assert_eq!(place.finish(&browser, &late).await, why("oidc_expired"), "too late");
}

#[tokio::test]
async fn whoever_is_nobody_here_or_disabled_is_told_so() {
    let place = Place::new(false).await;
    let another =
        Says { subject: Some("subject-2".to_owned()), username: Some("qian".to_owned()), ..Says::default() };
    place.app.token_of("qian", Role::Planner, "150821").await;
    place.says(another);
    assert_eq!(place.sign_in().await, why("oidc_no_account"), "a username alone links nobody");
    place.says(Says::default());
    let disable = json!({"disabled": true});
    place.app.call(reqwest::Method::PATCH, "/api/v1/accounts/zhao", Some(disable)).await;
    assert_eq!(place.sign_in().await, why("oidc_disabled"));
    let held: i64 = sqlx::query_scalar("SELECT count(*) FROM account")
        .fetch_one(&mut as_owner(&place.app.database).await)
        .await
        .unwrap();
    assert_eq!(held, 3, "nobody is made");
}

#[tokio::test]
async fn a_username_links_where_the_operator_says_so_and_no_other_identity_is_linked() {
    let place = Place::new(true).await;
    let says = |subject: &str, username: &str| Says {
        subject: Some(subject.to_owned()),
        username: Some(username.to_owned()),
        ..Says::default()
    };
    place.says(says("subject-9", api::ADMINISTRATOR));
    assert_eq!(place.sign_in().await, ("/areas/150821".to_owned(), true));
    // Zhao is another's already.
    place.says(says("subject-9", "zhao"));
    assert_eq!(place.sign_in().await, why("oidc_no_account"));
    place.says(says("subject-1", "somebody-else"));
    assert_eq!(place.sign_in().await, ("/areas/150821".to_owned(), true));
    // One identity is one account's.
    let link = Some(json!({"oidc_subject": "subject-1"}));
    let own = format!("/api/v1/accounts/{}", api::ADMINISTRATOR);
    let (status, problem) = place.app.call(reqwest::Method::PATCH, &own, link).await;
    assert_eq!((status.as_u16(), problem["code"].as_str()), (409, Some("subject_taken")));
    let unlink = Some(json!({"oidc_subject": null}));
    let (_, unlinked) = place.app.call(reqwest::Method::PATCH, "/api/v1/accounts/zhao", unlink).await;
    assert_eq!(unlinked["oidc_subject"], Value::Null);
}

#[tokio::test]
async fn a_provider_that_is_down_or_says_no_leads_back_to_the_sign_in_page() {
    let provider = Place::new(false).await;
    let browser = Browser::new();
    let state = provider.begin(&browser).await;
    let denied = provider
        .ask(&browser, &format!("/api/v1/sign-in/oidc/callback?error=access_denied&state={state}"))
        .await;
    assert_eq!(place(&denied), "/signin?why=oidc_denied");
    let state = provider.begin(&browser).await;
    let wrong =
        provider.ask(&browser, &format!("/api/v1/sign-in/oidc/callback?code=wrong&state={state}")).await;
    assert_eq!(place(&wrong), "/signin?why=oidc_failed");

    let state = provider.begin(&browser).await;
    provider.running.abort();
    until("the provider is still there", async || {
        let address = provider.known.lock().unwrap().address;
        tokio::net::TcpStream::connect(address).await.is_err()
    })
    .await;
    // Its addresses are known, its tokens can't be had; later not even those.
    assert_eq!(provider.finish(&browser, &state).await, why("oidc_unreachable"));
    provider.app.pass(TimeDelta::minutes(11));
    let begin = provider.ask(&browser, "/api/v1/sign-in/oidc").await;
    assert_eq!(place(&begin), "/signin?why=oidc_unreachable");
}

#[tokio::test]
async fn without_a_provider_there_is_no_such_way() {
    let app = TestApp::start_empty().await;
    let ways = app.anonymous(reqwest::Method::GET, "/api/v1/sign-in").send().await.unwrap();
    assert_eq!(ways.json::<Value>().await.unwrap(), json!({"password": true, "oidc": null}));
    for path in ["/api/v1/sign-in/oidc", "/api/v1/sign-in/oidc/callback?code=x&state=y"] {
        assert_eq!(problem(app.anonymous(reqwest::Method::GET, path)).await, (404, "not_found".to_owned()));
    }
}
