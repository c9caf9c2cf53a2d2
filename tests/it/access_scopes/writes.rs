//! Changes that the model says must be refused, and with which status.

use rand::RngExt;
use rand_pcg::Pcg64Mcg;
use uuid::Uuid;

use super::model::Who;
use super::ways::{pick, some_code, some_village};
use super::world::World;

/// A change; only such are asked as the model says must be refused.
#[derive(Debug, Clone)]
pub enum Write {
    Divide { code: String },
    Publish { id: Uuid },
    Discard { id: Uuid },
    Import { code: String, what: &'static str },
    AddWorker { code: String },
    ChangeWorker { id: Uuid },
    MoveWorker { id: Uuid, to: String },
    Reveal { id: Uuid },
    Cancel { id: Uuid },
    AddAccount { area: String },
    ChangeAccount { username: String },
    ResetPassword { username: String },
    Give { username: String, area: String },
}

/// A change at random.
pub fn some_write(world: &World, draw: &mut Pcg64Mcg) -> Write {
    let code = some_code(world, draw);
    let plan = pick(&world.plans, draw).id;
    let worker = pick(&world.workers, draw).id;
    let (username, home) = pick(&world.accounts, draw);
    match draw.random_range(0..13) {
        0 => Write::Divide { code },
        1 => Write::Publish { id: plan },
        2 => Write::Discard { id: plan },
        3 => Write::Import { code, what: pick(&["areas", "units"], draw) },
        4 => Write::AddWorker { code: some_village(world, draw) },
        5 => Write::ChangeWorker { id: worker },
        6 => Write::MoveWorker { id: worker, to: some_village(world, draw) },
        7 => Write::Reveal { id: worker },
        8 => Write::AddAccount { area: code },
        9 => Write::ChangeAccount { username },
        10 => Write::ResetPassword { username },
        11 => Write::Give { username, area: home },
        _ => Write::Cancel { id: pick(&world.jobs, draw).id },
    }
}

impl Write {
    /// The status with which a change is turned away; none for one that would be made.
    pub fn refusal(&self, world: &World, who: &Who) -> Option<u16> {
        if who.username.is_none() {
            return Some(401);
        }
        let of_area = |code: &String, what: &str, at: &str| {
            if !(world.areas.contains_key(code) && who.sees_area(code)) {
                Some(404)
            } else if !who.within(what, at) {
                Some(403)
            } else {
                None
            }
        };
        let of_plan = |id: &Uuid| {
            let plan = world.plan(*id);
            if !who.sees_plan(plan) {
                Some(404)
            } else if !who.within("draft", &plan.banner) {
                Some(403)
            } else {
                None
            }
        };
        let of_worker = |id: &Uuid, what: &str| {
            let worker = world.workers.iter().find(|worker| worker.id == *id).unwrap();
            if !who.sees_worker(worker) {
                Some(404)
            } else if !who.within(what, &worker.area) {
                Some(403)
            } else {
                None
            }
        };
        let of_account = |username: &String| {
            let (_, home) = world.accounts.iter().find(|(name, _)| name == username).unwrap();
            if !who.somewhere("accounts") {
                Some(403)
            } else if !who.within("accounts", home) {
                Some(404)
            } else {
                None
            }
        };
        match self {
            Write::AddAccount { area } => {
                if who.within("accounts", area) {
                    None
                } else {
                    Some(403)
                }
            }
            Write::ChangeAccount { username }
            | Write::ResetPassword { username }
            | Write::Give { username, .. } => of_account(username),
            Write::Divide { code } => of_area(code, "draft", &code[..code.len().min(6)]),
            Write::Publish { id } | Write::Discard { id } => of_plan(id),
            Write::Import { code, .. } => {
                if who.within("import", code) {
                    None
                } else {
                    Some(403)
                }
            }
            Write::AddWorker { code } => of_area(code, "people_edit", code),
            Write::ChangeWorker { id } => of_worker(id, "people_edit"),
            Write::MoveWorker { id, to } => {
                of_worker(id, "people_edit").or_else(|| of_area(to, "people_edit", to))
            }
            Write::Reveal { id } => of_worker(id, "names"),
            Write::Cancel { id } => {
                let job = world.jobs.iter().find(|job| job.id == *id).unwrap();
                if who.sees_job(job) { None } else { Some(404) }
            }
        }
    }

    pub fn request(&self) -> (&'static str, String, String) {
        let (method, address, body) = match self {
            Write::Divide { code } => ("POST", format!("areas/{code}/plans"), "{}".to_owned()),
            Write::Publish { id } => {
                ("POST", format!("plans/{id}/publication"), r#"{"valid_from":"2027-06-01"}"#.to_owned())
            }
            Write::Discard { id } => ("DELETE", format!("plans/{id}"), String::new()),
            Write::Import { code, what } => {
                ("POST", format!("areas/{code}/imports/{what}?name=a.csv"), "a,b\n".to_owned())
            }
            Write::AddWorker { code } => (
                "POST",
                format!("areas/{code}/workers"),
                r#"{"name":"赵一","employment":"part_time"}"#.to_owned(),
            ),
            Write::ChangeWorker { id } => {
                ("PATCH", format!("workers/{id}"), r#"{"status":"on_leave"}"#.to_owned())
            }
            Write::MoveWorker { id, to } => {
                ("PATCH", format!("workers/{id}"), format!(r#"{{"area":"{to}"}}"#))
            }
            Write::Reveal { id } => {
                ("POST", format!("workers/{id}/reveal"), r#"{"reason":"a good reason"}"#.to_owned())
            }
            Write::AddAccount { area } => {
                let body =
                    format!(r#"{{"username":"added-by-nobody","name":"x","area":"{area}","grants":[]}}"#);
                ("POST", "accounts".to_owned(), body)
            }
            Write::ChangeAccount { username } => {
                ("PATCH", format!("accounts/{username}"), r#"{"name":"y"}"#.to_owned())
            }
            Write::ResetPassword { username } => {
                ("POST", format!("accounts/{username}/password-reset"), String::new())
            }
            Write::Give { username, area } => {
                let body = format!(r#"{{"role":"administrator","area":"{area}","from":"2026-11-01"}}"#);
                ("POST", format!("accounts/{username}/grants"), body)
            }
            Write::Cancel { id } => ("POST", format!("jobs/{id}/cancellation"), String::new()),
        };
        (method, address, body)
    }
}
