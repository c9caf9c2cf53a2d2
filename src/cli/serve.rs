//! `khot serve`: the map, the API, the tiles, and a worker.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use super::open::{Ending, Opened, open_with_keys};
use super::{Stop, demo};
use crate::config::{Config, Limits, SignIn};
use crate::store::{Store, private_file};
use crate::{api, clock, jobs};

#[derive(Debug, clap::Args)]
#[command(after_help = "Example: khot serve --listen 127.0.0.1:8080")]
pub struct Arguments {
    /// Address and port to listen on.
    #[arg(long, env = "KHOT_LISTEN", default_value = "127.0.0.1:8080", value_name = "ADDR")]
    listen: SocketAddr,
    /// Load the four-banner demo first, where the database is still empty.
    #[arg(long)]
    demo: bool,
    #[command(flatten)]
    limits: Limits,
    #[command(flatten)]
    sign_in: SignIn,
}

pub async fn run(config: &Config, arguments: Arguments) -> Result<(), Stop> {
    // Before anything takes time: a taken port is the likeliest trouble.
    let listener = tokio::net::TcpListener::bind(arguments.listen).await.map_err(|error| {
        Stop::Failed(format!(
            "can't listen on {}: {error}. Choose another address with --listen",
            arguments.listen
        ))
    })?;
    let ending = Ending::listen()?;
    let opened = open_with_keys(config).await?;
    let served = serve(config, &arguments, listener, &opened, ending).await;
    opened.close().await;
    served
}

async fn serve(
    config: &Config,
    arguments: &Arguments,
    listener: tokio::net::TcpListener,
    opened: &Opened,
    ending: Ending,
) -> Result<(), Stop> {
    let store = &opened.store;
    let worker = jobs::start(store).await?;
    let ready = tokio::select! {
        ready = prepare(config, arguments, store, &ending) => ready.map(Some),
        _ = ending.clone().asked() => Ok(None),
    };
    let served = match ready {
        Ok(Some(drawn)) => {
            announce(config, listener.local_addr()?, drawn);
            let state = api::AppState::with_limits(store.clone(), clock::now, arguments.limits.clone())
                .with_sign_in(arguments.sign_in.clone());
            api::serve(listener, state, async {
                ending.asked().await;
            })
            .await
            .map_err(Stop::from)
        }
        Ok(None) => Ok(()),
        Err(stop) => Err(stop),
    };
    eprintln!("khot: stopping …");
    worker.stop().await;
    served
}

/// What has to be there before anyone is served; gives the login that was drawn.
async fn prepare(
    config: &Config,
    arguments: &Arguments,
    store: &Store,
    ending: &Ending,
) -> Result<Option<(String, String)>, Stop> {
    let drawn = first_administrator(config, store).await?;
    if arguments.demo {
        demo::load_if_empty(store, ending).await?;
    }
    Ok(drawn)
}

/// Makes the built-in administrator at the first start. Its password is written to a file of its owner's
/// before the account exists, so that it can't be lost in between.
async fn first_administrator(config: &Config, store: &Store) -> Result<Option<(String, String)>, Stop> {
    if store.has_accounts().await? {
        return Ok(None);
    }
    std::fs::create_dir_all(&config.home)?;
    // Another process on this home may be at it as well: what the file says must be what the account has.
    let turn = std::fs::File::create(config.home.join("logins.lock"))?;
    tokio::task::spawn_blocking({
        let turn = turn.try_clone()?;
        move || turn.lock()
    })
    .await??;
    if store.has_accounts().await? {
        return Ok(None);
    }
    let password = clock::draw_password();
    let logins = BTreeMap::from([(api::ADMINISTRATOR, password.as_str())]);
    private_file::write(&config.logins_file(), serde_json::to_string_pretty(&logins)?.as_bytes())
        .map_err(|error| Stop::Failed(format!("can't write {}: {error}", config.logins_file().display())))?;
    let made = api::ensure_administrator(store, &password, clock::now()).await?;
    if made.is_none() {
        // A process with another home was first: this password is nobody's.
        std::fs::remove_file(config.logins_file())?;
    }
    Ok(made.map(|name| (name.to_owned(), password)))
}

fn announce(config: &Config, address: SocketAddr, drawn: Option<(String, String)>) {
    let file = config.logins_file();
    let login = match drawn {
        Some((name, password)) => {
            format!("{name}  {password}\n             (shown once; kept in {})", file.display())
        }
        None if file.exists() => format!("{}  (password in {})", api::ADMINISTRATOR, file.display()),
        None => format!("{}  (drawn at the first start)", api::ADMINISTRATOR),
    };
    println!(
        "\n  ────────────────────────────────────────────────────────────\n  \
         Khot 浩特网格 is ready 已就绪\n\n  \
         Address 地址   http://{address}\n  \
         Login 登录     {login}\n  \
         Stop 停止      Ctrl-C\n  \
         ────────────────────────────────────────────────────────────\n"
    );
}
