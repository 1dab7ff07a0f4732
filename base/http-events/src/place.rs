//! Where a request has arrived, and who signed it, as functions are told. Never here: whether the signature is right.

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// Where a request has arrived.
pub struct Place<'a> {
    /// Whose it is; a function URL that needs no signature says `anonymous`.
    pub account: &'a str,
    /// The API's id, or the URL's.
    pub api: &'a str,
    /// `GET /trips/{id}`.
    pub route_key: &'a str,
    /// The stage.
    pub stage: &'a str,
    /// The path, with the stage where that has a name.
    pub path: String,
    /// What stands for the variables of the route.
    pub variables: BTreeMap<String, String>,
    /// Those of the stage.
    pub stage_variables: BTreeMap<String, String>,
    /// What an authorizer said of whom it let in.
    pub authorizer: Option<Value>,
    /// Who signed, where that was asked.
    pub signer: Option<Signer<'a>>,
}

/// Who signed a request.
#[derive(Clone, Copy)]
pub struct Signer<'a> {
    /// The key that was used; a session of the cloud's own has none.
    pub access_key: Option<&'a str>,
    /// Whose the signer is.
    pub account: &'a str,
    /// `AIDA…`, or `AROA…:session`.
    pub id: &'a str,
    /// The signer.
    pub arn: &'a str,
}

impl Signer<'_> {
    /// As payload format 2.0 has it.
    pub(crate) fn shown(&self) -> Value {
        json!({ "iam": {
            "accessKey": self.access_key,
            "accountId": self.account,
            "callerId": self.id,
            "cognitoIdentity": null,
            "principalOrgId": null,
            "userArn": self.arn,
            "userId": self.id,
        } })
    }
}
