//! What stands between the network and the handlers: headers for browsers, how many requests at once, how many from
//! one caller, and whose they are.

mod address;
mod headers;
mod load;
mod rates;

pub use address::ClientAddress;
pub use headers::headers;
pub use load::{Room, shed};
pub use rates::Rates;

use axum::extract::Request;
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::problem::Problem;

/// Middleware: compressed bodies are refused. A few kilobytes could unpack to any size, and nothing that the
/// product reads is a compressed file either.
pub async fn plain_bodies(request: Request, next: Next) -> Response {
    let encoded = request.headers().get_all(header::CONTENT_ENCODING).iter().any(|value| {
        let value = value.as_bytes().trim_ascii();
        !value.is_empty() && !value.eq_ignore_ascii_case(b"identity")
    });
    if encoded {
        let problem = Problem::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "compressed_body",
            "不接受压缩的请求内容：请去掉 Content-Encoding，直接发送原文件",
            "compressed bodies are not taken: send it as it is, without Content-Encoding",
        );
        return problem.into_response();
    }
    next.run(request).await
}
