//! What our signer signs is proved, and nothing else is.

use http::request::Parts;

use super::*;

const NOW_S: i64 = 1_767_323_045;

fn credentials() -> Credentials {
    Credentials {
        access_key_id: "AKIAIOSFODNN7EXAMPLE".to_owned(),
        secret: Secret::new("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
        session_token: Some("token+/=".to_owned()),
    }
}

fn parts(method: &str, target: &str, value: &str) -> Parts {
    let uri = format!("http://localhost:4566{target}");
    http::Request::builder()
        .method(method)
        .uri(uri)
        .header("x-amz-meta-a", value)
        .body(())
        .unwrap()
        .into_parts()
        .0
}

fn proved(parts: &Parts, body: &[u8], service: &str) -> Result<Proof, Error> {
    let request = Request::new(parts, Style::of_service(service));
    let claim = Claim::find(&request)?.ok_or(Error::MissingToken)?;
    verify(&request, &claim, Payload::Bytes(body), &credentials().secret, &DayKeys::default(), NOW_S)
}

proptest! {
    #[test]
    fn signing_and_verifying_agree(
        service in "sqs|s3", method in "GET|PUT|POST", value in "[ -~]{0,30}", body in prop::collection::vec(any::<u8>(), 0..100),
        target in "/[a-zA-Z0-9/._~%!$&'()*,;=:@+-]{0,40}(\\?[a-zA-Z0-9._~%&=+/-]{0,40})?",
    ) {
        let mut parts = parts(&method, &target, &value);
        let credentials = credentials();
        let signer = Signer { credentials: &credentials, region: "us-east-1", service: &service };
        signer.sign(&mut parts, &body, NOW_S).unwrap();
        prop_assert!(proved(&parts, &body, &service).is_ok());
    }

    #[test]
    fn any_tampering_is_seen(service in "sqs|s3", part in 0..7_usize, at in any::<prop::sample::Index>()) {
        let body = b"body".to_vec();
        let mut parts = parts("POST", "/queue?a=1&b=2", "value");
        let credentials = credentials();
        let signer = Signer { credentials: &credentials, region: "us-east-1", service: &service };
        signer.sign(&mut parts, &body, NOW_S).unwrap();
        let mut tampered = body;
        match part {
            0 => parts.method = http::Method::PUT,
            1 => parts.uri = "/queuf?a=1&b=2".parse().unwrap(),
            2 => parts.uri = "/queue?a=1&b=3".parse().unwrap(),
            3 => drop(parts.headers.insert("x-amz-meta-a", "valuf".parse().unwrap())),
            4 => drop(parts.headers.remove("x-amz-meta-a")),
            5 => tampered = b"bodz".to_vec(),
            _ => flip_digit(&mut parts, at),
        }
        prop_assert!(proved(&parts, &tampered, &service).is_err());
    }
}

/// Changes one digit of the signature.
fn flip_digit(parts: &mut Parts, at: prop::sample::Index) {
    let mut header = parts.headers["authorization"].to_str().unwrap().to_owned().into_bytes();
    let from = header.len() - 64;
    let at = from + at.index(64);
    header[at] = if header[at] == b'0' { b'1' } else { b'0' };
    parts.headers.insert("authorization", HeaderValue::from_bytes(&header).unwrap());
}

#[test]
fn presigned_requests_are_proved_until_they_expire() {
    let credentials = credentials();
    for service in ["s3", "sts"] {
        let signer = Signer { credentials: &credentials, region: "us-east-1", service };
        let mut parts = parts("GET", "/b/k%20ey?versionId=1", "v");
        parts.headers.clear();
        let target = signer.presign(&mut parts, 1800, NOW_S).unwrap();
        parts.uri = target.parse().unwrap();
        let request = Request::new(&parts, Style::of_service(service));
        let claim = Claim::find(&request).unwrap().unwrap();
        assert_eq!(claim.kind(), Kind::Presigned { expires_s: Some(1800) });
        assert_eq!(claim.session_token(), Some("token+/="));
        let at = |now_s| {
            verify(&request, &claim, Payload::Bytes(b""), &credentials.secret, &DayKeys::default(), now_s)
        };
        assert!(at(NOW_S).is_ok() && at(NOW_S + 1800).is_ok());
        let late = at(NOW_S + 1801).unwrap_err();
        assert_eq!(late.fault(), if service == "s3" { Fault::Expired } else { Fault::Skewed });
        parts.uri = target.replace("versionId=1", "versionId=2").parse().unwrap();
        assert_eq!(proved(&parts, b"", service).unwrap_err(), Error::Mismatch);
    }
}

#[test]
fn the_authority_stands_for_a_missing_host() {
    let credentials = credentials();
    let signer = Signer { credentials: &credentials, region: "us-east-1", service: "sqs" };
    let mut parts = parts("POST", "/", "v");
    signer.sign(&mut parts, b"", NOW_S).unwrap();
    parts.headers.remove("host");
    assert!(proved(&parts, b"", "sqs").is_ok());
    parts.uri = "/".parse().unwrap();
    assert_eq!(proved(&parts, b"", "sqs").unwrap_err(), Error::Mismatch);
}
