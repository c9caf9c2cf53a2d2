//! A record as it comes from the database, and as it is shown.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use serde::Deserialize;
use sqlx::FromRow;
use sqlx::types::Json;
use uuid::Uuid;

use super::super::StoreError;
use crate::domain::{Code, Employment, GridCode, GridRole, Home, PersonalField, WorkerStatus};
use crate::vault::{Place, Vault, VaultError};

pub(super) const TABLE: &str = "worker";

/// A record as it is shown.
#[derive(Debug, Clone)]
pub struct WorkerRow {
    pub id: Uuid,
    pub area: Code,
    pub area_name: Option<String>,
    pub username: Option<String>,
    pub employment: Employment,
    /// On the day that was asked about; before the first, the first.
    pub status: WorkerStatus,
    pub status_since: NaiveDate,
    pub home: Option<Home>,
    pub languages: Vec<String>,
    pub skills: Vec<String>,
    /// The grids that they look after on that day.
    pub grids: Vec<HeldGrid>,
    /// What is known of the worker, masked; a value that can't be opened here is none.
    pub masked: BTreeMap<PersonalField, Option<String>>,
    pub synthetic: bool,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// A grid that somebody looks after.
#[derive(Debug, Clone, Deserialize)]
pub struct HeldGrid {
    pub code: GridCode,
    pub role: GridRole,
    pub from: NaiveDate,
}

#[derive(FromRow)]
pub(super) struct Raw {
    id: Uuid,
    area: String,
    area_name: Option<String>,
    username: Option<String>,
    employment: String,
    status: String,
    status_since: NaiveDate,
    home: Option<String>,
    languages: Vec<String>,
    skills: Vec<String>,
    grids: Json<Vec<HeldGrid>>,
    name: Vec<u8>,
    phone: Option<Vec<u8>>,
    bank: Option<Vec<u8>>,
    synthetic: bool,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

/// `$1` is the day.
pub(super) const SELECT: &str = "SELECT worker.id, worker.area, area.name AS area_name, username, employment, now.status,
    lower(now.during) AS status_since, home, languages, skills, worker.name, phone, bank, worker.synthetic, created_at, updated_at,
    (SELECT coalesce(jsonb_agg(jsonb_build_object('code', a.grid, 'role', a.role, 'from', lower(a.during)) ORDER BY a.grid, a.role), '[]')
     FROM assignment a WHERE a.worker = worker.id AND a.during @> $1) AS grids
    FROM worker LEFT JOIN area ON area.code = worker.area
    JOIN LATERAL (SELECT s.status, s.during FROM worker_status s WHERE s.worker = worker.id
                  ORDER BY lower(s.during) > $1, abs(lower(s.during) - $1) LIMIT 1) AS now ON true";

pub(super) fn column(field: PersonalField) -> &'static str {
    field.as_str()
}

impl Raw {
    pub(super) fn sealed(&self, field: PersonalField) -> Option<&[u8]> {
        match field {
            PersonalField::Name => Some(&self.name),
            PersonalField::Phone => self.phone.as_deref(),
            PersonalField::Bank => self.bank.as_deref(),
        }
    }

    pub(super) fn open(&self, vault: &Vault, field: PersonalField) -> Result<Option<String>, VaultError> {
        let place = Place { table: TABLE, column: column(field), row: self.id };
        self.sealed(field).map(|sealed| vault.open_sealed(place, sealed)).transpose()
    }

    pub(super) fn area(&self) -> Result<Code, StoreError> {
        self.area.parse().map_err(|error| StoreError::corrupt("code", error))
    }

    pub(super) fn row(&self, vault: Option<&Vault>) -> Result<WorkerRow, StoreError> {
        let mut masked = BTreeMap::new();
        for field in PersonalField::ALL.into_iter().filter(|field| self.sealed(*field).is_some()) {
            let opened = match vault.map(|vault| self.open(vault, field)) {
                Some(Ok(value)) => value,
                Some(Err(error)) => {
                    tracing::error!(worker = %self.id, %error, "a sealed value doesn't open");
                    None
                }
                None => None,
            };
            masked.insert(field, opened.map(|value| field.mask(&value)));
        }
        Ok(WorkerRow {
            id: self.id,
            area: self.area()?,
            area_name: self.area_name.clone(),
            username: self.username.clone(),
            employment: Employment::parse(&self.employment)
                .ok_or_else(|| StoreError::corrupt("employment", &self.employment))?,
            status: WorkerStatus::parse(&self.status)
                .ok_or_else(|| StoreError::corrupt("worker status", &self.status))?,
            status_since: self.status_since,
            home: self
                .home
                .as_deref()
                .map(str::parse)
                .transpose()
                .map_err(|error: String| StoreError::corrupt("home", error))?,
            languages: self.languages.clone(),
            skills: self.skills.clone(),
            grids: self.grids.0.clone(),
            masked,
            synthetic: self.synthetic,
            created_at: self.created_at,
            updated_at: self.updated_at,
        })
    }
}
