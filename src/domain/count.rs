use std::fmt;
use std::iter::Sum;
use std::ops::Add;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, OneOfBuilder, Schema, SchemaType, Type};
use utoipa::{PartialSchema, ToSchema};

/// Counts from 1 to this many are not told outside the village's own staff.
pub const SMALL_MAX: u32 = 4;

/// A count of households or people as it is told: a number, or that it is under a bound and not 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Count {
    Number(u64),
    /// At least 1 and less than this: `"<5"` of one small unit, `"<9"`, `"<13"` and `"<17"` of two to four.
    Under(u32),
}

impl Count {
    /// The number, where one is told.
    pub fn number(self) -> Option<u64> {
        match self {
            Self::Number(number) => Some(number),
            Self::Under(_) => None,
        }
    }
}

impl Default for Count {
    fn default() -> Self {
        Self::Number(0)
    }
}

impl From<u32> for Count {
    fn from(number: u32) -> Self {
        Self::Number(u64::from(number))
    }
}

impl From<u64> for Count {
    fn from(number: u64) -> Self {
        Self::Number(number)
    }
}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Under(bound) => f.pad(&format!("<{bound}")),
        }
    }
}

impl Serialize for Count {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Number(number) => serializer.serialize_u64(*number),
            Self::Under(_) => serializer.collect_str(self),
        }
    }
}

impl<'de> Deserialize<'de> for Count {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl de::Visitor<'_> for Reader {
            type Value = Count;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a whole number from 0, or \"<\" with one")
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Count, E> {
                Ok(Count::Number(number))
            }

            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Count, E> {
                u64::try_from(number).map(Count::Number).map_err(|_| E::custom("a count is never below 0"))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Count, E> {
                let bound = text.strip_prefix('<').and_then(|bound| bound.parse().ok());
                bound.map(Count::Under).ok_or_else(|| E::invalid_value(de::Unexpected::Str(text), &self))
            }
        }
        deserializer.deserialize_any(Reader)
    }
}

impl PartialSchema for Count {
    fn schema() -> RefOr<Schema> {
        let number = ObjectBuilder::new().schema_type(SchemaType::Type(Type::Integer)).minimum(Some(0));
        let under = ObjectBuilder::new()
            .schema_type(SchemaType::Type(Type::String))
            .pattern(Some("^<[0-9]+$"))
            .examples([serde_json::json!("<5")]);
        OneOfBuilder::new()
            .item(number)
            .item(under)
            .description(Some(
                "A number, or \"<5\" where it is from 1 to 4. Outside the village's own staff a number may differ by a \
                 few from the true one where units of 1 to 4 are part of it, so that no such unit can be worked out; \
                 \"<9\", \"<13\" and \"<17\" stand for sums of two, three and four such units and nothing else.",
            ))
            .into()
    }
}

impl ToSchema for Count {
    fn name() -> std::borrow::Cow<'static, str> {
        "Count".into()
    }

    fn schemas(_: &mut Vec<(String, RefOr<Schema>)>) {}
}

/// What is told of a unit, grid or area: adds up over any grouping.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// The sum of what stands for its units' counts.
    pub told: u64,
    /// How many units of 1 to 4 it is made of, where it holds no larger one; else 0.
    pub few: u32,
}

impl Tally {
    /// Of a unit with `count`, for which `told` stands where that is small.
    pub fn of_unit(count: u32, told: u32) -> Self {
        match count {
            1..=SMALL_MAX => Self { told: u64::from(told), few: 1 },
            _ => Self { told: u64::from(count), few: 0 },
        }
    }

    /// What is said of it. The bound follows from how many small units there are, never from what they hold:
    /// saying "<5" of two of them would tell that neither is 4.
    pub fn count(self) -> Count {
        match self.few {
            1..=SMALL_MAX => Count::Under(SMALL_MAX * self.few + 1),
            _ => Count::Number(self.told),
        }
    }

    fn has_large(self) -> bool {
        self.few == 0 && self.told > 0
    }
}

impl Add for Tally {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        let few = if self.has_large() || other.has_large() { 0 } else { self.few + other.few };
        Self { told: self.told + other.told, few }
    }
}

impl Sum for Tally {
    fn sum<I: Iterator<Item = Self>>(tallies: I) -> Self {
        tallies.fold(Self::default(), Add::add)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_is_read_as_it_is_written() {
        for (count, json) in [
            (Count::Number(0), "0"),
            (Count::Number(312), "312"),
            (Count::Under(5), "\"<5\""),
            (Count::Under(17), "\"<17\""),
        ] {
            assert_eq!(serde_json::to_string(&count).unwrap(), json);
            assert_eq!(serde_json::from_str::<Count>(json).unwrap(), count);
        }
        for bad in ["-1", "\"5\"", "\"<\"", "\"<x\"", "null", "1.5"] {
            assert!(serde_json::from_str::<Count>(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_bound_grows_with_the_number_of_small_units_until_a_sum_is_told() {
        let of = |counts: &[u32]| counts.iter().map(|count| Tally::of_unit(*count, 2)).sum::<Tally>().count();
        assert_eq!(of(&[]), Count::Number(0));
        assert_eq!(of(&[0, 0]), Count::Number(0));
        assert_eq!(of(&[0, 3]), Count::Under(5));
        assert_eq!(of(&[1, 1]), Count::Under(9));
        assert_eq!(of(&[4, 4]), Count::Under(9));
        assert_eq!(of(&[1, 2, 3, 4]), Count::Under(17));
        assert_eq!(of(&[1, 1, 1, 1, 1]), Count::Number(10));
        assert_eq!(of(&[5, 1]), Count::Number(7));
        assert_eq!(of(&[1, 5]), Count::Number(7));
    }
}
