//! Items as this API shows them: it has the attribute values of DynamoDB's own once more.

crate::attribute::showing!(api_dynamodbstreams::AttributeValue);
