use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{Calendar, CalendarError};

/// Where people are served, or what a township serves them with.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum OutletKind {
    /// 党群服务中心, 便民服务中心
    Centre,
    /// 便民服务站点
    Station,
    /// 代办点, in a herder's home
    AgentPoint,
    /// 流动服务, with a calendar
    MobileStop,
    /// 一支队伍管执法
    EnforcementBureau,
    /// 一枚印章管审批
    ApprovalSeal,
}

impl OutletKind {
    pub const ALL: [Self; 6] = [
        Self::Centre,
        Self::Station,
        Self::AgentPoint,
        Self::MobileStop,
        Self::EnforcementBureau,
        Self::ApprovalSeal,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Centre => "centre",
            Self::Station => "station",
            Self::AgentPoint => "agent_point",
            Self::MobileStop => "mobile_stop",
            Self::EnforcementBureau => "enforcement_bureau",
            Self::ApprovalSeal => "approval_seal",
        }
    }

    /// The name in the field's own words.
    pub fn zh(self) -> &'static str {
        match self {
            Self::Centre => "服务中心",
            Self::Station => "便民服务站",
            Self::AgentPoint => "代办点",
            Self::MobileStop => "流动服务点",
            Self::EnforcementBureau => "综合执法局",
            Self::ApprovalSeal => "审批专用章",
        }
    }

    /// By either name; none for a word that is none of them.
    pub fn parse(text: &str) -> Option<Self> {
        let more = |kind: Self| match kind {
            Self::Centre => &["党群服务中心", "便民服务中心", "中心"][..],
            Self::Station => &["便民服务站点", "站点", "服务站"][..],
            Self::AgentPoint => &["代办"][..],
            Self::MobileStop => &["流动服务", "流动点"][..],
            Self::EnforcementBureau => &["综合行政执法局", "执法局", "执法队伍"][..],
            Self::ApprovalSeal => &["审批章", "印章"][..],
        };
        Self::ALL
            .into_iter()
            .find(|kind| kind.as_str() == text || kind.zh() == text || more(*kind).contains(&text))
    }
}

/// 四办: how a service item is handled.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum ServiceMode {
    /// 马上办
    Immediate,
    /// 网上办
    Online,
    /// 就近办
    Nearby,
    /// 一次办
    Once,
}

impl ServiceMode {
    pub const ALL: [Self; 4] = [Self::Immediate, Self::Online, Self::Nearby, Self::Once];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Immediate => "immediate",
            Self::Online => "online",
            Self::Nearby => "nearby",
            Self::Once => "once",
        }
    }

    /// By either name; none for a word that is none of them.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "马上办" => Some(Self::Immediate),
            "网上办" => Some(Self::Online),
            "就近办" => Some(Self::Nearby),
            "一次办" => Some(Self::Once),
            other => Self::ALL.into_iter().find(|mode| mode.as_str() == other),
        }
    }
}

/// 水 电 气 暖
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Utility {
    Water,
    Electricity,
    Gas,
    Heating,
}

impl Utility {
    pub const ALL: [Self; 4] = [Self::Water, Self::Electricity, Self::Gas, Self::Heating];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Water => "water",
            Self::Electricity => "electricity",
            Self::Gas => "gas",
            Self::Heating => "heating",
        }
    }

    /// By either name; none for a word that is none of them.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "水" | "供水" => Some(Self::Water),
            "电" | "供电" => Some(Self::Electricity),
            "气" | "燃气" | "供气" => Some(Self::Gas),
            "暖" | "供暖" | "供热" => Some(Self::Heating),
            other => Self::ALL.into_iter().find(|utility| utility.as_str() == other),
        }
    }
}

/// What an item of the catalogue is.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum ServiceKind {
    Approval,
    PublicService,
    Utility,
}

impl ServiceKind {
    pub const ALL: [Self; 3] = [Self::Approval, Self::PublicService, Self::Utility];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Approval => "approval",
            Self::PublicService => "public_service",
            Self::Utility => "utility",
        }
    }

    /// By either name; none for a word that is none of them.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "审批" | "行政审批" | "行政许可" => Some(Self::Approval),
            "公共服务" => Some(Self::PublicService),
            "公用事业" | "水电气暖" => Some(Self::Utility),
            other => Self::ALL.into_iter().find(|kind| kind.as_str() == other),
        }
    }
}

/// An item of the catalogue (事项).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// 1 to 32 letters, digits, dots, hyphens or underscores.
    pub code: String,
    pub name: String,
    /// Sorted, each once.
    pub modes: Vec<ServiceMode>,
    /// One of the powers handed down to townships.
    pub delegated: bool,
    pub kind: ServiceKind,
    /// Of a utility, and of nothing else.
    pub utility: Option<Utility>,
    /// Can be done without going anywhere.
    pub online: bool,
    pub synthetic: bool,
}

impl Service {
    /// Whether it may be an item's code.
    pub fn is_code(text: &str) -> bool {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
        (1..=32).contains(&text.len())
            && text.bytes().all(fits)
            && text.as_bytes().first().is_some_and(u8::is_ascii_alphanumeric)
    }
}

/// Hours or days of opening as they were written, which a [`Calendar`] reads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct OsmHours(String);

impl OsmHours {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// None only for a text that this program did not let in.
    pub fn calendar(&self) -> Option<Calendar> {
        self.0.parse().ok()
    }
}

impl FromStr for OsmHours {
    type Err = CalendarError;

    fn from_str(text: &str) -> Result<Self, CalendarError> {
        let text = text.trim();
        text.parse::<Calendar>()?;
        Ok(Self(text.to_owned()))
    }
}

impl TryFrom<String> for OsmHours {
    type Error = CalendarError;
    fn try_from(text: String) -> Result<Self, CalendarError> {
        text.parse()
    }
}

impl From<OsmHours> for String {
    fn from(hours: OsmHours) -> String {
        hours.0
    }
}

impl fmt::Display for OsmHours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_read_in_both_languages() {
        assert!(OutletKind::ALL.into_iter().all(|kind| OutletKind::parse(kind.as_str()) == Some(kind)));
        assert_eq!(OutletKind::parse("代办点"), Some(OutletKind::AgentPoint));
        assert_eq!(OutletKind::parse("shop"), None);
        assert_eq!(ServiceMode::parse("就近办"), Some(ServiceMode::Nearby));
    }
}
