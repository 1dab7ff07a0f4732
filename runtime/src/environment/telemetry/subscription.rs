//! What an extension asks to hear of, and where: read and checked.

use serde::Deserialize;

use super::Source;

/// By which of the two APIs it is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::environment) enum Api {
    Telemetry,
    Logs,
}

impl Api {
    pub(super) fn label(self) -> &'static str {
        match self {
            Self::Telemetry => "TELEMETRY",
            Self::Logs => "LOGS",
        }
    }

    fn versions(self) -> &'static [&'static str] {
        match self {
            Self::Telemetry => &["2022-07-01", "2022-12-13", "2025-01-29"],
            Self::Logs => &["2020-08-15", "2021-03-18"],
        }
    }

    /// The older one knows nothing of initialisation, and a little that the newer one does not tell any more.
    pub(super) fn tells(self, kind: &str, version: &str) -> bool {
        match self {
            Self::Telemetry => !matches!(kind, "platform.end" | "platform.logsSubscription"),
            Self::Logs if kind == "platform.runtimeDone" => version == "2021-03-18",
            Self::Logs => !kind.starts_with("platform.init") && kind != "platform.telemetrySubscription",
        }
    }
}

/// Where to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Destination {
    /// A port of the sandbox, and a path.
    Http { port: u16, path: String },
    /// Lines of JSON.
    Tcp { port: u16 },
}

/// A subscription that holds to the rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Subscription {
    pub(super) api: Api,
    pub(super) version: String,
    pub(super) sources: Vec<Source>,
    pub(super) destination: Destination,
    pub(super) items_max: usize,
    pub(super) bytes_max: usize,
    pub(super) timeout_ms: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wish {
    schema_version: Option<String>,
    types: Vec<String>,
    destination: Target,
    #[serde(default)]
    buffering: Buffering,
}

#[derive(Deserialize)]
struct Target {
    protocol: String,
    #[serde(rename = "URI")]
    uri: Option<String>,
    port: Option<u16>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct Buffering {
    max_items: Option<u64>,
    max_bytes: Option<u64>,
    timeout_ms: Option<u64>,
}

/// Reads the body of a request; words where it breaks a rule.
pub(super) fn read(api: Api, body: &[u8]) -> Result<Subscription, String> {
    let wish: Wish = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    let version = match wish.schema_version {
        Some(version) if api.versions().contains(&version.as_str()) => version,
        Some(version) => return Err(format!("schemaVersion {version} is not supported")),
        None => api.versions()[0].to_owned(),
    };
    let source = |name: &String| {
        let known = Source::ALL.into_iter().find(|source| source.name() == name);
        known.ok_or_else(|| format!("type {name} is not supported"))
    };
    let sources: Vec<Source> = wish.types.iter().map(source).collect::<Result<_, _>>()?;
    if sources.is_empty() {
        return Err("types must not be empty".to_owned());
    }
    let Buffering { max_items, max_bytes, timeout_ms } = wish.buffering;
    Ok(Subscription {
        api,
        version,
        sources,
        destination: destination(wish.destination)?,
        items_max: within("maxItems", max_items.unwrap_or(10_000), 1000, 10_000)? as usize,
        bytes_max: within("maxBytes", max_bytes.unwrap_or(262_144), 262_144, 1_048_576)? as usize,
        timeout_ms: within("timeoutMs", timeout_ms.unwrap_or(1000), 25, 30_000)?,
    })
}

fn within(name: &str, value: u64, min: u64, max: u64) -> Result<u64, String> {
    let is_within = (min..=max).contains(&value);
    is_within.then_some(value).ok_or_else(|| format!("{name} must be between {min} and {max}"))
}

/// Only what is in the sandbox can be told.
fn destination(target: Target) -> Result<Destination, String> {
    match (target.protocol.as_str(), target.uri, target.port) {
        ("TCP", _, Some(port)) if port > 0 => Ok(Destination::Tcp { port }),
        ("HTTP", Some(uri), _) => {
            let wrong = || format!("destination URI {uri} is not an address of the sandbox");
            let parsed: http::Uri = uri.parse().map_err(|_| wrong())?;
            let is_ours = matches!(parsed.host(), Some("sandbox.localdomain" | "sandbox"));
            if parsed.scheme_str() != Some("http") || !is_ours {
                return Err(wrong());
            }
            let path = parsed.path_and_query().map_or("/", |path| path.as_str()).to_owned();
            Ok(Destination::Http { port: parsed.port_u16().unwrap_or(80), path })
        }
        (protocol, _, _) => Err(format!("destination of protocol {protocol} is not complete")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wish(changed: &str, value: serde_json::Value) -> Result<Subscription, String> {
        let mut wish = serde_json::json!({
            "schemaVersion": "2022-12-13",
            "types": ["platform", "function"],
            "destination": { "protocol": "HTTP", "URI": "http://sandbox.localdomain:4243/a?b" },
        });
        if !changed.is_empty() {
            wish[changed] = value;
        }
        read(Api::Telemetry, wish.to_string().as_bytes())
    }

    #[test]
    fn a_wish_is_read_with_aws_defaults() {
        let read = wish("", serde_json::Value::Null).unwrap();
        assert_eq!(read.destination, Destination::Http { port: 4243, path: "/a?b".to_owned() });
        assert_eq!(read.sources, [Source::Platform, Source::Function]);
        assert_eq!((read.items_max, read.bytes_max, read.timeout_ms), (10_000, 262_144, 1000));
    }

    #[test]
    fn what_breaks_a_rule_is_refused() {
        use serde_json::json;
        for (name, value) in [
            ("schemaVersion", json!("2020-08-15")),
            ("types", json!([])),
            ("types", json!(["all"])),
            ("destination", json!({ "protocol": "HTTP", "URI": "http://example.com/" })),
            ("destination", json!({ "protocol": "HTTP", "URI": "https://sandbox.localdomain/" })),
            ("destination", json!({ "protocol": "HTTP" })),
            ("destination", json!({ "protocol": "TCP", "port": 0 })),
            ("buffering", json!({ "maxItems": 999 })),
            ("buffering", json!({ "maxBytes": 1 })),
            ("buffering", json!({ "timeoutMs": 30_001 })),
        ] {
            assert!(wish(name, value.clone()).is_err(), "{name} {value}");
        }
    }

    #[test]
    fn each_api_tells_what_it_knows() {
        let tells = |api: Api, kind| api.tells(kind, api.versions()[0]);
        assert!(tells(Api::Telemetry, "platform.initStart") && !tells(Api::Logs, "platform.initStart"));
        assert!(tells(Api::Logs, "platform.end") && !tells(Api::Telemetry, "platform.end"));
        assert!(
            !tells(Api::Logs, "platform.runtimeDone")
                && Api::Logs.tells("platform.runtimeDone", "2021-03-18")
        );
    }
}
