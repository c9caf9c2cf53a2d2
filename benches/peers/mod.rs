//! Peers in Python: each runs in a process of its own, on the same instance, in the same run.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// Below `target`: instances and answers.
pub fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/bench-home").join(name);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// Runs `benches/peers/SCRIPT` on a folder, in an environment that has `packages`, and gives what it printed.
/// None where there is no Python or the packages can't be had: the bench then says so and goes without.
pub fn run(script: &str, packages: &[&str], folder: &Path) -> Option<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let home = root.join("target/peers");
    let python = home.join("bin/python");
    let ok = |command: &mut Command| command.status().is_ok_and(|status| status.success());
    if !python.exists() && !ok(Command::new("python3").args(["-m", "venv"]).arg(&home)) {
        return None;
    }
    let import = format!("import {}", packages.join(","));
    if !ok(Command::new(&python).args(["-c", &import]).stderr(std::process::Stdio::null())) {
        let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
        if !ok(Command::new(&python).args(pip).args(packages)) {
            return None;
        }
    }
    // One thread, as the engine.
    let answer = Command::new(&python)
        .arg(root.join("benches/peers").join(script))
        .arg(folder)
        .env("OMP_NUM_THREADS", "1")
        .output()
        .unwrap();
    assert!(answer.status.success(), "{script}: {}", String::from_utf8_lossy(&answer.stderr));
    Some(String::from_utf8(answer.stdout).unwrap())
}

/// The processor's time, not the clock's: what else runs on the machine doesn't count. The engines timed so
/// use one thread, as do the peers.
pub fn timed<T>(work: impl FnOnce() -> T) -> (Duration, T) {
    let begun = used();
    let made = work();
    (used() - begun, made)
}

fn used() -> Duration {
    let told = std::fs::read_to_string("/proc/self/schedstat").unwrap();
    Duration::from_nanos(told.split(' ').next().unwrap().parse().unwrap())
}

/// In milliseconds.
pub fn median(times: &mut [f64]) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

pub fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
