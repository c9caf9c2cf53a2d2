//! The private cluster, by processes that share it, are stopped, and are killed.

use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use khot::store::{Cluster, Store};
use serde_json::{Value, json};

use crate::harness::{file, folder, put_tiny};
use crate::process::{Home, Process, Ran, Serving, elsewhere, khot_at, ran, until};
use crate::samples;

/// How soon the service has to end when it is asked to.
const SOON: Duration = Duration::from_secs(10);

pub fn psql(home: &Path, sql: &str) -> Ran {
    ran(khot_at(home).args([
        "postgres",
        "--database",
        "postgres",
        "--",
        "psql",
        "-qAtX",
        "-v",
        "ON_ERROR_STOP=1",
        "-c",
        sql,
    ]))
    .fine()
}

/// A table of the test's own is as good as any data that was committed.
fn put(home: &Path) {
    psql(home, "CREATE TABLE public.kept AS SELECT generate_series(1, 1000) AS number");
}

fn is_kept(home: &Path) {
    assert_eq!(psql(home, "SELECT sum(number) FROM public.kept").stdout.trim(), "500500");
}

/// The demo's administrator, as the file says.
fn logins(home: &Path) -> (String, String) {
    let path = home.join("demo-logins.json");
    let mode = std::fs::metadata(&path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode, 0o600, "{mode:o}");
    let logins: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    let name = khot::api::ADMINISTRATOR;
    (name.to_owned(), logins[name].as_str().unwrap().to_owned())
}

/// The first administrator, made on the command line.
fn administrator(home: &Path) -> (String, String) {
    let name = "chief";
    let add = ["user", "add", name, "--name", "x", "--area", "15", "--role", "administrator", "--json"];
    let made: Value = serde_json::from_str(&ran(khot_at(home).args(add)).fine().stdout).unwrap();
    (name.to_owned(), made["password"].as_str().unwrap().to_owned())
}

async fn sign_in(address: &str, (username, password): &(String, String)) -> u16 {
    let credentials = json!({"username": username, "password": password});
    let client = reqwest::Client::new();
    client
        .post(format!("http://{address}/api/v1/session"))
        .json(&credentials)
        .send()
        .await
        .unwrap()
        .status()
        .as_u16()
}

#[tokio::test]
async fn the_service_starts_ends_and_starts_again_with_its_data() {
    let home = Home::new();
    let login = administrator(&home.path);
    let mut first = Serving::start(&mut khot_at(&home.path));
    assert_eq!(sign_in(&first.address, &login).await, 200);
    put(&home.path);
    assert!(home.postmaster().is_some());
    // A client that holds its connection doesn't hold the service.
    let _held = std::net::TcpStream::connect(&first.address).unwrap();
    first.process.terminate();
    assert_eq!(first.process.end(SOON).await.code(), Some(0));
    assert_eq!(home.postmaster(), None, "PostgreSQL still runs");

    let mut second = Serving::start(&mut khot_at(&home.path));
    assert_eq!(sign_in(&second.address, &login).await, 200);
    is_kept(&home.path);
    second.process.terminate();
    assert_eq!(second.process.end(SOON).await.code(), Some(0));
    assert_eq!(home.postmaster(), None);
}

#[tokio::test]
async fn asked_to_end_while_it_starts_it_leaves_nothing_running() {
    let home = Home::new();
    let mut process =
        Process::start(khot_at(&home.path).args(["serve", "--demo", "--listen", "127.0.0.1:0"]));
    // The demo is being made: the service isn't ready yet.
    process.line("Making the demo");
    process.terminate();
    process.end(SOON).await;
    until("PostgreSQL to stop", async || home.postmaster().is_none()).await;

    let mut worker = Process::start(khot_at(&home.path).arg("work"));
    worker.line("taking queued jobs");
    worker.terminate();
    assert_eq!(worker.end(SOON).await.code(), Some(0));
    assert_eq!(home.postmaster(), None);
}

#[tokio::test]
async fn a_taken_port_is_said_before_anything_is_started() {
    let home = Home::new();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let told = ran(khot_at(&home.path).args(["serve", "--listen", &address])).failed();
    assert!(told.sentence().contains(&address) && told.sentence().contains("--listen"), "{told:?}");
    assert_eq!(home.postmaster(), None);
    assert!(!home.path.exists(), "a home was made for nothing");
}

#[tokio::test]
async fn the_last_one_out_stops_the_server() {
    let home = Home::new();
    // Both at once, on a home that isn't there yet: one makes the cluster, the other waits for it.
    let mut both: Vec<Process> = (0..2).map(|_| Process::start(khot_at(&home.path).arg("work"))).collect();
    both.iter().for_each(|process| drop(process.line("taking queued jobs")));
    let postmaster = home.postmaster().unwrap();
    both[0].terminate();
    assert_eq!(both[0].end(SOON).await.code(), Some(0));
    assert_eq!(home.postmaster(), Some(postmaster), "stopped under the other one's feet");
    put(&home.path);
    both[1].terminate();
    assert_eq!(both[1].end(SOON).await.code(), Some(0));
    assert_eq!(home.postmaster(), None);
    is_kept(&home.path);
    assert_eq!(home.postmaster(), None);

    // One that was killed no longer counts.
    let mut killed = Process::start(khot_at(&home.path).arg("work"));
    killed.line("taking queued jobs");
    killed.kill();
    assert!(home.postmaster().is_some());
    is_kept(&home.path);
    assert_eq!(home.postmaster(), None, "the killed process still counts as a user");
}

#[tokio::test]
async fn two_services_that_start_together_draw_one_login() {
    let home = Home::new();
    let cluster = Cluster::join(&home.path, || "only-for-tests".to_owned()).unwrap();
    let store = Store::open_cluster(&cluster).await.unwrap();
    // With data there, the demo itself isn't made: only its logins.
    put_tiny(&store).await;
    store.close().await;
    let starting: Vec<_> = (0..2)
        .map(|_| {
            let mut command = khot_at(&home.path);
            std::thread::spawn(move || {
                let process = Process::start(command.args(["serve", "--demo", "--listen", "127.0.0.1:0"]));
                let line = process.line("http://");
                (process, line.split_once("http://").unwrap().1.trim().to_owned())
            })
        })
        .collect();
    let serving: Vec<_> = starting.into_iter().map(|thread| thread.join().unwrap()).collect();
    for (_, address) in &serving {
        assert_eq!(sign_in(address, &logins(&home.path)).await, 200, "the kept login doesn't work");
    }
    cluster.leave().unwrap();
}

#[tokio::test]
async fn after_kill_9_of_everything_the_next_start_has_the_data() {
    let home = Home::new();
    let login = administrator(&home.path);
    let mut serving = Serving::start(&mut khot_at(&home.path));
    put(&home.path);
    serving.process.kill();
    home.kill_server();
    assert_eq!(home.postmaster(), None);
    let pid_file = home.path.join("postgres/postmaster.pid");
    assert!(pid_file.exists(), "killed in order?");
    let serving = Serving::start(&mut khot_at(&home.path));
    assert_eq!(sign_in(&serving.address, &login).await, 200);
    is_kept(&home.path);
    drop(serving);
    home.kill_server();

    // After a restart of the machine the number in the pid file may belong to anyone: to this test, say.
    let text = std::fs::read_to_string(&pid_file).unwrap();
    let (_, rest) = text.split_once('\n').unwrap();
    std::fs::write(&pid_file, format!("{}\n{rest}", std::process::id())).unwrap();
    is_kept(&home.path);
    std::fs::write(&pid_file, "").unwrap();
    is_kept(&home.path);
    assert_eq!(home.postmaster(), None);
}

fn initdb_is_at_work(home: &Path) -> bool {
    let entries = std::fs::read_dir(home).into_iter().flatten().flatten().map(|entry| entry.path());
    entries
        .into_iter()
        .any(|path| path.to_string_lossy().contains("postgres.new") && path.join("base").exists())
}

#[tokio::test]
async fn killed_while_it_makes_the_cluster_it_makes_it_the_next_time() {
    let home = Home::new();
    let mut process = Process::start(khot_at(&home.path).arg("work"));
    until("initdb to begin", async || initdb_is_at_work(&home.path)).await;
    process.kill();
    put(&home.path);
    is_kept(&home.path);
}

/// Runs a cluster in a home of that name, and gives the home.
fn works_below(name: &str) -> Home {
    let home = Home::below(name);
    std::fs::create_dir_all(home.path.parent().unwrap()).unwrap();
    works_at(&home.path);
    assert_eq!(home.postmaster(), None, "PostgreSQL still runs in {}", home.path.display());
    home
}

fn works_at(home: &Path) {
    put(home);
    is_kept(home);
    // The environment that other programs get is good enough for this one as well.
    let program = env!("CARGO_BIN_EXE_khot");
    let told = ran(khot_at(home).args([
        "postgres",
        "--database",
        "postgres",
        "--",
        program,
        "verify",
        "--area",
        "15",
    ]))
    .failed();
    assert!(told.stderr.contains("there is no area 15"), "{told:?}");
}

#[test]
fn a_home_may_have_a_long_path() {
    works_below(&format!("{}/{}", "long".repeat(20), "longer".repeat(10)));
}

#[test]
fn a_home_may_have_blanks_and_chinese_in_its_path() {
    works_below("我的 浩特 网格 (2026)");
}

#[test]
fn a_home_may_have_quotes_and_commas_in_its_path() {
    works_below("it's mine, and yours");
}

#[test]
fn a_home_that_the_tools_can_not_take_is_refused_before_anything_is_made() {
    for name in ["a\"b", "$HOME", "a`id`b", "a\\b", "a\nb"] {
        let home = Home::below(name);
        for command in [&["work"][..], &["postgres", "--", "true"], &["backup", "/tmp/never"]] {
            let told = ran(khot_at(&home.path).args(command)).failed();
            assert!(told.sentence().contains("--home"), "{name}: {told:?}");
        }
        assert!(!home.path.exists(), "{name}");
    }
}

#[test]
fn a_home_may_be_named_in_two_ways() {
    let home = Home::new();
    std::fs::create_dir_all(&home.path).unwrap();
    let link = home.path.with_file_name("link");
    std::os::unix::fs::symlink(&home.path, &link).unwrap();
    put(&home.path);
    is_kept(&link);
    let mut worker = Process::start(khot_at(&home.path).arg("work"));
    worker.line("taking queued jobs");
    let postmaster = home.postmaster();
    is_kept(&link);
    assert_eq!(home.postmaster(), postmaster, "the other name stopped the server");
    assert!(home.path.join("postgres/postmaster.pid").exists());
    worker.kill();
    is_kept(&home.path.join("../link"));
    assert_eq!(home.postmaster(), None);
}

/// Whether this is root; says so where it isn't, since nothing of the kind can be tried then.
fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output().unwrap().stdout;
    let root = id == b"0\n";
    if !root {
        eprintln!(
            "not root: a home that the service's user can't reach, and other users, can't be tried here"
        );
    }
    root
}

#[test]
fn root_may_keep_its_home_where_nobody_else_can_go() {
    if !is_root() {
        return;
    }
    let closed = Home::below("closed/home");
    std::fs::create_dir_all(&closed.path).unwrap();
    std::fs::set_permissions(closed.path.parent().unwrap(), PermissionsExt::from_mode(0o700)).unwrap();
    works_at(&closed.path);
    assert!(elsewhere(&closed.path).join("postgres/PG_VERSION").exists());
    assert_eq!(closed.postmaster(), None);
}

#[test]
fn root_may_have_a_strict_umask() {
    if !is_root() {
        return;
    }
    let home = Home::new();
    let script = format!(
        "umask 077; exec {} postgres --database postgres -- psql -qAtX -c 'SELECT 7'",
        env!("CARGO_BIN_EXE_khot")
    );
    let told =
        ran(Command::new("sh").arg("-c").arg(script).env_remove("DATABASE_URL").env("KHOT_HOME", &home.path))
            .fine();
    assert_eq!(told.stdout.trim(), "7");
}

#[tokio::test]
async fn an_ordinary_user_needs_nothing_of_the_system() {
    if !is_root() {
        return;
    }
    let folder = folder();
    // Where that user can read it, whatever folder the program was built in.
    let program = folder.path().join("khot");
    std::fs::copy(env!("CARGO_BIN_EXE_khot"), &program).unwrap();
    std::fs::set_permissions(&program, PermissionsExt::from_mode(0o755)).unwrap();
    let entry = |name: &str| {
        let passwd = std::fs::read_to_string("/etc/passwd").unwrap();
        let line = passwd.lines().find(|line| line.starts_with(&format!("{name}:"))).map(str::to_owned)?;
        let mut ids = line.split(':').skip(2).map(|id| id.parse::<u32>().unwrap_or_default());
        Some((ids.next()?, ids.next()?))
    };
    let (uid, gid) = entry("daemon").or_else(|| entry("nobody")).expect("a user that isn't root");
    let own: PathBuf = folder.path().join("own");
    std::fs::create_dir(&own).unwrap();
    chown(&own, Some(uid), Some(gid)).unwrap();
    let home = own.join("home");
    let command = |arguments: &[&str]| {
        let mut command = Command::new("setpriv");
        command.args([format!("--reuid={uid}"), format!("--regid={gid}"), "--clear-groups".to_owned()]);
        command
            .arg(&program)
            .args(arguments)
            .env_remove("DATABASE_URL")
            .env("KHOT_HOME", &home)
            .current_dir("/");
        command
    };
    let areas = file(folder.path(), "areas.geojson", &samples::geojson());
    std::fs::set_permissions(&areas, PermissionsExt::from_mode(0o644)).unwrap();
    // The region and the league above are missing: told as it is.
    let told = ran(&mut command(&["import", "areas", areas.to_str().unwrap()])).refused();
    assert!(told.stdout.contains("no_parent") || told.stdout.contains("1508"), "{told:?}");
    let told = ran(&mut command(&["postgres", "--", "psql", "-qAtX", "-c", "SELECT 7"])).fine();
    assert_eq!(told.stdout.trim(), "7");
    let pid_file = home.join("postgres/postmaster.pid");
    let mut worker = Process::start(&mut command(&["work"]));
    worker.line("taking queued jobs");
    let pid = std::fs::read_to_string(&pid_file).unwrap().lines().next().unwrap().parse::<u32>().unwrap();
    let owner = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    assert!(owner.contains(&format!("\nUid:\t{uid}\t")), "{owner}");
    worker.terminate();
    assert!(worker.end(SOON).await.success());
    assert!(!pid_file.exists(), "PostgreSQL still runs");
}
