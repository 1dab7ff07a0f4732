//! What of its variables a template may look at, as its text shows: what nobody looks at need not be made.
//!
//! Noted while the text is read. It may say more than is true, and never less.

use std::sync::Arc;

use crate::ast::{Expr, Step};

/// The variables that a text looks at.
#[derive(Clone, Debug, Default)]
pub(crate) struct Looks {
    /// A variable, and what a reference to it does first.
    references: Vec<(Arc<str>, First)>,
    /// What is evaluated may be put together on the way.
    evaluates: bool,
}

/// What a reference does with its variable.
#[derive(Clone, Debug, PartialEq)]
enum First {
    /// It looks at a member.
    Property(Arc<str>),
    /// It calls a method: with one text that stands there, or in another way.
    Method(Arc<str>, Option<Arc<str>>),
    /// Anything.
    Other,
}

impl First {
    fn of(steps: &[Step]) -> Self {
        match steps.first() {
            Some(Step::Property(member)) => First::Property(member.clone()),
            Some(Step::Method(name, arguments)) => match &arguments[..] {
                [Expr::Text(text)] => First::Method(name.clone(), Some(text.clone())),
                _ => First::Method(name.clone(), None),
            },
            _ => First::Other,
        }
    }
}

impl Looks {
    /// Notes a reference.
    pub(crate) fn note(&mut self, variable: &Arc<str>, steps: &[Step]) {
        let reference = (variable.clone(), First::of(steps));
        if !self.references.contains(&reference) {
            self.references.push(reference);
        }
    }

    /// Notes that a text is evaluated.
    pub(crate) fn note_evaluation(&mut self) {
        self.evaluates = true;
    }

    /// Takes in what a text inside of this one looks at.
    pub(crate) fn append(&mut self, inner: Self) {
        self.evaluates |= inner.evaluates;
        for reference in inner.references {
            if !self.references.contains(&reference) {
                self.references.push(reference);
            }
        }
    }

    /// Whether it may look at a variable.
    pub(crate) fn has(&self, variable: &str) -> bool {
        self.evaluates || self.references.iter().any(|(name, _)| **name == *variable)
    }

    /// Whether it may look at that member of a variable.
    pub(crate) fn has_member(&self, variable: &str, member: &str) -> bool {
        let is_it = |first: &First| !matches!(first, First::Property(name) if **name != *member);
        let mut references = self.references.iter();
        self.evaluates || references.any(|(name, first)| **name == *variable && is_it(first))
    }

    /// The texts with which it calls a method of a variable; none where it may call it with others.
    pub(crate) fn texts_for(&self, variable: &str, method: &str) -> Option<Vec<&str>> {
        let of_variable = self.references.iter().filter(|(name, _)| **name == *variable);
        let called = of_variable.filter_map(|(_, first)| match first {
            First::Property(_) => None,
            First::Method(name, _) if **name != *method => None,
            First::Method(_, text) => Some(text.as_deref()),
            First::Other => Some(None),
        });
        if self.evaluates { None } else { called.collect() }
    }
}

#[cfg(test)]
mod tests {
    use crate::Template;

    fn looks(template: &str, variable: &str, member: &str) -> (bool, bool) {
        let template = Template::parse(template).unwrap();
        (template.mentions(variable), template.mentions_member(variable, member))
    }

    #[test]
    fn references_say_which_members_are_looked_at() {
        for (template, expected) in [
            ("$other.stage, context.stage", (false, false)),
            ("$context.path", (true, false)),
            ("$!{context.stage}", (true, true)),
            ("$context.stage.length()", (true, true)),
            ("$context.get('stage')", (true, true)),
            ("$context['stage']", (true, true)),
            ("$context", (true, true)),
            ("#set($all = $context)$all.stage", (true, true)),
            ("#set($context.stage = 1)", (true, true)),
            ("#foreach($one in $context.entrySet())$one.key#end", (true, true)),
            ("#macro(m $p)$p#end#m($context)", (true, true)),
            ("#macro(m)$context.stage#end#m()", (true, true)),
            ("#if(1 < 2 && $context.stage == 'x')#end", (true, true)),
            ("#set($x = \"in quotes: #if(true)$context.stage#end\")", (true, true)),
            ("$util.urlEncode($context.stage)", (true, true)),
            ("$other[$context.stage]", (true, true)),
            ("#define($block)$context.stage#end", (true, true)),
            ("#evaluate('$con' + 'text.stage')", (true, true)),
            ("#set($x = \"#evaluate($y)\")", (true, true)),
            ("## $context.stage", (false, false)),
        ] {
            assert_eq!(looks(template, "context", "stage"), expected, "{template}");
        }
    }

    #[test]
    fn methods_say_with_which_texts_they_are_called() {
        for (template, expected) in [
            (
                "$input.params('a')$!{input.params(\"b\").length()}$input.body$input.json('$')",
                Some(vec!["a", "b"]),
            ),
            ("$context.params('a')", Some(vec![])),
            ("#if($input.params('a') == $input.params('a'))#end", Some(vec!["a"])),
            ("$input.params()", None),
            ("$input.params().path", None),
            ("$input.params($name)", None),
            ("$input.params(\"$name\")", None),
            ("$input.params('a' + 'b')", None),
            ("#set($all = $input)$all.params('a')", None),
            ("$input['params']", None),
            ("#macro(m $p)$p.params('x')#end#m($input)", None),
            ("#evaluate('$input' + '.params($x)')", None),
        ] {
            let template = Template::parse(template).unwrap();
            assert_eq!(template.texts_for("input", "params"), expected, "{template:?}");
        }
    }
}
