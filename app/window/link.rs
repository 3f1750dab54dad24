//! Links that open a view exactly: `hutch://open?at=ADDRESS&view=KIND&NAME=VALUE...`.
//!
//! The values are those of the view's state, each as JSON; texts that cannot be taken for anything
//! else stand without quotes, so that people can read a link and write one.

use hutch_model::{Error, ErrorKind, Result, Value, ViewState};
use url::form_urlencoded;

use super::plain::Plain;

/// What every link begins with.
pub const START: &str = "hutch://open?";
/// Names that are no values of a view.
const AT: &str = "at";
const VIEW: &str = "view";

/// What a link opens.
#[derive(Clone, Debug, PartialEq)]
pub struct Link {
    /// `URL::PATH`, without user and password.
    pub address: String,
    /// The view; its kind is empty where the link names none.
    pub state: ViewState,
}

impl Link {
    /// Whether a text is a link.
    pub fn is_link(text: &str) -> bool {
        text.starts_with("hutch://")
    }

    /// Reads a link.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] when it is none, or names nothing to open.
    pub fn parse(text: &str) -> Result<Self> {
        let bad = |why: &str| Error::new(ErrorKind::Usage, "open a link", why);
        let query = text
            .strip_prefix("hutch://open")
            .map(|rest| rest.trim_start_matches('/'))
            .and_then(|rest| rest.strip_prefix('?'))
            .ok_or_else(|| bad("a link begins with hutch://open?"))?;
        let mut address = None;
        let mut state = ViewState::new("", 1);
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            match name.as_ref() {
                AT => address = Some(value.into_owned()),
                VIEW => state.kind = value.into_owned(),
                _ => state.set(&name, value_of(&value)),
            }
        }
        let address = address
            .filter(|address| !address.is_empty())
            .ok_or_else(|| bad("it does not say what to open: at=ADDRESS is missing"))?;
        // A link is text from anywhere; one that opens another could go on for ever.
        if Self::is_link(&address) {
            return Err(bad("it opens another link"));
        }
        Ok(Self { address, state })
    }
}

impl std::fmt::Display for Link {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair(AT, &self.address);
        query.append_pair(VIEW, &self.state.kind);
        for (name, value) in &self.state.values {
            query.append_pair(name, &text_of(value));
        }
        write!(f, "{START}{}", query.finish())
    }
}

fn text_of(value: &Value) -> String {
    let plain = Plain::of(value);
    match &plain {
        Plain::Text(text) if serde_json::from_str::<Plain>(text).is_err() => text.clone(),
        other => serde_json::to_string(other).unwrap_or_default(),
    }
}

fn value_of(text: &str) -> Value {
    serde_json::from_str::<Plain>(text).map_or_else(|_| Value::Text(text.to_owned()), Value::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state() -> ViewState {
        let mut state = ViewState::new("image", 1);
        state.set("frame", Value::Integer(12));
        state.set("norm", "log".into());
        state.set("name", "7".into());
        state.set("low", Value::Float(-0.5));
        state.set("inverted", Value::Bool(true));
        let centre = vec![Value::Float(1.5), Value::Float(2.0)];
        state.set("centre", Value::List(centre));
        state
    }

    #[test]
    fn a_link_opens_what_it_was_made_of() {
        let link = Link {
            address: "http://host/a b.h5::/entry/data?x=1&y#z".to_owned(),
            state: state(),
        };
        let text = link.to_string();
        assert!(!text.contains(' '), "a link is one word: {text}");
        assert_eq!(Link::parse(&text).unwrap(), link);
    }

    #[test]
    fn a_person_can_write_a_link() {
        let link = Link::parse("hutch://open?at=/data/a.h5&view=image&frame=3&norm=log").unwrap();
        assert_eq!(link.address, "/data/a.h5");
        assert_eq!(link.state.kind, "image");
        assert_eq!(link.state.values["frame"], Value::Integer(3));
        assert_eq!(link.state.text("norm", ""), "log");
    }

    #[test]
    fn what_opens_nothing_is_refused() {
        for text in [
            "hutch://",
            "hutch://open",
            "hutch://open?view=image",
            "hutch://open?at=",
            "hutch://delete?at=/data/a.h5",
            "hutch://open?at=hutch%3A%2F%2Fopen%3Fat%3Dx",
        ] {
            let error = Link::parse(text).expect_err(text);
            assert_eq!(error.kind, ErrorKind::Usage, "{text}");
        }
    }
}
