//! Posts and ceilings of banners and townships, and moves between them.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::{code, reason};
use crate::access::Capability;
use crate::api::AppState;
use crate::api::caller::Caller;
use crate::api::extract::{Body, Params, Segment};
use crate::api::problem::{Problem, ProblemWire};
use crate::domain::{Code, Level, PostKind};
use crate::store::posts::{self, MoveRow, NewMove, PostRow, Setting};
use crate::store::{Tx, areas};

const MOST: u32 = 100_000;

pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(set_ceiling))
        .routes(routes!(set_posts))
        .routes(routes!(moves, shift))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct PostsQuery {
    /// Today when left out.
    on: Option<NaiveDate>,
}

/// Posts of a kind in a banner or township. A banner's are its own and its townships' together.
#[derive(Serialize, ToSchema)]
struct AreaPosts {
    #[schema(value_type = String)]
    area: Code,
    name: String,
    level: Level,
    kind: PostKind,
    /// null: none is set.
    ceiling: Option<u32>,
    posts: u32,
    /// Of a banner: those that no township has.
    own: u32,
    /// Workers of that employment who haven't left; of leads, those who lead a grid.
    on_books: u32,
    /// Those of them who are on the post.
    on_post: u32,
    /// Posts with nobody on them, whatever the books say.
    vacant: u32,
}

impl From<PostRow> for AreaPosts {
    fn from(row: PostRow) -> Self {
        Self {
            vacant: row.vacant(),
            level: row.area.level(),
            area: row.area,
            name: row.name,
            kind: row.kind,
            ceiling: row.ceiling,
            posts: row.posts,
            own: row.own,
            on_books: row.on_books,
            on_post: row.on_post,
        }
    }
}

#[derive(Serialize, ToSchema)]
struct Posts {
    on: NaiveDate,
    areas: Vec<AreaPosts>,
}

/// The posts of a banner and of its townships on a day
#[utoipa::path(get, path = "/api/v1/areas/{code}/posts", tag = "posts", params(("code" = String, Path), PostsQuery),
    responses((status = 200, body = Posts), (status = 403, body = ProblemWire), (status = 404, body = ProblemWire), (status = "default", body = ProblemWire)))]
async fn list(
    State(state): State<AppState>,
    caller: Caller,
    Segment(text): Segment<String>,
    Params(query): Params<PostsQuery>,
) -> Result<Json<Posts>, Problem> {
    let code = code(&text)?;
    let on = query.on.unwrap_or_else(|| state.today());
    let mut tx = caller.begin().await?;
    known(&mut tx, &code).await?;
    caller.require(Capability::People, &code)?;
    let rows = posts::on(&mut tx, &code, on).await?;
    Ok(Json(Posts { on, areas: rows.into_iter().map(Into::into).collect() }))
}

async fn known(tx: &mut Tx, code: &Code) -> Result<(), Problem> {
    areas::get(tx, code).await?.map(|_| ()).ok_or_else(|| Problem::not_found("这个区划", "area"))
}

fn has_posts(code: &Code) -> Result<(), Problem> {
    if !matches!(code.level(), Level::Banner | Level::Township) {
        return Err(Problem::bad_request(
            "bad_level",
            "岗位设在旗县区或苏木乡镇街道：请用 6 位或 9 位代码",
            "posts belong to a banner or a township: use a code of 6 or 9 digits",
        ));
    }
    Ok(())
}

fn number(given: u32) -> Result<u32, Problem> {
    if given > MOST {
        return Err(Problem::bad_request(
            "bad_count",
            format!("数目应为 0 到 {MOST}"),
            format!("the count must be from 0 to {MOST}"),
        ));
    }
    Ok(given)
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PostCount {
    /// 0 to 100000.
    count: u32,
    /// The first day on which it holds.
    from: NaiveDate,
    /// Why: 4 to 200 characters, kept in the audit trail.
    reason: String,
}

/// Set how many posts of a kind a banner or township may have
#[utoipa::path(put, path = "/api/v1/areas/{code}/ceilings/{kind}", tag = "posts", params(("code" = String, Path), ("kind" = inline(PostKind), Path)),
    request_body = PostCount,
    responses((status = 200, body = Posts), (status = 403, body = ProblemWire), (status = 404, body = ProblemWire),
              (status = 409, body = ProblemWire), (status = "default", body = ProblemWire)))]
async fn set_ceiling(
    caller: Caller,
    Segment((text, kind)): Segment<(String, PostKind)>,
    Body(given): Body<PostCount>,
) -> Result<Json<Posts>, Problem> {
    set(caller, Setting::Ceiling, &text, kind, given).await
}

/// Set how many posts of a kind a banner (its own) or a township has
#[utoipa::path(put, path = "/api/v1/areas/{code}/posts/{kind}", tag = "posts", params(("code" = String, Path), ("kind" = inline(PostKind), Path)),
    request_body = PostCount,
    responses((status = 200, body = Posts), (status = 403, body = ProblemWire), (status = 404, body = ProblemWire),
              (status = 409, body = ProblemWire), (status = "default", body = ProblemWire)))]
async fn set_posts(
    caller: Caller,
    Segment((text, kind)): Segment<(String, PostKind)>,
    Body(given): Body<PostCount>,
) -> Result<Json<Posts>, Problem> {
    set(caller, Setting::Posts, &text, kind, given).await
}

async fn set(
    caller: Caller,
    setting: Setting,
    text: &str,
    kind: PostKind,
    given: PostCount,
) -> Result<Json<Posts>, Problem> {
    let code = code(text)?;
    let (count, reason) = (number(given.count)?, reason(&given.reason)?);
    let mut tx = caller.begin().await?;
    known(&mut tx, &code).await?;
    caller.require(Capability::PeopleEdit, &code)?;
    has_posts(&code)?;
    posts::set(&mut tx, setting, &code, kind, count, given.from, &reason).await?;
    let rows = posts::on(&mut tx, &code, given.from).await?;
    tx.commit().await?;
    Ok(Json(Posts { on: given.from, areas: rows.into_iter().map(Into::into).collect() }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewPostMove {
    /// A banner or township.
    to: String,
    kind: PostKind,
    /// 1 to 100000.
    count: u32,
    /// The first day on which they are there.
    from: NaiveDate,
    /// Why: 4 to 200 characters, kept in the audit trail.
    reason: String,
}

#[derive(Serialize, ToSchema)]
struct PostMove {
    id: Uuid,
    from_area: String,
    to: String,
    kind: String,
    count: i32,
    from: NaiveDate,
    reason: String,
    moved_by: String,
    moved_at: DateTime<Utc>,
}

impl From<MoveRow> for PostMove {
    fn from(row: MoveRow) -> Self {
        Self {
            id: row.id,
            from_area: row.from_area,
            to: row.to_area,
            kind: row.kind,
            count: row.number,
            from: row.begins,
            reason: row.reason,
            moved_by: row.moved_by,
            moved_at: row.moved_at,
        }
    }
}

#[derive(Serialize, ToSchema)]
struct PostMoves {
    /// The latest first, 500 at most.
    moves: Vec<PostMove>,
}

/// The moves of posts from or to an area and those below it
#[utoipa::path(get, path = "/api/v1/areas/{code}/post-moves", tag = "posts", params(("code" = String, Path)),
    responses((status = 200, body = PostMoves), (status = 403, body = ProblemWire), (status = 404, body = ProblemWire), (status = "default", body = ProblemWire)))]
async fn moves(caller: Caller, Segment(text): Segment<String>) -> Result<Json<PostMoves>, Problem> {
    let code = code(&text)?;
    let mut tx = caller.begin().await?;
    known(&mut tx, &code).await?;
    caller.require(Capability::People, &code)?;
    let rows = posts::moves(&mut tx, &code).await?;
    Ok(Json(PostMoves { moves: rows.into_iter().map(Into::into).collect() }))
}

/// Move posts from this banner or township to another
#[utoipa::path(post, path = "/api/v1/areas/{code}/post-moves", tag = "posts", params(("code" = String, Path)), request_body = NewPostMove,
    responses((status = 201, body = PostMoves), (status = 403, body = ProblemWire), (status = 404, body = ProblemWire),
              (status = 409, body = ProblemWire), (status = "default", body = ProblemWire)))]
async fn shift(
    State(state): State<AppState>,
    caller: Caller,
    Segment(text): Segment<String>,
    Body(given): Body<NewPostMove>,
) -> Result<Response, Problem> {
    let (from, to) = (code(&text)?, code(&given.to)?);
    let (count, reason) = (number(given.count)?, reason(&given.reason)?);
    let mut tx = caller.begin().await?;
    for area in [&from, &to] {
        known(&mut tx, area).await?;
        caller.require(Capability::PeopleEdit, area)?;
        has_posts(area)?;
    }
    if count == 0 || from == to {
        return Err(Problem::bad_request(
            "bad_move",
            "请至少调 1 个岗位，并选另一个单位",
            "move at least 1 post, and to another place",
        ));
    }
    let new = NewMove {
        id: Uuid::now_v7(),
        from_area: &from,
        to_area: &to,
        kind: given.kind,
        number: count,
        begins: given.from,
        reason: &reason,
    };
    posts::shift(&mut tx, &new, state.now()).await?;
    let rows = posts::moves(&mut tx, &from).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(PostMoves { moves: rows.into_iter().map(Into::into).collect() }))
        .into_response())
}
