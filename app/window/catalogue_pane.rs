//! A facility's catalogue: my beamtimes, their datasets, their files.

use std::sync::Arc;

use hutch_model::{
    Catalogue, Entry, EntryId, EntryKind, Error, ErrorKind, Locality, LoginMethod, Page,
    PageRequest, PageToken, Secret, WhoAmI,
};
use hutch_viewers::icons::Icon;
use hutch_viewers::numbers;
use hutch_viewers::theme::{Tokens, Tone, body, rich, size};
use hutch_viewers::widgets::{
    CardAction, Column, ColumnWidth, ErrorCard, Sort, breadcrumbs, empty_state, filter_chip,
    primary_button, search_box, secret_field, segmented, table_header, table_row, text_field,
};

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

/// One place in the catalogue, with the rows read so far.
#[derive(Debug)]
struct Listing {
    parent: Option<Entry>,
    entries: Vec<Entry>,
    next: Option<PageToken>,
    total: Option<u64>,
    page: Option<Ask<Page>>,
    problem: Option<Arc<Error>>,
    /// Rows after filter and sort, as indices into `entries`.
    shown: Vec<u32>,
    is_stale: bool,
    selected: Option<EntryId>,
    /// Whether nothing was asked for yet.
    is_new: bool,
}

/// The form of a sign-in; it holds what a person types, so it shows nothing.
#[derive(Default)]
struct SignIn {
    method: usize,
    texts: Vec<String>,
    under_way: Option<Ask<WhoAmI>>,
    problem: Option<Arc<Error>>,
}

impl std::fmt::Debug for SignIn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SignIn([redacted])")
    }
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

    fn sign_in_ui(&mut self, ui: &mut egui::Ui, pools: &Pools, wake: &Wake) {
        let tokens = Tokens::of(ui);
        let width = 320.0_f32.min(ui.available_width() - 2.0 * size::PADDING);
        ui.add_space((ui.available_height() * 0.12).max(size::PADDING));
        ui.vertical_centered(|ui| {
            ui.set_max_width(width);
            ui.label(rich(
                format!("Sign in to {}", self.label),
                egui::FontId::proportional(18.0),
                tokens.text,
            ));
            ui.add_space(size::PADDING);
            ui.with_layout(egui::Layout::top_down(egui::Align::Min), |ui| {
                ui.set_max_width(width);
                match &self.methods {
                    Some(Asked::Here(methods)) if methods.is_empty() => {
                        ui.label("This server offers no way to sign in.");
                    }
                    Some(Asked::Here(methods)) => {
                        let methods = methods.clone();
                        self.form_ui(ui, &methods, pools, wake);
                    }
                    Some(Asked::Failed(error)) => {
                        let error = Arc::clone(error);
                        if error_card(ui, &error, "Hutch keeps what is already open.").is_some() {
                            self.methods = None;
                        }
                    }
                    _ => {
                        ui.horizontal(|ui| {
                            ui.spinner();
                            ui.label("Asking how to sign in …");
                        });
                    }
                }
            });
        });
    }

    fn form_ui(&mut self, ui: &mut egui::Ui, methods: &[LoginMethod], pools: &Pools, wake: &Wake) {
        let tokens = Tokens::of(ui);
        if methods.len() > 1 {
            let options: Vec<(usize, &str)> = methods
                .iter()
                .enumerate()
                .map(|(index, method)| (index, method.label.as_str()))
                .collect();
            if segmented(ui, "How to sign in", &mut self.sign_in.method, &options).changed() {
                self.sign_in.texts.clear();
            }
            ui.add_space(size::GRID * 2.0);
        }
        let Some(method) = methods.get(self.sign_in.method).or_else(|| methods.first()) else {
            return;
        };
        self.sign_in
            .texts
            .resize(method.fields.len(), String::new());
        let mut is_entered = false;
        for (field, text) in method.fields.iter().zip(&mut self.sign_in.texts) {
            let response = if field.hidden {
                secret_field(ui, &capital(&field.name), "", text)
            } else {
                text_field(ui, &capital(&field.name), "", text)
            };
            is_entered |=
                response.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter));
            ui.add_space(size::GRID);
        }
        if method.fields.is_empty() {
            ui.label(rich(
                "This way needs no name and no password.",
                body(),
                tokens.secondary,
            ));
        }
        ui.add_space(size::GRID * 2.0);
        if let Some(error) = &self.sign_in.problem {
            ui.label(rich(
                format!("{}: {}", error.kind.title(), error.why),
                body(),
                tokens.error,
            ));
            ui.add_space(size::GRID * 2.0);
        }
        let is_busy = self.sign_in.under_way.is_some();
        let text = if is_busy { "Signing in …" } else { "Sign in" };
        let is_clicked = ui
            .add_enabled_ui(!is_busy, |ui| primary_button(ui, text, "").clicked())
            .inner;
        if (is_clicked || is_entered) && !is_busy {
            self.start_sign_in(method, pools, wake);
        }
        ui.add_space(size::GRID);
        ui.label(rich(
            "The password is sent once; only the session is kept, in the keyring or in memory.",
            hutch_viewers::theme::secondary(),
            tokens.secondary,
        ));
    }

    fn start_sign_in(&mut self, method: &LoginMethod, pools: &Pools, wake: &Wake) {
        let fields: Vec<(String, Secret)> = method
            .fields
            .iter()
            .zip(&self.sign_in.texts)
            .map(|(field, text)| (field.name.clone(), Secret::new(text.clone())))
            .collect();
        let name = method.name.clone();
        let catalogue = Arc::clone(&self.catalogue);
        self.sign_in.problem = None;
        self.sign_in.under_way = Some(Ask::start(pools, wake, move |_| async move {
            catalogue.sign_in(&name, &fields).await
        }));
    }

    fn rows_ui(
        &mut self,
        ui: &mut egui::Ui,
        pools: &Pools,
        wake: &Wake,
    ) -> Option<CatalogueAction> {
        self.head_ui(ui, pools, wake);
        if let Some(problem) = self
            .stack
            .last()
            .and_then(|listing| listing.problem.clone())
        {
            ui.add_space(size::PADDING);
            if error_card(ui, &problem, "What was read stays in the list.").is_some() {
                if let Some(listing) = self.stack.last_mut() {
                    listing.problem = None;
                }
                self.ask_page(pools, wake);
            }
        }
        let filter = (self.instrument.clone(), self.year.clone());
        let sort = self.sort;
        let words = if self.stack.len() > 1 {
            self.words.to_lowercase()
        } else {
            String::new()
        };
        if let Some(listing) = self.stack.last_mut()
            && listing.is_stale
        {
            listing.refresh(&filter.0, &filter.1, &words, sort);
        }
        let chosen = self.table_ui(ui, pools, wake);
        let entry = chosen?;
        if entry.id.kind == EntryKind::Datafile {
            return entry.location.map(CatalogueAction::Open);
        }
        self.words.clear();
        self.list(Some(entry));
        self.ask_page(pools, wake);
        None
    }

    fn head_ui(&mut self, ui: &mut egui::Ui, pools: &Pools, wake: &Wake) {
        ui.add_space(size::GRID);
        ui.horizontal(|ui| {
            ui.add_space(size::PADDING);
            let names: Vec<String> = std::iter::once("my beamtimes".to_owned())
                .chain(self.stack.iter().filter_map(|listing| {
                    listing.parent.as_ref().map(|entry| {
                        if entry.title.is_empty() {
                            entry.name.clone()
                        } else {
                            format!("{} {}", entry.name, entry.title)
                        }
                    })
                }))
                .collect();
            let parts: Vec<&str> = names.iter().map(String::as_str).collect();
            ui.scope(|ui| {
                ui.set_max_width(ui.available_width() * 0.5);
                if let Some(depth) = breadcrumbs(ui, &parts) {
                    self.go_back(depth);
                }
            });
            self.count_ui(ui);
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                ui.add_space(size::PADDING);
                let at_top = self.stack.len() <= 1;
                let hint = if at_top {
                    "title, sample, keyword"
                } else {
                    "filter by name"
                };
                let width = 240.0_f32.min(ui.available_width());
                let response =
                    search_box(ui, "Search the catalogue", hint, "", &mut self.words, width);
                let is_entered =
                    response.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter));
                if at_top && (is_entered || (response.changed() && self.words.is_empty())) {
                    self.searched.clone_from(&self.words);
                    self.stack.clear();
                    self.list(None);
                    self.ask_page(pools, wake);
                } else if response.changed()
                    && let Some(listing) = self.stack.last_mut()
                {
                    listing.is_stale = true;
                }
            });
        });
        self.filters_ui(ui);
        ui.add_space(size::GRID);
    }

    /// Goes back to a place above; at the top a search ends.
    fn go_back(&mut self, depth: usize) {
        self.words.clear();
        if depth == 0 && !self.searched.is_empty() {
            self.searched.clear();
            self.stack.clear();
            self.list(None);
        } else {
            self.stack.truncate(depth + 1);
        }
        if let Some(listing) = self.stack.last_mut() {
            listing.is_stale = true;
        }
    }

    fn count_ui(&self, ui: &mut egui::Ui) {
        let tokens = Tokens::of(ui);
        if let Some(listing) = self.stack.last() {
            let shown = numbers::count(listing.shown.len() as u64);
            let text = match listing.total {
                Some(total) if total != listing.shown.len() as u64 => {
                    format!("{shown} of {}", numbers::count(total))
                }
                _ => shown,
            };
            ui.label(rich(text, body(), tokens.secondary));
            if listing.page.is_some() {
                ui.spinner();
            }
        }
    }

    fn filters_ui(&mut self, ui: &mut egui::Ui) {
        let Some(listing) = self.stack.last() else {
            return;
        };
        if listing.parent.is_some() {
            return;
        }
        let mut instruments: Vec<&str> = listing
            .entries
            .iter()
            .map(|entry| entry.instrument.as_str())
            .filter(|instrument| !instrument.is_empty())
            .collect();
        instruments.sort_unstable();
        instruments.dedup();
        let mut years: Vec<&str> = listing
            .entries
            .iter()
            .filter_map(|entry| entry.start.get(..4))
            .collect();
        years.sort_unstable();
        years.dedup();
        let mut picked: Option<(bool, String)> = None;
        ui.horizontal(|ui| {
            ui.add_space(size::PADDING);
            for (is_instrument, current, options) in [
                (true, &self.instrument, &instruments),
                (false, &self.year, &years),
            ] {
                if current.is_empty() {
                    let title = if is_instrument {
                        "+ instrument"
                    } else {
                        "+ year"
                    };
                    ui.menu_button(title, |ui| {
                        for option in options {
                            if ui.button(*option).clicked() {
                                picked = Some((is_instrument, (*option).to_owned()));
                            }
                        }
                    });
                } else if filter_chip(ui, current).removed {
                    picked = Some((is_instrument, String::new()));
                }
            }
        });
        if let Some((is_instrument, value)) = picked {
            if is_instrument {
                self.instrument = value;
            } else {
                self.year = value;
            }
            if let Some(listing) = self.stack.last_mut() {
                listing.is_stale = true;
            }
        }
    }

    fn table_ui(&mut self, ui: &mut egui::Ui, pools: &Pools, wake: &Wake) -> Option<Entry> {
        let kind = self
            .stack
            .last()
            .and_then(|listing| listing.parent.as_ref())
            .map(|parent| parent.id.kind);
        let columns = columns(kind, ui.available_width());
        if table_header(ui, &columns, &mut self.sort).changed()
            && let Some(listing) = self.stack.last_mut()
        {
            listing.is_stale = true;
        }
        let listing = self.stack.last_mut()?;
        if listing.shown.is_empty() {
            let is_at_end =
                (listing.next.is_none() && !listing.is_new) || listing.problem.is_some();
            // A filter looks further, not only at the pages read so far.
            if listing.page.is_none() && !is_at_end && !listing.is_stale {
                self.ask_page(pools, wake);
            } else if listing.page.is_none() && !listing.is_stale {
                ui.add_space(size::ROW);
                empty_state(
                    ui,
                    Icon::Search,
                    "Nothing to show here. You may not see everything that exists; try other words or fewer filters.",
                    &[],
                );
            }
            return None;
        }
        let mut chosen = None;
        let mut is_near_end = false;
        let total = listing.shown.len();
        ui.spacing_mut().item_spacing.y = 0.0;
        egui::ScrollArea::vertical()
            .auto_shrink([false, false])
            .show_rows(ui, ROW, total, |ui, range| {
                is_near_end = range.end + 100 > total;
                for row in range {
                    let Some(entry) = listing
                        .shown
                        .get(row)
                        .and_then(|&index| listing.entries.get(index as usize))
                    else {
                        continue;
                    };
                    let is_selected = listing.selected.as_ref() == Some(&entry.id);
                    let response = entry_row(ui, &columns, kind, entry, is_selected);
                    if response.clicked() {
                        listing.selected = Some(entry.id.clone());
                    }
                    if response.double_clicked()
                        || (response.has_focus()
                            && ui.input(|input| input.key_pressed(egui::Key::Enter)))
                    {
                        chosen = Some(entry.clone());
                    }
                }
            });
        // Reading on while the rest of a list is out of sight would fetch what
        // nobody looks at; sorting by another column needs all of it anyway.
        if is_near_end
            && listing.next.is_some()
            && listing.page.is_none()
            && listing.problem.is_none()
        {
            self.ask_page(pools, wake);
        }
        chosen
    }
}

impl Listing {
    fn refresh(&mut self, instrument: &str, year: &str, words: &str, sort: Option<Sort>) {
        self.is_stale = false;
        let fits = |entry: &Entry| {
            (instrument.is_empty() || entry.instrument == instrument)
                && (year.is_empty() || entry.start.starts_with(year))
                && (words.is_empty()
                    || entry.name.to_lowercase().contains(words)
                    || entry.title.to_lowercase().contains(words))
        };
        let is_top = self.parent.is_none();
        let mut shown: Vec<u32> = self
            .entries
            .iter()
            .zip(0u32..)
            .filter(|(entry, _)| !is_top && words.is_empty() || fits(entry))
            .map(|(_, index)| index)
            .collect();
        if let Some(sort) = sort {
            let entries = &self.entries;
            let kind = self.parent.as_ref().map(|parent| parent.id.kind);
            shown.sort_by(|&one, &other| {
                let order = compare(
                    &entries[one as usize],
                    &entries[other as usize],
                    kind,
                    sort.column,
                );
                if sort.ascending {
                    order
                } else {
                    order.reverse()
                }
            });
        }
        self.shown = shown;
    }
}

fn compare(
    one: &Entry,
    other: &Entry,
    parent: Option<EntryKind>,
    column: usize,
) -> std::cmp::Ordering {
    let is_files = parent == Some(EntryKind::Dataset);
    match (is_files, column) {
        (_, 0) => one.name.cmp(&other.name),
        (true, 1) | (false, 4) => one.size_bytes.cmp(&other.size_bytes),
        (true, 2) | (false, 3) => one.start.cmp(&other.start),
        (false, 1) => one.title.cmp(&other.title),
        (false, 2) => one.instrument.cmp(&other.instrument),
        _ => {
            let state = |entry: &Entry| entry.locality.map(|place| place.to_string());
            state(one).cmp(&state(other))
        }
    }
}

fn columns(parent: Option<EntryKind>, width: f32) -> Vec<Column<'static>> {
    let column = |title, width, align| Column {
        title,
        width,
        align,
        sortable: true,
    };
    let points = ColumnWidth::Points;
    if parent == Some(EntryKind::Dataset) {
        return vec![
            column("File", ColumnWidth::Rest, egui::Align::Min),
            column("Size", points(90.0), egui::Align::Max),
            column("Date", points(110.0), egui::Align::Min),
            column("State", points(90.0), egui::Align::Min),
        ];
    }
    let first = if parent.is_none() { "Proposal" } else { "Name" };
    let narrow = width < 620.0;
    vec![
        column(
            first,
            points(if narrow { 90.0 } else { 120.0 }),
            egui::Align::Min,
        ),
        column("Title", ColumnWidth::Rest, egui::Align::Min),
        column(
            "Instrument",
            points(if narrow { 60.0 } else { 100.0 }),
            egui::Align::Min,
        ),
        column("Date", points(100.0), egui::Align::Min),
        column("Size", points(80.0), egui::Align::Max),
        column(
            "State",
            points(if narrow { 60.0 } else { 90.0 }),
            egui::Align::Min,
        ),
    ]
}

fn entry_row(
    ui: &mut egui::Ui,
    columns: &[Column<'_>],
    parent: Option<EntryKind>,
    entry: &Entry,
    is_selected: bool,
) -> egui::Response {
    let size = entry.size_bytes.map(numbers::bytes).unwrap_or_default();
    let date = entry.start.get(..10).unwrap_or_default();
    let (state, tone) = match entry.locality {
        Some(Locality::Disk) => ("disk", Tone::Text),
        Some(Locality::Tape) => ("tape", Tone::Attention),
        Some(Locality::Restoring) => ("restoring", Tone::Accent),
        None => ("", Tone::Faint),
    };
    let response = if parent == Some(EntryKind::Dataset) {
        table_row(
            ui,
            columns,
            &[
                (&entry.name, Tone::Text),
                (&size, Tone::Text),
                (date, Tone::Secondary),
                (state, tone),
            ],
            is_selected,
        )
    } else {
        table_row(
            ui,
            columns,
            &[
                (&entry.name, Tone::Secondary),
                (&entry.title, Tone::Text),
                (&entry.instrument, Tone::Secondary),
                (date, Tone::Secondary),
                (&size, Tone::Text),
                (state, tone),
            ],
            is_selected,
        )
    };
    response.on_hover_text(hover_text(entry))
}

fn hover_text(entry: &Entry) -> String {
    let mut text = format!("{}  {}", entry.name, entry.title);
    for (name, value) in &entry.details {
        text.extend(["\n", name, ": ", value]);
    }
    if let Some(location) = &entry.location {
        text.extend(["\n", location]);
    }
    text
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default()
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
