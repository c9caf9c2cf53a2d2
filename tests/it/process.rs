//! The program as processes: run to the end, started and killed by id, and what they left behind.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Connection};

use crate::harness::khot;

/// How long anything may take that a test waits for.
const PATIENCE: Duration = Duration::from_secs(90);

/// A process that has ended.
#[derive(Debug)]
pub struct Ran {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

pub fn ran(command: &mut Command) -> Ran {
    let output = command.stdin(Stdio::null()).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    let ran = Ran { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) };
    assert!(!ran.stderr.contains("panicked"), "{ran:?}");
    ran
}

impl Ran {
    pub fn fine(self) -> Self {
        assert_eq!(self.code, Some(0), "{self:?}");
        self
    }

    /// The input was refused: exit 2, and the last thing said is one sentence.
    pub fn refused(self) -> Self {
        assert_eq!(self.code, Some(2), "{self:?}");
        self.sentence();
        self
    }

    pub fn failed(self) -> Self {
        assert_eq!(self.code, Some(1), "{self:?}");
        self
    }

    /// The one sentence with which a command ends.
    pub fn sentence(&self) -> &str {
        let said: Vec<&str> = self.stderr.lines().filter_map(|line| line.strip_prefix("khot: ")).collect();
        let [sentence] = said.as_slice() else { panic!("not one sentence: {self:?}") };
        assert!(sentence.len() > 10 && sentence.len() < 400, "{sentence}");
        sentence
    }
}

/// The program on a database.
pub fn khot_on(url: &str) -> Command {
    let mut command = khot();
    command.env("DATABASE_URL", url);
    command
}

/// The program on the private cluster below `home`.
pub fn khot_at(home: &Path) -> Command {
    let mut command = khot();
    command.env("KHOT_HOME", home);
    command
}

/// Polls until it is so.
pub async fn until<F: AsyncFnMut() -> bool>(what: &str, mut so: F) {
    let begun = Instant::now();
    while !so().await {
        assert!(begun.elapsed() < PATIENCE, "waited too long: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// A process that is killed, by its id, at the end of its test at the latest.
#[derive(Debug)]
pub struct Process {
    child: Child,
    lines: Receiver<String>,
}

impl Process {
    pub fn start(command: &mut Command) -> Self {
        let mut child =
            command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (send, lines) = channel();
        let both: [Box<dyn std::io::Read + Send>; 2] =
            [Box::new(child.stdout.take().unwrap()), Box::new(child.stderr.take().unwrap())];
        for stream in both {
            let send = send.clone();
            std::thread::spawn(move || {
                for line in BufReader::new(stream).lines().map_while(Result::ok) {
                    let _ = send.send(line);
                }
            });
        }
        Self { child, lines }
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Waits for a line that has `text`.
    pub fn line(&self, text: &str) -> String {
        let begun = Instant::now();
        let mut seen = Vec::new();
        while begun.elapsed() < PATIENCE {
            match self.lines.recv_timeout(Duration::from_millis(100)) {
                Ok(line) if line.contains(text) => return line,
                Ok(line) => seen.push(line),
                Err(std::sync::mpsc::RecvTimeoutError::Timeout) => {}
                Err(_) => break,
            }
        }
        panic!("it never said {text:?}, but: {}", seen.join("\n"));
    }

    /// `kill -9`, and the process is gone.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    pub fn terminate(&self) {
        signal("-TERM", self.pid());
    }

    /// Waits for the end, at most so long.
    pub async fn end(&mut self, within: Duration) -> ExitStatus {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(begun.elapsed() < within, "process {} did not end within {within:?}", self.pid());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

pub fn signal(signal: &str, pid: u32) {
    assert!(Command::new("kill").args([signal, &pid.to_string()]).status().unwrap().success());
}

/// `khot serve`, ready, on a port of its own.
#[derive(Debug)]
pub struct Serving {
    pub process: Process,
    pub address: String,
}

impl Serving {
    pub fn start(command: &mut Command) -> Self {
        let process = Process::start(command.args(["serve", "--listen", "127.0.0.1:0"]));
        let line = process.line("http://");
        let address = line.split_once("http://").map(|(_, address)| address.trim().to_owned()).unwrap();
        Self { process, address }
    }
}

/// A home for a private cluster. What still runs below it at the end of the test is killed, by its id.
#[derive(Debug)]
pub struct Home {
    _folder: tempfile::TempDir,
    pub path: PathBuf,
}

impl Home {
    pub fn new() -> Self {
        Self::below("home")
    }

    /// A home of that name.
    pub fn below(name: &str) -> Self {
        let folder = crate::harness::folder();
        let path = folder.path().join(name);
        Self { _folder: folder, path }
    }

    /// The folders in which the data may lie: below the home, or where the service user can reach it.
    fn data(&self) -> [PathBuf; 2] {
        [self.path.join("postgres"), elsewhere(&self.path).join("postgres")]
    }

    /// The postmaster, when one runs.
    pub fn postmaster(&self) -> Option<u32> {
        let pid = self.data().iter().find_map(|data| {
            let text = std::fs::read_to_string(data.join("postmaster.pid")).ok()?;
            text.lines().next()?.trim().parse::<u32>().ok()
        })?;
        let command = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        let home = self.path.as_os_str().as_encoded_bytes();
        let ours = self.data().iter().any(|data| {
            let data = data.as_os_str().as_encoded_bytes();
            command.windows(data.len()).any(|window| window == data)
        });
        (ours || command.windows(home.len()).any(|window| window == home)).then_some(pid)
    }

    /// Kills the server and its children by `kill -9`.
    pub fn kill_server(&self) {
        let Some(pid) = self.postmaster() else { return };
        let mut all = children(pid);
        all.push(pid);
        for pid in &all {
            let _ = Command::new("kill").args(["-9", &pid.to_string()]).stderr(Stdio::null()).status();
        }
        let begun = Instant::now();
        while all.iter().any(|pid| is_alive(*pid)) {
            assert!(begun.elapsed() < PATIENCE, "the server can't be killed");
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        self.kill_server();
        let elsewhere = elsewhere(&self.path);
        let _ = std::fs::remove_dir_all(&elsewhere);
        // Where a socket goes whose path would be too long.
        let name = elsewhere.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let _ = std::fs::remove_dir_all(std::env::temp_dir().join(format!("khot-{name}")));
    }
}

/// Where the program keeps the cluster of a home that its service user can't reach.
pub fn elsewhere(home: &Path) -> PathBuf {
    use sha2::{Digest, Sha256};
    let digest = Sha256::digest(home.as_os_str().as_encoded_bytes());
    let name: String = digest.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    Path::new("/var/lib/khot").join(name)
}

fn is_alive(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit(") ").next().is_some_and(|rest| !rest.is_empty() && !rest.starts_with('Z'))
}

fn children(parent: u32) -> Vec<u32> {
    let pids = std::fs::read_dir("/proc")
        .unwrap()
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter(|pid: &u32| {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        let mut after = stat.rsplit(") ").next().unwrap_or_default().split(' ');
        after.nth(1).and_then(|ppid| ppid.parse().ok()) == Some(parent)
    })
    .collect()
}

/// A digest of every row of every table of the product but `job`, which records what was tried.
pub async fn digest(database: &PgConnectOptions) -> String {
    let mut connection = database.connect().await.unwrap();
    let tables: Vec<String> = sqlx::query_scalar(
        "SELECT tablename::text FROM pg_tables WHERE schemaname = 'khot'
           AND tablename NOT IN ('job', 'audit_link', 'audit_head') ORDER BY 1",
    )
    .fetch_all(&mut connection)
    .await
    .unwrap();
    let mut digest = String::new();
    for table in tables {
        // That a job was asked for is noted, whatever comes of it.
        let of_jobs = if table == "audit" { "WHERE action NOT LIKE 'job.%'" } else { "" };
        let sql = format!(
            "SELECT count(*) || ' ' || md5(coalesce(string_agg(t::text, E'\\n' ORDER BY t::text), '')) FROM khot.{table} t {of_jobs}"
        );
        let row: String =
            sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_one(&mut connection).await.unwrap();
        digest.push_str(&format!("{table} {row}\n"));
    }
    connection.close().await.unwrap();
    digest
}

/// One number out of a database, as its owner, past row-level security.
pub async fn number(database: &PgConnectOptions, sql: &'static str) -> i64 {
    let mut connection = database.connect().await.unwrap();
    let number = sqlx::query_scalar(sql).fetch_one(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    number
}
