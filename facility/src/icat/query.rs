//! A query, read.

use serde_json::Value;

/// A parsed query.
#[derive(Debug)]
pub(crate) struct Query {
    pub(crate) select: Select,
    pub(crate) is_distinct: bool,
    pub(crate) entity: String,
    pub(crate) alias: String,
    pub(crate) joins: Vec<Join>,
    pub(crate) condition: Option<Condition>,
    pub(crate) order: Vec<(Path, Direction)>,
    pub(crate) limit: Option<Limit>,
    pub(crate) include: Include,
}

/// What a query asks for.
#[derive(Debug)]
pub(crate) enum Select {
    Rows(Vec<Path>),
    Count(Path),
    Min(Path),
    Max(Path),
}

/// `alias.name.name`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Path {
    pub(crate) alias: String,
    pub(crate) names: Vec<String>,
}

/// `LIMIT offset, count`; no count for `*`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limit {
    pub(crate) offset: usize,
    pub(crate) count: Option<usize>,
}

impl Limit {
    /// No limit.
    pub(crate) const ALL: Self = Self {
        offset: 0,
        count: None,
    };
}

/// `JOIN path alias`.
#[derive(Debug)]
pub(crate) struct Join {
    pub(crate) path: Path,
    pub(crate) alias: String,
    pub(crate) is_left: bool,
}

/// Ascending or descending.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    Up,
    Down,
}

/// Which relations come with the rows.
#[derive(Debug, Default)]
pub(crate) struct Include {
    /// `INCLUDE 1`: every many-to-one relation of the row.
    pub(crate) all_ones: bool,
    /// Paths from the row.
    pub(crate) paths: Vec<Vec<String>>,
}

/// A WHERE clause.
#[derive(Debug)]
pub(crate) enum Condition {
    And(Box<Self>, Box<Self>),
    Or(Box<Self>, Box<Self>),
    Not(Box<Self>),
    Compare(Operand, &'static str, Operand),
    Like(Operand, Operand),
    In(Operand, Vec<Operand>),
    Between(Operand, Operand, Operand),
    IsNull(Operand),
}

/// One side of a comparison.
#[derive(Debug)]
pub(crate) enum Operand {
    Path(Path),
    Literal(Value),
    Timestamp(String),
    User,
    Lower(Box<Self>),
    Upper(Box<Self>),
}

impl Path {
    /// Reads `alias.name.name`.
    pub(crate) fn new(dotted: &str) -> Self {
        let mut names = dotted.split('.').map(str::to_owned);
        Self {
            alias: names.next().unwrap_or_default(),
            names: names.collect(),
        }
    }
}
