//! Which of the two languages a client reads: Chinese unless it asks for English.

use axum::http::{HeaderMap, header};

use crate::domain::Text;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    Chinese,
    English,
}

impl Language {
    /// The first of the two that `Accept-Language` names.
    pub fn of_headers(headers: &HeaderMap) -> Self {
        let accepted =
            headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or("");
        for part in accepted.split(',') {
            let tag = part.split(';').next().unwrap_or("").trim().to_ascii_lowercase();
            if tag.starts_with("zh") {
                return Language::Chinese;
            }
            if tag.starts_with("en") {
                return Language::English;
            }
        }
        Language::Chinese
    }

    pub fn of(self, text: &Text) -> &str {
        match self {
            Language::Chinese => &text.zh,
            Language::English => &text.en,
        }
    }

    pub fn tag(self) -> &'static str {
        match self {
            Language::Chinese => "zh-CN",
            Language::English => "en",
        }
    }
}
