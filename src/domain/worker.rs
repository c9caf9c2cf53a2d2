use serde::{Deserialize, Serialize};

use super::Text;

/// 专职 or 兼职.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Employment {
    FullTime,
    PartTime,
}

impl Employment {
    pub fn as_str(self) -> &'static str {
        match self {
            Employment::FullTime => "full_time",
            Employment::PartTime => "part_time",
        }
    }

    /// None for a word that is none of them.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::FullTime, Self::PartTime].into_iter().find(|employment| employment.as_str() == text)
    }
}

/// Whether somebody on the books is on the post (在岗、借调、请假、离岗).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum WorkerStatus {
    OnPost,
    Seconded,
    OnLeave,
    Left,
}

impl WorkerStatus {
    pub fn as_str(self) -> &'static str {
        match self {
            WorkerStatus::OnPost => "on_post",
            WorkerStatus::Seconded => "seconded",
            WorkerStatus::OnLeave => "on_leave",
            WorkerStatus::Left => "left",
        }
    }

    /// None for a word that is none of them.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::OnPost, Self::Seconded, Self::OnLeave, Self::Left]
            .into_iter()
            .find(|status| status.as_str() == text)
    }
}

/// A piece of personal data: encrypted at rest, masked unless revealed.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum PersonalField {
    Name,
    Phone,
    /// What pay is sent to: an account or card number, or the payer's own reference.
    Bank,
}

const NAME_MAX: usize = 40;

impl PersonalField {
    pub const ALL: [Self; 3] = [Self::Name, Self::Phone, Self::Bank];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Phone => "phone",
            Self::Bank => "bank",
        }
    }

    /// The value as it is kept: without what people write around digits.
    ///
    /// # Errors
    /// A sentence that says what is allowed, without the value.
    pub fn clean(self, given: &str) -> Result<String, Text> {
        match self {
            Self::Name => {
                let name = given.trim();
                let letters = name.chars().count();
                if letters == 0 || letters > NAME_MAX || name.chars().any(char::is_control) {
                    return Err(Text::new(
                        "姓名应为 1 到 40 个字，不含控制字符",
                        "a name has 1 to 40 characters and no control characters",
                    ));
                }
                Ok(name.to_owned())
            }
            Self::Phone => {
                let digits: String =
                    given.trim().chars().filter(|letter| !matches!(letter, ' ' | '-')).collect();
                let plain = digits.strip_prefix('+').unwrap_or(&digits);
                if !(5..=15).contains(&plain.len()) || !plain.bytes().all(|byte| byte.is_ascii_digit()) {
                    return Err(Text::new(
                        "电话应为 5 到 15 位数字，可用 + 开头",
                        "a phone number has 5 to 15 digits and may begin with +",
                    ));
                }
                Ok(digits)
            }
            Self::Bank => {
                let reference: String =
                    given.trim().chars().filter(|letter| !matches!(letter, ' ' | '-')).collect();
                let plain = reference.bytes().all(|byte| byte.is_ascii_alphanumeric());
                if !(4..=34).contains(&reference.len()) || !plain {
                    return Err(Text::new(
                        "银行账号应为 4 到 34 位数字或字母",
                        "a bank reference has 4 to 34 digits or letters",
                    ));
                }
                Ok(reference)
            }
        }
    }

    /// What may be shown to whoever may not see it: 张**, 138****1234, ****5678. Of a short value less.
    pub fn mask(self, value: &str) -> String {
        let letters: Vec<char> = value.chars().collect();
        let first = |count: usize| letters[..count].iter().collect::<String>();
        let last = |count: usize| letters[letters.len() - count..].iter().collect::<String>();
        match (self, letters.len()) {
            (Self::Name, 0 | 1) => "**".to_owned(),
            (Self::Name, _) => first(1) + "**",
            (Self::Phone, 11..) => first(3) + "****" + &last(4),
            (Self::Phone, 7..) => "****".to_owned() + &last(2),
            (Self::Bank, 12..) => "****".to_owned() + &last(4),
            (Self::Phone | Self::Bank, _) => "****".to_owned(),
        }
    }
}

/// A language code as it is kept: `mn`, `zh`, `ewenki` …
///
/// # Errors
/// A sentence that says what is allowed.
pub fn clean_language(given: &str) -> Result<String, Text> {
    let code = given.trim().to_lowercase();
    if !(2..=8).contains(&code.len()) || !code.bytes().all(|byte| byte.is_ascii_lowercase()) {
        return Err(Text::new(
            "语言应为 2 到 8 个字母的代码，例如 mn（蒙古语）、zh（汉语）",
            "a language is a code of 2 to 8 letters, such as mn (Mongolian) or zh (Chinese)",
        ));
    }
    Ok(code)
}

/// A skill as it is kept.
///
/// # Errors
/// A sentence that says what is allowed.
pub fn clean_skill(given: &str) -> Result<String, Text> {
    let skill = given.trim();
    if !(1..=40).contains(&skill.chars().count()) || skill.chars().any(char::is_control) {
        return Err(Text::new(
            "技能应为 1 到 40 个字，不含控制字符",
            "a skill has 1 to 40 characters and no control characters",
        ));
    }
    Ok(skill.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mask_shows_little_and_of_a_short_value_less() {
        use PersonalField::{Bank, Name, Phone};
        for (field, value, masked) in [
            (Name, "张三丰", "张**"),
            (Name, "张三", "张**"),
            (Name, "斯琴高娃", "斯**"),
            (Name, "张", "**"),
            (Name, "", "**"),
            (Phone, "13812341234", "138****1234"),
            (Phone, "+8613812341234", "+86****1234"),
            (Phone, "04788888888", "047****8888"),
            (Phone, "8812345", "****45"),
            (Phone, "12345", "****"),
            (Bank, "6222020200112345678", "****5678"),
            (Bank, "REF00123", "****"),
            (Bank, "", "****"),
        ] {
            assert_eq!(field.mask(value), masked, "{field:?} {value}");
        }
    }

    #[test]
    fn values_are_cleaned_and_bad_ones_refused_without_being_quoted() {
        use PersonalField::{Bank, Name, Phone};
        assert_eq!(Name.clean(" 张三 ").unwrap(), "张三");
        assert_eq!(Phone.clean("138-1234 1234").unwrap(), "13812341234");
        assert_eq!(Phone.clean("+86 138 1234 1234").unwrap(), "+8613812341234");
        assert_eq!(Bank.clean("6222 0202 0011 2345 678").unwrap(), "6222020200112345678");
        let long = "长".repeat(41);
        for (field, bad) in [
            (Name, ""),
            (Name, "  "),
            (Name, "张\n三"),
            (Name, "a\0b"),
            (Name, &long),
            (Phone, "1234"),
            (Phone, "1381234x234"),
            (Phone, "1234567890123456"),
            (Phone, "１３８１２３４１２３４"),
            (Phone, "13812341234+"),
            (Bank, "123"),
            (Bank, "6222;DROP"),
            (Bank, "12345678901234567890123456789012345"),
        ] {
            let said = field.clean(bad).unwrap_err();
            assert!(bad.trim().is_empty() || !said.zh.contains(bad) && !said.en.contains(bad), "{said:?}");
        }
    }
}
