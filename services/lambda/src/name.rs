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

impl Name {
    /// Reads a name in any of its forms; the model's pattern has been checked. None when it is still no name.
    pub(crate) fn parse(scope: &Scope, text: &str, qualifier: Option<&str>) -> Option<Self> {
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
        let qualifier = qualifier.or(behind).map(str::to_owned);
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

    /// Only the unpublished version exists here.
    pub(crate) fn is_latest(&self) -> bool {
        self.qualifier.as_deref().is_none_or(|qualifier| qualifier == "$LATEST")
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

#[cfg(test)]
mod tests {
    use names::{Account, Region, Scope};

    use super::Name;

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
            let name = Name::parse(&here, form, None).unwrap();
            assert_eq!(
                (name.scope, name.name.as_str(), name.qualifier.as_deref()),
                (here, "f", None),
                "{form}"
            );
            let name = Name::parse(&here, &format!("{form}:7"), None).unwrap();
            assert_eq!((name.name.as_str(), name.qualifier.as_deref()), ("f", Some("7")), "{form}");
        }
        let there = Name::parse(&here, "arn:aws:lambda:eu-west-1:123456789012:function:f", None).unwrap();
        assert_eq!(there.arn().as_str(), "arn:aws:lambda:eu-west-1:123456789012:function:f");
        assert_eq!(Name::parse(&here, "", None), None);
    }
}
