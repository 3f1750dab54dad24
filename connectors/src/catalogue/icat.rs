//! ICAT: the catalogue of ESRF, STFC and others. It is only read.
//!
//! Source: ICAT server 6.2, REST API; `docs/sites/icat.md`.

use std::sync::Arc;

use hutch_model::{
    BoxFuture, Cancel, Catalogue, Entry, EntryId, EntryKind, Error, ErrorKind, Field, LoginMethod,
    Page, PageRequest, PageToken, Result, Secret, WhoAmI,
};
use serde_json::Value;

use super::icat_entity as entity;
use super::icat_query as query;
use super::icat_session::{Connection, parse};
use crate::http::HttpClient;
use crate::identity::SecretStore;

/// Rows of a page, where the caller leaves it open.
const PAGE_ROWS: usize = 100;
/// The most rows of a page; included entities count at the server, too.
const MOST_ROWS: u64 = 1000;

/// An ICAT server.
#[derive(Debug)]
pub struct Icat {
    connection: Connection,
}

/// Where a page begins, as it is written into a [`PageToken`].
#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    /// An offset into my investigations.
    Mine(u64),
    /// An offset into all investigations that may be seen.
    Visible(u64),
    /// An offset into what matches words.
    Like(u64),
    /// After this identifier.
    After(u64),
    /// The server's own mark in a search.
    Search(String),
}

impl Place {
    fn write(&self) -> PageToken {
        PageToken(match self {
            Self::Mine(offset) => format!("mine {offset}"),
            Self::Visible(offset) => format!("visible {offset}"),
            Self::Like(offset) => format!("like {offset}"),
            Self::After(id) => format!("after {id}"),
            Self::Search(mark) => format!("search {mark}"),
        })
    }

    fn read(token: &PageToken) -> Result<Self> {
        let place = token.0.split_once(' ').and_then(|(kind, rest)| {
            Some(match kind {
                "mine" => Self::Mine(rest.parse().ok()?),
                "visible" => Self::Visible(rest.parse().ok()?),
                "like" => Self::Like(rest.parse().ok()?),
                "after" => Self::After(rest.parse().ok()?),
                "search" => Self::Search(rest.to_owned()),
                _ => return None,
            })
        });
        place.ok_or_else(|| {
            Error::new(
                ErrorKind::Usage,
                "turn a page",
                "the page belongs to another list",
            )
        })
    }
}

impl Icat {
    /// A server at `https://host/icat`.
    ///
    /// `keep` holds the session between runs, where that is wanted.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] when it is no `http(s)` address.
    pub fn new(
        client: &HttpClient,
        address: &str,
        keep: Option<Arc<dyn SecretStore>>,
    ) -> Result<Self> {
        Ok(Self {
            connection: Connection::new(client, address, keep)?,
        })
    }

    async fn methods(&self) -> Result<Vec<LoginMethod>> {
        let properties = self.connection.properties(&Cancel::new()).await?;
        let (people, admins): (Vec<_>, Vec<_>) = properties
            .authenticators
            .into_iter()
            .partition(|authenticator| !authenticator.admin);
        Ok(people
            .into_iter()
            .chain(admins)
            .map(|authenticator| LoginMethod {
                label: authenticator
                    .friendly
                    .unwrap_or_else(|| authenticator.mnemonic.clone()),
                name: authenticator.mnemonic,
                fields: authenticator
                    .keys
                    .into_iter()
                    .map(|key| Field {
                        name: key.name,
                        hidden: key.hide,
                    })
                    .collect(),
            })
            .collect())
    }

    async fn who(&self) -> Result<WhoAmI> {
        let state = self.connection.state().await?;
        Ok(WhoAmI {
            user: state.user_name,
            remaining_secs: Some(state.remaining_minutes * 60.0),
        })
    }

    /// Mine; where I am on none of them, all that I may see.
    async fn investigations(&self, page: &PageRequest, cancel: &Cancel) -> Result<Page> {
        let tried = self.tried("list investigations");
        let count = self.rows(page, cancel).await?;
        let place = page.token.as_ref().map(Place::read).transpose()?;
        let (offset, is_mine) = match place {
            Some(Place::Mine(offset)) => (offset, true),
            Some(Place::Visible(offset)) => (offset, false),
            None => (0, self.count(query::COUNT_MINE, &tried, cancel).await? > 0),
            Some(_) => return Err(wrong_list(&tried)),
        };
        let (count_query, rows_query) = if is_mine {
            (query::COUNT_MINE, query::mine(offset, count))
        } else {
            (query::COUNT_VISIBLE, query::visible(offset, count))
        };
        let total = self.count(count_query, &tried, cancel).await?;
        let rows = self.query(&rows_query, &tried, cancel).await?;
        let next = offset + rows.len() as u64;
        let is_last = (rows.len() as u64) < count || next >= total;
        Ok(Page {
            entries: investigations_of(&rows),
            next: (!is_last).then(|| {
                let place = if is_mine {
                    Place::Mine(next)
                } else {
                    Place::Visible(next)
                };
                place.write()
            }),
            total: Some(total),
        })
    }

    async fn datasets(&self, parent: u64, page: &PageRequest, cancel: &Cancel) -> Result<Page> {
        let tried = self.tried("list datasets");
        let after = after(page, &tried)?;
        let mut count = self.rows(page, cancel).await?;
        let mut parameters = true;
        let rows = loop {
            let asked = query::datasets(parent, after, count, parameters);
            match self.query(&asked, &tried, cancel).await {
                // Parameters count as entities: fewer rows, at last without.
                Err(error) if error.kind == ErrorKind::Limit && count > 8 => count /= 4,
                Err(error) if error.kind == ErrorKind::Limit && parameters => parameters = false,
                other => break other?,
            }
        };
        let total = self
            .count(&query::count_datasets(parent), &tried, cancel)
            .await?;
        let entries: Vec<Entry> = rows
            .iter()
            .filter_map(|row| entity::unwrap(row, "Dataset"))
            .filter_map(entity::dataset)
            .collect();
        Ok(keyset_page(entries, rows.len(), count, total))
    }

    async fn datafiles(&self, parent: u64, page: &PageRequest, cancel: &Cancel) -> Result<Page> {
        let tried = self.tried("list files");
        let after = after(page, &tried)?;
        let count = self.rows(page, cancel).await?;
        let rows = self
            .query(&query::datafiles(parent, after, count), &tried, cancel)
            .await?;
        let total = self
            .count(&query::count_datafiles(parent), &tried, cancel)
            .await?;
        let entries: Vec<Entry> = rows.iter().filter_map(entity::datafile).collect();
        Ok(keyset_page(entries, rows.len(), count, total))
    }

    async fn search_now(&self, words: &str, page: &PageRequest, cancel: &Cancel) -> Result<Page> {
        let tried = self.tried("search");
        if words.trim().is_empty() {
            return self.investigations(page, cancel).await;
        }
        let place = page.token.as_ref().map(Place::read).transpose()?;
        let (mark, offset) = match place {
            Some(Place::Like(offset)) => (None, Some(offset)),
            Some(Place::Search(mark)) => (Some(mark), None),
            None => (None, None),
            Some(_) => return Err(wrong_list(&tried)),
        };
        if let Some(offset) = offset {
            return self.like(words, offset, page, cancel).await;
        }
        match self.documents(words, mark.as_deref(), page, cancel).await {
            // Free text is switched off, older than 6.1, or dislikes the words.
            Err(error)
                if mark.is_none()
                    && matches!(error.kind, ErrorKind::Unsupported | ErrorKind::Usage) =>
            {
                self.like(words, 0, page, cancel).await
            }
            other => other,
        }
    }

    /// The server's own free-text search.
    async fn documents(
        &self,
        words: &str,
        mark: Option<&str>,
        page: &PageRequest,
        cancel: &Cancel,
    ) -> Result<Page> {
        let tried = self.tried("search");
        let count = self.rows(page, cancel).await?.min(100).to_string();
        let asked = serde_json::json!({ "target": "Investigation", "text": words }).to_string();
        let mut parameters = vec![("query", asked.as_str()), ("maxCount", count.as_str())];
        if let Some(mark) = mark {
            parameters.push(("search_after", mark));
        }
        let body = self
            .connection
            .get("search/documents", &parameters, &tried, cancel)
            .await?;
        let answer: Value = parse(&body, &tried)?;
        let ids: Vec<u64> = answer
            .get("results")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(|result| result.get("id")?.as_u64())
            .collect();
        let next = answer
            .get("search_after")
            .filter(|mark| !mark.is_null() && !ids.is_empty())
            .map(|mark| Place::Search(mark.to_string()).write());
        let mut entries = Vec::new();
        if !ids.is_empty() {
            let rows = self.query(&query::by_ids(&ids), &tried, cancel).await?;
            entries = investigations_of(&rows);
            // The best match first, as the search said.
            let rank = |entry: &Entry| ids.iter().position(|id| id.to_string() == entry.id.id);
            entries.sort_by_key(rank);
        }
        Ok(Page {
            entries,
            next,
            total: None,
        })
    }

    /// A search without free text, over titles, names and keywords.
    async fn like(
        &self,
        words: &str,
        offset: u64,
        page: &PageRequest,
        cancel: &Cancel,
    ) -> Result<Page> {
        let tried = self.tried("search");
        let count = self.rows(page, cancel).await?;
        let rows = self
            .query(&query::like(words, offset, count), &tried, cancel)
            .await?;
        let is_last = (rows.len() as u64) < count;
        Ok(Page {
            entries: investigations_of(&rows),
            next: (!is_last).then(|| Place::Like(offset + rows.len() as u64).write()),
            total: None,
        })
    }

    async fn query(&self, text: &str, tried: &str, cancel: &Cancel) -> Result<Vec<Value>> {
        let body = self
            .connection
            .get("entityManager", &[("query", text)], tried, cancel)
            .await?;
        parse(&body, tried)
    }

    async fn count(&self, text: &str, tried: &str, cancel: &Cancel) -> Result<u64> {
        let rows = self.query(text, tried, cancel).await?;
        Ok(rows.first().and_then(Value::as_u64).unwrap_or(0))
    }

    /// Rows of a page, within what the server gives out at once.
    async fn rows(&self, page: &PageRequest, cancel: &Cancel) -> Result<u64> {
        let most = self.connection.properties(cancel).await?.max_entities;
        let wanted = if page.size == 0 { PAGE_ROWS } else { page.size } as u64;
        Ok(wanted.clamp(1, MOST_ROWS.min(most.max(1))))
    }

    fn tried(&self, what: &str) -> String {
        format!("{what} at \"{}\"", self.connection.shown)
    }
}

impl Catalogue for Icat {
    fn login_methods(&self) -> BoxFuture<'_, Result<Vec<LoginMethod>>> {
        Box::pin(self.methods())
    }

    fn sign_in<'a>(
        &'a self,
        method: &'a str,
        fields: &'a [(String, Secret)],
    ) -> BoxFuture<'a, Result<WhoAmI>> {
        Box::pin(async move {
            self.connection.sign_in(method, fields).await?;
            self.who().await
        })
    }

    fn sign_out(&self) -> BoxFuture<'_, Result<()>> {
        Box::pin(self.connection.sign_out())
    }

    fn who_am_i(&self) -> BoxFuture<'_, Result<WhoAmI>> {
        Box::pin(self.who())
    }

    fn children<'a>(
        &'a self,
        parent: Option<&'a EntryId>,
        page: &'a PageRequest,
        cancel: &'a Cancel,
    ) -> BoxFuture<'a, Result<Page>> {
        Box::pin(async move {
            let Some(parent) = parent else {
                return self.investigations(page, cancel).await;
            };
            let id = parent
                .id
                .parse()
                .map_err(|error: std::num::ParseIntError| {
                    Error::new(
                        ErrorKind::Usage,
                        self.tried("list entries"),
                        format!("\"{}\" is no identifier of ICAT", parent.id),
                    )
                    .with_source(error)
                })?;
            match parent.kind {
                EntryKind::Investigation => self.datasets(id, page, cancel).await,
                EntryKind::Dataset => self.datafiles(id, page, cancel).await,
                EntryKind::Datafile | EntryKind::Folder => Err(Error::new(
                    ErrorKind::Usage,
                    self.tried("list entries"),
                    "a file has no entries in the catalogue",
                )),
            }
        })
    }

    fn search<'a>(
        &'a self,
        words: &'a str,
        page: &'a PageRequest,
        cancel: &'a Cancel,
    ) -> BoxFuture<'a, Result<Page>> {
        Box::pin(self.search_now(words, page, cancel))
    }
}

fn investigations_of(rows: &[Value]) -> Vec<Entry> {
    rows.iter()
        .filter_map(|row| entity::unwrap(row, "Investigation"))
        .filter_map(entity::investigation)
        .collect()
}

fn after(page: &PageRequest, tried: &str) -> Result<u64> {
    match page.token.as_ref().map(Place::read).transpose()? {
        None => Ok(0),
        Some(Place::After(id)) => Ok(id),
        Some(_) => Err(wrong_list(tried)),
    }
}

fn wrong_list(tried: &str) -> Error {
    Error::new(ErrorKind::Usage, tried, "the page belongs to another list")
}

/// A page whose next one begins after its last identifier.
fn keyset_page(entries: Vec<Entry>, row_count: usize, asked: u64, total: u64) -> Page {
    let next = entries
        .last()
        .filter(|_| row_count as u64 >= asked)
        .and_then(|last| last.id.id.parse().ok())
        .map(|id| Place::After(id).write());
    Page {
        entries,
        next,
        total: Some(total),
    }
}
