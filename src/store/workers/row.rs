//! A record as it comes from the database, and as it is shown.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use sqlx::FromRow;
use uuid::Uuid;

use super::super::StoreError;
use crate::domain::{Code, Employment, PersonalField, WorkerStatus};
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
    pub status: WorkerStatus,
    /// What is known of the worker, masked; a value that can't be opened here is none.
    pub masked: BTreeMap<PersonalField, Option<String>>,
    pub synthetic: bool,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

#[derive(FromRow)]
pub(super) struct Raw {
    id: Uuid,
    area: String,
    area_name: Option<String>,
    username: Option<String>,
    employment: String,
    status: String,
    name: Vec<u8>,
    phone: Option<Vec<u8>>,
    bank: Option<Vec<u8>>,
    synthetic: bool,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

pub(super) const SELECT: &str =
    "SELECT worker.id, worker.area, area.name AS area_name, username, employment, status, worker.name,
    phone, bank, worker.synthetic, created_at, updated_at
    FROM worker LEFT JOIN area ON area.code = worker.area";

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
            masked,
            synthetic: self.synthetic,
            created_at: self.created_at,
            updated_at: self.updated_at,
        })
    }
}
