//! Subsidies: rules, days on duty, corrections, runs and what they pay.

mod adjustments;
mod comparisons;
mod duty;
mod files;
mod rules;
mod runs;
mod statements;

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::AppState;
use crate::api::problem::Problem;
use crate::domain::{Month, Text};

pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(rules::list, rules::add))
        .routes(routes!(rules::check))
        .routes(routes!(rules::get))
        .routes(routes!(duty::list, duty::put))
        .routes(routes!(duty::upload))
        .routes(routes!(adjustments::add))
        .routes(routes!(adjustments::list))
        .routes(routes!(runs::list, runs::add))
        .routes(routes!(runs::get, runs::discard))
        .routes(routes!(runs::lines))
        .routes(routes!(runs::approve))
        .routes(routes!(runs::lock))
        .routes(routes!(files::payroll_csv))
        .routes(routes!(files::payroll_xlsx))
        .routes(routes!(files::transfers_csv))
        .routes(routes!(files::transfers_xlsx))
        .routes(routes!(statements::of_worker))
        .routes(routes!(statements::mine))
        .routes(routes!(comparisons::add))
        .routes(routes!(comparisons::get))
}

/// A sentence in both languages.
#[derive(Serialize, ToSchema)]
#[schema(as = PayText)]
struct TextWire {
    zh: String,
    en: String,
}

impl From<Text> for TextWire {
    fn from(text: Text) -> Self {
        Self { zh: text.zh, en: text.en }
    }
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct MonthQuery {
    /// As 2026-10.
    month: String,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct MaybeMonthQuery {
    /// As 2026-10.
    month: Option<String>,
}

fn month_of(text: &str) -> Result<Month, Problem> {
    text.parse().map_err(|_| {
        let shown: String = text.chars().take(40).collect();
        Problem::bad_request(
            "bad_month",
            format!("“{shown}”不是月份：请写作 2026-10"),
            format!("'{shown}' is not a month: write it as 2026-10"),
        )
    })
}
