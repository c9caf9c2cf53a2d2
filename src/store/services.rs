//! The service catalogue.

use serde_json::json;
use sqlx::FromRow;

use super::{StoreError, Tx, audit};
use crate::domain::{Code, Service, ServiceKind, ServiceMode, Utility};

/// Which items.
#[derive(Debug, Clone, Default)]
pub struct ServiceFilter {
    /// In the code or the name.
    pub search: Option<String>,
    pub kind: Option<ServiceKind>,
    pub delegated: Option<bool>,
}

#[derive(FromRow)]
struct Raw {
    code: String,
    name: String,
    modes: Vec<String>,
    delegated: bool,
    kind: String,
    utility: Option<String>,
    online: bool,
    synthetic: bool,
}

impl Raw {
    fn service(self) -> Result<Service, StoreError> {
        let modes = self
            .modes
            .iter()
            .map(|mode| ServiceMode::parse(mode).ok_or_else(|| StoreError::corrupt("service mode", mode)));
        let utility = self
            .utility
            .map(|text| Utility::parse(&text).ok_or_else(|| StoreError::corrupt("utility", &text)));
        Ok(Service {
            modes: modes.collect::<Result<_, _>>()?,
            code: self.code,
            name: self.name,
            delegated: self.delegated,
            kind: ServiceKind::parse(&self.kind)
                .ok_or_else(|| StoreError::corrupt("service kind", &self.kind))?,
            utility: utility.transpose()?,
            online: self.online,
            synthetic: self.synthetic,
        })
    }
}

/// The items that the scope sees, by code.
pub async fn list(tx: &mut Tx, filter: &ServiceFilter) -> Result<Vec<Service>, StoreError> {
    let raws: Vec<Raw> = sqlx::query_as(
        "SELECT code, name, modes, delegated, kind, utility, online, synthetic FROM service_item
         WHERE ($1::text IS NULL OR position(lower($1) IN lower(code || ' ' || name)) > 0)
           AND ($2::text IS NULL OR kind = $2) AND ($3::boolean IS NULL OR delegated = $3) ORDER BY code",
    )
    .bind(filter.search.as_deref())
    .bind(filter.kind.map(ServiceKind::as_str))
    .bind(filter.delegated)
    .fetch_all(tx.conn())
    .await?;
    raws.into_iter().map(Raw::service).collect()
}

/// Adds items to the list of `area`, or changes those with the same code, with one entry in the trail. An item of another
/// area's list is refused by row-level security.
pub async fn put(tx: &mut Tx, area: &Code, services: &[Service]) -> Result<(), StoreError> {
    let held: i64 = sqlx::query_scalar("SELECT count(*) FROM service_item").fetch_one(tx.conn()).await?;
    let modes: Vec<String> = services
        .iter()
        .map(|service| service.modes.iter().map(|mode| mode.as_str()).collect::<Vec<_>>().join(","))
        .collect();
    sqlx::query(
        "INSERT INTO service_item (code, area, name, modes, delegated, kind, utility, online, synthetic)
         SELECT code, $9, name, string_to_array(modes, ','), delegated, kind, utility, online, synthetic
         FROM unnest($1::text[], $2::text[], $3::text[], $4::boolean[], $5::text[], $6::text[], $7::boolean[], $8::boolean[])
              AS n (code, name, modes, delegated, kind, utility, online, synthetic)
         ON CONFLICT ON CONSTRAINT service_item_code_key DO UPDATE SET name = excluded.name, modes = excluded.modes,
            delegated = excluded.delegated, kind = excluded.kind, utility = excluded.utility, online = excluded.online,
            synthetic = excluded.synthetic",
    )
    .bind(services.iter().map(|service| service.code.clone()).collect::<Vec<_>>())
    .bind(services.iter().map(|service| service.name.clone()).collect::<Vec<_>>())
    .bind(modes)
    .bind(services.iter().map(|service| service.delegated).collect::<Vec<_>>())
    .bind(services.iter().map(|service| service.kind.as_str()).collect::<Vec<_>>())
    .bind(services.iter().map(|service| service.utility.map(Utility::as_str)).collect::<Vec<_>>())
    .bind(services.iter().map(|service| service.online).collect::<Vec<_>>())
    .bind(services.iter().map(|service| service.synthetic).collect::<Vec<_>>())
    .bind(area.as_str())
    .execute(tx.conn())
    .await?;
    let entry = audit::Entry {
        action: "services.put",
        subject: "khot.service_item",
        area,
        before: Some(json!({"items": held})),
        after: Some(json!({"put": services.len()})),
    };
    audit::write(tx, entry).await
}
