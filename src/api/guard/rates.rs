//! How much one caller may ask for in a minute.

use std::hash::Hash;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;

use axum::extract::MatchedPath;
use axum::http::request::Parts;
use axum::http::{Method, StatusCode};
use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use super::ClientAddress;
use crate::api::problem::Problem;
use crate::config::Limits;

/// What costs the service something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Queues a job.
    Work,
    /// Goes through many rows.
    Query,
    Tile,
}

impl Kind {
    /// Of a route; none for what is cheap.
    fn of(method: &Method, route: &str) -> Option<Self> {
        let rest = route.strip_prefix("/api/v1/")?;
        let reads = matches!(*method, Method::GET | Method::HEAD);
        match (reads, rest) {
            (true, _) if rest.starts_with("tiles/") => Some(Kind::Tile),
            (true, "search" | "comparison") => Some(Kind::Query),
            (true, _) if rest.contains("/export") || rest.ends_with("comparison") => Some(Kind::Query),
            // Signing in is counted by itself; stopping a job must always be possible.
            (false, _) if rest.starts_with("session") || rest.starts_with("jobs/") => None,
            (false, _) if *method == Method::POST => Some(Kind::Work),
            _ => None,
        }
    }
}

fn kind(parts: &Parts) -> Option<Kind> {
    let route = parts.extensions.get::<MatchedPath>().map_or("", MatchedPath::as_str);
    Kind::of(&parts.method, route)
}

/// The counts; in memory, of this process.
#[derive(Clone)]
pub struct Rates(Arc<Held>);

struct Held {
    sign_in_address: Keyed<IpAddr>,
    sign_in_name: Keyed<String>,
    work: Keyed<String>,
    queries: Keyed<String>,
    tiles: Keyed<String>,
    visits: Keyed<IpAddr>,
    visited_tiles: Keyed<IpAddr>,
}

impl Rates {
    pub fn new(limits: &Limits) -> Self {
        Self(Arc::new(Held {
            sign_in_address: Keyed::new(limits.sign_in_address),
            sign_in_name: Keyed::new(limits.sign_in_name),
            work: Keyed::new(limits.work),
            queries: Keyed::new(limits.queries),
            tiles: Keyed::new(limits.tiles),
            visits: Keyed::new(limits.visits),
            visited_tiles: Keyed::new(limits.tiles),
        }))
    }

    /// Counts an attempt to sign in, whether it will succeed or not.
    ///
    /// # Errors
    /// When there were too many from this address, or with this name.
    pub fn sign_in(&self, address: ClientAddress, username: &str) -> Result<(), Problem> {
        self.0.sign_in_address.count(address.0)?;
        self.0.sign_in_name.count(username.to_lowercase())
    }

    /// Counts a sign-in by the provider, of which no name is known yet.
    ///
    /// # Errors
    /// When there were too many from this address.
    pub fn knock(&self, address: ClientAddress) -> Result<(), Problem> {
        self.0.sign_in_address.count(address.0)
    }

    /// Counts a request of an account, where its kind costs something.
    ///
    /// # Errors
    /// When there were too many.
    pub fn request(&self, parts: &Parts, username: &str) -> Result<(), Problem> {
        let counted = match kind(parts) {
            None => return Ok(()),
            Some(Kind::Work) => &self.0.work,
            Some(Kind::Query) => &self.0.queries,
            Some(Kind::Tile) => &self.0.tiles,
        };
        counted.count(username.to_owned())
    }

    /// Counts a request of somebody who hasn't signed in, of whatever kind it is.
    ///
    /// # Errors
    /// When there were too many from this address.
    pub fn visit(&self, parts: &Parts, address: ClientAddress) -> Result<(), Problem> {
        match kind(parts) {
            Some(Kind::Tile) => self.0.visited_tiles.count(address.0),
            _ => self.0.visits.count(address.0),
        }
    }
}

/// So many callers are remembered before those that have been quiet are forgotten.
const REMEMBERED: usize = 10_000;

struct Keyed<K: Hash + Eq + Clone>(DefaultKeyedRateLimiter<K>);

impl<K: Hash + Eq + Clone> Keyed<K> {
    fn new(a_minute: NonZeroU32) -> Self {
        Self(RateLimiter::keyed(Quota::per_minute(a_minute)))
    }

    fn count(&self, key: K) -> Result<(), Problem> {
        if self.0.len() > REMEMBERED {
            self.0.retain_recent();
        }
        self.0.check_key(&key).map_err(|early| {
            metrics::counter!("khot_http_limited_total").increment(1);
            let wait = early.wait_time_from(DefaultClock::default().now());
            // Whole seconds, rounded up: earlier would be too early.
            too_many(wait.as_secs() + u64::from(wait.subsec_nanos() > 0))
        })
    }
}

fn too_many(seconds: u64) -> Problem {
    Problem::new(
        StatusCode::TOO_MANY_REQUESTS,
        "too_many_requests",
        format!("请求过于频繁：请在 {seconds} 秒后再试"),
        format!("too many requests: try again in {seconds} s"),
    )
    .retry_after(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_costs_something_is_counted() {
        let of = |method: Method, route: &str| Kind::of(&method, route);
        assert_eq!(of(Method::GET, "/api/v1/tiles/areas/{z}/{x}/{y}"), Some(Kind::Tile));
        assert_eq!(of(Method::GET, "/api/v1/search"), Some(Kind::Query));
        assert_eq!(of(Method::GET, "/api/v1/comparison"), Some(Kind::Query));
        assert_eq!(of(Method::POST, "/api/v1/areas/{code}/plans"), Some(Kind::Work));
        assert_eq!(of(Method::POST, "/api/v1/areas/{code}/imports/{what}"), Some(Kind::Work));
        assert_eq!(of(Method::POST, "/api/v1/plans/{id}/publication"), Some(Kind::Work));
        assert_eq!(of(Method::POST, "/api/v1/session"), None);
        assert_eq!(of(Method::POST, "/api/v1/jobs/{id}/cancellation"), None);
        assert_eq!(of(Method::GET, "/api/v1/meta"), None);
        assert_eq!(of(Method::GET, "/healthz"), None);
    }
}
