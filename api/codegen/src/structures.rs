//! Structures: a Rust struct each, with what reads and writes it.

use crate::code::Code;
use crate::facts::Shape;
use crate::model::{Model, Side, fields};
use crate::types;

/// The head of every reading function.
pub(crate) const DECODE: &str = "fn decode(shape: &'static ::wire::Shape, reader: &mut dyn ::wire::Reader, \
                                 checks: &mut ::wire::Checks) -> ::std::result::Result<Self, ::wire::Malformed>";
/// The head of every writing function.
pub(crate) const ENCODE: &str =
    "fn encode(&self, shape: &'static ::wire::Shape, writer: &mut dyn ::wire::Writer)";
/// The head of every function that visits members.
pub(crate) const MEMBERS: &str = "fn members(&self, each: &mut dyn FnMut(usize, &dyn ::wire::Encode))";

/// Writes all structures, the aliases of theirs, which of them are kept, and an empty one where an operation takes or gives nothing.
pub(crate) fn write(code: &mut Code, model: &Model<'_>) {
    for (name, shape, uses) in model.typed() {
        if shape.is_structure() && !shape.is_union() {
            Structure { model, name, type_name: model.type_name(name), shape }.write(
                code,
                uses.read,
                uses.written,
            );
        }
    }
    for (alias, type_name) in &model.aliases {
        code.line(format!("pub type {alias} = {type_name};"));
    }
    for shape in &model.kept {
        let (type_name, label) = (model.type_name(shape), model.static_name(shape));
        code.block(format!("impl ::wire::Kept for {type_name}"), |code| {
            code.line(format!("const SHAPE: &'static ::wire::Shape = &schema::{label};"));
        });
    }
    let empty = Shape::default();
    for (operation, facts) in &model.operations {
        for side in Side::BOTH.into_iter().filter(|side| side.of(facts).is_none()) {
            let type_name = &side.type_name(operation);
            Structure { model, name: "", type_name, shape: &empty }.write(
                code,
                side == Side::Input,
                side == Side::Output,
            );
        }
    }
}

struct Structure<'a> {
    model: &'a Model<'a>,
    name: &'a str,
    type_name: &'a str,
    shape: &'a Shape,
}

impl Structure<'_> {
    fn write(&self, code: &mut Code, read: bool, written: bool) {
        let hides =
            self.shape.sensitive || self.shape.members.iter().any(|member| self.model.hides(&member.shape));
        let debug = if hides { "" } else { "Debug, " };
        // What streams passes once: it can neither be copied nor compared.
        let streams = self.shape.members.iter().any(|member| types::streams(self.model, member));
        let values = if streams { "" } else { "Clone, PartialEq, " };
        code.line(format!("#[derive({values}{debug}Default)]"));
        code.block(format!("pub struct {}", self.type_name), |code| self.write_fields(code));
        if hides {
            code.block(format!("impl ::std::fmt::Debug for {}", self.type_name), |code| {
                self.write_debug(code)
            });
        }
        if read {
            code.block(format!("impl ::wire::Decode for {}", self.type_name), |code| {
                code.block(DECODE, |code| self.write_decode(code));
            });
        }
        if written {
            code.block(format!("impl ::wire::Encode for {}", self.type_name), |code| {
                code.block(ENCODE, |code| code.line("writer.structure(shape, self);"));
            });
            code.block(format!("impl ::wire::Members for {}", self.type_name), |code| {
                code.block(MEMBERS, |code| self.write_members(code));
            });
        }
    }

    fn write_fields(&self, code: &mut Code) {
        for (member, field) in fields(self.shape) {
            let plain = types::of_member(self.model, self.name, member);
            if types::is_optional(self.model, self.name, self.shape, member) {
                code.line(format!("pub {field}: ::std::option::Option<{plain}>,"));
            } else {
                code.line(format!("pub {field}: {plain},"));
            }
        }
    }

    /// Shows that a hidden member is there, and nothing of it.
    fn write_debug(&self, code: &mut Code) {
        code.block("fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result", |code| {
            code.line(format!("let mut text = f.debug_struct({:?});", self.type_name));
            for (member, field) in fields(self.shape) {
                let label = field.trim_start_matches("r#");
                if !self.shape.sensitive && !self.model.hides(&member.shape) {
                    code.line(format!("text.field({label:?}, &self.{field});"));
                } else if types::is_optional(self.model, self.name, self.shape, member) {
                    code.line(format!("text.field({label:?}, &self.{field}.as_ref().map(|_| \"***\"));"));
                } else {
                    code.line(format!("text.field({label:?}, &\"***\");"));
                }
            }
            code.line("text.finish()");
        });
    }

    fn write_decode(&self, code: &mut Code) {
        if self.shape.members.is_empty() {
            code.line("::wire::decode_structure(shape, reader, checks, &mut |_, _, _, _| Ok(()))?;");
            code.line("Ok(Self {})");
            return;
        }
        code.line("let mut value = <Self as ::std::default::Default>::default();");
        let first = "::wire::decode_structure(shape, reader, checks, &mut |index, shape, reader, checks| {";
        code.enclosed(first, "})?;", |code| {
            code.block("match index", |code| {
                for (index, (member, field)) in fields(self.shape).enumerate() {
                    let decode = "::wire::Decode::decode(shape, reader, checks)?";
                    if types::is_optional(self.model, self.name, self.shape, member) {
                        code.line(format!("{index} => value.{field} = Some({decode}),"));
                    } else {
                        code.line(format!("{index} => value.{field} = {decode},"));
                    }
                }
                code.line("_ => {}");
            });
            code.line("Ok(())");
        });
        code.line("Ok(value)");
    }

    fn write_members(&self, code: &mut Code) {
        if self.shape.members.is_empty() {
            code.line("let _ = each;");
        }
        for (index, (member, field)) in fields(self.shape).enumerate() {
            if types::is_optional(self.model, self.name, self.shape, member) {
                code.line(format!("if let Some(value) = &self.{field} {{ each({index}, value); }}"));
            } else {
                code.line(format!("each({index}, &self.{field});"));
            }
        }
    }
}
