//! Expressions as they are written: names and values are still placeholders, and functions may be unknown or misused.
//!
//! Borrows from the text of the expression; never outlives its check.

/// One step of a document path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step<'a> {
    /// A name as it is.
    Word(&'a str),
    /// A placeholder of a name, with its `#`.
    Name(&'a str),
    /// The index of a list's element.
    Index(usize),
}

/// A document path: a name and the steps into its value.
pub(crate) type Path<'a> = Vec<Step<'a>>;

/// What operators and functions work on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Operand<'a> {
    Path(Path<'a>),
    /// A placeholder of a value, with its `:`.
    Value(&'a str),
    Call(Call<'a>),
}

/// A function and its arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Call<'a> {
    pub(crate) function: &'a str,
    pub(crate) arguments: Vec<Operand<'a>>,
}

/// A comparison of two operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Comparator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Comparator {
    const ALL: [Self; 6] =
        [Self::Equal, Self::NotEqual, Self::Less, Self::LessOrEqual, Self::Greater, Self::GreaterOrEqual];

    /// As it is written.
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::NotEqual => "<>",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
        }
    }

    /// The comparison that is written so.
    pub fn from_symbol(symbol: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|comparator| comparator.symbol() == symbol)
    }
}

/// A condition, filter or key condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Condition<'a> {
    Compare {
        comparator: Comparator,
        left: Operand<'a>,
        right: Operand<'a>,
    },
    Between {
        operand: Operand<'a>,
        lower: Operand<'a>,
        upper: Operand<'a>,
    },
    In {
        operand: Operand<'a>,
        choices: Vec<Operand<'a>>,
    },
    Call(Call<'a>),
    /// Two conditions or more, all of which must hold.
    And(Vec<Condition<'a>>),
    /// Two conditions or more, one of which must hold.
    Or(Vec<Condition<'a>>),
    Not(Box<Condition<'a>>),
}

/// The right-hand side of an assignment in `SET`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Assigned<'a> {
    Operand(Operand<'a>),
    Sum(Operand<'a>, Operand<'a>),
    Difference(Operand<'a>, Operand<'a>),
}

/// One change of an update expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Action<'a> {
    Set(Path<'a>, Assigned<'a>),
    Remove(Path<'a>),
    Add(Path<'a>, &'a str),
    Delete(Path<'a>, &'a str),
}

/// A part of an expression that a check looks at.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Part<'a, 'b> {
    /// A name as it is, in a path.
    Word(&'a str),
    /// A placeholder of a name.
    Name(&'a str),
    /// A placeholder of a value.
    Value(&'a str),
    /// A function, after its arguments.
    Call(&'b Call<'a>),
}

/// Looks at one part; an error ends the walk.
pub(crate) type Look<'l, 'a> = &'l mut dyn FnMut(Part<'a, '_>) -> Result<(), String>;

/// Shows the names of a path.
pub(crate) fn walk_path<'a>(path: &[Step<'a>], look: Look<'_, 'a>) -> Result<(), String> {
    path.iter().try_for_each(|step| match step {
        Step::Word(word) => look(Part::Word(word)),
        Step::Name(name) => look(Part::Name(name)),
        Step::Index(_) => Ok(()),
    })
}

impl<'a> Operand<'a> {
    /// Shows every part, in the order of the text; a call comes after its arguments.
    pub(crate) fn walk(&self, look: Look<'_, 'a>) -> Result<(), String> {
        match self {
            Self::Path(path) => walk_path(path, look),
            Self::Value(value) => look(Part::Value(value)),
            Self::Call(call) => call.walk(look),
        }
    }
}

impl<'a> Call<'a> {
    /// Shows the parts of the arguments, then the call.
    pub(crate) fn walk(&self, look: Look<'_, 'a>) -> Result<(), String> {
        self.arguments.iter().try_for_each(|argument| argument.walk(look))?;
        look(Part::Call(self))
    }
}

impl<'a> Condition<'a> {
    /// Shows every part, in the order of the text.
    pub(crate) fn walk(&self, look: Look<'_, 'a>) -> Result<(), String> {
        match self {
            Self::Compare { left, right, .. } => {
                [left, right].into_iter().try_for_each(|operand| operand.walk(look))
            }
            Self::Between { operand, lower, upper } => {
                [operand, lower, upper].into_iter().try_for_each(|operand| operand.walk(look))
            }
            Self::In { operand, choices } => {
                operand.walk(look)?;
                choices.iter().try_for_each(|choice| choice.walk(look))
            }
            Self::Call(call) => call.walk(look),
            Self::And(inner) | Self::Or(inner) => inner.iter().try_for_each(|condition| condition.walk(look)),
            Self::Not(inner) => inner.walk(look),
        }
    }
}

impl<'a> Action<'a> {
    /// Where the action changes an item.
    pub(crate) fn path(&self) -> &Path<'a> {
        match self {
            Self::Set(path, _) | Self::Remove(path) | Self::Add(path, _) | Self::Delete(path, _) => path,
        }
    }

    /// Shows every part, in the order of the text.
    pub(crate) fn walk(&self, look: Look<'_, 'a>) -> Result<(), String> {
        walk_path(self.path(), look)?;
        match self {
            Self::Set(_, Assigned::Operand(operand)) => operand.walk(look),
            Self::Set(_, Assigned::Sum(left, right) | Assigned::Difference(left, right)) => {
                left.walk(look)?;
                right.walk(look)
            }
            Self::Remove(_) => Ok(()),
            Self::Add(_, value) | Self::Delete(_, value) => look(Part::Value(value)),
        }
    }
}
