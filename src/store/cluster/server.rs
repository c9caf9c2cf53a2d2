//! One PostgreSQL server: finding its binaries, making, starting and stopping it.

use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt, chown};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use super::{ClusterError, file_error};
use crate::store::leftovers;

/// The cluster's owner; migrations run as it.
pub(super) const OWNER: &str = "khot";
const SOCKET: &str = ".s.PGSQL.5432";
/// Below this lie the clusters of root's homes that the service user can't reach.
const ELSEWHERE: &str = "/var/lib/khot";
/// The kernel's limit for a socket's path is 107 bytes.
const SOCKET_PATH_MAX: usize = 100;

#[derive(Debug)]
pub(super) struct Server {
    bin: PathBuf,
    data: PathBuf,
    socket_dir: PathBuf,
    /// Who runs the server: PostgreSQL refuses root, so as root it is the `postgres` user.
    service: Option<ServiceUser>,
}

#[derive(Debug, Clone, Copy)]
struct ServiceUser {
    uid: u32,
    gid: u32,
}

impl Server {
    pub(super) fn locate(home: &Path, short_name: &str) -> Result<Self, ClusterError> {
        let bin = find_binaries().ok_or(ClusterError::NotInstalled)?;
        let is_root = std::fs::metadata("/proc/self").map(|meta| meta.uid() == 0).unwrap_or(false);
        let service = if is_root { Some(service_user().ok_or(ClusterError::NoServiceUser)?) } else { None };
        // A folder below one of mode 700 can't be reached by the service user.
        let base = match service {
            Some(_) if !reachable_by_others(home) => Path::new(ELSEWHERE).join(short_name),
            _ => home.to_owned(),
        };
        let mut socket_dir = base.join("run");
        // A list of folders is what the setting takes, in quotes on a command line: these would end either.
        let odd = socket_dir.to_string_lossy().contains([',', '\'']);
        if odd || socket_dir.join(SOCKET).as_os_str().len() > SOCKET_PATH_MAX {
            socket_dir = std::env::temp_dir().join(format!("khot-{short_name}"));
        }
        let server = Self { bin, data: base.join("postgres"), socket_dir, service };
        std::fs::create_dir_all(&base).map_err(|source| file_error(&base, source))?;
        if server.service.is_some() && base != home {
            // Whatever the umask is, the service user has to pass.
            for folder in [Path::new(ELSEWHERE), &base] {
                std::fs::set_permissions(folder, PermissionsExt::from_mode(0o755))
                    .map_err(|source| file_error(folder, source))?;
            }
        }
        server.own_folder(&server.socket_dir)?;
        Ok(server)
    }

    pub(super) fn bin(&self) -> &Path {
        &self.bin
    }

    pub(super) fn socket_dir(&self) -> &Path {
        &self.socket_dir
    }

    /// Makes the cluster where there is none. It is made beside its place and then moved there, so a
    /// killed `initdb` leaves nothing that looks whole.
    pub(super) fn ensure_made(&self, password: &str) -> Result<(), ClusterError> {
        if self.data.join("PG_VERSION").exists() {
            return Ok(());
        }
        // An `initdb` whose process was killed may still be at work: each has a folder of its own.
        for left in self.unfinished() {
            let _ = std::fs::remove_dir_all(left);
        }
        let fresh = self.data.with_extension(format!("new-{}", std::process::id()));
        self.own_folder(&fresh)?;
        let password_file = self.socket_dir.join("password");
        crate::store::private_file::write(&password_file, password.as_bytes())
            .map_err(|source| file_error(&password_file, source))?;
        self.give(&password_file)?;
        let mut initdb = self.command("initdb");
        initdb
            .arg("--pgdata")
            .arg(&fresh)
            .arg("--pwfile")
            .arg(&password_file)
            .args(["--username", OWNER, "--auth", "scram-sha-256", "--encoding", "UTF8"])
            .args(["--locale", "C.UTF-8", "--no-instructions"]);
        let made = run("making the private database (initdb)", &mut initdb);
        let _ = std::fs::remove_file(&password_file);
        made?;
        std::fs::rename(&fresh, &self.data).map_err(|source| file_error(&self.data, source))
    }

    /// Folders in which a killed process was making the cluster.
    fn unfinished(&self) -> Vec<PathBuf> {
        let beside = self.data.parent().and_then(|base| std::fs::read_dir(base).ok());
        let paths = beside.into_iter().flatten().flatten().map(|entry| entry.path());
        paths
            .filter(|path| {
                path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("postgres.new"))
            })
            .collect()
    }

    pub(super) fn ensure_running(&self) -> Result<(), ClusterError> {
        if self.answers() {
            return Ok(());
        }
        let mut output = String::new();
        // Backends of a killed server need a moment to notice that it is gone.
        for attempt in 0..20 {
            self.remove_stale_pid_file()?;
            match self.start() {
                Ok(()) => return Ok(()),
                Err(ClusterError::Command { output: said, .. }) => output = said,
                Err(error) => return Err(error),
            }
            std::thread::sleep(Duration::from_millis(100 + attempt * 50));
        }
        let log = self.log();
        let tail = std::fs::read_to_string(&log).unwrap_or(output);
        let mut lines: Vec<&str> = tail.lines().rev().take(5).collect();
        lines.reverse();
        Err(ClusterError::NotStarting { data: self.data.clone(), tail: lines.join(" | "), log })
    }

    pub(super) fn stop(&self) -> Result<(), ClusterError> {
        let mut stop = self.command("pg_ctl");
        stop.arg("stop").arg("--pgdata").arg(&self.data).args(["--mode", "fast", "--wait", "--silent"]);
        run("stopping the private database", &mut stop)
    }

    fn start(&self) -> Result<(), ClusterError> {
        let mut start = self.command("pg_ctl");
        // No TCP port; little memory; a lost power cord costs nothing that was committed.
        let settings = format!(
            "-c listen_addresses='' -c unix_socket_directories='{}' -c unix_socket_permissions=0700 \
             -c max_connections=200 -c shared_buffers=128MB -c work_mem=16MB -c maintenance_work_mem=128MB \
             -c max_wal_size=1GB -c checkpoint_timeout=15min -c jit=off -c log_timezone=UTC -c timezone=UTC",
            self.socket_dir.display()
        );
        start
            .arg("start")
            .arg("--pgdata")
            .arg(&self.data)
            .arg("--log")
            .arg(self.log())
            .args(["--wait", "--timeout", "60", "--silent", "--options"])
            .arg(settings);
        run("starting the private database", &mut start)
    }

    fn answers(&self) -> bool {
        UnixStream::connect(self.socket_dir.join(SOCKET)).is_ok() && self.recorded_server_runs()
    }

    fn log(&self) -> PathBuf {
        self.data.join("server.log")
    }

    /// Whether the pid file names a process that is a PostgreSQL server: after a restart of the machine
    /// the number may belong to anything.
    fn recorded_server_runs(&self) -> bool {
        let Ok(text) = std::fs::read_to_string(self.data.join("postmaster.pid")) else { return false };
        let Some(pid) = text.lines().next().and_then(|line| line.trim().parse::<u32>().ok()) else {
            return false;
        };
        let command = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        let mut arguments = command.split(|byte| *byte == 0);
        arguments.next().is_some_and(|program| program.ends_with(b"postgres"))
            && arguments.any(|argument| argument == self.data.as_os_str().as_encoded_bytes())
    }

    fn remove_stale_pid_file(&self) -> Result<(), ClusterError> {
        let path = self.data.join("postmaster.pid");
        if path.exists() && !self.recorded_server_runs() {
            std::fs::remove_file(&path).map_err(|source| file_error(&path, source))?;
        }
        Ok(())
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.bin.join(program));
        command.env_clear().env("PATH", "/usr/bin:/bin").env("LC_ALL", "C.UTF-8").current_dir("/");
        // Its own group: Ctrl-C is for this program, which then stops the server in order.
        command.process_group(0);
        if let Some(user) = self.service {
            command.uid(user.uid).gid(user.gid);
        }
        command
    }

    /// A folder of mode 700 that belongs to whoever runs the server.
    fn own_folder(&self, path: &Path) -> Result<(), ClusterError> {
        if !path.exists() {
            std::fs::DirBuilder::new()
                .recursive(true)
                .mode(0o700)
                .create(path)
                .map_err(|source| file_error(path, source))?;
        }
        let meta = std::fs::metadata(path).map_err(|source| file_error(path, source))?;
        if self.service.is_none() && meta.permissions().mode() & 0o077 != 0 {
            std::fs::set_permissions(path, PermissionsExt::from_mode(0o700))
                .map_err(|source| file_error(path, source))?;
        }
        self.give(path)
    }

    fn give(&self, path: &Path) -> Result<(), ClusterError> {
        match self.service {
            Some(user) => {
                chown(path, Some(user.uid), Some(user.gid)).map_err(|source| file_error(path, source))
            }
            None => Ok(()),
        }
    }
}

fn run(what: &'static str, command: &mut Command) -> Result<(), ClusterError> {
    let failed = |output: String| ClusterError::Command { what, output };
    // The server inherits pg_ctl's output: pipes would keep us waiting for as long as it runs, so the
    // output goes to a file.
    let spool = leftovers::temporary("output", &format!("{:?}", std::thread::current().id()));
    let file = std::fs::File::create(&spool).map_err(|source| file_error(&spool, source))?;
    let errors = file.try_clone().map_err(|source| file_error(&spool, source))?;
    let status = command
        .stdin(Stdio::null())
        .stdout(file)
        .stderr(errors)
        .status()
        .map_err(|error| failed(error.to_string()));
    let output = std::fs::read_to_string(&spool).unwrap_or_default();
    let _ = std::fs::remove_file(&spool);
    if status?.success() { Ok(()) } else { Err(failed(output.trim().replace('\n', " | "))) }
}

/// The newest PostgreSQL on this machine, where Debian puts it or where `PATH` says.
pub(in crate::store) fn find_binaries() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut found: Vec<(u32, PathBuf)> = versions
        .filter_map(|entry| {
            let version = entry.file_name().to_str()?.parse().ok()?;
            Some((version, entry.path().join("bin")))
        })
        .filter(|(_, bin)| bin.join("initdb").exists())
        .collect();
    found.sort();
    found.pop().map(|(_, bin)| bin).or_else(|| {
        let path = std::env::var_os("PATH")?;
        std::env::split_paths(&path)
            .find(|folder| ["initdb", "pg_ctl", "postgres"].iter().all(|name| folder.join(name).exists()))
    })
}

fn service_user() -> Option<ServiceUser> {
    let passwd = std::fs::read_to_string("/etc/passwd").ok()?;
    let fields: Vec<&str> =
        passwd.lines().map(|line| line.split(':').collect::<Vec<_>>()).find(|f| f[0] == "postgres")?;
    Some(ServiceUser { uid: fields.get(2)?.parse().ok()?, gid: fields.get(3)?.parse().ok()? })
}

/// Whether every folder down to `path` lets any user pass.
fn reachable_by_others(path: &Path) -> bool {
    path.ancestors().all(|folder| {
        std::fs::metadata(folder).map(|meta| meta.permissions().mode() & 0o001 != 0).unwrap_or(false)
    })
}
