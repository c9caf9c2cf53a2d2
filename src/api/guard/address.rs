//! Where a request comes from.

use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::HeaderMap;
use axum::http::request::Parts;

use crate::api::AppState;

/// The address that stands for a client: its own, or the network of 64 bits that one IPv6 client has to itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ClientAddress(pub IpAddr);

impl FromRequestParts<AppState> for ClientAddress {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Infallible> {
        let socket = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
        Ok(Self::of(socket, &parts.headers, state.limits().trusted_proxy))
    }
}

impl ClientAddress {
    /// The socket's address; behind a proxy, the one that the proxy has put last in `X-Forwarded-For`: those before it
    /// are what the client claims.
    fn of(socket: Option<IpAddr>, headers: &HeaderMap, trusted_proxy: bool) -> Self {
        let forwarded = || {
            let last = headers.get_all("x-forwarded-for").iter().next_back()?.to_str().ok()?;
            let last = last.rsplit(',').next()?.trim();
            last.parse::<IpAddr>()
                .ok()
                .or_else(|| last.parse::<SocketAddr>().ok().map(|address| address.ip()))
        };
        let address = if trusted_proxy { forwarded().or(socket) } else { socket };
        Self(network(address.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED))))
    }
}

fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V6(v6) => match v6.to_ipv4_mapped() {
            Some(v4) => IpAddr::V4(v4),
            None => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() >> 64 << 64)),
        },
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(socket: &str, forwarded: &[&str], trusted: bool) -> String {
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append("x-forwarded-for", value.parse().unwrap());
        }
        ClientAddress::of(Some(socket.parse().unwrap()), &headers, trusted).0.to_string()
    }

    #[test]
    fn a_proxy_is_believed_only_where_there_is_one_and_only_its_own_word() {
        assert_eq!(of("10.0.0.1", &["1.2.3.4"], false), "10.0.0.1");
        assert_eq!(of("10.0.0.1", &["6.6.6.6, 1.2.3.4"], true), "1.2.3.4");
        assert_eq!(of("10.0.0.1", &["6.6.6.6", "1.2.3.4"], true), "1.2.3.4");
        assert_eq!(of("10.0.0.1", &["1.2.3.4:5555"], true), "1.2.3.4");
        assert_eq!(of("10.0.0.1", &["unknown"], true), "10.0.0.1");
        assert_eq!(of("10.0.0.1", &[], true), "10.0.0.1");
        assert_eq!(of("2001:db8:1:2:3:4:5:6", &[], false), "2001:db8:1:2::");
        assert_eq!(of("::ffff:10.1.2.3", &[], false), "10.1.2.3");
    }
}
