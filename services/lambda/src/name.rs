//! The names that a function goes by: `name`, `account:function:name`, an ARN, each with a qualifier behind it.

use names::{Arn, Scope};
use wire::Fault;

/// Letters of a name.
const LENGTH_MAX: usize = 64;

/// A function, wherever it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Name {
    pub(crate) scope: Scope,
    pub(crate) name: String,
    /// `$LATEST`, a version or an alias.
    pub(crate) qualifier: Option<String>,
}

/// What a name leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target<'a> {
    /// The function as it is.
    Latest,
    Version(u64),
    Alias(&'a str),
}

/// The qualifier of the function as it is.
pub(crate) const LATEST: &str = "$LATEST";

/// Versions are numbers, each written in one way; `$LATEST` is 0.
pub(crate) fn version_number(text: &str) -> Option<u64> {
    if text == LATEST {
        return Some(0);
    }
    text.parse().ok().filter(|_| text.starts_with(|first| matches!(first, '1'..='9')))
}

/// A version's number as it is shown.
pub(crate) fn version_text(number: u64) -> String {
    if number == 0 { LATEST.to_owned() } else { number.to_string() }
}

impl Name {
    /// Reads a name in any of its forms; the model's pattern has been checked. None when it is still no name.
    pub(crate) fn parse(scope: &Scope, text: &str) -> Option<Self> {
        let mut scope = *scope;
        let mut rest = text;
        if text.starts_with("arn:") {
            let arn: Arn = text.parse().ok()?;
            scope = arn.scope()?;
            rest = &text[text.len() - arn.resource().len()..];
        } else if let Some((account, behind)) = text.split_once(":function:") {
            scope.account = account.rsplit(':').next()?.parse().ok()?;
            rest = behind;
        }
        let rest = rest.strip_prefix("function:").unwrap_or(rest);
        let (name, behind) = match rest.split_once(':') {
            Some((name, behind)) => (name, Some(behind)),
            None => (rest, None),
        };
        let qualifier = behind.map(str::to_owned);
        (!name.is_empty()).then(|| Name { scope, name: name.to_owned(), qualifier })
    }

    /// Without the qualifier.
    pub(crate) fn arn(&self) -> Arn {
        Arn::in_scope("lambda", &self.scope, format_args!("function:{}", self.name))
    }

    /// With the qualifier, when there is one.
    pub(crate) fn qualified_arn(&self) -> Arn {
        match &self.qualifier {
            Some(qualifier) => {
                Arn::in_scope("lambda", &self.scope, format_args!("function:{}:{qualifier}", self.name))
            }
            None => self.arn(),
        }
    }

    /// The same function under another qualifier.
    pub(crate) fn qualified(&self, qualifier: impl Into<String>) -> Self {
        Name { qualifier: Some(qualifier.into()), ..self.clone() }
    }

    pub(crate) fn target(&self) -> Target<'_> {
        let Some(qualifier) = self.qualifier.as_deref() else { return Target::Latest };
        match version_number(qualifier) {
            Some(0) => Target::Latest,
            Some(number) => Target::Version(number),
            None => Target::Alias(qualifier),
        }
    }
}

/// Refuses names that are too long; the model's limit is that of an ARN.
pub(crate) fn check_length(name: &str) -> Result<(), Fault> {
    if name.len() <= LENGTH_MAX {
        return Ok(());
    }
    let message = format!(
        "1 validation error detected: Value '{name}' at 'functionName' failed to satisfy constraint: Member must have \
         length less than or equal to {LENGTH_MAX}"
    );
    Err(Fault::new("ValidationException", 400, message))
}

/// Refuses qualifiers that are no alias's, wherever they stand; the model checks only those that stand alone.
pub(crate) fn check_alias(name: &Name) -> Result<(), Fault> {
    let Some(qualifier) = name.qualifier.as_deref() else { return Ok(()) };
    let is_alias = qualifier != LATEST && !qualifier.bytes().all(|byte| byte.is_ascii_digit());
    if is_alias {
        return Ok(());
    }
    let message = format!(
        "1 validation error detected: Value '{qualifier}' at 'qualifier' failed to satisfy constraint: Member must satisfy \
         regular expression pattern: ((?!^\\d+$)^[0-9a-zA-Z-_]+$)"
    );
    Err(Fault::new("ValidationException", 400, message))
}

#[cfg(test)]
mod tests {
    use names::{Account, Region, Scope};

    use super::{Name, Target};

    #[test]
    fn every_form_is_understood() {
        let here = Scope::new(Account::ZERO, Region::US_EAST_1);
        let forms = [
            "f",
            "000000000000:function:f",
            "function:f",
            "arn:aws:lambda:us-east-1:000000000000:function:f",
        ];
        for form in forms {
            let name = Name::parse(&here, form).unwrap();
            assert_eq!(
                (name.scope, name.name.as_str(), name.qualifier.as_deref()),
                (here, "f", None),
                "{form}"
            );
            let name = Name::parse(&here, &format!("{form}:7")).unwrap();
            assert_eq!((name.name.as_str(), name.qualifier.as_deref()), ("f", Some("7")), "{form}");
        }
        let there = Name::parse(&here, "arn:aws:lambda:eu-west-1:123456789012:function:f").unwrap();
        assert_eq!(there.arn().as_str(), "arn:aws:lambda:eu-west-1:123456789012:function:f");
        assert_eq!(Name::parse(&here, ""), None);
    }

    #[test]
    fn a_qualifier_says_what_is_meant() {
        let here = Scope::new(Account::ZERO, Region::US_EAST_1);
        let target = |text: &str, expected: Target<'_>| {
            assert_eq!(Name::parse(&here, text).unwrap().target(), expected, "{text}");
        };
        target("f", Target::Latest);
        target("f:$LATEST", Target::Latest);
        target("f:12", Target::Version(12));
        target("f:v12", Target::Alias("v12"));
        // No version has the number 0 or one that is greater than any.
        target("f:0", Target::Alias("0"));
        target("f:01", Target::Alias("01"));
        target("f:+1", Target::Alias("+1"));
        target("f:99999999999999999999", Target::Alias("99999999999999999999"));
    }
}
