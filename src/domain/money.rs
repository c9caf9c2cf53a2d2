use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Neg, Sub};

use serde::{Deserialize, Deserializer, Serialize, de};

/// An amount of money in whole fen (1/100 yuan). Nothing smaller is ever paid, so nothing smaller is kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Fen(pub i64);

impl Fen {
    /// Reads yuan with at most two decimals, such as `1800` or `1800.50`.
    ///
    /// # Errors
    /// A sentence that says how an amount is written.
    pub fn from_yuan(text: &str) -> Result<Self, String> {
        let bad = || {
            format!("'{text}' is not an amount: write yuan with at most two decimals, such as \"1800.50\"")
        };
        let (yuan, decimals) = text.split_once('.').unwrap_or((text, ""));
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if yuan.is_empty() || yuan.len() > 12 || decimals.len() > 2 || !digits(yuan) || !digits(decimals) {
            return Err(bad());
        }
        if text.ends_with('.') {
            return Err(bad());
        }
        format!("{yuan}{decimals:0<2}").parse().map(Self).map_err(|_| bad())
    }

    /// Shares this amount out by `weights`, to the fen: each share is rounded towards zero, and the fen that
    /// are left go one by one to the largest remainders (Hamilton's method), the first of equal ones. The
    /// shares always add up to the amount. Without any weight above zero the first gets everything.
    pub fn shared(self, weights: &[u128]) -> Vec<Fen> {
        let total: u128 = weights.iter().sum();
        if total == 0 {
            let all = |place: usize| if place == 0 { self } else { Fen(0) };
            return (0..weights.len()).map(all).collect();
        }
        let amount = u128::from(self.0.unsigned_abs());
        let exact = weights.iter().map(|weight| amount * *weight);
        let (mut shares, remainders): (Vec<u128>, Vec<u128>) =
            exact.map(|exact| (exact / total, exact % total)).unzip();
        let mut order: Vec<usize> = (0..weights.len()).collect();
        order.sort_by_key(|place| std::cmp::Reverse(remainders[*place]));
        let left = amount - shares.iter().sum::<u128>();
        // Fewer fen are left than there are shares: each remainder is below one fen.
        for place in order.into_iter().take(usize::try_from(left).unwrap_or(0)) {
            shares[place] += 1;
        }
        #[expect(clippy::cast_possible_truncation, reason = "no share is larger than the amount")]
        let signed = |share: u128| Fen(self.0.signum() * share as i64);
        shares.into_iter().map(signed).collect()
    }
}

impl fmt::Display for Fen {
    /// Yuan with two decimals: `-12.05`.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (sign, fen) = (if self.0 < 0 { "-" } else { "" }, self.0.unsigned_abs());
        write!(out, "{sign}{}.{:02}", fen / 100, fen % 100)
    }
}

impl Add for Fen {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl AddAssign for Fen {
    fn add_assign(&mut self, other: Self) {
        self.0 += other.0;
    }
}

impl Sub for Fen {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }
}

impl Neg for Fen {
    type Output = Self;
    fn neg(self) -> Self {
        Self(-self.0)
    }
}

impl Sum for Fen {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self(0), Add::add)
    }
}

impl<'a> Deserialize<'a> for Fen {
    /// From yuan, as people write them in a document: text, or a whole number. A binary fraction is refused,
    /// since it can't hold every fen.
    fn deserialize<D: Deserializer<'a>>(from: D) -> Result<Self, D::Error> {
        struct Yuan;
        impl de::Visitor<'_> for Yuan {
            type Value = Fen;
            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("yuan as text with at most two decimals (\"1800.50\") or as a whole number")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Fen, E> {
                Fen::from_yuan(text).map_err(E::custom)
            }
            fn visit_i64<E: de::Error>(self, yuan: i64) -> Result<Fen, E> {
                Fen::from_yuan(&yuan.to_string()).map_err(E::custom)
            }
        }
        from.deserialize_any(Yuan)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn yuan_are_read_to_the_fen_or_refused() {
        for (text, fen) in [("0", 0), ("1800", 180_000), ("1800.5", 180_050), ("0.07", 7)] {
            assert_eq!(Fen::from_yuan(text), Ok(Fen(fen)));
        }
        for bad in ["", ".5", "5.", "1.005", "-3", "1e3", "1,800", "十", "99999999999999"] {
            assert!(Fen::from_yuan(bad).is_err(), "{bad}");
        }
        assert_eq!((Fen(-1205).to_string(), Fen(7).to_string()), ("-12.05".into(), "0.07".into()));
    }

    proptest! {
        #[test]
        fn shares_add_up_and_none_is_a_fen_off(
            amount in -1_000_000_000i64..1_000_000_000,
            weights in proptest::collection::vec(0u128..10_000, 1..8),
        ) {
            let shares = Fen(amount).shared(&weights);
            prop_assert_eq!(shares.iter().copied().sum::<Fen>(), Fen(amount));
            let total: u128 = weights.iter().sum();
            if total > 0 {
                for (share, weight) in shares.iter().zip(&weights) {
                    let exact = amount as f64 * *weight as f64 / total as f64;
                    prop_assert!((share.0 as f64 - exact).abs() < 1.000_001);
                }
            }
        }
    }
}
