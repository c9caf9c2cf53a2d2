//! `khot serve`: the map, the API, the tiles, and a worker.

use std::net::SocketAddr;

use super::logins::{self, Logins};
use super::open::{Ending, Opened, open_with_keys};
use super::{Stop, demo};
use crate::config::{Config, Limits, SignIn};
use crate::store::Store;
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
    /// Let whoever hasn't signed in see the outlines of areas and published grids, without figures. The demo does.
    #[arg(long, env = "KHOT_PUBLIC_MAP")]
    public_map: bool,
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
    let oidc = arguments.sign_in.oidc().map_err(Stop::Unusable)?;
    let provider = oidc.map(api::Provider::new).transpose().map_err(Stop::Unusable)?;
    let ending = Ending::listen()?;
    let opened = open_with_keys(config).await?;
    let served = serve(config, &arguments, provider, listener, &opened, ending).await;
    opened.close().await;
    served
}

async fn serve(
    config: &Config,
    arguments: &Arguments,
    provider: Option<api::Provider>,
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
            announce(config, listener.local_addr()?, &drawn, store.has_accounts().await?);
            let state = api::AppState::with_limits(store.clone(), clock::now, arguments.limits.clone())
                .with_public_map(arguments.public_map || arguments.demo)
                .with_sign_in(arguments.sign_in.clone());
            let state = match provider {
                Some(provider) => state.with_provider(provider),
                None => state,
            };
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

/// What has to be there before anyone is served; gives the logins that were drawn.
async fn prepare(
    config: &Config,
    arguments: &Arguments,
    store: &Store,
    ending: &Ending,
) -> Result<Logins, Stop> {
    if !arguments.demo {
        return Ok(Logins::new());
    }
    demo::load_if_empty(store, ending).await?;
    logins::ensure(config, store).await
}

fn announce(config: &Config, address: SocketAddr, drawn: &Logins, has_accounts: bool) {
    let file = config.logins_file();
    let login = if !drawn.is_empty() {
        format!("{}\n  (shown once; kept in {})", logins::table(drawn), file.display())
    } else if !has_accounts {
        "no account yet 尚无账号: khot user add NAME --name 姓名 --area 15 --role administrator".to_owned()
    } else if file.exists() {
        format!("names and passwords in {}", file.display())
    } else {
        "khot user list".to_owned()
    };
    println!(
        "\n  ────────────────────────────────────────────────────────────\n  \
         Khot 浩特网格 is ready 已就绪\n\n  \
         Address 地址   http://{address}\n  \
         Logins 登录\n  {login}\n  \
         Stop 停止      Ctrl-C\n  \
         ────────────────────────────────────────────────────────────\n"
    );
}
