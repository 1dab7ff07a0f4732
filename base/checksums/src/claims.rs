//! What a request says of its body, and whether it is true. Codes and words are S3's.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;

use crate::{Algorithm, Sums};

/// Why a body is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A checksum that is none.
    #[error("Value for {0} header is invalid.")]
    Invalid(&'static str),
    /// A `Content-MD5` that is none.
    #[error("The Content-MD5 you specified was invalid.")]
    InvalidMd5,
    /// `x-amz-sdk-checksum-algorithm` names nothing.
    #[error("Value for x-amz-sdk-checksum-algorithm header is invalid.")]
    UnknownAlgorithm,
    /// An algorithm is named, and no checksum came.
    #[error(
        "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found."
    )]
    Unfounded,
    /// More than one.
    #[error("Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.")]
    Several,
    /// None, where the operation needs one.
    #[error("Missing required header for this request: Content-MD5 OR x-amz-checksum-*")]
    Missing,
    /// The trailer does not have what the headers promise.
    #[error(
        "The request contained trailing data that was not well-formed or did not conform to our published schema."
    )]
    Trailer,
    /// The body has another checksum, or the checksum is another than the one that was named.
    #[error("The {} you specified did not match {}.", .0.name(), if *.0 == Algorithm::Md5 { "what we received" } else { "the calculated checksum" })]
    Mismatch(Algorithm),
}

impl Error {
    /// The code that S3 answers, with the status 400.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Error::Mismatch(_) => "BadDigest",
            Error::InvalidMd5 => "InvalidDigest",
            Error::Trailer => "MalformedTrailerError",
            _ => "InvalidRequest",
        }
    }
}

/// What a request says of its body.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Claims {
    /// From headers.
    known: Vec<(Algorithm, Vec<u8>)>,
    /// Promised for the trailer.
    promised: Option<Algorithm>,
}

impl Claims {
    /// Reads the headers of a request.
    ///
    /// # Errors
    /// When they are malformed, contradict each other, or when there is nothing although something `is_required`.
    pub fn of(headers: &HeaderMap, is_required: bool) -> Result<Self, Error> {
        let mut claims = Claims { known: Vec::new(), promised: promised(headers)? };
        for algorithm in Algorithm::NAMED {
            if let Some(checksum) = value(headers, algorithm)? {
                claims.known.push((algorithm, checksum));
            }
        }
        if claims.known.len() + usize::from(claims.promised.is_some()) > 1 {
            return Err(Error::Several);
        }
        claims.check_named(headers)?;
        claims.known.extend(value(headers, Algorithm::Md5)?.map(|checksum| (Algorithm::Md5, checksum)));
        let is_empty = claims.known.is_empty() && claims.promised.is_none();
        if is_required && is_empty { Err(Error::Missing) } else { Ok(claims) }
    }

    /// Holds the algorithm that the client names against the checksum that it sent.
    fn check_named(&self, headers: &HeaderMap) -> Result<(), Error> {
        let Some(name) = headers.get("x-amz-sdk-checksum-algorithm") else { return Ok(()) };
        let named = name.to_str().ok().and_then(Algorithm::parse).ok_or(Error::UnknownAlgorithm)?;
        let found = self.known.first().map(|(algorithm, _)| *algorithm).or(self.promised);
        match found.ok_or(Error::Unfounded)? {
            found if found == named => Ok(()),
            found => Err(Error::Mismatch(found)),
        }
    }

    /// The algorithm of the checksum that travels with the body, for those that store it.
    #[must_use]
    pub fn algorithm(&self) -> Option<Algorithm> {
        self.algorithms().find(|algorithm| *algorithm != Algorithm::Md5)
    }

    /// The algorithms of all checksums that a proof takes.
    pub fn algorithms(&self) -> impl Iterator<Item = Algorithm> {
        self.known.iter().map(|(algorithm, _)| *algorithm).chain(self.promised)
    }

    /// Proves them on these checksums of the body, which have all of these [algorithms](Self::algorithms), and on the fields
    /// of its trailer.
    ///
    /// # Errors
    /// [`Error::Trailer`] when a promise is not kept, [`Error::Mismatch`] when a checksum is wrong.
    pub fn prove(&self, sums: &Sums, trailer: &[(String, String)]) -> Result<(), Error> {
        let from_trailer = match self.promised {
            Some(algorithm) => Some((algorithm, in_trailer(algorithm, trailer)?)),
            None => None,
        };
        for (algorithm, expected) in self.known.iter().chain(&from_trailer) {
            if sums.get(*algorithm) != Some(expected.as_slice()) {
                return Err(Error::Mismatch(*algorithm));
            }
        }
        Ok(())
    }
}

/// The algorithm that `x-amz-trailer` promises a checksum of.
fn promised(headers: &HeaderMap) -> Result<Option<Algorithm>, Error> {
    let lines = headers.get_all("x-amz-trailer").iter().filter_map(|value| value.to_str().ok());
    let names = lines.flat_map(|line| line.split(',')).map(str::trim);
    let mut found = names.filter_map(|name| {
        Algorithm::NAMED.into_iter().find(|algorithm| algorithm.header().eq_ignore_ascii_case(name))
    });
    match (found.next(), found.next()) {
        (_, Some(_)) => Err(Error::Several),
        (first, None) => Ok(first),
    }
}

fn value(headers: &HeaderMap, algorithm: Algorithm) -> Result<Option<Vec<u8>>, Error> {
    let Some(value) = headers.get(algorithm.header()) else { return Ok(None) };
    let invalid = match algorithm {
        Algorithm::Md5 => Error::InvalidMd5,
        _ => Error::Invalid(algorithm.header()),
    };
    decode(algorithm, value.as_bytes()).map(Some).ok_or(invalid)
}

fn in_trailer(algorithm: Algorithm, trailer: &[(String, String)]) -> Result<Vec<u8>, Error> {
    let field = trailer.iter().find(|(name, _)| name.eq_ignore_ascii_case(algorithm.header()));
    let (_, value) = field.ok_or(Error::Trailer)?;
    decode(algorithm, value.as_bytes()).ok_or(Error::Invalid(algorithm.header()))
}

fn decode(algorithm: Algorithm, text: &[u8]) -> Option<Vec<u8>> {
    STANDARD.decode(text.trim_ascii()).ok().filter(|bytes| bytes.len() == algorithm.size_bytes())
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use http::HeaderMap;

    use super::{Claims, Error};
    use crate::{Algorithm, Sums};

    fn headers(headers: &[(&'static str, &str)]) -> HeaderMap {
        headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    fn claims(pairs: &[(&'static str, &str)]) -> Result<Claims, Error> {
        Claims::of(&headers(pairs), false)
    }

    fn prove(pairs: &[(&'static str, &str)], body: &[u8]) -> Result<(), Error> {
        prove_with(&claims(pairs)?, body, &[])
    }

    fn prove_with(claims: &Claims, body: &[u8], trailer: &[(String, String)]) -> Result<(), Error> {
        let mut sums = Sums::default();
        claims.algorithms().for_each(|algorithm| sums.want(algorithm));
        sums.update(body);
        sums.finish();
        claims.prove(&sums, trailer)
    }

    #[test]
    fn every_algorithm_is_proved() {
        for algorithm in Algorithm::NAMED.into_iter().chain([Algorithm::Md5]) {
            let checksum = STANDARD.encode(algorithm.of(b"body"));
            let header = [(algorithm.header(), checksum.as_str())];
            assert_eq!(prove(&header, b"body"), Ok(()));
            let error = prove(&header, b"other").unwrap_err();
            assert_eq!((error.clone(), error.code()), (Error::Mismatch(algorithm), "BadDigest"));
            assert!(prove(&[(algorithm.header(), "AA==")], b"body").is_err(), "too short");
            assert!(prove(&[(algorithm.header(), "***")], b"body").is_err(), "no base64");
        }
        assert_eq!(
            Error::Mismatch(Algorithm::Crc32).to_string(),
            "The CRC32 you specified did not match the calculated checksum."
        );
        assert_eq!(
            Error::Mismatch(Algorithm::Md5).to_string(),
            "The Content-MD5 you specified did not match what we received."
        );
        assert_eq!(prove(&[("content-md5", "x")], b"").unwrap_err().code(), "InvalidDigest");
    }

    #[test]
    fn a_trailer_keeps_what_the_headers_promise() {
        let promise =
            claims(&[("x-amz-trailer", "x-amz-checksum-crc32"), ("x-amz-sdk-checksum-algorithm", "CRC32")])
                .unwrap();
        let field = |value: &str| [("x-amz-checksum-crc32".to_owned(), value.to_owned())];
        assert_eq!(promise.algorithm(), Some(Algorithm::Crc32));
        assert_eq!(prove_with(&promise, b"123456789", &field("y/Q5Jg==")), Ok(()));
        assert_eq!(prove_with(&promise, b"x", &field("y/Q5Jg==")), Err(Error::Mismatch(Algorithm::Crc32)));
        assert_eq!(prove_with(&promise, b"x", &field("!")), Err(Error::Invalid("x-amz-checksum-crc32")));
        let error = prove_with(&promise, b"x", &[]).unwrap_err();
        assert_eq!((error.clone(), error.code()), (Error::Trailer, "MalformedTrailerError"));
    }

    #[test]
    fn what_contradicts_itself_is_refused() {
        let crc = ("x-amz-checksum-crc32", "y/Q5Jg==");
        assert_eq!(claims(&[crc, ("x-amz-checksum-crc32c", "4waSgw==")]), Err(Error::Several));
        assert_eq!(claims(&[crc, ("x-amz-trailer", "x-amz-checksum-crc32")]), Err(Error::Several));
        assert_eq!(
            claims(&[crc, ("x-amz-sdk-checksum-algorithm", "SHA1")]),
            Err(Error::Mismatch(Algorithm::Crc32))
        );
        assert_eq!(claims(&[("x-amz-sdk-checksum-algorithm", "SHA1")]), Err(Error::Unfounded));
        assert_eq!(claims(&[crc, ("x-amz-sdk-checksum-algorithm", "SHA9")]), Err(Error::UnknownAlgorithm));
        assert_eq!(Claims::of(&headers(&[]), true), Err(Error::Missing));
        for one in
            [crc, ("x-amz-trailer", "x-amz-checksum-crc32"), ("content-md5", "XrY7u+Ae7tCTyyK7j1rNww==")]
        {
            assert!(Claims::of(&headers(&[one]), true).is_ok(), "{one:?}");
        }
        assert_eq!(claims(&[("x-amz-trailer", "x-other")]), Ok(Claims::default()));
    }
}
