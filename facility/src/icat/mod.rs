//! `/icat/`: the REST interface of icat.server 6.2, from recorded answers.
//!
//! Source of the calls: `icat.server:src/main/java/org/icatproject/exposed/ICATRest.java`.
//! A session travels as the parameter `sessionId` and nowhere else: a bearer
//! header means nothing here. Unlike a real server it answers plain HTTP.

mod answers;
mod check;
mod condition;
mod evaluate;
mod free_text;
mod jpql;
mod lexer;
mod project;
mod query;
mod schema;
mod scope;
mod session;
mod store;

use std::io;
use std::time::Duration;

use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;
use serde_json::{Value, json};

use self::answers::{PROPERTIES, Refusal, SESSION, SESSION_CREATED, USER, VERSION, fill};
use self::evaluate::Catalogue;
use self::session::Sessions;
use crate::auth::Accounts;
use crate::body::{PlainBody, full};
use crate::form::Form;
use crate::options::{FacilityOptions, FreeText};
use crate::request_log::Entry;

/// The catalogue service.
#[derive(Debug)]
pub(crate) struct Icat {
    catalogue: Catalogue,
    sessions: Sessions,
    lifetime: Duration,
    free_text: FreeText,
}

/// A request as the service sees it.
struct Call<'a> {
    method: Method,
    path: Vec<&'a str>,
    form: Form,
    accounts: &'a Accounts,
    entry: &'a Entry,
}

const FORM_BYTES_MAX: usize = 1 << 20;

impl Icat {
    pub(crate) fn new(options: &FacilityOptions) -> io::Result<Self> {
        Ok(Self {
            catalogue: Catalogue::new(options.max_entities, options.many_datafiles)?,
            sessions: Sessions::new(options.session_lifetime),
            lifetime: options.session_lifetime,
            free_text: options.free_text,
        })
    }

    pub(crate) fn expire_sessions(&self) {
        self.sessions.expire_all();
    }

    pub(crate) async fn answer(
        &self,
        request: Request<Incoming>,
        accounts: &Accounts,
        entry: &Entry,
    ) -> Response<PlainBody> {
        let (head, body) = request.into_parts();
        let mut form = Form::parse(head.uri.query().unwrap_or_default());
        match Limited::new(body, FORM_BYTES_MAX).collect().await {
            Ok(body) => form.join(Form::parse(&String::from_utf8_lossy(&body.to_bytes()))),
            Err(error) => {
                let why = format!("the form could not be read: {error}");
                return Refusal::bad_parameter(why).response();
            }
        }
        let path = head.uri.path().strip_prefix("/icat/").unwrap_or_default();
        let call = Call {
            method: head.method,
            path: path.trim_end_matches('/').split('/').collect(),
            form,
            accounts,
            entry,
        };
        self.call(&call)
            .unwrap_or_else(|refusal| refusal.response())
    }

    fn call(&self, call: &Call<'_>) -> Result<Response<PlainBody>, Refusal> {
        let not_implemented = || Err(Refusal::new("not implemented", ""));
        match (call.method.as_str(), call.path.as_slice()) {
            ("GET", ["version"]) => Ok(answers::json(VERSION)),
            ("GET", ["properties"]) => Ok(answers::json(&self.properties())),
            ("POST", ["session"]) => self.login(call),
            ("GET", ["session", id]) => self.session(call, id),
            ("PUT", ["session", id]) => {
                self.sessions.refresh(id)?;
                call.entry.authorised();
                Ok(no_content())
            }
            ("DELETE", ["session", id]) => {
                self.sessions.logout(id)?;
                call.entry.authorised();
                Ok(no_content())
            }
            ("GET", ["user", name @ ..]) if !name.is_empty() => {
                let is_logged_in = json!(self.sessions.is_logged_in(&name.join("/")));
                Ok(answers::json(&fill(USER, &[("loggedIn", &is_logged_in)])))
            }
            ("GET", ["entityManager"]) => self.entity_manager(call),
            ("POST" | "DELETE", ["entityManager"]) => {
                let user = self.user(call)?;
                let why = format!("{user} is not allowed to write here");
                Err(Refusal::new("not allowed", why))
            }
            ("GET", ["search", "documents"]) => match self.free_text {
                FreeText::Documents => {
                    let user = self.user(call)?;
                    Ok(answers::json(&self.catalogue.documents(&call.form, &user)?))
                }
                FreeText::Lucene | FreeText::Off => not_implemented(),
            },
            ("GET", ["lucene", "data"]) => match self.free_text {
                FreeText::Documents | FreeText::Lucene => {
                    let user = self.user(call)?;
                    Ok(answers::json(&self.catalogue.lucene(&call.form, &user)?))
                }
                FreeText::Off => not_implemented(),
            },
            _ => not_implemented(),
        }
    }

    fn properties(&self) -> String {
        let max_entities = json!(self.catalogue.max_entities);
        let lifetime = json!(self.lifetime.as_secs() / 60);
        let places = [
            ("maxEntities", &max_entities),
            ("lifetimeMinutes", &lifetime),
        ];
        fill(PROPERTIES, &places)
    }

    fn login(&self, call: &Call<'_>) -> Result<Response<PlainBody>, Refusal> {
        let json = call.form.get("json");
        let json = json.ok_or_else(|| Refusal::bad_parameter("json is not set"))?;
        let id = Value::from(self.sessions.login(json, call.accounts)?);
        call.entry.authorised();
        Ok(answers::json(&fill(SESSION_CREATED, &[("sessionId", &id)])))
    }

    fn session(&self, call: &Call<'_>, id: &str) -> Result<Response<PlainBody>, Refusal> {
        let (user, left) = self.sessions.user(Some(id))?;
        call.entry.authorised();
        let minutes = json!(left.as_secs_f64() / 60.0);
        let places = [
            ("userName", &Value::from(user)),
            ("remainingMinutes", &minutes),
        ];
        Ok(answers::json(&fill(SESSION, &places)))
    }

    fn entity_manager(&self, call: &Call<'_>) -> Result<Response<PlainBody>, Refusal> {
        let user = self.user(call)?;
        let query = call.form.get("query");
        let query = query.ok_or_else(|| Refusal::bad_parameter("query is not set"))?;
        let answer = match call.form.get("id") {
            Some(id) => self.catalogue.get(query, id, &user)?,
            None => Value::Array(self.catalogue.search(query, &user)?),
        };
        Ok(answers::json(&answer.to_string()))
    }

    /// The user of the call's session.
    fn user(&self, call: &Call<'_>) -> Result<String, Refusal> {
        let (user, _) = self.sessions.user(call.form.get("sessionId"))?;
        call.entry.authorised();
        Ok(user)
    }
}

fn no_content() -> Response<PlainBody> {
    let mut response = Response::new(full(""));
    *response.status_mut() = StatusCode::NO_CONTENT;
    response
}
