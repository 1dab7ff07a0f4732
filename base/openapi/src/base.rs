//! The base path of a document, and what becomes of it: nothing, the beginning of every path, or that without its first part.

use serde_json::Value;

use crate::Invalid;

/// What stands before each path of a document.
///
/// # Errors
/// When there is no such way to treat it.
pub fn base_path(source: &Value, how: &str) -> Result<String, Invalid> {
    let path = said(source);
    let path = path.trim_matches('/');
    let base = match how {
        "ignore" => "",
        "prepend" => path,
        "split" => path.split_once('/').map_or("", |(_, rest)| rest),
        _ => return Err(Invalid("Invalid basepath: must be one of [ignore, prepend, split]".into())),
    };
    Ok(if base.is_empty() { String::new() } else { format!("/{base}") })
}

/// Version 2 has a member for it; in version 3 it is the variable `basePath` of a server, or else the path of the first one.
fn said(source: &Value) -> &str {
    if let Some(path) = source.get("basePath").and_then(Value::as_str) {
        return path;
    }
    let servers = source.get("servers").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let variable = servers.iter().find_map(|server| server.pointer("/variables/basePath/default")?.as_str());
    let url = servers.first().and_then(|server| server["url"].as_str()).unwrap_or_default();
    let within = url.split_once("://").map_or(Some(url), |(_, rest)| rest.find('/').map(|at| &rest[at..]));
    variable.or(within.filter(|path| !path.contains('{'))).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_base_path_goes_stays_or_is_split() {
        let old = json!({ "basePath": "/a/b/c/" });
        let said = |how| base_path(&old, how).unwrap();
        assert_eq!([said("ignore"), said("prepend"), said("split")], ["", "/a/b/c", "/b/c"]);
        assert!(base_path(&old, "else").is_err());
        assert_eq!(base_path(&json!({ "basePath": "/a" }), "split").unwrap(), "");
        assert_eq!(base_path(&json!({}), "prepend").unwrap(), "");
    }

    #[test]
    fn servers_have_base_paths() {
        let base = |servers| base_path(&json!({ "servers": servers }), "prepend").unwrap();
        let variables = json!({ "basePath": { "default": "v1" } });
        assert_eq!(base(json!([{ "url": "https://x/{basePath}", "variables": variables }])), "/v1");
        assert_eq!(base(json!([{ "url": "https://x/v2/y" }])), "/v2/y");
        assert_eq!(base(json!([{ "url": "/v3" }])), "/v3");
        assert_eq!(base(json!([{ "url": "https://x/{z}" }, 7])), "");
        for odd in [json!([{ "url": "https://x" }]), json!([]), json!("x"), json!([null])] {
            assert_eq!(base(odd), "");
        }
    }
}
