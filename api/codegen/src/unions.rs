//! Unions, and events of streams: a Rust enum each, with a variant a member.

use crate::code::Code;
use crate::facts::Shape;
use crate::model::{Model, member_names};
use crate::names::pascal;
use crate::reach::is_boxed;
use crate::structures::{DECODE, ENCODE, MEMBERS};
use crate::types;

/// Writes all unions.
pub(crate) fn write(code: &mut Code, model: &Model<'_>) {
    for (name, shape, uses) in model.typed() {
        if shape.is_union() {
            let union = Union { model, name, type_name: model.type_name(name), shape };
            union.write_type(code);
            if uses.read {
                union.write_decode(code);
            }
            if uses.written {
                union.write_encode(code);
            }
        }
    }
}

struct Union<'a> {
    model: &'a Model<'a>,
    name: &'a str,
    type_name: &'a str,
    shape: &'a Shape,
}

impl Union<'_> {
    fn variants(&self) -> Vec<String> {
        member_names(self.shape, pascal)
    }

    fn write_type(&self, code: &mut Code) {
        let hides =
            self.shape.sensitive || self.shape.members.iter().any(|member| self.model.hides(&member.shape));
        let debug = if hides { "" } else { "Debug, " };
        code.line(format!("#[derive(Clone, {debug}PartialEq)]"));
        code.block(format!("pub enum {}", self.type_name), |code| {
            for (member, variant) in self.shape.members.iter().zip(self.variants()) {
                code.line(format!("{variant}({}),", types::of_member(self.model, self.name, member)));
            }
        });
        if hides {
            code.block(format!("impl ::std::fmt::Debug for {}", self.type_name), |code| {
                code.block(
                    "fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result",
                    |code| {
                        code.line(format!("f.write_str(\"{}(***)\")", self.type_name));
                    },
                );
            });
        }
        self.write_default(code);
    }

    /// Only for a required member that did not come: the input is refused then, and the value never seen.
    fn write_default(&self, code: &mut Code) {
        let members = self.shape.members.iter().zip(self.variants());
        let mut ending = members.filter(|(member, _)| !is_boxed(self.model.facts, self.name, member));
        if let Some((_, variant)) = ending.next() {
            code.block(format!("impl ::std::default::Default for {}", self.type_name), |code| {
                code.line("/// The first variant, empty.");
                code.block("fn default() -> Self", |code| {
                    code.line(format!("Self::{variant}(::std::default::Default::default())"));
                });
            });
        }
    }

    fn write_decode(&self, code: &mut Code) {
        code.block(format!("impl ::wire::Decode for {}", self.type_name), |code| {
            code.block(DECODE, |code| {
                code.line("let mut value = None;");
                let first =
                    "::wire::decode_union(shape, reader, checks, &mut |index, shape, reader, checks| {";
                code.enclosed(first, "})?;", |code| {
                    code.enclosed("value = Some(match index {", "});", |code| {
                        for (index, variant) in self.variants().iter().enumerate() {
                            let decode = "::wire::Decode::decode(shape, reader, checks)?";
                            code.line(format!("{index} => Self::{variant}({decode}),"));
                        }
                        code.line("_ => return Ok(()),");
                    });
                    code.line("Ok(())");
                });
                code.line("Ok(value.unwrap_or_default())");
            });
        });
    }

    fn write_encode(&self, code: &mut Code) {
        code.block(format!("impl ::wire::Encode for {}", self.type_name), |code| {
            code.block(ENCODE, |code| code.line("writer.structure(shape, self);"));
        });
        code.block(format!("impl ::wire::Members for {}", self.type_name), |code| {
            code.block(MEMBERS, |code| {
                code.block("match self", |code| {
                    for (index, variant) in self.variants().iter().enumerate() {
                        code.line(format!("Self::{variant}(value) => each({index}, value),"));
                    }
                });
            });
        });
    }
}
