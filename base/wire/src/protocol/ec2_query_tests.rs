//! ec2Query on the wire: what EC2's dialect does differently from awsQuery.

use bytes::Bytes;
use http::HeaderMap;

use crate::{
    Document, Fault, Http, Kind, Member, Message, OperationFacts, Protocol, ServiceFacts, Shape, Timestamp,
    read_input, rest, write_fault, write_output,
};

static TEXT: Shape = Shape::plain("Text", Kind::String { json: false });
static NUMBER: Shape = Shape::plain("Number", Kind::Integer);
static MOMENT: Shape = Shape::plain("Moment", Kind::Timestamp(None));
static TEXTS: Shape = Shape::plain(
    "Texts",
    Kind::List {
        member: &Member { location_name: Some("item"), ..Member::plain("member", &TEXT) },
        flattened: false,
    },
);
static FILTERS: Shape = Shape::plain(
    "Filters",
    Kind::List {
        member: &Member { location_name: Some("Filter"), ..Member::plain("member", &FILTER) },
        flattened: false,
    },
);
static FILTER: Shape = structure(
    "Filter",
    &[
        Member::plain("Name", &TEXT),
        Member { location_name: Some("Value"), ..Member::plain("Values", &TEXTS) },
    ],
);
static INPUT: Shape = structure(
    "DescribeRequest",
    &[
        Member { location_name: Some("Filter"), ..Member::plain("Filters", &FILTERS) },
        Member {
            location_name: Some("dryRun"),
            query_name: Some("DryRunCount"),
            ..Member::plain("DryRun", &NUMBER)
        },
        Member { location_name: Some("instanceId"), ..Member::plain("InstanceIds", &TEXTS) },
        Member::plain("startTime", &MOMENT),
    ],
);
static OPERATION: OperationFacts = OperationFacts {
    input: Some(&INPUT),
    output: Some(&INPUT),
    ..OperationFacts::plain("DescribeThings", Http { method: "POST", uri: "/", status: 200 })
};
static EC2: ServiceFacts =
    ServiceFacts { xml_namespace: Some("urn:ec2"), ..ServiceFacts::plain("ec2", &[Protocol::Ec2Query]) };

const fn structure(name: &'static str, members: &'static [Member]) -> Shape {
    Shape::plain(name, Kind::Structure { members, payload: None, union: false, event_stream: false })
}

fn read(query: Option<&str>, form: &str) -> Result<Document, Fault> {
    let (headers, labels) = (HeaderMap::new(), rest::Labels::default());
    let body = Bytes::copy_from_slice(form.as_bytes());
    let message = Message {
        method: "POST",
        path: "/",
        query,
        headers: &headers,
        body: &body,
        stream: None,
        labels: &labels,
    };
    read_input(Protocol::Ec2Query, &EC2, &OPERATION, &message)
}

fn text(text: &str) -> Document {
    Document::String(text.to_owned())
}

fn map<const N: usize>(entries: [(&str, Document); N]) -> Document {
    Document::Map(entries.map(|(name, value)| (name.to_owned(), value)).into())
}

fn things() -> Document {
    let filter = map([("Name", text("n")), ("Values", Document::List(vec![text("a"), text("b c")]))]);
    map([
        ("Filters", Document::List(vec![filter, map([("Name", text("m"))])])),
        ("DryRun", Document::Integer(3)),
        ("InstanceIds", Document::List(vec![text("i-1")])),
        ("startTime", Document::Timestamp(Timestamp(1_515_531_081_000))),
    ])
}

#[test]
fn names_begin_with_capitals_and_lists_have_no_words() {
    let form = "Action=DescribeThings&Version=2016-11-15&Filter.2.Name=m&Filter.1.Name=n&Filter.1.Value.1=a\
                &Filter.1.Value.2=b+c&DryRunCount=3&StartTime=2018-01-09T20%3A51%3A21Z";
    assert_eq!(read(Some("InstanceId.1=i-1"), form).unwrap(), things());
    assert_eq!(read(None, "filter.1.Name=n&dryRun=3&DryRun=3&InstanceId.item.1=x").unwrap(), {
        map([("InstanceIds", Document::List(vec![]))])
    });
    assert_eq!(&*read(None, "DryRunCount=x").unwrap_err().code, "MalformedInput");
}

#[test]
fn answers_have_no_wrapper_and_their_own_name_of_the_request() {
    let answer = write_output(Protocol::Ec2Query, &EC2, &OPERATION, &things(), "r-1");
    assert_eq!(
        String::from_utf8(answer.body.whole().unwrap().to_vec()).unwrap(),
        "<DescribeThingsResponse xmlns=\"urn:ec2\"><requestId>r-1</requestId>\
         <Filter><Filter><Name>n</Name><Value><item>a</item><item>b c</item></Value></Filter>\
         <Filter><Name>m</Name></Filter></Filter><dryRun>3</dryRun><instanceId><item>i-1</item></instanceId>\
         <startTime>2018-01-09T20:51:21Z</startTime></DescribeThingsResponse>"
    );
}

#[test]
fn errors_come_in_a_list() {
    let fault = Fault::new("InvalidInstanceID.NotFound", 400, "no <i-1>");
    let answer = write_fault(Protocol::Ec2Query, &EC2, &fault, "r-1");
    assert_eq!(
        String::from_utf8(answer.body.whole().unwrap().to_vec()).unwrap(),
        "<Response><Errors><Error><Code>InvalidInstanceID.NotFound</Code><Message>no &lt;i-1&gt;</Message>\
         </Error></Errors><RequestID>r-1</RequestID></Response>"
    );
}
