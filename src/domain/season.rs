use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The seasons in which ways take differently long.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Season {
    /// Dry ground.
    Summer,
    /// Snow and ice.
    Winter,
    /// The thaw in spring and after long rain.
    Mud,
}

impl Season {
    pub const ALL: [Season; 3] = [Season::Summer, Season::Winter, Season::Mud];

    pub fn as_str(self) -> &'static str {
        match self {
            Season::Summer => "summer",
            Season::Winter => "winter",
            Season::Mud => "mud",
        }
    }
}

impl FromStr for Season {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|season| season.as_str() == text)
            .ok_or_else(|| format!("'{text}' is not a season: write one of summer, winter, mud"))
    }
}
