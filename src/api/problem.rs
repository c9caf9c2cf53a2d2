//! `application/problem+json` (RFC 9457) for every error, the framework's own included.
//!
//! A handler gives a [`Problem`] in both languages; [`speak`] writes it in the one that the request asks
//! for. A response of 400 or more that carries none (from the framework) gets the general one of its status.

use std::any::Any;

use axum::Json;
use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use super::language::Language;
use crate::access::Capability;
use crate::domain::Code;
use crate::domain::Text;
use crate::jobs::Failure;
use crate::store::StoreError;

/// An error for a client: a stable code and one clear sentence that says what to do.
#[derive(Debug, Clone)]
pub struct Problem {
    status: StatusCode,
    code: &'static str,
    detail: Text,
    retry_after_s: Option<u64>,
}

/// Marks a response that is in the usual form already.
#[derive(Clone)]
struct AsItIs;

/// The wire form.
#[derive(Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemWire {
    /// A URI reference that names the kind of problem: `/problems/<code>`.
    #[serde(rename = "type")]
    kind: String,
    title: String,
    status: u16,
    detail: String,
    /// The stable name to program against.
    code: String,
}

impl Problem {
    pub fn new(status: StatusCode, code: &'static str, zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { status, code, detail: Text::new(zh, en), retry_after_s: None }
    }

    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// When it may be tried again: `Retry-After`, in seconds.
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after_s = Some(seconds);
        self
    }

    pub fn bad_request(code: &'static str, zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, zh, en)
    }

    pub fn conflict(code: &'static str, zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, code, zh, en)
    }

    /// `what_zh` / `what_en` with its code isn't there, or not for this caller: both look alike.
    pub fn not_found(what_zh: &str, what_en: &str) -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "not_found",
            format!("没有找到{what_zh}，或您无权查看：请核对代码"),
            format!("no such {what_en}, or not for you to see: check the code"),
        )
    }

    pub fn bad_text() -> Self {
        Self::bad_request(
            "bad_text",
            "文字中有无法保存的字符（如空字符）：请删去后再试",
            "the text has a character that can't be kept (the character 0, say): take it out",
        )
    }

    pub fn unauthorized() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "unauthorized", "请先登录", "sign in first")
    }

    /// For a signed-in caller whose grants don't reach so far.
    pub fn forbidden(capability: Capability, area: &Code) -> Self {
        let Text { zh, en } = deed(capability);
        Self::new(
            StatusCode::FORBIDDEN,
            "forbidden",
            format!("您在 {area} 没有“{zh}”的权限：请联系管理员授权"),
            format!("your account may not {en} in {area}: ask an administrator for a grant"),
        )
    }

    /// The same for whoever may do it nowhere.
    pub fn forbidden_everywhere(capability: Capability) -> Self {
        let Text { zh, en } = deed(capability);
        Self::new(
            StatusCode::FORBIDDEN,
            "forbidden",
            format!("您没有“{zh}”的权限：请联系管理员授权"),
            format!("your account may not {en}: ask an administrator for a grant"),
        )
    }

    pub(super) fn of_status(status: StatusCode) -> Self {
        match status.as_u16() {
            401 => Self::unauthorized(),
            404 => Self::new(status, "not_found", "没有这个地址", "there is nothing at this address"),
            405 => Self::new(
                status,
                "method_not_allowed",
                "该地址不支持这种请求方法",
                "this address doesn't take that method",
            ),
            408 | 504 => Self::new(
                status,
                "timeout",
                "处理超时：请稍后再试，或缩小范围",
                "this took too long: try again later or ask for less",
            ),
            413 => Self::new(
                status,
                "too_large",
                "内容过大：请拆分后再上传",
                "the body is too large: split it and send the parts",
            ),
            415 => Self::new(
                status,
                "unsupported_media_type",
                "内容类型不对：请用 application/json",
                "wrong content type: send application/json",
            ),
            503 => Self::new(
                status,
                "unavailable",
                "服务暂时不可用：请稍后再试",
                "not available just now: try again in a moment",
            ),
            code if code < 500 => Self::new(
                status,
                "bad_request",
                "请求有误：请核对参数",
                "the request is not right: check its parameters",
            ),
            _ => Self::new(
                status,
                "internal",
                "服务器内部错误，已记录：请稍后再试，并把请求编号告诉管理员",
                "something went wrong here and was logged: try again, and tell the operator the request id",
            ),
        }
    }

    /// An answer that is a problem with more members than the general form has: it is sent as it is.
    pub fn told(status: StatusCode, wire: &impl Serialize) -> Response {
        let kind = [(header::CONTENT_TYPE, "application/problem+json")];
        let mut response = (status, kind, serde_json::to_string(wire).unwrap_or_default()).into_response();
        response.extensions_mut().insert(AsItIs);
        response
    }

    fn wire(&self, language: Language) -> ProblemWire {
        ProblemWire {
            kind: format!("/problems/{}", self.code),
            title: self.status.canonical_reason().unwrap_or("Error").to_owned(),
            status: self.status.as_u16(),
            detail: language.of(&self.detail).to_owned(),
            code: self.code.to_owned(),
        }
    }
}

/// What a capability lets its holder do.
fn deed(capability: Capability) -> Text {
    let (zh, en) = match capability {
        Capability::Outline => ("查看该区划", "see this area"),
        Capability::Figures => ("查看统计数据", "see figures"),
        Capability::Draft => ("编制和发布网格方案", "make and publish grid plans"),
        Capability::Import => ("导入数据", "import data"),
        Capability::People => ("查看网格员名册", "see worker records"),
        Capability::PeopleEdit => ("修改网格员信息", "change worker records"),
        Capability::Names => ("查看个人信息", "see personal data"),
        Capability::Audit => ("查看审计日志", "read the audit trail"),
        Capability::Pay => ("查看补贴", "see subsidies"),
        Capability::PayEdit => ("编制补贴", "make subsidy runs and rules"),
        Capability::PayApprove => ("审批补贴", "approve subsidy runs"),
        Capability::Outlets => ("维护服务网点", "change outlets"),
        Capability::Accounts => ("管理账号和授权", "manage accounts and grants"),
    };
    Text::new(zh, en)
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        if let Some(seconds) = self.retry_after_s {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response.extensions_mut().insert(self);
        response
    }
}

/// What was asked for can't be done as it was asked.
impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Refused { code, text } => {
                let status = match code {
                    "bad_givens" | "cannot_divide" => StatusCode::UNPROCESSABLE_ENTITY,
                    "not_found" => StatusCode::NOT_FOUND,
                    _ => StatusCode::CONFLICT,
                };
                Self::new(status, code, text.zh, text.en)
            }
            Failure::Cancelled => Self::of_status(StatusCode::GATEWAY_TIMEOUT),
            Failure::Unusable { .. } => Self::of_status(StatusCode::UNPROCESSABLE_ENTITY),
            Failure::Store(error) => error.into(),
        }
    }
}

/// What a client may know of a store's error; the rest is logged.
impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        if let StoreError::Text(_) = error {
            return Problem::bad_text();
        }
        if let StoreError::OutOfScope(_) = error {
            // The database stood in for a handler that didn't look.
            tracing::error!(%error, "a change was refused by row-level security");
            return Problem::new(
                StatusCode::FORBIDDEN,
                "forbidden",
                "您的授权不包括此项更改：请联系管理员授权",
                "your grants don't reach this change: ask an administrator for a grant",
            );
        }
        if let StoreError::NoKeys | StoreError::KeyMissing { .. } | StoreError::Vault(_) = error {
            tracing::error!(%error, "personal data can't be sealed or opened");
            return Problem::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "no_keys",
                "个人信息暂时无法加密或解密：请管理员运行 khot doctor 检查密钥",
                "personal data can't be sealed or opened just now: the operator should run khot doctor",
            );
        }
        match error.constraint() {
            _ if matches!(&error, StoreError::Upload(_)) => upload_broke_off(&error),
            Some("worker_username_key") => Problem::conflict(
                "username_taken",
                "该账号已属于另一名网格员：请核对用户名",
                "this account is another worker's already: check the username",
            ),
            Some("worker_username_fkey") => Problem::bad_request(
                "no_account",
                "没有这个账号：请先建立账号，或不填用户名",
                "there is no such account: make it first, or leave the username out",
            ),
            Some("account_username_key") => Problem::conflict(
                "username_taken",
                "这个用户名已被使用：请换一个",
                "this username is taken: choose another one",
            ),
            Some("account_oidc_subject_key") => Problem::conflict(
                "subject_taken",
                "这个统一身份已关联到其他账号：请核对",
                "this identity is linked to another account already: check it",
            ),
            Some("assignment_one_worker") => Problem::conflict(
                "grid_taken",
                "该网格在这些日子里已有网格员：请先结束原来的安排，或以 replace 接替",
                "this grid has a worker on some of these days: end that assignment first, or send `replace`",
            ),
            Some("assignment_once") => Problem::conflict(
                "already_assigned",
                "此人在这些日子里已在该网格担任同一角色",
                "this worker has the same role in this grid on some of these days",
            ),
            Some("worker_elsewhere") => Problem::conflict(
                "worker_elsewhere",
                "此人同时负责的网格将超过政策上限：请先结束其他网格的安排，或另选他人",
                "this worker would hold more grids at once than the policy allows: end another assignment first, or choose somebody else",
            ),
            Some("above_ceiling") => Problem::conflict(
                "above_ceiling",
                "岗位数将超过核定上限：请先调整上限，或减少岗位",
                "there would be more posts than the ceiling allows: change the ceiling first, or set fewer",
            ),
            Some("posts_held") => Problem::conflict(
                "above_ceiling",
                "在岗人数将超过该苏木乡镇或旗县的岗位数：请先增加岗位，或结束其他安排",
                "more workers would hold grids than there are posts in the township or banner: add posts first, or end another assignment",
            ),
            Some("post_number" | "ceiling_number") => Problem::conflict(
                "too_few_posts",
                "没有这么多岗位可以调出：请核对数目和日期",
                "there aren't as many posts to move: check the number and the day",
            ),
            Some("post_one_a_day" | "ceiling_one_a_day" | "worker_status_one_a_day") => Problem::conflict(
                "changed_meanwhile",
                "刚才有人作了更改：请刷新后再试",
                "somebody changed this a moment ago: load it again and try once more",
            ),
            Some("assignment_days" | "worker_status_days") => Problem::bad_request(
                "bad_days",
                "结束日期须晚于开始日期",
                "the day of its end must be after that of its beginning",
            ),
            Some("worker_area_fkey") => Problem::not_found("这个区划", "area"),
            Some("outlet_area_fkey") => Problem::not_found("这个区划", "area"),
            Some("outlet_state_one_a_day") => Problem::conflict(
                "later_change",
                "该网点此后另有已登记的变更：请改那一次变更，或选更晚的日期",
                "a later change of this outlet stands already: change that one, or choose a later day",
            ),
            Some("service_offer_one_a_day") => Problem::conflict(
                "offered_already",
                "该事项在这段时间已由该网点提供：请选更晚的日期",
                "the outlet offers this item in that time already: choose a later day",
            ),
            Some("pay_rules_version_key") => Problem::conflict(
                "version_taken",
                "该区划已有这个版本的规则：请换一个 version",
                "the area has rules of this version already: give them another version",
            ),
            Some("pay_month_closed") => Problem::conflict(
                "month_locked",
                "该月补贴已锁定，不可更改：请在以后的月份做调整",
                "this month is paid and locked: correct it by an adjustment in a later one",
            ),
            Some("pay_frozen") => {
                Problem::conflict("run_locked", "已锁定的发放批次不可更改", "a locked run is never changed")
            }
            Some("pay_run_stale") => Problem::conflict(
                "run_stale",
                "出勤或调整在核算之后有变动：请重新核算",
                "days on duty or adjustments have changed since it was worked out: make the run again",
            ),
            Some("pay_run_one_locked") => Problem::conflict(
                "month_locked",
                "该区划这个月已有锁定的批次",
                "a run of this area and month is locked already",
            ),
            Some("pay_paid_once") => Problem::conflict(
                "paid_already",
                "其中有网格员本月已由另一批次发放：请重新核算",
                "another locked run has paid one of its workers for this month: make the run again",
            ),
            Some("pay_run_second_person") => {
                Problem::conflict("own_run", "须由另一人审批", "a second person approves a run")
            }
            Some("plan_frozen") => {
                Problem::conflict("plan_frozen", "已发布的方案不可更改", "a published plan is never changed")
            }
            Some("plan_one_a_day") => Problem::conflict(
                "plan_overlap",
                "同一旗县在同一天只能有一个生效的方案：请换一个开始日期",
                "only one plan of a banner can hold on a day: choose another first day",
            ),
            _ => {
                tracing::error!(%error, "a request failed in the store");
                let status = match error {
                    StoreError::Unreachable(_) => StatusCode::SERVICE_UNAVAILABLE,
                    _ => StatusCode::INTERNAL_SERVER_ERROR,
                };
                Problem::of_status(status)
            }
        }
    }
}

/// The client's doing: it went away, or it sent more than it may.
fn upload_broke_off(error: &StoreError) -> Problem {
    match error {
        StoreError::Upload(why) if why.kind() == std::io::ErrorKind::FileTooLarge => {
            Problem::of_status(StatusCode::PAYLOAD_TOO_LARGE)
        }
        _ => Problem::bad_request(
            "broken_off",
            "文件没有传完：请重新上传",
            "the file broke off while it was sent: send it again",
        ),
    }
}

pub async fn method_not_allowed() -> Problem {
    Problem::of_status(StatusCode::METHOD_NOT_ALLOWED)
}

/// A panic in a handler is a defect; the client still gets an answer in the usual form.
pub fn panicked(cause: Box<dyn Any + Send + 'static>) -> Response {
    let text =
        cause.downcast_ref::<String>().map(String::as_str).or_else(|| cause.downcast_ref::<&str>().copied());
    tracing::error!(panic = text.unwrap_or("unknown"), "a handler panicked");
    Problem::of_status(StatusCode::INTERNAL_SERVER_ERROR).into_response()
}

/// Middleware: writes problems in the request's language.
pub async fn speak(request: Request, next: Next) -> Response {
    let language = Language::of_headers(request.headers());
    let response = next.run(request).await;
    let status = response.status();
    let written = response.extensions().get::<AsItIs>().is_some();
    if written || !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    let problem =
        response.extensions().get::<Problem>().cloned().unwrap_or_else(|| Problem::of_status(status));
    let mut answer = (status, Json(problem.wire(language))).into_response();
    for (name, value) in response.headers() {
        if name != header::CONTENT_TYPE && name != header::CONTENT_LENGTH {
            answer.headers_mut().append(name.clone(), value.clone());
        }
    }
    answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    answer.headers_mut().insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(language.tag()));
    answer
}
