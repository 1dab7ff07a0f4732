//! Placeholders: their names, and whether they are used.

use super::*;

fn names(placeholders: &[&str]) -> Option<BTreeMap<String, String>> {
    Some(placeholders.iter().map(|placeholder| ((*placeholder).to_owned(), "a".to_owned())).collect())
}

fn values(placeholders: &[&str]) -> Option<BTreeMap<String, Value>> {
    Some(placeholders.iter().map(|placeholder| ((*placeholder).to_owned(), Value::N(1.into()))).collect())
}

#[test]
fn placeholders_need_proper_names() {
    let refused = |names, values| Names::new(names, values).unwrap_err().to_string();
    assert_eq!(refused(names(&[]), None), "ExpressionAttributeNames must not be empty");
    assert_eq!(refused(None, values(&[])), "ExpressionAttributeValues must not be empty");
    for key in ["a", "#", "#a-b", ":a", "#é", "##a", ""] {
        let problem = format!("ExpressionAttributeNames contains invalid key: Syntax error; key: \"{key}\"");
        assert_eq!(refused(names(&[key]), None), problem);
    }
    for key in ["a", ":", ":a.b", "#a"] {
        let problem = format!("ExpressionAttributeValues contains invalid key: Syntax error; key: \"{key}\"");
        assert_eq!(refused(None, values(&[key])), problem);
    }
    assert!(Names::new(names(&["#1", "#_", "#a_B9"]), values(&[":1", ":_x"])).is_ok());
}

#[test]
fn values_are_not_nested_too_deeply() {
    let deep = (0..32).fold(Value::Null, |inner, _| Value::L(vec![inner]));
    let error = Names::new(None, Some(BTreeMap::from([(":v".to_owned(), deep)]))).unwrap_err();
    assert!(error.message().starts_with("Nesting Levels have exceeded supported limits"));
}

#[test]
fn every_placeholder_is_used_by_some_expression() {
    let mut request = Names::new(names(&["#a", "#b", "#c"]), values(&[":v", ":w", ":x"])).unwrap();
    assert_eq!(
        request.finish().unwrap_err().to_string(),
        "Value provided in ExpressionAttributeNames unused in expressions: keys: {#a, #b, #c}"
    );
    request.condition("ConditionExpression", "#a = :v").unwrap();
    request.projection("x.#b").unwrap();
    request.update("SET y = :w, z.#c = :w").unwrap();
    assert_eq!(
        request.finish().unwrap_err().to_string(),
        "Value provided in ExpressionAttributeValues unused in expressions: keys: {:x}"
    );
    request.key_condition("pk = :x").unwrap();
    assert_eq!(request.finish(), Ok(()));
}

#[test]
fn faults_name_the_parameter() {
    let mut request = Names::new(None, None).unwrap();
    let undefined = "An expression attribute value used in expression is not defined; attribute value: :v";
    assert_eq!(
        request.condition("FilterExpression", "a = :v").unwrap_err().to_string(),
        format!("Invalid FilterExpression: {undefined}")
    );
    assert_eq!(
        request.update("SET a = :v").unwrap_err().to_string(),
        format!("Invalid UpdateExpression: {undefined}")
    );
}
