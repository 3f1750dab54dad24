//! Every widget in every theme: the gallery as a picture, and how the widgets behave.
//!
//! `HUTCH_GALLERY=1 cargo test -p hutch-viewers --test gallery` writes the pictures to
//! `target/gallery`; without it the pictures are laid out and not written.

use std::path::PathBuf;

use egui::{Align, Color32, Key, Rect, Ui, UiBuilder, Vec2, pos2, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use hutch_viewers::fonts;
use hutch_viewers::icons::{Icon, icon_button, icon_toggle};
use hutch_viewers::theme::{self, Theme, Tokens, Tone};
use hutch_viewers::widgets::{
    Branch, CardAction, ColourMap, Column, ColumnWidth, Corner, ErrorCard, FrameSlider, Histogram,
    PaneTitle, Playback, Sort, TreeRow, button, chip, chip_readout, colour_bar, colour_map_line,
    colour_map_picker, empty_state, filter_chip, key_value, key_value_tone, location_path, notice,
    primary_button, progress, quiet_button, scale_bar, search_box, search_button, secret_field,
    section_heading, section_heading_with, segmented, source_row, status_dot, table_header,
    table_row, text_button, text_field,
};

/// What the gallery remembers.
struct Gallery {
    range: (f64, f64),
    norm: usize,
    limits: usize,
    map: usize,
    frame: usize,
    play: Playback,
    sort: Option<Sort>,
    text: String,
    search: String,
    secret: String,
    maps: Vec<(&'static str, Vec<Color32>)>,
    bins: Vec<u64>,
    trace: Vec<f32>,
    is_row_open: bool,
    card: Option<CardAction>,
}

impl Default for Gallery {
    fn default() -> Self {
        Self {
            range: (0.28, 4.8),
            norm: 0,
            limits: 1,
            map: 0,
            frame: 920,
            play: Playback::default(),
            sort: Some(Sort {
                column: 2,
                ascending: false,
            }),
            text: String::new(),
            search: String::new(),
            secret: "abc".to_owned(),
            maps: maps(),
            bins: bins(),
            trace: trace(),
            is_row_open: true,
            card: None,
        }
    }
}

fn maps() -> Vec<(&'static str, Vec<Color32>)> {
    let inferno = [
        (0, 0, 4),
        (87, 16, 110),
        (188, 55, 84),
        (249, 142, 9),
        (252, 255, 164),
    ];
    let viridis = [
        (68, 1, 84),
        (59, 82, 139),
        (33, 145, 140),
        (94, 201, 98),
        (253, 231, 37),
    ];
    let of = |stops: &[(u8, u8, u8)]| {
        stops
            .iter()
            .map(|c| Color32::from_rgb(c.0, c.1, c.2))
            .collect()
    };
    vec![
        ("gray", vec![Color32::BLACK, Color32::WHITE]),
        ("inferno", of(&inferno)),
        ("viridis", of(&viridis)),
    ]
}

fn bins() -> Vec<u64> {
    (0..256)
        .map(|bin| {
            let x = f64::from(bin) / 256.0;
            let bone = 4000.0 * (-((x - 0.14) / 0.03).powi(2)).exp();
            let air = 90_000.0 * (-x / 0.01).exp();
            let metal = 300.0 * (-((x - 0.62) / 0.12).powi(2)).exp();
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "positive and small"
            )]
            let count = (air + bone + metal) as u64;
            count
        })
        .collect()
}

fn trace() -> Vec<f32> {
    (0..1841)
        .map(|frame| {
            let t = frame as f32 / 1841.0;
            (t * 40.0).sin() * 0.1 + if (0.2..0.8).contains(&t) { 0.6 } else { 0.2 }
        })
        .collect()
}

fn harness<'a, State: 'a>(
    theme: Theme,
    size: Vec2,
    state: State,
    draw: impl FnMut(&mut Ui, &mut State) + 'a,
) -> Harness<'a, State> {
    Harness::builder()
        .with_size(size)
        .with_pixels_per_point(1.0)
        .with_context_setup(move |ctx| {
            fonts::install(ctx);
            theme.apply(ctx);
        })
        .build_ui_state(draw, state)
}

fn column(ui: &mut Ui, rect: Rect, add: impl FnOnce(&mut Ui)) {
    let tokens = Tokens::of(ui);
    ui.painter().rect_filled(rect, 0.0, tokens.panel);
    ui.painter().vline(
        rect.right() - 0.5,
        rect.y_range(),
        egui::Stroke::new(1.0, tokens.line),
    );
    let mut child = ui.new_child(UiBuilder::new().max_rect(rect.shrink2(vec2(12.0, 8.0))));
    child.set_clip_rect(rect);
    child.spacing_mut().item_spacing.y = 0.0;
    add(&mut child);
}

fn gallery(ui: &mut Ui, state: &mut Gallery) {
    ui.set_clip_rect(ui.ctx().content_rect());
    let whole = ui.ctx().content_rect();
    let tokens = Tokens::of(ui);
    ui.painter().rect_filled(whole, 0.0, tokens.behind);
    let top = Rect::from_min_size(whole.min, vec2(whole.width(), 40.0));
    ui.painter().rect_filled(top, 0.0, tokens.panel);
    let mut bar = ui.new_child(
        UiBuilder::new()
            .max_rect(top.shrink2(vec2(12.0, 0.0)))
            .layout(egui::Layout::left_to_right(Align::Center)),
    );
    top_line(&mut bar);
    let y = top.bottom() + 1.0;
    let bottom = whole.bottom() - 104.0;
    column(
        ui,
        Rect::from_min_max(pos2(0.0, y), pos2(260.0, bottom)),
        |ui| left(ui, state),
    );
    let middle = Rect::from_min_max(pos2(260.0, y), pos2(632.0, bottom));
    let mut child = ui.new_child(UiBuilder::new().max_rect(middle));
    child.spacing_mut().item_spacing.y = 0.0;
    centre(&mut child, middle, state);
    column(
        ui,
        Rect::from_min_max(pos2(632.0, y), pos2(900.0, bottom)),
        |ui| right(ui, state),
    );
    let below = Rect::from_min_max(pos2(0.0, bottom + 1.0), whole.max);
    column(ui, below, |ui| status(ui, state));
}

fn top_line(ui: &mut Ui) {
    let parts = [
        "PETRA III P05",
        "11009876 Bone implants",
        "raw",
        "mg5gd_04.nxs",
    ];
    ui.scope(|ui| {
        ui.set_max_width(500.0);
        location_path(ui, &parts, "entry/instrument/detector/data");
    });
    ui.add_space(12.0);
    search_button(ui, "Search data, run a command", "Ctrl K", 240.0);
    text_button(ui, "2 transfers", Tone::Secondary);
}

fn left(ui: &mut Ui, state: &mut Gallery) {
    section_heading_with(ui, "Sources", |ui| {
        icon_button(ui, Icon::Plus, "Add a source");
    });
    source_row(ui, "PETRA III", "signed in", Tone::Good, false);
    source_row(ui, "ESRF data portal", "2 h left", Tone::Attention, false);
    source_row(
        ui,
        "This computer",
        "1\u{2009}284 files",
        Tone::Accent,
        false,
    );
    ui.add_space(4.0);
    section_heading(ui, "11009876 Bone implants", "");
    let branch = if state.is_row_open {
        Branch::Open
    } else {
        Branch::Closed
    };
    let raw = TreeRow::new("raw").branch(branch).right("412 GB").show(ui);
    if raw.toggled {
        state.is_row_open = !state.is_row_open;
    }
    let rows = [
        (1, Branch::Open, None, "mg5gd_04.nxs", "18.2 GB"),
        (
            2,
            Branch::Leaf,
            Some(Icon::ChartLine),
            "default plot",
            "NXdata",
        ),
        (2, Branch::Open, None, "entry", "NXtomo"),
        (
            3,
            Branch::Leaf,
            Some(Icon::Detector),
            "detector/data",
            "u16 3-D",
        ),
        (
            3,
            Branch::Leaf,
            Some(Icon::Activity),
            "rotation_angle",
            "1\u{2009}841 deg",
        ),
        (3, Branch::Leaf, Some(Icon::Hash), "x_pixel_size", "1.28 µm"),
        (2, Branch::Leaf, Some(Icon::Sinogram), "sinogram", "f32 2-D"),
        (
            2,
            Branch::Leaf,
            Some(Icon::Volume),
            "a_volume_with_a_rather_long_name_0012.h5",
            "96 GB",
        ),
    ];
    for (depth, branch, icon, name, right) in rows {
        let row = TreeRow::new(name).depth(depth).branch(branch);
        let row = icon.map_or(row, |icon| row.icon(icon));
        let row = row.right(right).icon_tone(Tone::Accent);
        row.selected(name == "detector/data").show(ui);
    }
    TreeRow::new("mg5gd_05.nxs")
        .depth(1)
        .branch(Branch::Closed)
        .right("on tape")
        .right_tone(Tone::Attention)
        .show(ui);
    fields(ui, state);
}

fn fields(ui: &mut Ui, state: &mut Gallery) {
    ui.add_space(8.0);
    text_field(ui, "Facility", "https://", &mut state.text);
    ui.add_space(8.0);
    secret_field(ui, "Token", "paste it here", &mut state.secret);
    ui.add_space(8.0);
    ui.horizontal(|ui| {
        icon_toggle(ui, Icon::Crosshair, "Crosshair", true);
        for icon in [
            Icon::Beamtime,
            Icon::Tape,
            Icon::Fit,
            Icon::Rotate,
            Icon::Sliders,
            Icon::Settings,
        ] {
            icon_button(ui, icon, icon.name());
        }
    });
}

fn centre(ui: &mut Ui, rect: Rect, state: &mut Gallery) {
    PaneTitle::new("Projection")
        .secondary("frame 920 / 1\u{2009}841   89.95°")
        .right("streamed 9.8 MB")
        .active(true)
        .show_with(ui, |ui| {
            icon_button(ui, Icon::More, "More");
        });
    let image = Rect::from_min_size(rect.min + vec2(0.0, 30.0), vec2(rect.width(), 120.0));
    ui.painter()
        .rect_filled(image.shrink2(vec2(60.0, 8.0)), 0.0, Color32::from_gray(120));
    let pairs = [("x", "1\u{2009}204"), ("y", "811"), ("absorbance", "1.58")];
    chip_readout(ui, image, Corner::BottomLeft, &pairs);
    scale_bar(ui, image, Corner::BottomRight, "0.5 mm", 32.0);
    chip(ui, image, Corner::TopRight, "512 MiB of bricks");
    ui.add_space(120.0);
    PaneTitle::new("PETRA III")
        .secondary("my beamtimes")
        .right("41")
        .show(ui);
    let inside = Rect::from_min_size(ui.cursor().min, vec2(rect.width(), 128.0));
    ui.scope_builder(UiBuilder::new().max_rect(inside), |ui| {
        table(ui, state);
    });
    let cards = Rect::from_min_max(
        ui.cursor().min + vec2(12.0, 12.0),
        rect.max - vec2(12.0, 0.0),
    );
    ui.scope_builder(UiBuilder::new().max_rect(cards), |ui| {
        let card = ErrorCard {
            title: "Could not read frame 920",
            happened: "The server closed the connection after 9.8 MB.",
            next: "Hutch tries again in 8 s.",
            advice: "Sign in again if the token has run out.",
            details: "GET /raw/mg5gd_04.nxs: connection reset",
            retry: true,
            sign_in: true,
        };
        state.card = card.show(ui).or(state.card);
        ui.add_space(8.0);
        notice(
            ui,
            Tone::Attention,
            "37 pixels are saturated in this frame",
            "Mask them",
        );
    });
    let empty = Rect::from_min_max(pos2(cards.left(), ui.min_rect().bottom()), rect.max);
    ui.scope_builder(UiBuilder::new().max_rect(empty), |ui| {
        let actions = [("Open a file", "Ctrl O"), ("Try the demo", "")];
        empty_state(
            ui,
            Icon::Beamtime,
            "Open a file, add a facility, or try the demo",
            &actions,
        );
    });
}

fn columns() -> [Column<'static>; 4] {
    let column = |title, width, align| Column {
        title,
        width,
        align,
        sortable: true,
    };
    [
        column("Beamtime", ColumnWidth::Points(64.0), Align::Min),
        column("Title", ColumnWidth::Rest, Align::Min),
        column("Size", ColumnWidth::Points(56.0), Align::Max),
        column("State", ColumnWidth::Points(40.0), Align::Min),
    ]
}

fn table(ui: &mut Ui, state: &mut Gallery) {
    ui.spacing_mut().item_spacing.y = 0.0;
    let columns = columns();
    table_header(ui, &columns, &mut state.sort);
    let rows = [
        ("11009876", "Bone implants under load", "412 GB", "disk"),
        ("11009912", "Thaumatin, room temperature", "1.9 TB", "disk"),
        (
            "11009733",
            "Battery cathode ageing in operando cells",
            "86 GB",
            "tape",
        ),
    ];
    for (index, (beamtime, title, size, place)) in rows.into_iter().enumerate() {
        let tone = if place == "tape" {
            Tone::Attention
        } else {
            Tone::Text
        };
        let cells = [
            (beamtime, Tone::Secondary),
            (title, Tone::Text),
            (size, Tone::Text),
            (place, tone),
        ];
        table_row(ui, &columns, &cells, index == 1);
    }
}

fn right(ui: &mut Ui, state: &mut Gallery) {
    section_heading(ui, "Display", "");
    let maps: Vec<_> = state
        .maps
        .iter()
        .map(|(name, colours)| ColourMap {
            name,
            colours,
            group: "sequential",
            note: "",
        })
        .collect();
    let colours = maps[state.map].colours;
    Histogram::new(&state.bins, (0.0, 5.91), colours).show(ui, &mut state.range);
    colour_map_line(ui, &maps, &mut state.map, "0.28", "5.91");
    let norms = [(0, "linear"), (1, "log"), (2, "sqrt"), (3, "asinh")];
    segmented(ui, "Norm", &mut state.norm, &norms);
    ui.add_space(4.0);
    let limits = [(0, "min–max"), (1, "1–99.8 %"), (2, "3σ"), (3, "lock")];
    segmented(ui, "Range", &mut state.limits, &limits);
    ui.add_space(4.0);
    section_heading(ui, "Frame", "Absorbance");
    key_value(ui, "mean ± σ", "1.42 ± 0.87");
    key_value_tone(ui, "saturated", "1\u{2009}037 px", Tone::Attention);
    key_value(ui, "image_key", "0 projection");
    ui.add_space(4.0);
    section_heading(ui, "Recipe", "edited");
    key_value(ui, "rotation axis", "1\u{2009}224.5 px");
    ui.add_space(8.0);
    primary_button(ui, "Reconstruct on Maxwell", "≈ 2 min, 8 nodes");
    ui.add_space(8.0);
    quiet_button(ui, "Reconstruct here", "≈ 11 min");
    ui.add_space(8.0);
    colour_map_picker(ui, &maps, &mut state.map);
    ui.add_space(8.0);
    colour_bar(ui, maps[1].colours);
    ui.add_space(8.0);
    search_box(
        ui,
        "Search the log",
        "title, sample",
        "/",
        &mut state.search,
        244.0,
    );
    ui.add_space(8.0);
    ui.horizontal(|ui| {
        filter_chip(ui, "P11");
        filter_chip(ui, "2026");
        text_button(ui, "+ filter", Tone::Accent);
        button(ui, "Apply");
    });
    status_dot(ui, Tone::Good, "live, following");
}

fn status(ui: &mut Ui, state: &mut Gallery) {
    FrameSlider {
        name: "Frame",
        count: 1841,
        trace: &state.trace,
        loaded: &[860..1040, 1100..1120],
        right: "rotation_angle 89.95°",
        left_width: 180.0,
        right_width: 180.0,
    }
    .show(ui, &mut state.frame, &mut state.play);
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 20.0;
        progress(
            ui,
            "mg5gd_05.nxs staging from tape",
            Some(0.38),
            "about 6 min",
        );
        progress(ui, "job 4711 on Maxwell", None, "");
    });
}

#[test]
fn gallery_is_drawn_in_every_theme() {
    for (name, theme) in [
        ("dark", Theme::dark()),
        ("light", Theme::light()),
        ("high-contrast", Theme::high_contrast()),
    ] {
        let mut harness = harness(theme, vec2(900.0, 760.0), Gallery::default(), gallery);
        harness.run_steps(3);
        if std::env::var_os("HUTCH_GALLERY").is_some() {
            let picture = harness.render().expect("a picture");
            let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("gallery");
            std::fs::create_dir_all(&folder).expect("a folder");
            let path = folder.join(format!("{name}.png"));
            picture.save(&path).expect("written");
        }
    }
}

fn copied(harness: &Harness<'_, impl Sized>) -> Vec<String> {
    harness
        .output()
        .platform_output
        .commands
        .iter()
        .filter_map(|command| match command {
            egui::OutputCommand::CopyText(text) => Some(text.clone()),
            _ => None,
        })
        .collect()
}

#[test]
fn click_on_a_value_copies_plain_digits() {
    let mut harness = harness(Theme::dark(), vec2(240.0, 40.0), (), |ui, ()| {
        key_value(ui, "raw", "1\u{2009}234\u{2009}567 counts");
    });
    harness.run();
    harness.get_by_label("raw").click_accesskit();
    harness.step();
    assert_eq!(
        copied(&harness),
        ["1234567 counts"],
        "digits without spaces"
    );
}

#[test]
fn arrows_move_the_focused_end_of_the_range() {
    let bins = bins();
    let mut harness = harness(
        Theme::dark(),
        vec2(240.0, 120.0),
        (10.0, 90.0),
        move |ui, range| {
            Histogram::new(&bins, (0.0, 100.0), &[Color32::BLACK, Color32::WHITE]).show(ui, range);
        },
    );
    harness.run();
    harness.get_by_label("Lower limit").focus();
    harness.run();
    harness.key_press(Key::ArrowRight);
    harness.run();
    assert_eq!(*harness.state(), (11.0, 90.0), "a hundredth of the domain");
    harness.key_press(Key::Home);
    harness.run();
    assert_eq!(*harness.state(), (0.0, 90.0), "the start of the domain");
    harness.get_by_label("Upper limit").focus();
    harness.run();
    harness.key_press_modifiers(egui::Modifiers::SHIFT, Key::ArrowLeft);
    harness.run();
    assert_eq!(*harness.state(), (0.0, 80.0), "a tenth with shift");
}

#[test]
fn ends_of_the_range_never_cross() {
    let mut harness = harness(
        Theme::dark(),
        vec2(240.0, 120.0),
        (50.0, 51.0),
        |ui, range| {
            Histogram::new(&[1, 2], (0.0, 100.0), &[]).show(ui, range);
        },
    );
    harness.run();
    harness.get_by_label("Lower limit").focus();
    harness.run();
    harness.key_press(Key::End);
    harness.run();
    let (low, high) = *harness.state();
    assert!(low < high, "{low} stays below {high}");
}

#[test]
fn choice_of_a_segment_can_be_made_with_a_click_and_with_arrows() {
    let mut harness = harness(Theme::light(), vec2(240.0, 40.0), 'a', |ui, value| {
        segmented(
            ui,
            "Norm",
            value,
            &[('a', "linear"), ('b', "log"), ('c', "sqrt")],
        );
    });
    harness.run();
    harness.get_by_label("log").click_accesskit();
    harness.run();
    assert_eq!(*harness.state(), 'b', "clicked");
    harness.get_by_label("log").focus();
    harness.run();
    harness.key_press(Key::ArrowRight);
    harness.run();
    assert_eq!(*harness.state(), 'c', "the next one");
}

#[test]
fn arrows_open_and_close_a_row() {
    let mut harness = harness(Theme::dark(), vec2(240.0, 40.0), false, |ui, is_open| {
        let branch = if *is_open {
            Branch::Open
        } else {
            Branch::Closed
        };
        if TreeRow::new("raw").branch(branch).show(ui).toggled {
            *is_open = !*is_open;
        }
    });
    harness.run();
    harness.get_by_label("raw").focus();
    harness.run();
    harness.key_press(Key::ArrowRight);
    harness.run();
    assert!(*harness.state(), "opened");
    harness.key_press(Key::ArrowLeft);
    harness.run();
    assert!(!*harness.state(), "closed");
}

#[test]
fn frame_slider_steps_and_stays_in_the_stack() {
    let state = (3_usize, Playback::default());
    let mut harness = harness(Theme::dark(), vec2(600.0, 80.0), state, |ui, state| {
        let slider = FrameSlider {
            name: "Frame",
            count: 5,
            trace: &[0.0, f32::NAN, 1.0],
            loaded: &[],
            right: "",
            left_width: 180.0,
            right_width: 20.0,
        };
        slider.show(ui, &mut state.0, &mut state.1);
    });
    harness.run();
    harness
        .get_by_label("Step forward (Right)")
        .click_accesskit();
    harness.run();
    assert_eq!(harness.state().0, 4, "one on");
    harness.get_by_label("Frame").focus();
    harness.run();
    harness.key_press(Key::ArrowRight);
    harness.run();
    assert_eq!(harness.state().0, 4, "the last stays the last");
    harness.key_press(Key::Home);
    harness.run();
    assert_eq!(harness.state().0, 0, "the first");
    harness.get_by_label("Play (Space)").click_accesskit();
    harness.run();
    assert!(harness.state().1.playing, "played");
}

#[test]
fn head_of_a_table_sorts_and_turns() {
    let sort: Option<Sort> = None;
    let mut harness = harness(Theme::dark(), vec2(400.0, 40.0), sort, |ui, sort| {
        table_header(ui, &columns(), sort);
    });
    harness.run();
    for ascending in [true, false] {
        harness.get_by_label("Size").click_accesskit();
        harness.run();
        let wanted = Some(Sort {
            column: 2,
            ascending,
        });
        assert_eq!(*harness.state(), wanted, "sorted by size");
    }
}

#[test]
fn error_card_offers_what_helps_and_copies_its_details() {
    let mut harness = harness(Theme::dark(), vec2(480.0, 240.0), None, |ui, chosen| {
        let card = ErrorCard {
            title: "Could not read",
            happened: "The token has run out.",
            details: "401",
            sign_in: true,
            ..ErrorCard::default()
        };
        *chosen = card.show(ui).or(*chosen);
    });
    harness.run();
    assert!(harness.query_by_label("Retry").is_none(), "no use to retry");
    harness.get_by_label("Copy details").click_accesskit();
    harness.step();
    assert_eq!(copied(&harness), ["401"], "the details");
    harness.get_by_label("Sign in").click_accesskit();
    harness.run();
    assert_eq!(*harness.state(), Some(CardAction::SignIn), "signs in");
}

#[test]
fn search_is_typed_and_cleared() {
    let mut harness = harness(
        Theme::dark(),
        vec2(300.0, 40.0),
        String::new(),
        |ui, text| {
            search_box(ui, "Search data", "title, sample", "/", text, 240.0);
        },
    );
    harness.run();
    harness.get_by_label("Search data").focus();
    harness.run();
    harness.get_by_label("Search data").type_text("bone");
    harness.run();
    assert_eq!(harness.state(), "bone", "typed");
    harness.get_by_label("Clear the search").click_accesskit();
    harness.run();
    assert_eq!(harness.state(), "", "cleared");
}

#[test]
fn rows_and_controls_stand_on_the_grid() {
    let mut harness = harness(Theme::dark(), vec2(300.0, 200.0), (), |ui, ()| {
        ui.spacing_mut().item_spacing.y = 0.0;
        section_heading(ui, "Frame", "");
        key_value(ui, "masked", "1.2 %");
        TreeRow::new("raw").show(ui);
        source_row(ui, "PETRA III", "signed in", Tone::Good, false);
    });
    harness.run();
    for name in ["Frame", "masked", "raw", "PETRA III"] {
        let rect = harness.get_by_label(name).rect();
        assert!(
            (rect.height() - theme::size::ROW).abs() < 0.01,
            "{name} is a row high"
        );
        let top = rect.top() - harness.get_by_label("Frame").rect().top();
        assert!((top % 4.0).abs() < 0.01, "{name} starts at {top}");
    }
}
