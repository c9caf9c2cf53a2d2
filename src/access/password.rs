//! What a password must be, and a username.

use std::collections::HashSet;
use std::sync::LazyLock;

/// Characters that a password has at least.
pub const PASSWORD_MIN: usize = 10;
/// And at most; keeps the hashing bounded.
pub const PASSWORD_MAX: usize = 200;
/// Shorter usernames stand in many words.
const TELLING: usize = 3;

/// Well-known passwords of at least [`PASSWORD_MIN`] characters, lower-cased, one a line.
static COMMON: LazyLock<HashSet<&str>> =
    LazyLock::new(|| include_str!("common_passwords.txt").lines().collect());

/// Why a password is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WeakPassword {
    #[error("the password is too short: take at least {PASSWORD_MIN} characters")]
    Short,
    #[error("the password is too long: take at most {PASSWORD_MAX} characters")]
    Long,
    #[error("this password is among the best known: take another one")]
    Common,
    #[error("the username stands in the password: take another one")]
    Username,
}

/// Whether `password` will do for the account `username`.
///
/// # Errors
/// When it is too short or too long, well known, or has the username in it; capitals make no difference.
pub fn check_password(password: &str, username: &str) -> Result<(), WeakPassword> {
    let letters = password.chars().count();
    if letters < PASSWORD_MIN {
        return Err(WeakPassword::Short);
    }
    if letters > PASSWORD_MAX {
        return Err(WeakPassword::Long);
    }
    let lower = password.to_lowercase();
    if COMMON.contains(lower.as_str()) {
        return Err(WeakPassword::Common);
    }
    if username.len() >= TELLING && lower.contains(&username.to_lowercase()) {
        return Err(WeakPassword::Username);
    }
    Ok(())
}

/// Whether an account can be named so: 2 to 63 small letters, digits and hyphens, no hyphen at the beginning.
pub fn is_username(text: &str) -> bool {
    (2..=63).contains(&text.len())
        && !text.starts_with('-')
        && text.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_long_enough_unknown_and_not_ones_name() {
        let check = |password: &str| check_password(password, "planner-150102");
        assert_eq!(check("kamel-9-st"), Ok(()));
        assert_eq!(check("kamel-9-s"), Err(WeakPassword::Short));
        // Characters count, not bytes.
        assert_eq!(check("草原上的骆驼走得很"), Err(WeakPassword::Short));
        assert_eq!(check("草原上的骆驼走得很慢"), Ok(()));
        assert_eq!(check(&"ж".repeat(PASSWORD_MAX)), Ok(()));
        assert_eq!(check(&"ж".repeat(PASSWORD_MAX + 1)), Err(WeakPassword::Long));
        assert_eq!(check("PassWord1234"), Err(WeakPassword::Common));
        assert_eq!(check("woaini1314520"), Err(WeakPassword::Common));
        assert_eq!(check("my-Planner-150102-!"), Err(WeakPassword::Username));
    }

    #[test]
    fn the_list_holds_what_the_other_rules_let_through() {
        assert!(COMMON.len() >= 1000, "{}", COMMON.len());
        assert_eq!(COMMON.len(), include_str!("common_passwords.txt").lines().count(), "a word stands twice");
        for word in COMMON.iter() {
            assert!(word.chars().count() >= PASSWORD_MIN && *word == word.to_lowercase(), "{word}");
            assert_eq!(*word, word.trim());
        }
    }

    #[test]
    fn a_username_is_as_the_database_wants_it() {
        for good in ["ab", "9-", "planner-150102", &"a".repeat(63)] {
            assert!(is_username(good), "{good}");
        }
        for bad in ["", "a", "-a", "Abc", "a_b", "a b", "旗", "a@b", &"a".repeat(64)] {
            assert!(!is_username(bad), "{bad}");
        }
    }
}
