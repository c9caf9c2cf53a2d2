use super::failure::Failure; use super::progress::Progress; use crate::access::Scope; use crate::store::{Store,Tx}; use crate::store::jobs::JobRow; use serde_json::Value;
pub async fn run(_store:&Store,_scope:&Scope,_job:&JobRow,_params:&super::ImportParams,_p:&Progress)->Result<(Tx,Value),Failure>{ Err(Failure::Cancelled) }
