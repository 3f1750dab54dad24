//! Plots of NeXus files: where views begin, what they say of the file, and odd data.

use super::*;

fn address(file: &str, path: &str) -> String {
    let file = format!("tests/data/nexus/{file}.h5");
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    format!("{}::{path}", text_of(&file))
}

fn active_path(stage: &mut Stage) -> String {
    let state = stage.state();
    let id = state.active.expect("a view that keys go to");
    state.views[&id].view.subject().node.path.clone()
}

impl Stage {
    fn timeline(&mut self) -> hutch_viewers::Timeline {
        let state = self.state();
        let id = state.active.expect("a view that keys go to");
        state.views[&id].view.timeline().expect("it has frames")
    }
}

#[test]
fn the_inspector_says_why_and_leads_to_what_is_wrong() {
    let mut stage = Stage::without_gpu(With::Nothing);
    stage.open(&address("faults", "/entry/axes"), "image");
    assert!(stage.says("Why this plot"), "the section");
    assert!(stage.says("names \"data\""), "the rule");
    assert!(stage.says("SILX_style is not JSON"), "what is wrong");
    stage
        .harness
        .get_by_role_and_label(Role::Link, "/entry/axes/y")
        .click_accesskit();
    stage.until("the axis is shown", |stage| {
        active_path(stage) == "/entry/axes/y"
    });
}

#[test]
fn views_begin_where_the_file_says() {
    let mut stage = Stage::without_gpu(With::Nothing);
    stage.open(&address("features", "/entry/choice"), "curve");
    let state = stage.active_state();
    assert_eq!(state.values["line"], Value::Integer(1), "default_slice");
    let place = stage.timeline().label;
    assert_eq!(place, "angle 20.0 deg", "the place along the slow axis");
    stage.open(&address("features", "/entry/stack"), "image");
    let state = stage.active_state();
    assert_eq!(state.values["frame"], Value::Integer(2), "by its name");
    stage.open(&address("features", "/entry/process/curve"), "");
    let state = stage.active_state();
    assert_eq!(state.kind, "curve", "seven counts");
    assert!(
        state.flag("log x", false) && state.flag("log y", false),
        "the scales of silx"
    );
}

#[test]
fn a_curve_says_its_numbers_as_plotted_and_its_further_signals() {
    let mut stage = Stage::without_gpu(With::Nothing);
    stage.open(&address("features", "/entry/process/curve"), "curve");
    stage.until("the numbers are there", |stage| stage.says("smallest"));
    assert!(stage.says("counts seen"), "the signal");
    assert!(stage.says("sum of all"), "the further signal");
    assert!(stage.says("masked"), "two of seven points");
}

#[test]
fn odd_data_are_shown_as_far_as_they_go() {
    let mut stage = Stage::without_gpu(With::Nothing);
    for name in [
        "axes",
        "named_nothing",
        "nan",
        "empty",
        "number",
        "deep",
        "words",
    ] {
        stage.open(&address("faults", &format!("/entry/{name}")), "");
        assert_eq!(active_path(&mut stage), format!("/entry/{name}"));
        for kind in ["image", "curve", "table"] {
            stage.open(&address("faults", &format!("/entry/{name}")), kind);
        }
    }
    assert_eq!(stage.notices(), Vec::<String>::new(), "nothing failed");
    stage.open(&address("circle", "/"), "");
    assert!(stage.says("circle"), "said in the inspector");
}

/// Puts `/entry/grid/map` against `y` of the stack into the builder, and plots it.
fn build(stage: &mut Stage) {
    stage.press(Modifiers::NONE, Key::F6);
    stage.until("the datasets are listed", |stage| {
        stage.says("/entry/rgb/data")
    });
    stage.type_into("Find a dataset", "stack/data");
    stage.harness.step();
    stage.pick("/entry/stack/data  3 \u{d7} 4 \u{d7} 5");
    stage.pick("axis 1");
    stage.pick("/entry/stack/y  5");
    stage
        .harness
        .get_by_role_and_label(Role::Button, "Plot")
        .click_accesskit();
    stage.until("the plot is there", |stage| {
        active_path(stage) == "/entry/stack/data"
    });
    stage.harness.step();
}

impl Stage {
    fn pick(&mut self, label: &str) {
        self.harness.get_by_label(label).click_accesskit();
        self.harness.step();
        self.harness.step();
    }

    fn axis_names(&mut self) -> Vec<String> {
        let state = self.state();
        let id = state.active.expect("a view that keys go to");
        let signal = state.views[&id].view.subject().signal.as_ref();
        let axes = &signal.expect("something to plot").axes;
        axes.iter().map(|axis| axis.name.clone()).collect()
    }
}

#[test]
fn a_plot_is_put_together_and_undone_and_kept_in_a_link() {
    let mut stage = Stage::without_gpu(With::Nothing);
    stage.open(&address("features", "/entry/good"), "");
    let id = stage.state().active;
    assert_eq!(stage.active_state().kind, "curve", "six numbers");
    build(&mut stage);
    assert_eq!(stage.axis_names(), ["y"], "as it was chosen");
    assert_eq!(stage.state().active, id, "in the same place");
    stage.press(Modifiers::NONE, Key::F6);
    stage.press(Modifiers::COMMAND, Key::D);
    let link = stage.state().bookmarks[0].link.clone();
    stage.press(Modifiers::COMMAND, Key::Z);
    stage.until("the step back", |stage| active_path(stage) == "/entry/good");
    stage.press(Modifiers::COMMAND.plus(Modifiers::SHIFT), Key::Z);
    stage.until("the step again", |stage| {
        active_path(stage) == "/entry/stack/data"
    });
    assert_eq!(stage.axis_names(), ["y"], "with its axis");
    stage.press(Modifiers::COMMAND, Key::W);
    stage.open(&link, "");
    assert_eq!(active_path(&mut stage), "/entry/stack/data");
    assert_eq!(stage.axis_names(), ["y"], "the link keeps the choice");
}

#[test]
fn a_dataset_is_dragged_from_the_tree_onto_a_place() {
    let mut stage = Stage::without_gpu(With::Nothing);
    stage.open(&text_of(&tooth_file()), "image");
    stage.press(Modifiers::NONE, Key::F6);
    let theta = |stage: &mut Stage| stage.says("/exchange/theta");
    stage.until("the datasets are listed", theta);
    let row = stage.harness.get_by_role_and_label(Role::TreeItem, "theta");
    let (from, to) = (row.rect().center(), stage.signal_place());
    stage.harness.drag_at(from);
    stage.harness.step();
    for part in [0.25, 0.5, 0.75, 1.0] {
        stage.harness.hover_at(from.lerp(to, part));
        stage.harness.step();
    }
    stage.harness.drop_at(to);
    stage.harness.step();
    stage.harness.step();
    assert!(
        stage.says("Leave the signal empty") || stage.says("remove"),
        "it lies there"
    );
    stage.pick("Plot");
    stage.until("the plot is there", |stage| {
        active_path(stage) == "/exchange/theta"
    });
    assert_eq!(stage.active_state().kind, "curve", "181 angles");
}

impl Stage {
    /// The middle of the place of the signal in the builder.
    fn signal_place(&self) -> egui::Pos2 {
        let places = self
            .harness
            .query_all_by_role_and_label(Role::Button, "signal");
        let mut places: Vec<egui::Rect> = places.map(|place| place.rect()).collect();
        // Attributes in the inspector, at the right, may have the same name.
        places.sort_by(|one, other| one.left().total_cmp(&other.left()));
        places[0].center()
    }
}

#[test]
fn a_plot_of_one_number_shows_the_number() {
    let mut stage = Stage::without_gpu(With::Nothing);
    stage.open(&address("faults", "/entry/number"), "");
    assert_eq!(
        stage.active_state().kind,
        "text",
        "not its attributes alone"
    );
}

impl Stage {
    fn shape(&mut self) -> Vec<u64> {
        let state = self.state();
        let id = state.active.expect("a view that keys go to");
        state.views[&id].view.subject().shape().to_vec()
    }
}

#[test]
fn a_slice_of_the_middle_axis_begins_at_its_frame() {
    let mut stage = Stage::without_gpu(With::Nothing);
    stage.open(&address("slices", "/entry/middle"), "image");
    assert_eq!(stage.shape(), [4, 3, 5], "y, then theta and x");
    let state = stage.active_state();
    assert_eq!(state.values["frame"], Value::Integer(2), "where y is 2");
    assert_eq!(stage.timeline().label, "y 2.25 mm", "its place along y");
    assert!(stage.says("they are shown in the order 1, 0, 2"), "why");
    assert!(
        stage.says("/entry/middle/data_weights"),
        "what goes with it"
    );
    stage.open(&address("slices", "/entry/column"), "");
    let state = stage.active_state();
    assert_eq!(state.kind, "curve", "one axis is kept");
    assert_eq!(state.values["line"], Value::Integer(1));
}

#[test]
fn other_axes_become_the_picture_and_are_undone_and_kept_in_a_link() {
    let mut stage = Stage::without_gpu(With::Nothing);
    stage.open(&address("slices", "/entry/middle"), "image");
    let id = stage.state().active.unwrap();
    stage.state().show_picture_of(id, [2, 1]);
    stage.harness.step();
    assert_eq!(
        stage.shape(),
        [3, 5, 4],
        "theta, then x downwards and y across"
    );
    let order = |stage: &mut Stage| {
        let state = stage.state();
        let slot = &state.views[&state.active.unwrap()];
        slot.state().values.get("shown axes").cloned()
    };
    let integers = |axes: [i128; 3]| Some(Value::List(axes.map(Value::Integer).to_vec()));
    assert_eq!(order(&mut stage), integers([0, 2, 1]));
    stage.press(Modifiers::COMMAND, Key::D);
    let link = stage.state().bookmarks[0].link.clone();
    stage.press(Modifiers::COMMAND, Key::Z);
    assert_eq!(stage.shape(), [4, 3, 5], "undone");
    assert_eq!(order(&mut stage), None, "as the file says");
    let frame = stage.active_state().values["frame"].clone();
    assert_eq!(frame, Value::Integer(2), "with its frame");
    stage.press(Modifiers::COMMAND.plus(Modifiers::SHIFT), Key::Z);
    assert_eq!(stage.shape(), [3, 5, 4], "done again");
    stage.state().open_address(&link, "");
    stage.until("the link is open", |stage| stage.state().views.len() > 1);
    stage.settle();
    assert_eq!(stage.shape(), [3, 5, 4], "the link keeps it");
    assert_eq!(order(&mut stage), integers([0, 2, 1]));
    let id = stage.state().active.unwrap();
    stage.state().show_picture_of(id, [0, 2]);
    stage.harness.step();
    assert_eq!(order(&mut stage), None, "the order of the file again");
}

#[test]
fn an_image_names_its_samples_and_tells_error_and_weight() {
    let Some(mut stage) = Stage::with_gpu(With::Nothing) else {
        return;
    };
    stage.open(&address("slices", "/entry/names"), "image");
    let hover = |stage: &mut Stage| {
        let state = stage.state();
        let id = state.active.unwrap();
        let tile = state
            .tile_of(&hutch::window::state::Pane::View(id))
            .unwrap();
        let middle = state.tiles.tiles.rect(tile).unwrap().center();
        stage.harness.hover_at(middle);
        stage.settle();
    };
    hover(&mut stage);
    let has_name = ["(water)", "(kapton)"]
        .into_iter()
        .any(|name| stage.says(name));
    assert!(has_name, "the sample of the row under the pointer");
    stage.open(&address("slices", "/entry/middle"), "image");
    hover(&mut stage);
    assert!(stage.says(" weight "), "the weight");
    assert!(stage.says("\u{b1} 1"), "the standard deviation");
    stage.open(&address("slices", "/entry/odd_axes"), "image");
    hover(&mut stage);
    stage.until("the axis is looked at", |stage| {
        stage.says("none of its values is a finite number")
    });
    assert!(stage.says("it has values along 2 axes"), "a bent axis");
}
