//! Environment and flags, read once.

use std::num::NonZeroU32;
use std::path::PathBuf;

/// Where the program keeps its own things, and which database it uses.
#[derive(Debug, Clone)]
pub struct Config {
    /// `$KHOT_HOME`, by default `.khot` in the current folder.
    pub home: PathBuf,
    /// None: the private cluster below `home`.
    pub database_url: Option<String>,
    /// The keys of personal data; none: `keys.json` below `home`.
    keys_file: Option<PathBuf>,
}

impl Config {
    pub fn new(home: Option<PathBuf>, database_url: Option<String>) -> std::io::Result<Self> {
        let home = home.unwrap_or_else(|| PathBuf::from(".khot"));
        Ok(Self {
            home: std::path::absolute(home)?,
            database_url: database_url.filter(|url| !url.is_empty()),
            keys_file: None,
        })
    }

    /// The same with another place for the keys of personal data.
    pub fn with_keys_file(mut self, file: Option<PathBuf>) -> std::io::Result<Self> {
        self.keys_file =
            file.filter(|file| !file.as_os_str().is_empty()).map(std::path::absolute).transpose()?;
        Ok(self)
    }

    /// Where the keys of personal data are, or will be.
    pub fn keys_file(&self) -> PathBuf {
        self.keys_file.clone().unwrap_or_else(|| self.home.join("keys.json"))
    }

    /// The file with the logins drawn at the first start, readable by its owner alone.
    pub fn logins_file(&self) -> PathBuf {
        self.home.join("demo-logins.json")
    }
}

/// How people sign in.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct SignIn {
    /// Everybody comes by TLS: cookies are never sent over plain HTTP. Behind a trusted proxy its X-Forwarded-Proto
    /// tells, without this.
    #[arg(long, env = "KHOT_SECURE_COOKIES")]
    pub secure_cookies: bool,
    /// Sign-in by an OpenID Connect provider: the address that it calls itself, https unless on this machine.
    #[arg(long, env = "KHOT_OIDC_ISSUER", value_name = "URL")]
    pub oidc_issuer: Option<String>,
    /// What the provider knows this service as.
    #[arg(long, env = "KHOT_OIDC_CLIENT_ID", value_name = "ID")]
    pub oidc_client_id: Option<String>,
    /// A file with the secret that the provider gave for it.
    #[arg(long, env = "KHOT_OIDC_CLIENT_SECRET_FILE", value_name = "FILE")]
    pub oidc_client_secret_file: Option<PathBuf>,
    /// Where the provider sends people back to: https://…/api/v1/sign-in/oidc/callback
    #[arg(long, env = "KHOT_OIDC_REDIRECT", value_name = "URL")]
    pub oidc_redirect: Option<String>,
    /// What the sign-in page calls the provider.
    #[arg(long, env = "KHOT_OIDC_NAME", default_value = "OpenID Connect", value_name = "NAME")]
    pub oidc_name: String,
    /// Whoever has the username of an account at the provider (preferred_username) is its holder. Only where nobody
    /// chooses their username there; otherwise administrators link accounts one by one.
    #[arg(long, env = "KHOT_OIDC_USERNAMES")]
    pub oidc_usernames: bool,
}

/// An OpenID Connect provider.
#[derive(Clone)]
pub struct Oidc {
    pub issuer: String,
    pub client_id: String,
    pub client_secret: String,
    pub redirect: String,
    pub name: String,
    pub usernames: bool,
}

impl SignIn {
    /// The provider, with its secret read from its file; none where none of its settings is there.
    ///
    /// # Errors
    /// A sentence, where only some of them are there or one can't be used.
    pub fn oidc(&self) -> Result<Option<Oidc>, String> {
        let given = [&self.oidc_issuer, &self.oidc_client_id, &self.oidc_redirect];
        let file = &self.oidc_client_secret_file;
        if given.iter().all(|setting| setting.is_none()) && file.is_none() {
            return Ok(None);
        }
        let (Some(issuer), Some(client_id), Some(redirect), Some(file)) =
            (&self.oidc_issuer, &self.oidc_client_id, &self.oidc_redirect, file)
        else {
            return Err("OpenID Connect needs KHOT_OIDC_ISSUER, KHOT_OIDC_CLIENT_ID, KHOT_OIDC_CLIENT_SECRET_FILE and KHOT_OIDC_REDIRECT: set all four, or none".to_owned());
        };
        if !is_safe(issuer) {
            return Err(
                "KHOT_OIDC_ISSUER must begin with https://: over plain HTTP anybody could answer for it"
                    .to_owned(),
            );
        }
        let secret = std::fs::read_to_string(file).map_err(|error| {
            format!("can't read {} (KHOT_OIDC_CLIENT_SECRET_FILE): {error}", file.display())
        })?;
        Ok(Some(Oidc {
            issuer: issuer.clone(),
            client_id: client_id.clone(),
            client_secret: secret.trim().to_owned(),
            redirect: redirect.clone(),
            name: self.oidc_name.clone(),
            usernames: self.oidc_usernames,
        }))
    }
}

/// By TLS, or on this machine.
fn is_safe(address: &str) -> bool {
    let local = ["http://127.0.0.1", "http://localhost", "http://[::1]"];
    let is_local = |prefix: &&str| {
        address.strip_prefix(*prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with([':', '/']))
    };
    address.starts_with("https://") || local.iter().any(is_local)
}

/// How much of the service one caller may use, and all of them together. Rates are per minute, and a caller who was
/// quiet may use a minute's worth at once.
#[derive(Debug, Clone, clap::Args)]
pub struct Limits {
    /// Attempts to sign in from one address, a minute.
    #[arg(
        long = "limit-sign-in-address",
        env = "KHOT_LIMIT_SIGN_IN_ADDRESS",
        default_value = "30",
        value_name = "N"
    )]
    pub sign_in_address: NonZeroU32,
    /// Attempts to sign in with one user name, a minute.
    #[arg(
        long = "limit-sign-in-name",
        env = "KHOT_LIMIT_SIGN_IN_NAME",
        default_value = "10",
        value_name = "N"
    )]
    pub sign_in_name: NonZeroU32,
    /// Divisions, imports and publications that one account may ask for, a minute.
    #[arg(long = "limit-work", env = "KHOT_LIMIT_WORK", default_value = "30", value_name = "N")]
    pub work: NonZeroU32,
    /// Searches and comparisons of one account, a minute.
    #[arg(long = "limit-queries", env = "KHOT_LIMIT_QUERIES", default_value = "300", value_name = "N")]
    pub queries: NonZeroU32,
    /// Tiles of one account, or of one address without sign-in, a minute. A full screen is some fifty of each layer.
    #[arg(long = "limit-tiles", env = "KHOT_LIMIT_TILES", default_value = "6000", value_name = "N")]
    pub tiles: NonZeroU32,
    /// Requests other than tiles from one address without sign-in, where the public map is open, a minute.
    #[arg(long = "limit-visits", env = "KHOT_LIMIT_VISITS", default_value = "300", value_name = "N")]
    pub visits: NonZeroU32,
    /// Requests that are answered at once; further ones wait a second, and are then sent away with 503.
    #[arg(long = "limit-requests", env = "KHOT_LIMIT_REQUESTS", default_value = "256", value_name = "N")]
    pub requests: NonZeroU32,
    /// The largest upload, in bytes.
    #[arg(long = "limit-upload", env = "KHOT_LIMIT_UPLOAD", default_value_t = 512 << 20, value_name = "BYTES")]
    pub upload_max_bytes: u64,
    /// A reverse proxy stands in front: the client's address is the last one in its X-Forwarded-For, and its
    /// X-Forwarded-Proto tells whether the client uses TLS. Without a proxy anybody could write these.
    #[arg(long, env = "KHOT_TRUSTED_PROXY")]
    pub trusted_proxy: bool,
}

impl Default for Limits {
    /// What the flags say when nothing is set.
    fn default() -> Self {
        let rate = |rate: u32| NonZeroU32::new(rate).unwrap_or(NonZeroU32::MIN);
        Self {
            sign_in_address: rate(30),
            sign_in_name: rate(10),
            work: rate(30),
            queries: rate(300),
            tiles: rate(6000),
            visits: rate(300),
            requests: rate(256),
            upload_max_bytes: 512 << 20,
            trusted_proxy: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_provider_is_set_up_whole_or_not_at_all() {
        assert!(SignIn::default().oidc().unwrap().is_none());
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "secret\n").unwrap();
        let whole = SignIn {
            oidc_issuer: Some("https://id.example".to_owned()),
            oidc_client_id: Some("khot".to_owned()),
            oidc_client_secret_file: Some(file.path().to_owned()),
            oidc_redirect: Some("https://khot.example/api/v1/sign-in/oidc/callback".to_owned()),
            ..SignIn::default()
        };
        assert_eq!(whole.oidc().unwrap().unwrap().client_secret, "secret");
        let part = SignIn { oidc_client_id: None, ..whole.clone() };
        assert!(part.oidc().is_err_and(|why| why.contains("KHOT_OIDC_CLIENT_ID")));
        let plain = SignIn { oidc_issuer: Some("http://id.example".to_owned()), ..whole.clone() };
        assert!(plain.oidc().is_err_and(|why| why.contains("https://")));
        let gone = SignIn { oidc_client_secret_file: Some("/nowhere".into()), ..whole };
        assert!(gone.oidc().is_err_and(|why| why.contains("/nowhere")));
    }

    #[test]
    fn plain_http_is_for_this_machine() {
        assert!(is_safe("https://id.example") && is_safe("http://127.0.0.1:9000/realm"));
        assert!(!is_safe("http://127.0.0.1.example") && !is_safe("http://localhost.example/"));
    }
}
