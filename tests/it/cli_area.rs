//! `khot divide --area` and `khot verify --area` as processes, and databases that can't be used.

use khot::access::Scope;
use khot::store::{Store, imports};
use serde_json::Value;
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Connection, Executor};

use crate::harness::{code, database, put_tiny, tiny_areas, tiny_units, url};
use crate::process::{Ran, digest, khot_on, number, ran};

async fn tiny() -> PgConnectOptions {
    let database = database().await;
    let store = Store::open(database.clone()).await.unwrap();
    put_tiny(&store).await;
    store.close().await;
    database
}

fn run(database: &PgConnectOptions, line: &str) -> Ran {
    ran(khot_on(&url(database)).args(line.split(' ')))
}

/// Changes what the database itself would refuse, as nobody but its superuser can.
async fn tamper(database: &PgConnectOptions, sql: &'static str) {
    let mut owner = database.connect().await.unwrap();
    owner.execute("SET session_replication_role = replica").await.unwrap();
    assert!(owner.execute(sql).await.unwrap().rows_affected() > 0, "{sql}");
    owner.close().await.unwrap();
}

#[tokio::test]
async fn an_area_is_divided_published_and_checked() {
    let database = tiny().await;
    let told = run(&database, "verify --area 150821").failed();
    assert!(told.sentence().contains("no plan is in force"), "{told:?}");
    let told = run(&database, "divide --area 150821 --seed 4 --publish 2020-01-01").fine();
    assert!(told.stdout.contains("150821 五原县") && told.stdout.contains("synthetic"), "{told:?}");
    for area in ["15", "1508", "150821", "150821100", "150821101201"] {
        let told = run(&database, &format!("verify --area {area}")).fine();
        assert!(told.stdout.ends_with(": 0 breaches\n"), "{told:?}");
    }
    let told = run(&database, "links --area 15").fine();
    assert!(told.stdout.contains(" links of 1 banners made again in "), "{told:?}");
    assert_eq!(run(&database, "links --area 150821100").fine().stdout.matches("; 0 of them").count(), 1);
    // The same day again is refused, in one sentence; the plan in force stays.
    let before = digest(&database).await;
    let told = run(&database, "divide --area 150821 --publish 2020-01-01").refused();
    assert!(told.sentence().contains("2020-01-01"), "{told:?}");
    assert_eq!(digest(&database).await, before);
    for (line, said) in [
        ("divide --area 150999", "150999"),
        ("verify --area 150999", "150999"),
        ("links --area 150999", "150999"),
        ("divide --area 150821 --policy none.toml", "none.toml"),
    ] {
        assert!(run(&database, line).refused().sentence().contains(said));
    }

    // Each thing that can be wrong with what is stored is found.
    for (breach, mend, said) in [
        (
            "UPDATE khot.grid SET households = households + 1 WHERE village = '150821100200'",
            "UPDATE khot.grid SET households = households - 1 WHERE village = '150821100200'",
            "households",
        ),
        (
            "UPDATE khot.unit SET people = people + 5, people_told = people_told + 5 WHERE village = '150821100201' AND code = (SELECT min(code) FROM khot.unit WHERE village = '150821100201')",
            "UPDATE khot.unit SET people = people - 5, people_told = people_told - 5 WHERE village = '150821100201' AND code = (SELECT min(code) FROM khot.unit WHERE village = '150821100201')",
            "people",
        ),
        (
            "UPDATE khot.grid SET units = units || 'nothing'::text WHERE village = '150821101200'",
            "UPDATE khot.grid SET units = array_remove(units, 'nothing') WHERE village = '150821101200'",
            "nothing",
        ),
        (
            "UPDATE khot.grid SET outline = ST_Translate(outline, 0.01, 0) WHERE village = '150821101201'",
            "UPDATE khot.grid SET outline = ST_Translate(outline, -0.01, 0) WHERE village = '150821101201'",
            "150821101201",
        ),
        (
            "UPDATE khot.area SET households = households + 1 WHERE code = '150821'",
            "UPDATE khot.area SET households = households - 1 WHERE code = '150821'",
            "150821",
        ),
    ] {
        tamper(&database, breach).await;
        let told = run(&database, "verify --area 150821");
        assert_eq!(told.code, Some(1), "{breach}: {told:?}");
        let lines: Vec<&str> = told.stdout.lines().collect();
        assert!(
            lines.len() >= 2 && lines[..lines.len() - 1].iter().any(|line| line.contains(said)),
            "{breach}: {told:?}"
        );
        assert!(lines[lines.len() - 1].ends_with(&format!(": {} breaches", lines.len() - 1)), "{told:?}");
        let json = run(&database, "verify --area 150821 --json").failed();
        let answer: Value = serde_json::from_str(&json.stdout).unwrap();
        assert_eq!(answer["breaches"].as_array().unwrap().len(), lines.len() - 1);
        tamper(&database, mend).await;
    }
}

#[tokio::test]
async fn unit_codes_may_have_any_characters() {
    let database = tiny().await;
    let store = Store::open(database.clone()).await.unwrap();
    let odd = ["院　一", "ᠬᠣᠲᠠ\u{180B}", "a\\b\"c", "{1,2}", "NULL", "e\u{301}", "it's \u{200B}", "\\N"];
    let mut units = tiny_units();
    let mut number_of = 0;
    for (at, unit) in units.iter_mut().filter(|unit| unit.village == code("150821100200")).enumerate() {
        if let Some(name) = odd.get(at) {
            unit.code = (*name).to_owned();
            number_of += 1;
        }
    }
    assert_eq!(number_of, odd.len());
    let mut tx = store.begin(&Scope::operator()).await.unwrap();
    imports::put_areas(&mut tx, &tiny_areas()).await.unwrap();
    imports::put_units(&mut tx, &units).await.unwrap();
    tx.commit().await.unwrap();
    store.close().await;
    run(&database, "divide --area 150821 --publish 2020-01-01").fine();
    run(&database, "verify --area 150821").fine();
    let strangers = "SELECT count(*) FROM khot.grid g, unnest(g.units) AS listed (name)
                     WHERE NOT EXISTS (SELECT FROM khot.unit u WHERE u.village = g.village AND u.code = listed.name)";
    assert_eq!(number(&database, strangers).await, 0);
}

#[tokio::test]
async fn a_newer_schema_is_left_alone() {
    let database = tiny().await;
    let mut owner = database.connect().await.unwrap();
    owner
        .execute(
            "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
             VALUES (9001, 'of a newer program', true, '\\x00', 0)",
        )
        .await
        .unwrap();
    owner.close().await.unwrap();
    let before = digest(&database).await;
    for line in ["verify --area 150821", "divide --area 150821", "work", "serve --listen 127.0.0.1:0"] {
        let told = run(&database, line).failed();
        assert!(
            told.sentence().contains("9001") && told.sentence().contains("newer than this program"),
            "{told:?}"
        );
    }
    assert_eq!(digest(&database).await, before);
}

#[test]
fn a_database_that_cannot_be_reached_is_said_without_its_password() {
    let closed = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().port()
    };
    for url in [
        format!("postgres://khot:sesame-open@127.0.0.1:{closed}/khot"),
        "postgres://khot:sesame-open@127.0.0.1:nowhere/khot".to_owned(),
        "postgres://khot:sesame-open@/khot?host=/nowhere/at/all".to_owned(),
        "mysql://khot:sesame-open@127.0.0.1/khot".to_owned(),
    ] {
        let begun = std::time::Instant::now();
        for arguments in [["verify", "--area", "15"].as_slice(), &["--help"]] {
            let told = ran(khot_on(&url).args(arguments).env("KHOT_LOG", "trace"));
            assert!(!format!("{told:?}").contains("sesame"), "{url}: {told:?}");
            if arguments.len() > 1 {
                assert!(told.failed().sentence().contains("DATABASE_URL"), "{url}");
            }
        }
        assert!(begun.elapsed() < std::time::Duration::from_secs(5), "{url} took {:?}", begun.elapsed());
    }
}

#[tokio::test]
async fn ceilings_and_givens_of_the_command_line_are_kept_and_checked() {
    let database = tiny().await;
    let folder = crate::harness::folder();
    let market = tiny_units().into_iter().find(|unit| unit.village == code("150821100200")).unwrap().code;
    let document =
        format!("[[dedicated]]\nvillage = \"150821100200\"\nname = \"农贸市场\"\nunits = [\"{market}\"]\n");
    let path = crate::harness::file(folder.path(), "givens.toml", &document);
    let given = format!("divide --area 150821 --publish 2020-01-01 --givens {}", path.display());
    let line = format!("{given} --ceiling 150821100=5 --count 150821101200=2");
    let told = run(&database, &line).fine();
    assert!(told.stdout.contains("dedicated_grid: 1"), "{told:?}");
    run(&database, "verify --area 150821").fine();

    for (breach, said) in [
        (
            "UPDATE khot.plan SET numbers = jsonb_set(numbers, '{ceilings,150821100}', '4')",
            "ceiling of 4 posts",
        ),
        (
            "UPDATE khot.plan SET numbers = jsonb_set(numbers, '{counts,150821101200}', '3')",
            "was to have 3 grids",
        ),
        (
            "UPDATE khot.plan SET givens = jsonb_set(givens, '{dedicated,0,units}', '[\"other\"]')",
            "is not whole",
        ),
        (
            "UPDATE khot.plan SET givens = jsonb_set(givens, '{locks}', '[{\"grid\": \"150821100200001\", \"units\": [\"x\"]}]')",
            "locked grid 150821100200001",
        ),
    ] {
        tamper(&database, breach).await;
        let told = run(&database, "verify --area 150821");
        assert_eq!(told.code, Some(1), "{told:?}");
        assert!(told.stdout.contains(said), "{said}: {told:?}");
    }
    for (line, said) in [
        // The givens anew: those of the plan in force were tampered with.
        (
            format!("divide --area 150821 --givens {} --ceiling 150821100=1", path.display()),
            "ceiling of 1 posts",
        ),
        ("divide --area 150821 --count 150822100200=1".to_owned(), "not in the area"),
        ("divide --area 150821 --givens none.toml".to_owned(), "none.toml"),
    ] {
        let told = run(&database, &line).refused();
        assert!(told.sentence().contains(said), "{line}: {told:?}");
    }
    assert_eq!(run(&database, "divide --area 150821 --ceiling 150821100").code, Some(2));
}
