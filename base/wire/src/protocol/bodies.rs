//! Values as the whole of a body, in each of the protocols that have bodies of their own making.

use crate::cbor::{CborReader, CborWriter};
use crate::facts::Protocol;
use crate::json::{JsonReader, JsonWriter};
use crate::xml::{Tree, XmlReader, XmlWriter};
use crate::{Encode, Malformed, Reader, Shape};

/// The type of a protocol's bodies inside of an event stream, where JSON has one name.
pub(crate) fn content_type(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::AwsJson10 | Protocol::AwsJson11 | Protocol::RestJson1 => "application/json",
        Protocol::RestXml | Protocol::AwsQuery | Protocol::Ec2Query => "application/xml",
        Protocol::RpcV2Cbor => "application/cbor",
    }
}

/// A value as a body. In XML, the element around it is called like its shape.
pub(crate) fn write(protocol: Protocol, shape: &'static Shape, value: &dyn Encode) -> Vec<u8> {
    match protocol {
        Protocol::AwsJson10 | Protocol::AwsJson11 | Protocol::RestJson1 => {
            let mut writer = JsonWriter::default();
            value.encode(shape, &mut writer);
            writer.into_bytes()
        }
        Protocol::RestXml | Protocol::AwsQuery | Protocol::Ec2Query => {
            let mut writer = XmlWriter::default();
            let name = shape.location_name.unwrap_or(shape.name);
            writer.spaced_element(name, shape.xml_namespace, |writer| value.encode(shape, writer));
            writer.into_bytes()
        }
        Protocol::RpcV2Cbor => {
            let mut writer = CborWriter::default();
            value.encode(shape, &mut writer);
            writer.into_bytes()
        }
    }
}

/// Calls `read` with a reader before the one value of a body; an empty body is a structure without members.
pub(crate) fn read<T>(
    protocol: Protocol,
    body: &[u8],
    read: impl FnOnce(&mut dyn Reader) -> Result<T, Malformed>,
) -> Result<T, Malformed> {
    match protocol {
        Protocol::AwsJson10 | Protocol::AwsJson11 | Protocol::RestJson1 => {
            let body = if body.trim_ascii().is_empty() { b"{}" } else { body };
            let mut reader = JsonReader::new(body);
            let value = read(&mut reader)?;
            reader.end()?;
            Ok(value)
        }
        Protocol::RestXml | Protocol::AwsQuery | Protocol::Ec2Query => {
            let body = if body.trim_ascii().is_empty() { b"<_/>" } else { body };
            read(&mut XmlReader::new(&Tree::parse(body)?, None)?)
        }
        Protocol::RpcV2Cbor => {
            let body = if body.is_empty() { &[0xa0] } else { body };
            let mut reader = CborReader::new(body);
            let value = read(&mut reader)?;
            reader.end()?;
            Ok(value)
        }
    }
}
