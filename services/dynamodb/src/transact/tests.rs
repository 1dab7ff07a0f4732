//! What can be said of transactions without a store.

use std::collections::BTreeMap;

use super::request::read;
use super::*;
use api::AttributeValue;

fn text(text: &str) -> AttributeValue {
    AttributeValue::S(text.into())
}

fn item(key: &str) -> BTreeMap<String, AttributeValue> {
    BTreeMap::from([("pk".into(), text(key))])
}

fn put(table: &str, item: BTreeMap<String, AttributeValue>) -> api::TransactWriteItem {
    let put = api::Put { table_name: table.into(), item, ..api::Put::default() };
    api::TransactWriteItem { put: Some(put), ..api::TransactWriteItem::default() }
}

fn check(table: &str, condition: &str) -> api::TransactWriteItem {
    let check = api::ConditionCheck {
        table_name: table.into(),
        key: item("a"),
        condition_expression: condition.into(),
        ..api::ConditionCheck::default()
    };
    api::TransactWriteItem { condition_check: Some(check), ..api::TransactWriteItem::default() }
}

fn refused(items: &[api::TransactWriteItem]) -> String {
    read(items, false).err().unwrap().into_fault().message
}

#[test]
fn an_action_is_one_of_four() {
    let both = api::TransactWriteItem { put: put("t", item("a")).put, ..check("t", "attribute_exists(pk)") };
    assert_eq!(refused(&[both]), "TransactItems can only contain one of Check, Put, Update or Delete");
    assert!(refused(&[api::TransactWriteItem::default()]).starts_with("Invalid Request: "));
}

#[test]
fn the_first_wrong_action_refuses_the_request() {
    let large =
        put("t", BTreeMap::from([("pk".into(), text("a")), ("x".into(), text(&"x".repeat(409_600)))]));
    let message = "Item size has exceeded the maximum allowed size";
    assert_eq!(refused(&[large.clone(), check("t", "attribute_exists(")]), message);
    assert!(refused(&[check("t", "attribute_exists("), large]).starts_with("Invalid ConditionExpression: "));
}

#[test]
fn four_megabytes_are_the_most() {
    let part =
        || put("t", BTreeMap::from([("pk".into(), text("a")), ("x".into(), text(&"x".repeat(99_997)))]));
    let many = |count| std::iter::repeat_with(part).take(count).collect::<Vec<_>>();
    assert_eq!(read(&many(41), false).unwrap().0.len(), 41);
    assert_eq!(refused(&many(42)), "Transaction payload size cannot exceed 4194304 bytes");
}

#[test]
fn a_request_is_known_whatever_the_order_of_its_sets() {
    let with = |members: [&str; 2]| {
        let set = AttributeValue::Ss(members.map(String::from).to_vec());
        put("t", BTreeMap::from([("pk".into(), text("a")), ("set".into(), set)]))
    };
    let known = |items: &[api::TransactWriteItem]| read(items, true).unwrap().1.unwrap();
    assert_eq!(known(&[with(["a", "b"])]), known(&[with(["b", "a"])]));
    assert_ne!(known(&[with(["a", "b"])]), known(&[with(["a", "c"])]));
    assert_ne!(known(&[put("t", item("a"))]), known(&[put("u", item("a"))]));
    let pair = [put("t", item("a")), put("t", item("b"))];
    let [first, second] = pair.clone();
    assert_ne!(known(&pair), known(&[second, first]));
}

#[test]
fn reasons_stand_in_the_order_of_actions() {
    let shown = expressions::Item::from([("n".to_owned(), expressions::Value::N(1.into()))]);
    let fault = cancelled(vec![None, Some(Refusal::Condition(Some(shown))), Some(Refusal::Condition(None))]);
    assert_eq!((&*fault.code, fault.status), ("TransactionCanceledException", 400));
    assert_eq!(
        fault.message,
        "Transaction cancelled, please refer cancellation reasons for specific reasons [None, ConditionalCheckFailed, \
         ConditionalCheckFailed]"
    );
    let fault = cancelled_at(1, 3, errors::wrong_key());
    assert!(fault.message.ends_with("[None, ValidationError, None]"));
}
