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
