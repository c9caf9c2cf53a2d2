//! Posts and their ceilings, dated. The database itself refuses what would pass a ceiling (`keep_ceilings`).

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::json;
use sqlx::FromRow;
use uuid::Uuid;

use super::{StoreError, Tx, audit};
use crate::domain::{Code, Level, PostKind};

/// Posts of a kind in a banner or township, on a day. A banner's are its own and its townships' together.
#[derive(Debug, Clone)]
pub struct PostRow {
    pub area: Code,
    pub name: String,
    pub kind: PostKind,
    /// None: nobody has set one.
    pub ceiling: Option<u32>,
    pub posts: u32,
    /// Of a banner: those that no township has.
    pub own: u32,
    /// Who counts here: workers of that employment who haven't left; of leads, those who lead a grid.
    pub on_books: u32,
    /// Those of them who are on the post.
    pub on_post: u32,
}

impl PostRow {
    /// Posts with nobody on them, whatever the books say.
    pub fn vacant(&self) -> u32 {
        self.posts.saturating_sub(self.on_post)
    }
}

#[derive(FromRow)]
struct Raw {
    area: String,
    name: String,
    kind: String,
    ceiling: Option<i32>,
    posts: i64,
    own: i32,
    on_books: i64,
    on_post: i64,
}

/// What is set: how many posts there are, or how many there may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Setting {
    Ceiling,
    Posts,
}

impl Setting {
    fn table(self) -> &'static str {
        match self {
            Self::Ceiling => "ceiling",
            Self::Posts => "post",
        }
    }
}

/// The posts of `area` and of the banners and townships below it, by area and kind.
pub async fn on(tx: &mut Tx, area: &Code, day: NaiveDate) -> Result<Vec<PostRow>, StoreError> {
    let raws: Vec<Raw> = sqlx::query_as(
        "WITH held AS (
            SELECT left(w.area, 9) AS township, w.employment AS kind, count(*) AS on_books,
                   count(*) FILTER (WHERE s.status = 'on_post') AS on_post
            FROM worker w JOIN worker_status s ON s.worker = w.id AND s.during @> $2
            WHERE w.area LIKE $1 || '%' AND s.status <> 'left' GROUP BY 1, 2
            UNION ALL
            SELECT left(w.area, 9), 'lead', count(DISTINCT w.id), count(DISTINCT w.id) FILTER (WHERE s.status = 'on_post')
            FROM worker w JOIN worker_status s ON s.worker = w.id AND s.during @> $2
                 JOIN assignment a ON a.worker = w.id AND a.role = 'lead' AND a.during @> $2
            WHERE w.area LIKE $1 || '%' AND s.status <> 'left' GROUP BY 1),
         there AS (SELECT area, kind, number FROM post WHERE area LIKE $1 || '%' AND during @> $2)
         SELECT a.code AS area, a.name, k.kind, c.number AS ceiling,
                (SELECT coalesce(sum(number), 0)::bigint FROM there t WHERE t.kind = k.kind AND t.area ^@ a.code) AS posts,
                coalesce(own.number, 0) AS own,
                (SELECT coalesce(sum(on_books), 0)::bigint FROM held h WHERE h.kind = k.kind AND h.township ^@ a.code) AS on_books,
                (SELECT coalesce(sum(on_post), 0)::bigint FROM held h WHERE h.kind = k.kind AND h.township ^@ a.code) AS on_post
         FROM area a CROSS JOIN unnest(ARRAY['full_time', 'part_time', 'lead']) WITH ORDINALITY AS k (kind, place)
              LEFT JOIN ceiling c ON c.area = a.code AND c.kind = k.kind AND c.during @> $2
              LEFT JOIN there own ON own.area = a.code AND own.kind = k.kind
         WHERE a.code LIKE $1 || '%' AND a.level IN ('banner', 'township')
         ORDER BY a.code, k.place",
    )
    .bind(area.as_str())
    .bind(day)
    .fetch_all(tx.conn())
    .await?;
    let whole = |number: i64| u32::try_from(number).unwrap_or(0);
    raws.into_iter()
        .map(|raw| {
            Ok(PostRow {
                area: raw.area.parse().map_err(|error| StoreError::corrupt("code", error))?,
                name: raw.name,
                kind: kind(&raw.kind)?,
                ceiling: raw.ceiling.map(|number| whole(number.into())),
                posts: whole(raw.posts),
                own: whole(raw.own.into()),
                on_books: whole(raw.on_books),
                on_post: whole(raw.on_post),
            })
        })
        .collect()
}

fn kind(text: &str) -> Result<PostKind, StoreError> {
    PostKind::parse(text).ok_or_else(|| StoreError::corrupt("post kind", text))
}

/// Whoever changes posts in a banner waits for whoever else does: as `keep_ceilings` does it.
async fn lock(tx: &mut Tx, area: &Code) -> Result<(), StoreError> {
    sqlx::query("SELECT pg_advisory_xact_lock(hashtextextended('posts of ' || $1, 13))")
        .bind(area.at(Level::Banner).as_str())
        .execute(tx.conn())
        .await?;
    Ok(())
}

async fn held(
    tx: &mut Tx,
    setting: Setting,
    area: &Code,
    kind: PostKind,
    day: NaiveDate,
) -> Result<Option<i32>, StoreError> {
    let table = setting.table();
    let sql = sqlx::AssertSqlSafe(format!(
        "SELECT number FROM {table} WHERE area = $1 AND kind = $2 AND during @> $3"
    ));
    Ok(sqlx::query_scalar(sql)
        .bind(area.as_str())
        .bind(kind.as_str())
        .bind(day)
        .fetch_optional(tx.conn())
        .await?)
}

/// Sets posts or a ceiling from a day on, until the next change that is known by then.
///
/// # Errors
/// `above_ceiling` where there would be more posts than a ceiling allows, `posts_held` where more hold grids.
pub async fn set(
    tx: &mut Tx,
    setting: Setting,
    area: &Code,
    kind: PostKind,
    number: u32,
    from: NaiveDate,
    reason: &str,
) -> Result<(), StoreError> {
    lock(tx, area).await?;
    let before = held(tx, setting, area, kind, from).await?;
    cut(tx, setting, area, kind, from).await?;
    let table = setting.table();
    let sql = sqlx::AssertSqlSafe(format!(
        "INSERT INTO {table} (area, kind, during, number, reason)
         VALUES ($1, $2, daterange($3, (SELECT min(lower(during)) FROM {table} WHERE area = $1 AND kind = $2 AND lower(during) > $3)), $4, $5)"
    ));
    sqlx::query(sql)
        .bind(area.as_str())
        .bind(kind.as_str())
        .bind(from)
        .bind(number.cast_signed())
        .bind(reason)
        .execute(tx.conn())
        .await?;
    let action = match setting {
        Setting::Ceiling => "post.ceiling",
        Setting::Posts => "post.set",
    };
    let entry = audit::Entry {
        action,
        subject: kind.as_str(),
        area,
        before: before.map(|number| json!({"number": number})),
        after: Some(json!({"number": number, "from": from, "reason": reason})),
    };
    audit::write(tx, entry).await
}

/// Posts and ceilings of an area that has none yet.
#[derive(Debug, Clone)]
pub struct NewPosts {
    pub area: Code,
    pub kind: PostKind,
    pub posts: u32,
    pub ceiling: u32,
}

/// Sets up posts and ceilings of areas in one banner from a day on, with one entry in the trail for all of them.
///
/// # Errors
/// As [`set`], and `ceiling_one_a_day` or `post_one_a_day` where there are some already.
pub async fn establish(
    tx: &mut Tx,
    banner: &Code,
    new: &[NewPosts],
    from: NaiveDate,
    reason: &str,
) -> Result<(), StoreError> {
    lock(tx, banner).await?;
    let areas: Vec<&str> = new.iter().map(|one| one.area.as_str()).collect();
    let kinds: Vec<&str> = new.iter().map(|one| one.kind.as_str()).collect();
    let of =
        |number: fn(&NewPosts) -> u32| new.iter().map(|one| number(one).cast_signed()).collect::<Vec<_>>();
    for (table, numbers) in [("ceiling", of(|one| one.ceiling)), ("post", of(|one| one.posts))] {
        let sql = sqlx::AssertSqlSafe(format!(
            "INSERT INTO {table} (area, kind, during, number, reason)
             SELECT area, kind, daterange($4, NULL), number, $5
             FROM unnest($1::text[], $2::text[], $3::integer[]) AS n (area, kind, number)"
        ));
        sqlx::query(sql)
            .bind(&areas)
            .bind(&kinds)
            .bind(numbers)
            .bind(from)
            .bind(reason)
            .execute(tx.conn())
            .await?;
    }
    let after = json!({"areas": new.len(), "from": from, "reason": reason,
                       "posts": new.iter().map(|one| one.posts).sum::<u32>()});
    let entry = audit::Entry {
        action: "post.establish",
        subject: "khot.post",
        area: banner,
        before: None,
        after: Some(after),
    };
    audit::write(tx, entry).await
}

/// Ends what holds on `from` before that day, or takes it away where it begins then.
async fn cut(
    tx: &mut Tx,
    setting: Setting,
    area: &Code,
    kind: PostKind,
    from: NaiveDate,
) -> Result<(), StoreError> {
    let table = setting.table();
    for sql in [
        format!("DELETE FROM {table} WHERE area = $1 AND kind = $2 AND lower(during) = $3"),
        format!(
            "UPDATE {table} SET during = daterange(lower(during), $3) WHERE area = $1 AND kind = $2 AND during @> $3"
        ),
    ] {
        sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(area.as_str())
            .bind(kind.as_str())
            .bind(from)
            .execute(tx.conn())
            .await?;
    }
    Ok(())
}

/// A move of posts.
#[derive(Debug, Clone, FromRow)]
pub struct MoveRow {
    pub id: Uuid,
    pub from_area: String,
    pub to_area: String,
    pub kind: String,
    pub number: i32,
    pub begins: NaiveDate,
    pub reason: String,
    pub moved_by: String,
    pub moved_at: DateTime<Utc>,
}

/// A move to be made.
#[derive(Debug)]
pub struct NewMove<'a> {
    pub id: Uuid,
    pub from_area: &'a Code,
    pub to_area: &'a Code,
    pub kind: PostKind,
    pub number: u32,
    pub begins: NaiveDate,
    pub reason: &'a str,
}

/// Moves posts from one banner or township to another from a day on; what is known to change later changes by as much.
///
/// # Errors
/// `post_number` where there are too few to move, and those of [`set`].
pub async fn shift(tx: &mut Tx, new: &NewMove<'_>, now: DateTime<Utc>) -> Result<(), StoreError> {
    let mut banners = [new.from_area, new.to_area];
    banners.sort();
    for area in banners {
        lock(tx, area).await?;
    }
    let (less, more) = (-new.number.cast_signed(), new.number.cast_signed());
    for (area, by) in [(new.from_area, less), (new.to_area, more)] {
        let there = held(tx, Setting::Posts, area, new.kind, new.begins).await?;
        if there.is_none() && by < 0 {
            return Err(StoreError::Refused {
                constraint: "post_number".to_owned(),
                message: format!("no posts in {area} on {}", new.begins),
            });
        }
        // Split where the day isn't the first of what holds then; then everything from it on changes.
        let rest: Option<Option<NaiveDate>> = sqlx::query_scalar(
            "SELECT upper(during) FROM post WHERE area = $1 AND kind = $2 AND during @> $3 AND lower(during) < $3",
        )
        .bind(area.as_str())
        .bind(new.kind.as_str())
        .bind(new.begins)
        .fetch_optional(tx.conn())
        .await?;
        if rest.is_some() {
            cut(tx, Setting::Posts, area, new.kind, new.begins).await?;
        }
        sqlx::query(
            "UPDATE post SET number = number + $4 WHERE area = $1 AND kind = $2 AND lower(during) >= $3",
        )
        .bind(area.as_str())
        .bind(new.kind.as_str())
        .bind(new.begins)
        .bind(by)
        .execute(tx.conn())
        .await?;
        if rest.is_some() || there.is_none() {
            sqlx::query(
                "INSERT INTO post (area, kind, during, number, reason)
                 VALUES ($1, $2, daterange($3, (SELECT min(lower(during)) FROM post WHERE area = $1 AND kind = $2 AND lower(during) > $3)), $4, $5)",
            )
            .bind(area.as_str())
            .bind(new.kind.as_str())
            .bind(new.begins)
            .bind(there.unwrap_or(0) + by)
            .bind(new.reason)
            .execute(tx.conn())
            .await?;
        }
    }
    let actor = tx.scope.actor().to_owned();
    sqlx::query(
        "INSERT INTO post_move (id, from_area, to_area, kind, number, begins, reason, moved_by, moved_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(new.id)
    .bind(new.from_area.as_str())
    .bind(new.to_area.as_str())
    .bind(new.kind.as_str())
    .bind(more)
    .bind(new.begins)
    .bind(new.reason)
    .bind(actor)
    .bind(now)
    .execute(tx.conn())
    .await?;
    let entry = audit::Entry {
        action: "post.move",
        subject: &new.id.to_string(),
        area: new.from_area,
        before: None,
        after: Some(
            json!({"to": new.to_area, "kind": new.kind, "number": new.number, "from": new.begins, "reason": new.reason}),
        ),
    };
    audit::write(tx, entry).await
}

/// The moves from or to `area` and below, the latest first.
pub async fn moves(tx: &mut Tx, area: &Code) -> Result<Vec<MoveRow>, StoreError> {
    Ok(sqlx::query_as(
        "SELECT id, from_area, to_area, kind, number, begins, reason, moved_by, moved_at FROM post_move
         WHERE from_area LIKE $1 || '%' OR to_area LIKE $1 || '%' ORDER BY moved_at DESC, id DESC LIMIT 500",
    )
    .bind(area.as_str())
    .fetch_all(tx.conn())
    .await?)
}
