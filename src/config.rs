//! Environment and flags, read once.

use std::path::PathBuf;

/// Where the program keeps its own things, and which database it uses.
#[derive(Debug, Clone)]
pub struct Config {
    /// `$KHOT_HOME`, by default `.khot` in the current folder.
    pub home: PathBuf,
    /// None: the private cluster below `home`.
    pub database_url: Option<String>,
}

impl Config {
    pub fn new(home: Option<PathBuf>, database_url: Option<String>) -> std::io::Result<Self> {
        let home = home.unwrap_or_else(|| PathBuf::from(".khot"));
        Ok(Self {
            home: std::path::absolute(home)?,
            database_url: database_url.filter(|url| !url.is_empty()),
        })
    }

    /// The file with the logins drawn at the first start, readable by its owner alone.
    pub fn logins_file(&self) -> PathBuf {
        self.home.join("demo-logins.json")
    }
}
