//! The fields of an object of a definition, taken one by one with what they must be.
//!
//! Says of each what is wrong with it, and of those that nobody took that they are not supported.

use std::cell::RefCell;

use serde_json::{Map, Value};

use super::{Diagnostic, Field};
use crate::path::Path;
use crate::template::{Language, Template, Wrong};

/// The fields of one object, and where it stands.
pub(super) struct Fields<'a> {
    fields: &'a Map<String, Value>,
    pub(super) at: String,
    taken: RefCell<Vec<&'static str>>,
    wrong: &'a RefCell<Vec<Diagnostic>>,
}

impl<'a> Fields<'a> {
    pub(super) fn new(
        fields: &'a Map<String, Value>,
        at: impl Into<String>,
        wrong: &'a RefCell<Vec<Diagnostic>>,
    ) -> Self {
        Fields { fields, at: at.into(), taken: RefCell::default(), wrong }
    }

    /// All of them, as they came.
    pub(super) fn all(&self) -> &'a Map<String, Value> {
        self.fields
    }

    /// A field, whatever it is.
    pub(super) fn value(&self, name: &'static str) -> Option<&'a Value> {
        self.taken.borrow_mut().push(name);
        self.fields.get(name)
    }

    pub(super) fn text(&self, name: &'static str) -> Option<&'a str> {
        self.typed(name, "String", Value::as_str)
    }

    pub(super) fn bool(&self, name: &'static str) -> Option<bool> {
        self.typed(name, "Boolean", Value::as_bool)
    }

    /// A whole number within bounds.
    pub(super) fn integer(&self, name: &'static str, (least, most): (u64, u64)) -> Option<u64> {
        let number = self.typed(name, "Integer", Value::as_u64)?;
        if (least..=most).contains(&number) {
            return Some(number);
        }
        self.refuse(format!("Value {number} must be from {least} to {most}"), Some(name));
        None
    }

    pub(super) fn list(&self, name: &'static str) -> Option<&'a Vec<Value>> {
        self.typed(name, "Array", Value::as_array)
    }

    /// The objects of a list.
    pub(super) fn objects(&self, name: &'static str) -> Vec<Fields<'a>> {
        let items = self.list(name).into_iter().flatten().enumerate();
        let objects = items.filter_map(|(index, item)| {
            let at = format!("{name}[{index}]");
            match item.as_object() {
                Some(fields) => Some(self.child(fields, &at)),
                None => {
                    self.refuse("Expected value of type Object", Some(&at));
                    None
                }
            }
        });
        objects.collect()
    }

    /// The object in a field.
    pub(super) fn object(&self, name: &'static str) -> Option<Fields<'a>> {
        self.typed(name, "Object", Value::as_object).map(|fields| self.child(fields, name))
    }

    /// An object that stands further inside.
    pub(super) fn child(&self, fields: &'a Map<String, Value>, way: &str) -> Fields<'a> {
        Fields::new(fields, format!("{}/{way}", self.at), self.wrong)
    }

    fn typed<T>(&self, name: &'static str, kind: &str, read: impl Fn(&'a Value) -> Option<T>) -> Option<T> {
        let value = self.value(name)?;
        let read = read(value);
        if read.is_none() {
            self.refuse(format!("Expected value of type {kind}"), Some(name));
        }
        read
    }

    /// A path that may be null; the whole where it is missing.
    pub(super) fn path(&self, name: &'static str) -> Option<Path> {
        match self.value(name) {
            None => Some(Path::whole()),
            Some(Value::Null) => None,
            Some(value) => {
                let path = value.as_str().and_then(|text| Path::parse(text).ok());
                if path.is_none() {
                    self.refuse("Value is not a valid JSONPath", Some(name));
                }
                path
            }
        }
    }

    /// A template.
    pub(super) fn template(&self, name: &'static str, language: Language) -> Option<Template> {
        let value = self.value(name)?;
        self.read(Template::parse(value, language, name))
    }

    /// A template that must be an object.
    pub(super) fn object_template(&self, name: &'static str, language: Language) -> Option<Template> {
        let template = self.template(name, language)?;
        match template {
            Template::Constant(Value::Object(_)) | Template::Object(_) => Some(template),
            _ => {
                self.refuse("Expected value of type Object", Some(name));
                None
            }
        }
    }

    /// A field of one value: fixed or queried, or in JSONPath found by its twin, whose name ends in `Path`.
    pub(super) fn field(
        &self,
        name: &'static str,
        twin: &'static str,
        language: Language,
        is_right: impl Fn(&Value) -> bool,
    ) -> Option<Field> {
        if language == Language::JsonPath && self.fields.contains_key(twin) {
            if self.fields.contains_key(name) {
                self.refuse(format!("Only one of these fields is allowed: [{name}, {twin}]"), None);
            }
            return self.twin(twin);
        }
        let template = self.template(name, language)?;
        if let Template::Constant(value) = &template
            && !is_right(value)
        {
            self.refuse(format!("Value {value} is not allowed"), Some(name));
        }
        Some(Field { template, name })
    }

    /// A field that holds a path, or in one of its forms an intrinsic function.
    fn twin(&self, twin: &'static str) -> Option<Field> {
        let text = self.text(twin)?;
        let template = if text.starts_with('$') {
            self.read(Template::path(text, twin))
        } else {
            match crate::intrinsic::Intrinsic::parse(text) {
                Ok(call) if ["ErrorPath", "CausePath"].contains(&twin) => Some(Template::Call(call)),
                _ => self.read(Err(("Value is not a valid JSONPath".to_owned(), twin.to_owned()))),
            }
        };
        template.map(|template| Field { template, name: twin })
    }

    pub(super) fn read(&self, template: Result<Template, Wrong>) -> Option<Template> {
        template.map_err(|(why, at)| self.refuse(why, Some(&at))).ok()
    }

    /// Says that these must be there.
    pub(super) fn require(&self, names: &[&str]) {
        let missing: Vec<_> = names.iter().copied().filter(|name| !self.fields.contains_key(*name)).collect();
        if !missing.is_empty() {
            self.refuse(format!("These fields are required: [{}]", missing.join(", ")), None);
        }
    }

    /// Says that fields which nobody took are not supported.
    pub(super) fn end(&self) {
        self.taken.borrow_mut().push("Comment");
        let taken = self.taken.borrow();
        for name in self.fields.keys().filter(|name| !taken.contains(&name.as_str())) {
            self.refuse(format!("Field '{name}' is not supported"), None);
        }
    }

    /// Says that something is wrong, here or in a field.
    pub(super) fn refuse(&self, why: impl Into<String>, field: Option<&str>) {
        self.report(|at| Diagnostic::schema(why, at), field);
    }

    pub(super) fn report(&self, make: impl FnOnce(Option<String>) -> Diagnostic, field: Option<&str>) {
        let at = match field {
            Some(field) => format!("{}/{field}", self.at),
            None if self.at.is_empty() => "/".to_owned(),
            None => self.at.clone(),
        };
        self.wrong.borrow_mut().push(make(Some(at)));
    }
}
