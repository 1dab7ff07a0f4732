//! Reading a Map state: where its items come from, how many at a time, and what becomes of the results.

use serde_json::{Map as Object, Value};

use super::builder::Builder;
use super::fields::Fields;
use super::state::is_integer;
use super::{Field, Kind, MachineId, is_for_names};
use crate::template::{Language, Template};

/// The bounds of MaxConcurrency.
pub(crate) const CONCURRENCY: (u64, u64) = (0, 10_000);
/// The bounds of ToleratedFailureCount, and of MaxItemsPerBatch.
pub(crate) const COUNT: (u64, u64) = (0, 100_000_000);
/// The bounds of MaxInputBytesPerBatch.
pub(crate) const BATCH_BYTES: (u64, u64) = (1, 262_144);

/// How long a label is at most.
pub(crate) const LABEL_CHARS_MAX: usize = 40;

/// What a Map state runs, and for what.
#[derive(Clone, Debug)]
pub(crate) struct Map {
    pub(crate) processor: MachineId,
    /// Whether its items are executions of their own, and then of which type.
    pub(crate) distributed: Option<Box<str>>,
    /// ItemsPath or Items: the whole input, where there is neither.
    pub(crate) items: Option<Template>,
    /// ItemSelector, or Parameters as it was called before.
    pub(crate) selector: Option<Template>,
    pub(crate) concurrency: Option<Field>,
    pub(crate) tolerated_count: Option<Field>,
    pub(crate) tolerated_percentage: Option<Field>,
    pub(crate) reader: Option<Reader>,
    pub(crate) batcher: Option<Batcher>,
    pub(crate) writer: Option<Writer>,
    pub(crate) label: Option<Box<str>>,
}

/// Where items are read from.
#[derive(Clone, Debug)]
pub(crate) struct Reader {
    pub(crate) resource: Box<str>,
    /// Which format, and how many of them: may have paths and queries in it.
    pub(crate) config: Template,
    pub(crate) arguments: Template,
}

/// Where results are written to.
#[derive(Clone, Debug)]
pub(crate) struct Writer {
    pub(crate) resource: Box<str>,
    pub(crate) config: Template,
    pub(crate) arguments: Template,
}

/// How items come together.
#[derive(Clone, Debug)]
pub(crate) struct Batcher {
    pub(crate) items_max: Option<Field>,
    pub(crate) bytes_max: Option<Field>,
    pub(crate) input: Option<Template>,
}

impl<'a> Builder<'a> {
    pub(super) fn map(&mut self, fields: &Fields<'a>, language: Language) -> Option<Kind> {
        let (processor, distributed) = self.processor(fields, language)?;
        let is_jsonata = language == Language::Jsonata;
        let items = if is_jsonata { fields.template("Items", language) } else { items_path(fields) };
        let selector = fields.template("ItemSelector", language);
        let parameters = if is_jsonata { None } else { fields.template("Parameters", language) };
        let field = |name, twin, bounds| fields.field(name, twin, language, is_integer(bounds));
        let mut map = Map {
            processor,
            items,
            selector: selector.or(parameters),
            concurrency: field("MaxConcurrency", "MaxConcurrencyPath", CONCURRENCY),
            tolerated_count: None,
            tolerated_percentage: None,
            reader: None,
            batcher: None,
            writer: None,
            label: None,
            distributed,
        };
        if map.distributed.is_some() {
            map.read_distributed(fields, language);
            if let Some(label) = map.label.as_ref().filter(|label| !self.labels.insert((*label).clone())) {
                fields.refuse(format!("Duplicate Label: {label}"), Some("Label"));
            }
        }
        Some(Kind::Map(Box::new(map)))
    }

    /// The machine for each item, and whether items are executions of their own.
    fn processor(
        &mut self,
        fields: &Fields<'a>,
        language: Language,
    ) -> Option<(MachineId, Option<Box<str>>)> {
        let is_old = !fields.all().contains_key("ItemProcessor") && language == Language::JsonPath;
        let name = if is_old && fields.all().contains_key("Iterator") { "Iterator" } else { "ItemProcessor" };
        fields.require(&[name]);
        let processor = fields.object(name)?;
        let distributed = match processor.object("ProcessorConfig") {
            Some(config) => execution_type(&config),
            None => None,
        };
        let machine = self.machine(&processor, language);
        processor.end();
        Some((machine, distributed))
    }
}

impl Map {
    /// What only distributed ones have.
    fn read_distributed(&mut self, fields: &Fields<'_>, language: Language) {
        let right = is_integer(COUNT);
        self.tolerated_count =
            fields.field("ToleratedFailureCount", "ToleratedFailureCountPath", language, right);
        let is_hundredths =
            |value: &Value| value.as_f64().is_some_and(|number| (0.0..=100.0).contains(&number));
        let twin = "ToleratedFailurePercentagePath";
        self.tolerated_percentage = fields.field("ToleratedFailurePercentage", twin, language, is_hundredths);
        self.label = read_label(fields);
        self.reader = fields.object("ItemReader").map(|part| {
            part.require(&["Resource"]);
            let (resource, config, arguments) = read_source(&part, "ReaderConfig", language);
            Reader { resource, config, arguments }
        });
        // A writer may have a configuration alone: it then shapes what is given on.
        self.writer = fields.object("ResultWriter").map(|part| {
            let (resource, config, arguments) = read_source(&part, "WriterConfig", language);
            Writer { resource, config, arguments }
        });
        self.batcher = fields.object("ItemBatcher").map(|part| read_batcher(&part, language));
    }
}

/// A label stands in ARNs, and tells a Map state from all others.
fn read_label(fields: &Fields<'_>) -> Option<Box<str>> {
    let label = fields.text("Label")?;
    if label.is_empty() || label.chars().count() > LABEL_CHARS_MAX {
        let why = format!("Value must have a length from 1 to {LABEL_CHARS_MAX}");
        fields.refuse(why, Some("Label"));
    } else if !label.chars().all(is_for_names) {
        fields.refuse("Value has characters that are not allowed", Some("Label"));
    }
    Some(label.into())
}

fn items_path(fields: &Fields<'_>) -> Option<Template> {
    let text = fields.text("ItemsPath")?;
    fields.read(Template::path(text, "ItemsPath"))
}

/// The type of the executions for items, where they are executions.
fn execution_type(config: &Fields<'_>) -> Option<Box<str>> {
    let mode = config.text("Mode").unwrap_or("INLINE");
    let kind = config.text("ExecutionType");
    config.end();
    match (mode, kind) {
        ("INLINE", None) => None,
        ("DISTRIBUTED", Some(kind @ ("STANDARD" | "EXPRESS"))) => Some(kind.into()),
        ("DISTRIBUTED", _) => {
            config.refuse("Value must be one of [STANDARD, EXPRESS]", Some("ExecutionType"));
            None
        }
        _ => {
            config.refuse("Value must be one of [INLINE, DISTRIBUTED]", Some("Mode"));
            None
        }
    }
}

/// An integration with a configuration and arguments.
fn read_source(
    part: &Fields<'_>,
    config: &'static str,
    language: Language,
) -> (Box<str>, Template, Template) {
    let arguments = match language {
        Language::JsonPath => "Parameters",
        Language::Jsonata => "Arguments",
    };
    let empty = || Template::Constant(Value::Object(Object::new()));
    let config = part.object(config).and_then(|config| read_config(&config, language));
    let (config, arguments) =
        (config.unwrap_or_else(empty), part.template(arguments, language).unwrap_or_else(empty));
    let resource = part.text("Resource").unwrap_or_default();
    part.end();
    (resource.into(), config, arguments)
}

/// A configuration. In JSONPath, the most items may be found by a path.
fn read_config(config: &Fields<'_>, language: Language) -> Option<Template> {
    let named = |(name, value): (&String, &Value)| match name.as_str() {
        "MaxItemsPath" if language == Language::JsonPath => ("MaxItems.$".to_owned(), value.clone()),
        _ => (name.clone(), value.clone()),
    };
    let fields: Object<_, _> = config.all().iter().map(named).collect();
    Template::parse(&fields.into(), language, "").map_err(|(why, _)| config.refuse(why, None)).ok()
}

fn read_batcher(part: &Fields<'_>, language: Language) -> Batcher {
    let right = is_integer(COUNT);
    let items_max = part.field("MaxItemsPerBatch", "MaxItemsPerBatchPath", language, right);
    let right = is_integer(BATCH_BYTES);
    let bytes_max = part.field("MaxInputBytesPerBatch", "MaxInputBytesPerBatchPath", language, right);
    if items_max.is_none() && bytes_max.is_none() {
        part.refuse("One of these fields is required: [MaxItemsPerBatch, MaxInputBytesPerBatch]", None);
    }
    let input = part.template("BatchInput", language);
    part.end();
    Batcher { items_max, bytes_max, input }
}
