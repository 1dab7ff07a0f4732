//! What of its variables a template may look at, as its text shows: what nobody looks at need not be made.
//!
//! Noted while the text is read. It may say more than is true, and never less.

use std::sync::Arc;

use crate::ast::Step;

/// The variables that a text looks at.
#[derive(Clone, Debug, Default)]
pub(crate) struct Looks {
    /// A variable, and the member with which a reference to it begins; none where it may look at any.
    references: Vec<(Arc<str>, Option<Arc<str>>)>,
    /// What is evaluated may be put together on the way.
    evaluates: bool,
}

impl Looks {
    /// Notes a reference.
    pub(crate) fn note(&mut self, variable: &Arc<str>, steps: &[Step]) {
        let member = match steps.first() {
            Some(Step::Property(member)) => Some(member.clone()),
            _ => None,
        };
        let reference = (variable.clone(), member);
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
        let is_it = |looked_at: &Option<Arc<str>>| looked_at.as_deref().is_none_or(|name| name == member);
        let mut references = self.references.iter();
        self.evaluates || references.any(|(name, looked_at)| **name == *variable && is_it(looked_at))
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
}
