//! The same months under two rules: who gains, who loses, and what each level carries.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use uuid::Uuid;

use super::super::failure::Failure;
use super::super::progress::Progress;
use super::{PayComparisonParams, gather, refusal};
use crate::access::Scope;
use crate::clock;
use crate::domain::{Level, Month};
use crate::store::jobs::JobRow;
use crate::store::{Store, StoreError, Tx, areas, pay};
use crate::subsidy::{self, Paid, Rules, RulesText, Snapshot};

/// Before and after.
type Pair = [i64; 2];

/// Workers that are named, the largest change first.
const LARGEST: usize = 50;
/// Bars of the distribution.
const BARS: i64 = 24;

#[derive(Default)]
struct Sums {
    total: Pair,
    by_type: BTreeMap<&'static str, (Pair, u64)>,
    by_level: [Pair; 4],
    by_banner: BTreeMap<String, (Pair, u64)>,
    workers: BTreeMap<String, Pair>,
    /// Every worker's month.
    months: Vec<Pair>,
}

/// Saves what was found in a transaction that the caller commits together with the job's end.
pub async fn run(
    store: &Store,
    scope: &Scope,
    job: &JobRow,
    params: &PayComparisonParams,
    progress: &Progress,
) -> Result<(Tx, Value), Failure> {
    let mut tx = store.begin(scope).await?;
    let months = months(params.from, params.to);
    progress.expect(u32::try_from(months.len()).unwrap_or(0));
    let mut titles = Vec::new();
    for side in [&params.before, &params.after] {
        let rules = Rules::parse(&side.text).map_err(|error| {
            let text = error.text();
            Failure::refused("bad_rules", text.zh, text.en)
        })?;
        titles.push(json!({"title": rules.title, "version": rules.version, "demo": rules.demo}));
    }
    let mut sums = Sums::default();
    for month in &months {
        let gathered = gather(&mut tx, &job.area, *month, Vec::new(), true).await?;
        let both = [&params.before, &params.after].map(|side| {
            let document = RulesText { id: String::new(), area: job.area.clone(), text: side.text.clone() };
            Snapshot { rules: vec![document], ..gathered.snapshot.clone() }
        });
        let [before, after] = tokio::task::spawn_blocking(move || {
            both.map(|snapshot| subsidy::pay(&snapshot).map_err(|error| refusal(&error)))
        })
        .await
        .map_err(|error| StoreError::Queue(format!("a comparison broke off: {error}")))?;
        let (before, after) = (before?, after?);
        sums.add(&before, &after);
        if progress.stopped() {
            return Err(Failure::Cancelled);
        }
        progress.step();
    }
    if sums.workers.is_empty() {
        return Err(Failure::refused(
            "no_duty",
            "这些月份没有出勤记录可供比较",
            "there are no attested days in these months to compare",
        ));
    }
    let id = Uuid::now_v7();
    let result = told(&mut tx, &sums, &months, &titles).await?;
    pay::save_comparison(&mut tx, id, &job.area, &result, clock::now()).await?;
    Ok((tx, json!({"comparison": id})))
}

fn months(from: Month, to: Month) -> Vec<Month> {
    let mut months = vec![from];
    while let Some(last) = months.last().copied().filter(|last| *last < to) {
        months.push(Month::of(last.end()));
    }
    months
}

impl Sums {
    fn add(&mut self, before: &[Paid], after: &[Paid]) {
        for (was, is) in before.iter().zip(after) {
            let pair = [was.total().0, is.total().0];
            let put = |into: &mut Pair| into.iter_mut().zip(pair).for_each(|(sum, fen)| *sum += fen);
            put(&mut self.total);
            let of_type = self.by_type.entry(was.area_type.as_str()).or_default();
            put(&mut of_type.0);
            of_type.1 += 1;
            let of_banner = self.by_banner.entry(was.area.at(Level::Banner).to_string()).or_default();
            put(&mut of_banner.0);
            of_banner.1 += 1;
            put(self.workers.entry(was.worker.clone()).or_default());
            let (old, new) = (was.shares().levels(), is.shares().levels());
            for (level, sum) in self.by_level.iter_mut().enumerate() {
                sum[0] += old[level].0;
                sum[1] += new[level].0;
            }
            self.months.push(pair);
        }
    }

    /// How many months are paid so much, in bars of whole hundreds of yuan.
    fn distribution(&self) -> Vec<Value> {
        let most = self.months.iter().flatten().copied().max().unwrap_or(0).max(1);
        let width = (most / BARS / 10_000 + 1) * 10_000;
        let bar = |fen: i64| fen.max(0) / width;
        let mut bars = vec![[0u64; 2]; usize::try_from(bar(most) + 1).unwrap_or(1)];
        for pair in &self.months {
            for (side, fen) in pair.iter().enumerate() {
                if let Some(held) = usize::try_from(bar(*fen)).ok().and_then(|place| bars.get_mut(place)) {
                    held[side] += 1;
                }
            }
        }
        let shown = bars.iter().zip(0i64..).map(|([before, after], place)| {
            json!({"from_fen": place * width, "to_fen": (place + 1) * width, "before": before, "after": after})
        });
        shown.collect()
    }
}

async fn told(tx: &mut Tx, sums: &Sums, months: &[Month], titles: &[Value]) -> Result<Value, StoreError> {
    let change = |pair: &Pair| pair[1] - pair[0];
    let side = |wins: fn(i64) -> bool| {
        let those: Vec<i64> = sums.workers.values().map(change).filter(|change| wins(*change)).collect();
        json!({"workers": those.len(), "fen": those.iter().sum::<i64>()})
    };
    let keyed = |key: &str, pair: &Pair| json!({"key": key, "before_fen": pair[0], "after_fen": pair[1]});
    let with_workers = |key: &str, (pair, workers): &(Pair, u64)| {
        let mut value = keyed(key, pair);
        value["workers"] = json!(workers);
        value
    };
    let mut by_banner = Vec::new();
    for (banner, sum) in &sums.by_banner {
        let mut value = with_workers(banner, sum);
        if let Ok(code) = banner.parse() {
            value["name"] = json!(areas::get(tx, &code).await?.map(|area| area.name));
        }
        by_banner.push(value);
    }
    let mut workers: Vec<(&String, &Pair)> =
        sums.workers.iter().filter(|(_, pair)| change(pair) != 0).collect();
    workers.sort_by_key(|(worker, pair)| (std::cmp::Reverse(change(pair).abs()), (*worker).clone()));
    let largest: Vec<Value> = workers
        .iter()
        .take(LARGEST)
        .map(|(worker, pair)| json!({"worker": worker, "before_fen": pair[0], "after_fen": pair[1]}))
        .collect();
    let titled = |place: usize| {
        let mut value = titles[place].clone();
        value["total_fen"] = json!(sums.total[place]);
        value
    };
    let levels = ["region", "league", "banner", "township"];
    Ok(json!({
        "months": months, "before": titled(0), "after": titled(1),
        "by_area_type": sums.by_type.iter().map(|(key, sum)| with_workers(key, sum)).collect::<Vec<_>>(),
        "by_level": levels.iter().zip(&sums.by_level).map(|(key, pair)| keyed(key, pair)).collect::<Vec<_>>(),
        "by_banner": by_banner,
        "gain": side(|change| change > 0), "lose": side(|change| change < 0),
        "same": sums.workers.values().filter(|pair| change(pair) == 0).count(),
        "distribution": sums.distribution(), "largest": largest,
    }))
}
