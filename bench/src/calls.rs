//! Requests as SDKs send them, signed with the root key of the data folder.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result};
use ring::digest::{SHA256, digest};
use signing::{Credentials, Declared, Secret, Signer};

/// The caller: an address, and the key that it signs with.
pub(crate) struct Caller {
    address: SocketAddr,
    credentials: Credentials,
}

impl Caller {
    /// The root user, whose key lies in the data folder.
    pub(crate) fn root(address: SocketAddr, data: &Path) -> Result<Self> {
        let file = fs::read_to_string(data.join("credentials"))?;
        let value = |name: &str| {
            let line = file.lines().find_map(|line| line.strip_prefix(name)?.trim().strip_prefix("= "));
            line.map(str::to_owned).with_context(|| format!("{name} is missing"))
        };
        let credentials = Credentials {
            access_key_id: value("aws_access_key_id")?,
            secret: Secret::new(value("aws_secret_access_key")?),
            session_token: None,
        };
        Ok(Caller { address, credentials })
    }

    /// Somebody, for servers that know nobody.
    pub(crate) fn anybody(address: SocketAddr) -> Self {
        let secret = Secret::new("test".to_owned());
        let credentials = Credentials { access_key_id: "test".to_owned(), secret, session_token: None };
        Caller { address, credentials }
    }

    /// A call of the JSON protocol: `target` is `AmazonSQS.SendMessage`.
    pub(crate) fn json(&self, service: &str, target: &str, body: &str) -> Result<Vec<u8>> {
        let headers = [("content-type", "application/x-amz-json-1.0"), ("x-amz-target", target)];
        self.signed(service, "POST", "/", &headers, body.as_bytes())
    }

    /// Any call.
    pub(crate) fn signed(
        &self,
        service: &str,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Result<Vec<u8>> {
        let sha256 = Declared::Sha256(digest(&SHA256, body).as_ref().try_into()?);
        let mut bytes = self.head(service, (method, path), headers, sha256, body.len())?;
        bytes.extend(body);
        Ok(bytes)
    }

    /// The head of any call, whose body of so many bytes is covered in that way.
    pub(crate) fn head(
        &self,
        service: &str,
        (method, path): (&str, &str),
        headers: &[(&str, &str)],
        payload: Declared,
        length: usize,
    ) -> Result<Vec<u8>> {
        let mut request =
            http::Request::builder().method(method).uri(format!("http://{}{path}", self.address));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (mut parts, ()) = request.body(())?.into_parts();
        let now_s = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
        let signer = Signer { credentials: &self.credentials, region: "us-east-1", service };
        signer.sign_declared(&mut parts, payload, now_s.try_into()?)?;
        let mut bytes = format!("{method} {path} HTTP/1.1\r\ncontent-length: {length}\r\n").into_bytes();
        for (name, value) in &parts.headers {
            bytes.extend([name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"].concat());
        }
        bytes.extend(b"\r\n");
        Ok(bytes)
    }
}
