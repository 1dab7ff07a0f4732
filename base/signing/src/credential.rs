//! The credential scope: key id, day, region and service in one text. Looks no key up.

use std::borrow::Cow;

use crate::{Error, TERMINATOR, Timestamp};

/// `key/day/region/service/aws4_request`, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Scope<'a> {
    text: Cow<'a, str>,
    /// Where each part but the last ends.
    ends: [usize; 4],
}

impl<'a> Scope<'a> {
    /// Takes the five parts apart.
    pub(crate) fn parse(text: Cow<'a, str>) -> Result<Self, Error> {
        let mut ends = [0; 4];
        let mut slashes = memchr::memchr_iter(b'/', text.as_bytes());
        for end in &mut ends {
            *end = slashes.next().ok_or_else(|| Error::Credential { got: text.clone().into_owned() })?;
        }
        if slashes.next().is_some() {
            return Err(Error::Credential { got: text.clone().into_owned() });
        }
        Ok(Self { text, ends })
    }

    pub(crate) fn access_key_id(&self) -> &str {
        &self.text[..self.ends[0]]
    }

    pub(crate) fn day(&self) -> &str {
        &self.text[self.ends[0] + 1..self.ends[1]]
    }

    pub(crate) fn region(&self) -> &str {
        &self.text[self.ends[1] + 1..self.ends[2]]
    }

    pub(crate) fn service(&self) -> &str {
        &self.text[self.ends[2] + 1..self.ends[3]]
    }

    fn terminator(&self) -> &str {
        &self.text[self.ends[3] + 1..]
    }

    /// Everything after the key id, as the string to sign has it.
    pub(crate) fn without_key(&self) -> &str {
        &self.text[self.ends[0] + 1..]
    }

    /// Checks the parts that can be wrong in themselves.
    pub(crate) fn check(&self, signed_at: &Timestamp) -> Result<(), Error> {
        let mut faults = Vec::new();
        if self.terminator() != TERMINATOR {
            let got = self.terminator();
            faults.push(format!(
                "Credential should be scoped with a valid terminator: '{TERMINATOR}', not '{got}'."
            ));
        }
        if self.day() != signed_at.day() {
            faults.push(format!(
                "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: \
                 '{}' != '{}', from '{signed_at}'.",
                self.day(),
                signed_at.day()
            ));
        }
        if faults.is_empty() { Ok(()) } else { Err(Error::Scope(faults.join(" "))) }
    }
}
