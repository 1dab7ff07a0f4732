//! What a service's API is: its protocols, its operations and how each is found on the wire.

use crate::{Decode, Encode, Shape};

/// A wire protocol of AWS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Protocol {
    /// `application/x-amz-json-1.0`, operation in `X-Amz-Target`.
    AwsJson10,
    /// `application/x-amz-json-1.1`, operation in `X-Amz-Target`.
    AwsJson11,
    /// JSON bodies, operation by method and path.
    RestJson1,
    /// XML bodies, operation by method and path.
    RestXml,
    /// Form in, XML out, operation in `Action`.
    AwsQuery,
    /// EC2's dialect of the former.
    Ec2Query,
    /// CBOR, operation in the path `/service/{name}/operation/{name}`.
    RpcV2Cbor,
}

/// An API.
#[derive(Debug)]
pub struct ServiceFacts {
    /// Our name, which is botocore's folder: `sqs`, `dynamodb`.
    pub name: &'static str,
    /// `serviceId`: `SQS`, `DynamoDB`.
    pub service_id: &'static str,
    /// The name in credential scopes.
    pub signing_name: &'static str,
    /// The first label of its host names.
    pub endpoint_prefix: &'static str,
    /// `2012-11-05`.
    pub api_version: &'static str,
    /// What it speaks, the preferred one first.
    pub protocols: &'static [Protocol],
    /// The part of `X-Amz-Target` before the dot.
    pub target_prefix: Option<&'static str>,
    /// The namespace of XML answers.
    pub xml_namespace: Option<&'static str>,
    /// JSON errors carry the query protocol's code in `x-amzn-query-error`.
    pub query_compatible: bool,
    /// XML errors stand alone, without an element around them (S3).
    pub bare_errors: bool,
    /// Answers carry the CRC-32 of their body in `x-amz-crc32`, which clients check (DynamoDB).
    pub answer_crc32: bool,
    /// Every operation of the API, written or not, sorted by name.
    pub operations: &'static [OperationFacts],
}

impl ServiceFacts {
    /// An API without operations and particulars; the base of struct-update syntax in tests.
    #[must_use]
    pub const fn plain(name: &'static str, protocols: &'static [Protocol]) -> Self {
        ServiceFacts {
            name,
            service_id: name,
            signing_name: name,
            endpoint_prefix: name,
            api_version: "2012-11-05",
            protocols,
            target_prefix: None,
            xml_namespace: None,
            query_compatible: false,
            bare_errors: false,
            answer_crc32: false,
            operations: &[],
        }
    }

    /// Whether it is one of S3's APIs: they have words of their own for what no operation has seen, and a second name for each
    /// request.
    #[must_use]
    pub fn is_of_s3(&self) -> bool {
        self.signing_name == "s3"
    }

    /// The operation of that exact name.
    #[must_use]
    pub fn operation(&self, name: &str) -> Option<&'static OperationFacts> {
        self.operations
            .binary_search_by(|operation| operation.name.cmp(name))
            .ok()
            .map(|index| &self.operations[index])
    }
}

/// An operation.
#[derive(Debug)]
pub struct OperationFacts {
    /// `SendMessage`.
    pub name: &'static str,
    /// How a REST protocol finds it.
    pub http: Http,
    /// The schema of its input; none where it has no input, or where nobody wrote it.
    pub input: Option<&'static Shape>,
    /// The schema of its output, likewise.
    pub output: Option<&'static Shape>,
    /// The element around the output in awsQuery (`SendMessageResult`).
    pub result_wrapper: Option<&'static str>,
    /// The errors that the model names for it.
    pub errors: &'static [&'static ErrorFacts],
    /// Clients call it without a signature (`authtype: none`).
    pub unsigned: bool,
    /// What becomes of a checksum of its body (`httpChecksum`).
    pub checksum: BodyChecksum,
    /// The query parameters that every request of it has, beyond those of its address.
    pub needs_query: &'static [&'static str],
    /// The headers that every request of it has.
    pub needs_headers: &'static [&'static str],
    /// Another operation took its place, often at the same address.
    pub deprecated: bool,
}

impl OperationFacts {
    /// An operation without shapes and particulars; the base of struct-update syntax in tests.
    #[must_use]
    pub const fn plain(name: &'static str, http: Http) -> Self {
        OperationFacts {
            name,
            http,
            input: None,
            output: None,
            result_wrapper: None,
            errors: &[],
            unsigned: false,
            checksum: BodyChecksum::Ignored,
            needs_query: &[],
            needs_headers: &[],
            deprecated: false,
        }
    }

    /// Whether its input has a payload that streams: a [`Body`](crate::Body).
    #[must_use]
    pub fn takes_stream(&self) -> bool {
        self.input.is_some_and(Shape::has_stream)
    }
}

/// What becomes of a checksum that a client sends with a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyChecksum {
    /// Nothing: headers of that name mean something else, or nothing.
    Ignored,
    /// It is checked where there is one.
    Checked,
    /// Without one the request is refused.
    Required,
}

/// `http` trait of an operation.
#[derive(Clone, Copy, Debug)]
pub struct Http {
    /// `POST`.
    pub method: &'static str,
    /// `/2015-03-31/functions/{FunctionName}/invocations?x=y`, greedy labels as `{Key+}`.
    pub uri: &'static str,
    /// The status of a good answer.
    pub status: u16,
}

/// An error of the model.
#[derive(Debug)]
pub struct ErrorFacts {
    /// The shape's name: the code of JSON protocols.
    pub name: &'static str,
    /// The code of query and XML protocols, where it differs.
    pub query_code: Option<&'static str>,
    /// HTTP status.
    pub status: u16,
    /// Whether the client is to blame.
    pub sender: bool,
    /// The schema, for errors with more members than a message.
    pub shape: Option<&'static Shape>,
}

/// A typed operation: what the generated crates bring for each operation that is written.
pub trait Operation: Send + Sync + 'static {
    /// What it takes.
    type Input: Decode + Send + Sync + 'static;
    /// What it gives.
    type Output: Encode + Send + Sync + 'static;
    /// Its facts.
    const FACTS: &'static OperationFacts;
    /// The API that it belongs to.
    const SERVICE: &'static ServiceFacts;
}
