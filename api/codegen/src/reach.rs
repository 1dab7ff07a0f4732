//! Which shapes code is needed for, and in which direction each travels.

use std::collections::{BTreeMap, BTreeSet};

use crate::facts::{Facts, Member, Shape};

/// What a shape is needed for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Uses {
    /// Inputs have it: its values are read.
    pub(crate) read: bool,
    /// Outputs or errors have it: its values are written.
    pub(crate) written: bool,
    /// It stands inside of another shape, not only at the top of an operation.
    pub(crate) nested: bool,
}

/// Shapes by name, with what each is needed for. Shapes of map keys are there too, without a direction: only their
/// schema is needed, as keys are text.
#[derive(Debug, Default)]
pub(crate) struct Reach<'a>(BTreeMap<&'a str, Uses>);

impl<'a> Reach<'a> {
    /// Follows the inputs, and the outputs and errors, of the written operations, and what the service keeps.
    pub(crate) fn new(
        facts: &'a Facts,
        inputs: impl IntoIterator<Item = &'a str>,
        outputs: impl IntoIterator<Item = &'a str>,
        kept: &[&'a str],
    ) -> Self {
        let mut reach = Reach::default();
        for input in inputs {
            reach.follow(facts, input, Uses { read: true, ..Uses::default() });
        }
        for output in outputs {
            reach.follow(facts, output, Uses { written: true, ..Uses::default() });
        }
        for shape in kept {
            reach.follow(facts, shape, Uses { read: true, written: true, nested: true });
        }
        reach
    }

    fn follow(&mut self, facts: &'a Facts, name: &'a str, uses: Uses) {
        let Some(shape) = facts.shapes.get(name) else { return };
        let known = self.0.contains_key(name);
        let before = self.0.entry(name).or_default();
        let after = Uses {
            read: before.read || uses.read,
            written: before.written || uses.written,
            nested: before.nested || uses.nested,
        };
        let news = !known || (after.read, after.written) != (before.read, before.written);
        *before = after;
        if !news {
            return;
        }
        if let Some(key) = &shape.key {
            self.0.entry(&key.shape).or_default();
        }
        for member in shape.values_inside() {
            self.follow(facts, &member.shape, Uses { nested: true, ..uses });
        }
    }

    /// What a shape is needed for; nothing when it is not needed.
    pub(crate) fn uses(&self, name: &str) -> Uses {
        self.0.get(name).copied().unwrap_or_default()
    }

    /// All shapes that are needed, by name.
    pub(crate) fn names(&self) -> impl Iterator<Item = &'a str> {
        self.0.keys().copied()
    }
}

/// Whether a member of a structure must be boxed: a value of `owner` may stand directly inside of its value, with no
/// list or map between them, which alone would give it a size.
pub(crate) fn is_boxed(facts: &Facts, owner: &str, member: &Member) -> bool {
    let mut seen = BTreeSet::new();
    let mut open = vec![member.shape.as_str()];
    while let Some(name) = open.pop() {
        let Some(shape) = facts.shapes.get(name).filter(|shape| Shape::is_structure(shape)) else { continue };
        if name == owner {
            return true;
        }
        if seen.insert(name) {
            open.extend(shape.members.iter().map(|member| member.shape.as_str()));
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::{Reach, Uses, is_boxed};
    use crate::facts::Facts;

    fn facts() -> Facts {
        let shapes = r#"
            "In": { "type": "structure", "members": [{ "name": "Both", "shape": "Both" }, { "name": "M", "shape": "Map" }] },
            "Out": { "type": "structure", "members": [{ "name": "Both", "shape": "Both" }, { "name": "T", "shape": "Tree" }] },
            "Both": { "type": "structure", "members": [{ "name": "A", "shape": "Text" }] },
            "Tree": { "type": "structure", "members": [{ "name": "Left", "shape": "Branch" }, { "name": "All", "shape": "Trees" }] },
            "Branch": { "type": "structure", "members": [{ "name": "Tree", "shape": "Tree" }] },
            "Trees": { "type": "list", "member": { "shape": "Tree" } },
            "Map": { "type": "map", "key": { "shape": "Key" }, "value": { "shape": "Text" } },
            "Key": { "type": "string" }, "Text": { "type": "string" }, "Alone": { "type": "string" }"#;
        let text = format!(
            r#"{{ "service": "x", "apiVersion": "1", "endpointPrefix": "x", "signingName": "x", "serviceId": "X",
                "protocol": "json", "protocols": ["json"], "operations": {{}}, "shapes": {{ {shapes} }} }}"#
        );
        Facts::parse(&text).unwrap()
    }

    #[test]
    fn each_shape_knows_its_directions() {
        let facts = facts();
        let reach = Reach::new(&facts, ["In"], ["Out"], &[]);
        assert_eq!(reach.uses("In"), Uses { read: true, ..Uses::default() });
        assert_eq!(reach.uses("Out"), Uses { written: true, ..Uses::default() });
        assert_eq!(reach.uses("Text"), Uses { read: true, written: true, nested: true });
        assert_eq!(reach.uses("Tree"), Uses { written: true, nested: true, ..Uses::default() });
        assert_eq!(reach.uses("Map"), Uses { read: true, nested: true, ..Uses::default() });
    }

    #[test]
    fn keys_are_needed_as_schema_only_and_strangers_not_at_all() {
        let facts = facts();
        let reach = Reach::new(&facts, ["In"], ["Out"], &[]);
        assert!(reach.names().any(|name| name == "Key"));
        assert_eq!(reach.uses("Key"), Uses::default());
        assert!(reach.names().all(|name| name != "Alone"));
    }

    #[test]
    fn what_is_kept_travels_in_both_directions() {
        let facts = facts();
        let reach = Reach::new(&facts, ["In"], [], &["Both"]);
        let both = Uses { read: true, written: true, nested: true };
        assert_eq!((reach.uses("Both"), reach.uses("Text")), (both, both));
        assert!(!reach.uses("In").written);
    }

    #[test]
    fn only_direct_cycles_are_boxed() {
        let facts = facts();
        let member = |shape: &str, index: usize| is_boxed(&facts, shape, &facts.shapes[shape].members[index]);
        assert!(member("Tree", 0), "through a branch");
        assert!(member("Branch", 0), "through a tree");
        assert!(!member("Tree", 1), "a list has a size");
        assert!(!member("Out", 1), "a tree has no output inside");
    }
}
