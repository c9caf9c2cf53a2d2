//! Many sessions at once on a pool of four connections: each sees its own scope, whatever was cancelled or broke off
//! before it on the same connection.

use std::time::Duration;

use super::*;

const IN_ALL: usize = 10_000;
const AT_ONCE: usize = 64;
const CONNECTIONS: u32 = 4;

/// What somebody does.
enum Deed {
    /// Asks, and compares the answer with the model's.
    Ask(Way),
    /// Goes away after so many microseconds.
    LeaveAfter(Way, u64),
    /// Sends what the database can't take, in a transaction.
    Break,
    /// Comes with a token that nobody has.
    Unknown,
}

async fn do_it(place: &Place, who: &Who, token: &str, deed: &Deed) -> Option<String> {
    match deed {
        Deed::Ask(way) => {
            let got = place.ask(Some(token), way).await;
            let why = wrong(&got, &way.expected(&place.world, who), true);
            why.map(|why| format!("{:?} of {who:?}: {why}", way.request()))
        }
        Deed::LeaveAfter(way, microseconds) => {
            let (_, address, _) = way.request();
            let asking = place.send(Some(token), way, &address);
            let _ = tokio::time::timeout(Duration::from_micros(*microseconds), asking).await;
            None
        }
        Deed::Break => {
            let way = Way::Search { text: "\0".to_owned() };
            let got = place.ask(Some(token), &way).await;
            (got != Answer::Refused(400)).then(|| format!("a broken request: {got:?}"))
        }
        Deed::Unknown => {
            let got = place.ask(Some("nobodys"), &Way::Session).await;
            (got != Answer::Refused(401)).then(|| format!("an unknown token: {got:?}"))
        }
    }
}

/// Two accounts in each banner and one in each of its townships.
async fn people(place: &mut Place) -> Vec<(Who, String)> {
    let mut people = Vec::new();
    let mut owner = as_owner(&place.database).await;
    for (banner, _) in world::BANNERS {
        let posts = [
            (Role::Planner, banner.to_owned()),
            (Role::PeopleOfficer, banner.to_owned()),
            (Role::Administrator, format!("{banner}100")),
            (Role::Worker, format!("{banner}101200")),
        ];
        for (role, area) in posts {
            let grants = vec![Grant { role, area: code(&area), from: day("2026-01-01"), until: None }];
            let username = format!("{}-{area}", role.as_str().replace('_', "-"));
            let token = put_account(&place.store, &mut owner, &username, &area, &grants).await;
            people.push((Who { username: Some(username), grants }, token));
        }
    }
    place.world.settle(&place.database, &[]).await;
    people
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn ten_thousand_requests_on_four_connections_never_see_each_others_scope() {
    let database = database().await;
    let store = Store::open_with(database.clone(), CONNECTIONS).await.unwrap();
    let mut place = Place::on(store, database, true).await;
    let people = people(&mut place).await;
    let mut draw = Pcg64Mcg::seed_from_u64(SEED);
    let deeds: Vec<(usize, Deed)> = (0..IN_ALL)
        .map(|_| {
            let index = draw.random_range(0..people.len());
            let way = some_way(&place.world, &people[index].0, &mut draw);
            let deed = match draw.random_range(0..10) {
                0 => Deed::Break,
                1 => Deed::Unknown,
                2 | 3 => Deed::LeaveAfter(way, draw.random_range(0..6000)),
                _ => Deed::Ask(way),
            };
            (index, deed)
        })
        .collect();
    let before = fingerprint(&place.database).await;
    let (place, people, deeds) = (Arc::new(place), Arc::new(people), Arc::new(deeds));
    let next = Arc::new(AtomicUsize::new(0));
    let runners: Vec<_> = (0..AT_ONCE)
        .map(|_| {
            let (place, people, deeds, next) = (place.clone(), people.clone(), deeds.clone(), next.clone());
            tokio::spawn(async move {
                let mut failures = Vec::new();
                while let Some((index, deed)) = deeds.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let (who, token) = &people[*index];
                    failures.extend(do_it(&place, who, token, deed).await);
                }
                failures
            })
        })
        .collect();
    let mut failures = Vec::new();
    for runner in runners {
        failures.extend(runner.await.unwrap());
    }
    assert!(failures.is_empty(), "{} of {IN_ALL}, the first: {}", failures.len(), failures[0]);
    assert!(place.store.connections().1 <= CONNECTIONS, "{:?}", place.store.connections());
    assert_eq!(fingerprint(&place.database).await, before);
    // What was left behind by those who went away has been rolled back.
    let mut owner = as_owner(&place.database).await;
    let open: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in transaction%'
           AND state_change < now() - interval '2 seconds'",
    )
    .fetch_one(&mut owner)
    .await
    .unwrap();
    assert_eq!(open, 0);
}
