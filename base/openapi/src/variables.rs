//! `${AWS::Region}` and its like in what names resources: a document is the same for all accounts and regions.

use names::Scope;
use serde_json::Value;

/// Where such variables are looked for.
const OBJECTS: [&str; 3] =
    ["x-amazon-apigateway-integration", "x-amazon-apigateway-integrations", "x-amazon-apigateway-authorizer"];
const MEMBERS: [&str; 5] = ["uri", "credentials", "connectionId", "authorizerUri", "authorizerCredentials"];

/// Puts what an account and a region are called where a document has variables for them.
pub fn fill(source: &mut Value, scope: &Scope) {
    let values = [
        ("${AWS::AccountId}", scope.account.as_str()),
        ("${AWS::Region}", scope.region.as_str()),
        ("${AWS::Partition}", scope.region.partition().as_str()),
        ("${AWS::URLSuffix}", "amazonaws.com"),
    ];
    walk(source, &values, false);
}

fn walk(value: &mut Value, values: &[(&str, &str)], is_inside: bool) {
    match value {
        Value::Object(map) => {
            for (name, value) in map.iter_mut() {
                match value {
                    Value::String(text) if is_inside && MEMBERS.contains(&name.as_str()) => {
                        for (variable, value) in values {
                            *text = text.replace(variable, value);
                        }
                    }
                    value => walk(value, values, is_inside || OBJECTS.contains(&name.as_str())),
                }
            }
        }
        Value::Array(all) => all.iter_mut().for_each(|value| walk(value, values, is_inside)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn variables_are_filled_where_resources_are_named() {
        let document = |uri: &str, rest: &str| {
            json!({
                "info": { "title": rest, "uri": rest },
                "paths": { "/a": { "get": { "x-amazon-apigateway-integration": { "uri": uri, "type": rest } } } },
            })
        };
        let named =
            "arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:f.${AWS::URLSuffix}/${x}";
        let mut filled = document(named, "${AWS::Region}");
        let scope = Scope::new("123456789012".parse().unwrap(), "eu-west-1".parse().unwrap());
        fill(&mut filled, &scope);
        let wanted = "arn:aws:lambda:eu-west-1:123456789012:function:f.amazonaws.com/${x}";
        assert_eq!(filled, document(wanted, "${AWS::Region}"));
    }
}
