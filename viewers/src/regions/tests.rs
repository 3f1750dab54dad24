use super::*;

fn regions() -> Regions {
    let mut regions = Regions::default();
    for text in ["circle 5 6 2", "line 0 0 4 4 3", "circle 1 1 1"] {
        regions.add(text.parse().expect("a shape"));
    }
    regions
}

#[test]
fn regions_have_names_of_their_own() {
    let mut regions = regions();
    let names: Vec<&str> = regions
        .list
        .iter()
        .map(|region| region.name.as_str())
        .collect();
    assert_eq!(names, ["circle 1", "line 1", "circle 2"]);
    regions.remove(0);
    regions.add("circle 9 9 1".parse().expect("a shape"));
    assert_eq!(regions.list[2].name, "circle 1", "which is free again");
}

#[test]
fn regions_are_kept_with_the_view_as_text() {
    let mut before = regions();
    before.selected = Some(1);
    before.profiles.what = What::Along;
    before.stack.is_on = true;
    let mut state = ViewState::new("image", 1);
    before.write(&mut state);
    let mut after = Regions::default();
    after.read(&state);
    assert_eq!(after.list, before.list);
    assert_eq!(after.selected, Some(1));
    assert_eq!(after.profiles.what, What::Along);
    assert!(after.stack.is_on);
    let mut again = ViewState::new("image", 1);
    after.write(&mut again);
    assert_eq!(again.values, state.values, "nothing is lost");
    after.read(&ViewState::new("image", 1));
    assert!(after.list.is_empty(), "undo takes them away");
}

#[test]
fn arrows_move_the_selected_region_alone() {
    use egui::Key;
    let mut regions = regions();
    regions.selected = None;
    assert!(
        !regions.on_key(Key::ArrowLeft, false, |step| step),
        "frames step"
    );
    regions.selected = Some(0);
    assert!(regions.on_key(Key::ArrowLeft, false, |step| step));
    assert!(regions.on_key(Key::ArrowDown, true, |step| step));
    assert_eq!(regions.list[0].shape, Shape::Circle([4.0, 16.0, 2.0]));
    assert!(regions.on_key(Key::Delete, false, |step| step));
    assert_eq!(regions.list.len(), 2);
    assert!(
        !regions.on_key(Key::Delete, false, |step| step),
        "nothing is selected"
    );
}

#[test]
fn escape_ends_drawing_before_it_deselects() {
    use egui::Key;
    let mut regions = regions();
    regions.command(RegionCommand::Draw(Tool::Polygon));
    assert!(regions.takes_pointer(), "the mouse draws");
    assert!(regions.on_key(Key::Escape, false, |step| step));
    assert!(!regions.takes_pointer() && regions.selected.is_some());
    assert!(regions.on_key(Key::Escape, false, |step| step));
    assert_eq!(regions.selected, None);
    assert!(
        !regions.on_key(Key::Escape, false, |step| step),
        "free for others"
    );
}
