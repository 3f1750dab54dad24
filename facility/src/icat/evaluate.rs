//! Queries over the recorded rows.

use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};
use std::io;

use serde_json::{Value, json};

use super::answers::Refusal;
use super::check;
use super::project::{Tree, Writer};
use super::query::{Direction, Limit, Path, Query, Select};
use super::schema::{Schema, Step};
use super::scope::{Scope, compare};
use super::store::Store;

/// The recorded catalogue.
#[derive(Debug)]
pub(crate) struct Catalogue {
    pub(crate) schema: Schema,
    pub(crate) store: Store,
    pub(crate) max_entities: usize,
}

impl Catalogue {
    pub(crate) fn new(max_entities: usize, many_count: u32) -> io::Result<Self> {
        Ok(Self {
            schema: Schema::read()?,
            store: Store::read(many_count)?,
            max_entities,
        })
    }

    /// The list that answers a query.
    pub(crate) fn search(&self, text: &str, user: &str) -> Result<Vec<Value>, Refusal> {
        let query = Query::parse(text)?;
        let kinds = self.check(&query)?;
        let scopes = self.matches(&query, user);
        match &query.select {
            Select::Count(_) => Ok(vec![json!(scopes.len())]),
            Select::Min(path) => Ok(vec![extreme(&scopes, path, Ordering::Less)]),
            Select::Max(path) => Ok(vec![extreme(&scopes, path, Ordering::Greater)]),
            Select::Rows(paths) => {
                let kept = slice(scopes, query.limit);
                if kept.len() > self.max_entities {
                    return Err(self.too_many());
                }
                self.write(&query, paths, &kinds, user, &kept)
            }
        }
    }

    /// One entity by its id: `query=Dataset ds INCLUDE ds.type&id=7`.
    pub(crate) fn get(&self, text: &str, id: &str, user: &str) -> Result<Value, Refusal> {
        let id: u64 = id
            .parse()
            .map_err(|error| Refusal::bad_parameter(format!("id {id}: {error}")))?;
        let mut words = text.split_whitespace();
        let entity = words.next().unwrap_or_default();
        let mut rest: Vec<&str> = words.collect();
        let has_alias = rest
            .first()
            .is_some_and(|it| !it.eq_ignore_ascii_case("include"));
        let alias = if has_alias { rest.remove(0) } else { "e" };
        let rest = rest.join(" ");
        let query = format!("SELECT {alias} FROM {entity} {alias} WHERE {alias}.id = {id} {rest}");
        let found = self.search(&query, user)?.into_iter().next();
        found.ok_or_else(|| Refusal::new("no such object", format!("{entity}[id:{id}] not found.")))
    }

    pub(crate) fn too_many(&self) -> Refusal {
        Refusal::new("too many", self.max_entities.to_string())
    }

    /// What matches, in the order that was asked for.
    fn matches<'a>(&'a self, query: &'a Query, user: &'a str) -> Vec<Scope<'a>> {
        let bounds = check::bounds(query);
        let wanted = wanted_without_sorting(query, self.max_entities);
        let selected = match &query.select {
            Select::Rows(paths) => paths.as_slice(),
            Select::Count(path) | Select::Min(path) | Select::Max(path) => {
                std::slice::from_ref(path)
            }
        };
        let mut seen = HashSet::new();
        let mut found = Vec::new();
        for row in self.store.rows(&query.entity, user, bounds) {
            let scope = Scope {
                user,
                alias: &query.alias,
                row,
                joined: Vec::new(),
            };
            for scope in self.join(query, scope) {
                let condition = query.condition.as_ref();
                let is_match = condition.is_none_or(|condition| scope.holds(condition))
                    && (!query.is_distinct || seen.insert(keys(&scope, selected)));
                if is_match {
                    found.push(scope);
                }
            }
            if wanted.is_some_and(|wanted| found.len() >= wanted) {
                break;
            }
        }
        found.sort_by(|a, b| sort_order(&query.order, a, b));
        found
    }

    /// One scope for each way to satisfy the JOINs.
    fn join<'a>(&'a self, query: &'a Query, scope: Scope<'a>) -> Vec<Scope<'a>> {
        let mut kinds = HashMap::from([(query.alias.as_str(), query.entity.clone())]);
        let mut scopes = vec![scope];
        for join in &query.joins {
            let start = kinds
                .get(join.path.alias.as_str())
                .cloned()
                .unwrap_or_default();
            let mut joined = Vec::new();
            for scope in scopes {
                let from = Path {
                    alias: join.path.alias.clone(),
                    names: Vec::new(),
                };
                let from = scope.get(&from).map(std::borrow::Cow::into_owned);
                let mut elements = vec![(start.clone(), from.unwrap_or_default())];
                for name in &join.path.names {
                    elements = self.descend(elements, name, scope.user);
                }
                if elements.is_empty() && join.is_left {
                    joined.push(with_element(&scope, &join.alias, None));
                }
                for (_, element) in elements {
                    joined.push(with_element(&scope, &join.alias, Some(element)));
                }
            }
            if let Ok(Step::One(kind) | Step::Many(kind)) =
                self.schema.walk(&start, &join.path.names)
            {
                kinds.insert(&join.alias, kind);
            }
            scopes = joined;
        }
        scopes
    }

    fn descend(
        &self,
        elements: Vec<(String, Value)>,
        name: &str,
        user: &str,
    ) -> Vec<(String, Value)> {
        let mut below = Vec::new();
        for (kind, value) in elements {
            match self.schema.walk(&kind, &[name.to_owned()]) {
                Ok(Step::One(target)) => {
                    let one = value.get(name).filter(|it| it.is_object());
                    below.extend(one.map(|it| (target, it.clone())));
                }
                Ok(Step::Many(target)) => {
                    let children = self.children(&kind, &value, name, user);
                    below.extend(children.map(|child| (target.clone(), child)));
                }
                _ => {}
            }
        }
        below
    }

    fn write(
        &self,
        query: &Query,
        paths: &[Path],
        kinds: &HashMap<&str, String>,
        user: &str,
        scopes: &[Scope<'_>],
    ) -> Result<Vec<Value>, Refusal> {
        let tree = Tree::new(self, &query.entity, &query.include)?;
        let nothing = Tree::default();
        let mut writer = Writer {
            catalogue: self,
            user,
            count: 0,
        };
        let mut rows = Vec::new();
        for scope in scopes {
            let mut items = Vec::new();
            for path in paths {
                let value = scope.get(path).unwrap_or_default();
                items.push(match self.step(kinds, path)? {
                    Step::One(kind) if value.is_object() => {
                        let is_root = path.alias == query.alias && path.names.is_empty();
                        let tree = if is_root { &tree } else { &nothing };
                        json!({ kind.as_str(): writer.entity(&kind, &value, tree)? })
                    }
                    _ => value.into_owned(),
                });
            }
            rows.push(match <[Value; 1]>::try_from(items) {
                Ok([only]) => only,
                Err(several) => Value::Array(several),
            });
        }
        Ok(rows)
    }
}

fn with_element<'a>(scope: &Scope<'a>, alias: &'a str, element: Option<Value>) -> Scope<'a> {
    let mut scope = scope.clone();
    scope.joined.push((alias, element));
    scope
}

fn keys(scope: &Scope<'_>, paths: &[Path]) -> Vec<Option<String>> {
    paths.iter().map(|path| scope.key(path)).collect()
}

/// How many rows suffice when they come in the order of their ids.
fn wanted_without_sorting(query: &Query, max_entities: usize) -> Option<usize> {
    let is_by_id = |(path, direction): &(Path, Direction)| {
        path.alias == query.alias && path.names == ["id"] && *direction == Direction::Up
    };
    let is_sorted = matches!(query.order.as_slice(), [] | [_]) && query.order.iter().all(is_by_id);
    if !is_sorted || !matches!(query.select, Select::Rows(_)) {
        return None;
    }
    let Limit { offset, count } = query.limit.unwrap_or(Limit::ALL);
    // One more than may be returned, so that the excess is seen.
    Some(offset + count.unwrap_or(usize::MAX).min(max_entities + 1))
}

fn slice(scopes: Vec<Scope<'_>>, limit: Option<Limit>) -> Vec<Scope<'_>> {
    let Limit { offset, count } = limit.unwrap_or(Limit::ALL);
    let count = count.unwrap_or(usize::MAX);
    scopes.into_iter().skip(offset).take(count).collect()
}

fn sort_order(order: &[(Path, Direction)], a: &Scope<'_>, b: &Scope<'_>) -> Ordering {
    for (path, direction) in order {
        let order = match (a.get(path), b.get(path)) {
            (Some(a), Some(b)) => compare(&a, &b).unwrap_or(Ordering::Equal),
            (a, b) => a.is_some().cmp(&b.is_some()),
        };
        let order = match direction {
            Direction::Up => order,
            Direction::Down => order.reverse(),
        };
        if order.is_ne() {
            return order;
        }
    }
    Ordering::Equal
}

/// MIN or MAX; null for an empty set.
fn extreme(scopes: &[Scope<'_>], path: &Path, wanted: Ordering) -> Value {
    let values = scopes.iter().filter_map(|scope| scope.get(path));
    let best = values.reduce(|best, value| match compare(&value, &best) {
        Some(order) if order == wanted => value,
        _ => best,
    });
    best.map_or(Value::Null, std::borrow::Cow::into_owned)
}
