//! `khot backup` and `khot restore`: everything that the database holds, in one file and back.

use std::path::PathBuf;

use super::Stop;
use super::open::{Ending, join, leave};
use crate::clock;
use crate::config::Config;
use crate::store::Store;
use crate::store::backup::{self, BackupError, Manifest, Replace, Tools};

#[derive(Debug, clap::Args)]
#[command(after_help = "Example: khot backup khot-2026-11-24.backup")]
pub struct Save {
    /// Where to write it; nothing may be there yet. It holds everything: keep it as safe as the database.
    file: PathBuf,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "Example: khot restore khot-2026-11-24.backup")]
pub struct Restore {
    /// What `khot backup` has written.
    file: PathBuf,
    /// Drop what the database holds. Without it, only an empty database is restored into.
    #[arg(long)]
    replace: bool,
}

pub async fn save(config: &Config, arguments: Save) -> Result<(), Stop> {
    let manifest =
        with_tools(config, async |tools| backup::save(tools, &arguments.file, clock::now()).await).await?;
    println!("{} written: {}", arguments.file.display(), told(&manifest));
    Ok(())
}

pub async fn restore(config: &Config, arguments: Restore) -> Result<(), Stop> {
    // Before a cluster is made or started for it.
    let path = arguments.file.clone();
    tokio::task::spawn_blocking(move || backup::check(&path)).await?.map_err(stop)?;
    let replace = if arguments.replace { Replace::Everything } else { Replace::Never };
    let manifest =
        with_tools(config, async |tools| backup::restore(tools, &arguments.file, replace).await).await?;
    println!("{} restored: {}", arguments.file.display(), told(&manifest));
    Ok(())
}

/// Runs `work` on the database that the settings name, without touching its schema.
async fn with_tools(
    config: &Config,
    work: impl AsyncFnOnce(&Tools) -> Result<Manifest, BackupError>,
) -> Result<Manifest, Stop> {
    let ending = Ending::listen()?;
    if let Some(url) = &config.database_url {
        let tools = Tools::of_url(url)?;
        return ending.or(async { work(&tools).await.map_err(stop) }).await;
    }
    let cluster = join(config).await?;
    let done = async {
        Store::make_database(&cluster).await?;
        let tools = Tools::of_cluster(&cluster);
        work(&tools).await.map_err(stop)
    };
    let done = ending.or(done).await;
    leave(cluster).await;
    done
}

fn stop(error: BackupError) -> Stop {
    if error.is_unusable() { Stop::Unusable(error.to_string()) } else { Stop::Failed(error.to_string()) }
}

fn told(manifest: &Manifest) -> String {
    format!(
        "{} rows of {} tables, made by khot {} (schema {}) at {}",
        manifest.rows.values().sum::<i64>(),
        manifest.rows.len(),
        manifest.version,
        manifest.schema,
        manifest.created_at.format("%Y-%m-%d %H:%M:%S UTC")
    )
}
