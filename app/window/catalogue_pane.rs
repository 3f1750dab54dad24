//! A facility's catalogue: my beamtimes, their datasets, their files.

mod listing;
mod rows;
mod sign_in;
mod table;

use std::sync::Arc;

use hutch_model::{
    Catalogue, Entry, EntryId, EntryKind, Error, ErrorKind, LoginMethod, PageRequest, WhoAmI,
};
use hutch_viewers::numbers;
use hutch_viewers::theme::{Tone, size};
use hutch_viewers::widgets::{CardAction, ErrorCard, Sort};

use self::listing::Listing;
use self::sign_in::SignIn;
use crate::ask::{Ask, Asked, Wake};
use crate::pools::Pools;

/// Rows of one page of the catalogue.
const PAGE: usize = 200;
/// Files are asked for in larger pages, since they come by the hundred thousand.
const FILE_PAGE: usize = 2000;
/// Rows of a table are this high.
const ROW: f32 = 26.0;

/// What a person did in a catalogue.
#[derive(Clone, Debug, PartialEq)]
pub enum CatalogueAction {
    /// A file was chosen: its place in the facility's own terms.
    Open(String),
    /// Somebody signed in.
    SignedIn,
}

/// The catalogue of one site.
#[derive(Debug)]
pub struct CataloguePane {
    /// The name of the site's profile.
    pub site: String,
    /// Its name for people.
    pub label: String,
    catalogue: Arc<dyn Catalogue>,
    /// Who is signed in.
    pub who: Asked<WhoAmI>,
    methods: Option<Asked<Vec<LoginMethod>>>,
    sign_in: SignIn,
    stack: Vec<Listing>,
    words: String,
    searched: String,
    /// Filter by instrument; empty for all.
    instrument: String,
    year: String,
    sort: Option<Sort>,
    /// Who was signed in last; another person starts from the top.
    last_user: String,
}

impl CataloguePane {
    /// The pane of a site; asks at once who is signed in.
    pub fn new(
        site: &str,
        label: &str,
        catalogue: Arc<dyn Catalogue>,
        pools: &Pools,
        wake: &Wake,
    ) -> Self {
        let asked = Arc::clone(&catalogue);
        let who = Ask::start(pools, wake, move |_| async move { asked.who_am_i().await });
        Self {
            site: site.to_owned(),
            label: label.to_owned(),
            catalogue,
            who: Asked::Waiting(who),
            methods: None,
            sign_in: SignIn::default(),
            stack: Vec::new(),
            words: String::new(),
            searched: String::new(),
            instrument: String::new(),
            year: String::new(),
            sort: Some(Sort {
                column: 3,
                ascending: false,
            }),
            last_user: String::new(),
        }
    }

    /// Whether somebody is signed in.
    pub const fn is_signed_in(&self) -> bool {
        matches!(self.who, Asked::Here(_))
    }

    /// Asks again who is signed in, since a session may have ended.
    pub fn check(&mut self, pools: &Pools, wake: &Wake) {
        if self.sign_in.under_way.is_none() && !self.who.is_waiting() {
            let catalogue = Arc::clone(&self.catalogue);
            self.methods = None;
            self.who = Asked::Waiting(Ask::start(pools, wake, move |_| async move {
                catalogue.who_am_i().await
            }));
        }
    }

    /// Whether a list with rows is shown.
    pub fn has_rows(&self) -> bool {
        self.stack
            .last()
            .is_some_and(|listing| !listing.shown.is_empty())
    }

    /// How the site stands, in a word.
    pub fn state_word(&self) -> (String, Tone) {
        match &self.who {
            Asked::Waiting(_) => ("connecting".to_owned(), Tone::Faint),
            Asked::Here(who) => match who.remaining_secs {
                Some(left) if left < 4.0 * 3600.0 => (numbers::time_left(left), Tone::Good),
                _ => ("signed in".to_owned(), Tone::Good),
            },
            Asked::Failed(error) if error.kind == ErrorKind::SignIn => {
                ("sign in".to_owned(), Tone::Faint)
            }
            Asked::Failed(_) => ("not reached".to_owned(), Tone::Attention),
        }
    }

    fn list(&mut self, parent: Option<Entry>) {
        self.stack.push(Listing {
            parent,
            entries: Vec::new(),
            next: None,
            total: None,
            page: None,
            problem: None,
            shown: Vec::new(),
            is_stale: true,
            selected: None,
            is_new: true,
        });
    }

    fn ask_page(&mut self, pools: &Pools, wake: &Wake) {
        let words = self.searched.clone();
        let catalogue = Arc::clone(&self.catalogue);
        let Some(listing) = self.stack.last_mut() else {
            return;
        };
        listing.is_new = false;
        let parent: Option<EntryId> = listing.parent.as_ref().map(|entry| entry.id.clone());
        let is_files = parent
            .as_ref()
            .is_some_and(|parent| parent.kind == EntryKind::Dataset);
        let request = PageRequest {
            token: listing.next.clone(),
            size: if is_files { FILE_PAGE } else { PAGE },
        };
        listing.page = Some(Ask::start(pools, wake, move |cancel| async move {
            if parent.is_none() && !words.is_empty() {
                catalogue.search(&words, &request, &cancel).await
            } else {
                catalogue.children(parent.as_ref(), &request, &cancel).await
            }
        }));
    }

    fn poll(&mut self, pools: &Pools, wake: &Wake) -> Option<CatalogueAction> {
        let mut action = None;
        if self.who.poll() && self.is_signed_in() && self.stack.is_empty() {
            self.list(None);
            self.ask_page(pools, wake);
        }
        if !self.is_signed_in() && self.methods.is_none() && !self.who.is_waiting() {
            let catalogue = Arc::clone(&self.catalogue);
            self.methods = Some(Asked::Waiting(Ask::start(
                pools,
                wake,
                move |_| async move { catalogue.login_methods().await },
            )));
        }
        if let Some(methods) = &mut self.methods {
            methods.poll();
        }
        if let Some(answer) = self.sign_in.under_way.as_mut().and_then(Ask::poll) {
            self.sign_in.under_way = None;
            match answer {
                Ok(who) => {
                    action = Some(CatalogueAction::SignedIn);
                    if who.user != self.last_user {
                        self.stack.clear();
                        self.last_user.clone_from(&who.user);
                    }
                    self.who = Asked::Here(who);
                    self.sign_in = SignIn::default();
                    if self.stack.is_empty() {
                        self.list(None);
                    }
                    self.ask_page(pools, wake);
                }
                Err(error) => self.sign_in.problem = Some(Arc::new(error)),
            }
        }
        self.take_page();
        action
    }

    fn take_page(&mut self) {
        let Some(listing) = self.stack.last_mut() else {
            return;
        };
        let Some(answer) = listing.page.as_mut().and_then(Ask::poll) else {
            return;
        };
        listing.page = None;
        match answer {
            Ok(page) => {
                listing.problem = None;
                listing.entries.extend(page.entries);
                listing.next = page.next;
                listing.total = page.total.or(listing.total);
                listing.is_stale = true;
            }
            Err(error) => {
                if error.kind == ErrorKind::SignIn {
                    self.who = Asked::Failed(Arc::new(error));
                    self.methods = None;
                } else {
                    listing.problem = Some(Arc::new(error));
                }
            }
        }
    }

    /// Draws the pane.
    pub fn ui(&mut self, ui: &mut egui::Ui, pools: &Pools, wake: &Wake) -> Option<CatalogueAction> {
        let action = self.poll(pools, wake);
        if self.is_signed_in() {
            return self.rows_ui(ui, pools, wake).or(action);
        }
        if self.who.is_waiting() {
            ui.add_space(size::PADDING);
            ui.horizontal(|ui| {
                ui.add_space(size::PADDING);
                ui.spinner();
                ui.label("Asking the catalogue who is signed in …");
            });
            return action;
        }
        self.sign_in_ui(ui, pools, wake);
        action
    }
}

/// Draws an error where the thing should have been.
pub fn error_card(ui: &mut egui::Ui, error: &Error, next: &str) -> Option<CardAction> {
    let happened = error.to_string();
    let details = format!("{error:?}");
    ErrorCard {
        title: error.kind.title(),
        happened: &happened,
        next,
        advice: error.kind.advice(),
        details: &details,
        retry: true,
        sign_in: error.kind == ErrorKind::SignIn,
    }
    .show(ui)
}
