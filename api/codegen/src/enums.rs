//! Enumerations of strings: a Rust enum each, with a variant a value and one for values that the model does not know.

use crate::code::Code;
use crate::facts::Shape;
use crate::model::Model;
use crate::names::{Taken, pascal};
use crate::structures::{DECODE, ENCODE};

/// Writes all enumerations.
pub(crate) fn write(code: &mut Code, model: &Model<'_>) {
    for (name, shape, uses) in model.typed() {
        if shape.is_enumeration() {
            let type_name = model.type_name(name);
            write_type(code, type_name, shape);
            write_texts(code, type_name, shape);
            if uses.read {
                write_decode(code, type_name);
            }
            if uses.written {
                write_encode(code, type_name);
            }
        }
    }
}

/// The values and their variants, in the model's order, each once.
fn variants(shape: &Shape) -> Vec<(&str, String)> {
    let mut taken = Taken::default();
    taken.take("Unknown".into());
    let mut variants: Vec<(&str, String)> = Vec::new();
    for value in &shape.values {
        if variants.iter().all(|(known, _)| known != value) {
            variants.push((value, taken.take(pascal(value))));
        }
    }
    variants
}

fn write_type(code: &mut Code, type_name: &str, shape: &Shape) {
    let debug = if shape.sensitive { "" } else { "Debug, " };
    code.line(format!("#[derive(Clone, {debug}PartialEq, Eq, PartialOrd, Ord, Hash)]"));
    code.block(format!("pub enum {type_name}"), |code| {
        for (_, variant) in variants(shape) {
            code.line(format!("{variant},"));
        }
        code.line("/// A value that the model does not know.");
        code.line("Unknown(::std::string::String),");
    });
    if shape.sensitive {
        code.block(format!("impl ::std::fmt::Debug for {type_name}"), |code| {
            code.block("fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result", |code| {
                code.line("f.write_str(\"***\")");
            });
        });
    }
    code.block(format!("impl ::std::default::Default for {type_name}"), |code| {
        code.block("fn default() -> Self", |code| code.line("Self::Unknown(::std::string::String::new())"));
    });
}

fn write_texts(code: &mut Code, type_name: &str, shape: &Shape) {
    code.block(format!("impl {type_name}"), |code| {
        code.line("/// As it is on the wire.");
        code.line("#[must_use]");
        code.block("pub fn as_str(&self) -> &str", |code| {
            code.block("match self", |code| {
                for (value, variant) in variants(shape) {
                    code.line(format!("Self::{variant} => {value:?},"));
                }
                code.line("Self::Unknown(text) => text,");
            });
        });
    });
    code.block(format!("impl ::std::convert::From<&str> for {type_name}"), |code| {
        code.block("fn from(text: &str) -> Self", |code| {
            code.block("match text", |code| {
                for (value, variant) in variants(shape) {
                    code.line(format!("{value:?} => Self::{variant},"));
                }
                code.line("_ => Self::Unknown(text.to_owned()),");
            });
        });
    });
    code.block(format!("impl ::std::fmt::Display for {type_name}"), |code| {
        code.block("fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result", |code| {
            code.line("f.write_str(self.as_str())");
        });
    });
}

/// Text first: that is where a value outside of the enumeration is noted.
fn write_decode(code: &mut Code, type_name: &str) {
    code.block(format!("impl ::wire::Decode for {type_name}"), |code| {
        code.block(DECODE, |code| {
            code.line(
                "let text = <::std::string::String as ::wire::Decode>::decode(shape, reader, checks)?;",
            );
            code.line("Ok(Self::from(text.as_str()))");
        });
    });
}

fn write_encode(code: &mut Code, type_name: &str) {
    code.block(format!("impl ::wire::Encode for {type_name}"), |code| {
        code.block(ENCODE, |code| code.line("writer.string(shape, self.as_str());"));
    });
}
