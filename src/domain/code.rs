use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::Level;

/// A statistical division code (区划代码) in its short form: 2, 4, 6, 9 or 12 digits for region,
/// league, banner, township and village.
///
/// The official list writes 12 digits at every level and fills with zeros; both forms are read, the
/// short one is kept, so that "lies below" is "starts with". No check against GB/T 2260 is made:
/// development zones have six-digit codes that are not in that list.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Code(String);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CodeError {
    #[error("'{0}' is not a division code: write 2, 4, 6, 9 or 12 digits, such as 150821")]
    Area(String),
    #[error("'{0}' is not a grid code: write the 12 digits of its village and 3 more, from 001 to 999")]
    Grid(String),
}

impl Code {
    pub fn level(&self) -> Level {
        match self.0.len() {
            2 => Level::Region,
            4 => Level::League,
            6 => Level::Banner,
            9 => Level::Township,
            _ => Level::Village,
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The area that this one lies in; none for a region.
    pub fn parent(&self) -> Option<Code> {
        self.level().above().map(|above| self.prefix(above))
    }

    /// The ancestor at `level`, or the code itself where it already stands at that level or above.
    pub fn at(&self, level: Level) -> Code {
        if self.level() <= level { self.clone() } else { self.prefix(level) }
    }

    /// Whether `other` is this area or lies in it.
    pub fn covers(&self, other: &Code) -> bool {
        other.0.starts_with(&self.0)
    }

    /// From the region down to this area's parent.
    pub fn ancestors(&self) -> Vec<Code> {
        Level::ALL.iter().filter(|level| **level < self.level()).map(|level| self.prefix(*level)).collect()
    }

    fn prefix(&self, level: Level) -> Code {
        Code(self.0[..level.digits()].to_owned())
    }
}

impl FromStr for Code {
    type Err = CodeError;

    fn from_str(text: &str) -> Result<Self, CodeError> {
        let bad = || CodeError::Area(text.chars().take(40).collect());
        if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
            return Err(bad());
        }
        let significant = match text.len() {
            2 | 4 | 6 | 9 => text.len(),
            12 => Level::ALL
                .iter()
                .map(|level| level.digits())
                .find(|n| text[*n..].bytes().all(|b| b == b'0'))
                .unwrap_or(12),
            _ => return Err(bad()),
        };
        if text[..significant].bytes().all(|b| b == b'0') {
            return Err(bad());
        }
        Ok(Code(text[..significant].to_owned()))
    }
}

impl TryFrom<String> for Code {
    type Error = CodeError;
    fn try_from(text: String) -> Result<Self, CodeError> {
        text.parse()
    }
}

impl From<Code> for String {
    fn from(code: Code) -> String {
        code.0
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A grid code (网格代码): the village's 12 digits and a sequence from 001 to 999, never used twice.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct GridCode(String);

impl GridCode {
    /// Errors when `village` is not at village level or `sequence` is not in 1..=999.
    pub fn new(village: &Code, sequence: u16) -> Result<Self, CodeError> {
        format!("{village}{sequence:03}").parse()
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn village(&self) -> Code {
        Code(self.0[..12].to_owned())
    }

    /// The last three digits, as they are shown on a map.
    pub fn sequence(&self) -> u16 {
        self.0[12..].parse().unwrap_or(0)
    }
}

impl FromStr for GridCode {
    type Err = CodeError;
    fn from_str(text: &str) -> Result<Self, CodeError> {
        let bad = || CodeError::Grid(text.chars().take(40).collect());
        if text.len() != 15 || !text.bytes().all(|b| b.is_ascii_digit()) || text.ends_with("000") {
            return Err(bad());
        }
        match text[..12].parse::<Code>() {
            Ok(village) if village.level() == Level::Village => Ok(Self(text.to_owned())),
            _ => Err(bad()),
        }
    }
}

impl TryFrom<String> for GridCode {
    type Error = CodeError;
    fn try_from(text: String) -> Result<Self, CodeError> {
        text.parse()
    }
}

impl From<GridCode> for String {
    fn from(code: GridCode) -> String {
        code.0
    }
}

impl fmt::Display for GridCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_written_forms_are_one_code() {
        let short: Code = "150821".parse().unwrap();
        let long: Code = "150821000000".parse().unwrap();
        assert_eq!(short, long);
        assert_eq!(short.level(), Level::Banner);
        assert_eq!("150000000000".parse::<Code>().unwrap().as_str(), "15");
        assert_eq!("150821100200".parse::<Code>().unwrap().level(), Level::Village);
    }

    #[test]
    fn what_is_not_a_code_is_refused() {
        for text in ["", "1", "150", "15082", "15082x", "000000000000", "１５", "1508211002001"] {
            assert!(text.parse::<Code>().is_err(), "{text}");
        }
        for text in ["150821100200000", "150821100000001", "15082110020000", "15082110020000a"] {
            assert!(text.parse::<GridCode>().is_err(), "{text}");
        }
    }

    #[test]
    fn ancestors_run_from_the_region_down() {
        let village: Code = "150821100200".parse().unwrap();
        let names: Vec<String> = village.ancestors().iter().map(ToString::to_string).collect();
        assert_eq!(names, ["15", "1508", "150821", "150821100"]);
        assert!("1508".parse::<Code>().unwrap().covers(&village));
        assert!(!"1509".parse::<Code>().unwrap().covers(&village));
        assert_eq!(GridCode::new(&village, 7).unwrap().as_str(), "150821100200007");
        assert!(GridCode::new(&village, 1000).is_err());
    }
}
