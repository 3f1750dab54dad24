use super::*;

/// Two panels of one detector and a third in another plane of the dataset.
const WHOLE: &str = "; a detector
photon_energy = /LCLS/photon_energy_eV
clen = 100 mm
adu_per_eV = 0.001
res = 10000 ; pixels in a metre
min_fs = 0
max_fs = 9.0
q0/min_ss = 0
q0/max_ss = 3
q0/corner_x = -5.5
q0/corner_y = 10
q0/fs = x
q0/ss = -y
coffset = 0.01
q1/min_ss = 4
q1/max_ss = 7
q1/fs = -0.6x +0.8y -0.001z
q1/ss = -0.8x-0.6y
q1/corner_x = 20.25
q1/corner_y = -3
dim0 = %
dim1 = 2
dim2 = ss
dim3 = fs
m2/min_ss = 0
m2/max_ss = 3
m2/corner_x = 0
m2/corner_y = 0
mask = /mask
mask_good = 0x0000
mask_bad = 0xffff
bad_beam/min_x = -3
bad_beam/max_x = 3
bad_row/panel = q1
bad_row/min_ss = 4
bad_row/max_ss = 5
group_all = q0,q1,m2
rigid_group_q0 = q0
rigid_group_collection_quads = q0
";

fn geometry(geom: &Geom) -> Geometry {
    let numbers = BTreeMap::from([("/LCLS/photon_energy_eV".to_owned(), 12_398.419_843_320_028)]);
    geom.geometry(&numbers, "a.geom").expect("a geometry")
}

#[test]
fn a_file_without_faults_has_no_problems() {
    let geom = Geom::parse(WHOLE.as_bytes()).expect("a detector");
    assert_eq!(geom.problems, []);
    assert_eq!(geom.paths(), ["/LCLS/photon_energy_eV"]);
    assert_eq!(
        geom.groups,
        [(
            "all".to_owned(),
            ["q0", "q1", "m2"].map(str::to_owned).to_vec()
        )]
    );
    assert_eq!(geom.bad.len(), 2, "a beam stop and a row");
}

#[test]
fn a_default_counts_for_panels_that_are_first_named_later() {
    let geom = Geom::parse(WHOLE.as_bytes()).expect("a detector");
    let geometry = geometry(&geom);
    let z: Vec<f64> = geometry
        .panels
        .iter()
        .map(|panel| panel.corner_m[2])
        .collect();
    for (found, expected) in z.iter().zip([0.1, 0.11, 0.11]) {
        assert!((found - expected).abs() < 1e-15, "{z:?}");
    }
    let first = &geometry.panels[0];
    assert!(first.plane.is_empty(), "named before its dimensions");
    assert_eq!(geometry.panels[2].plane, [2], "the third plane");
    let wavelength = geometry.wavelength_m.expect("of the energy in the data");
    assert!((wavelength - 1e-10).abs() < 1e-22);
}

#[test]
fn a_pixel_lies_where_its_corner_and_vectors_put_it() {
    let geom = Geom::parse(WHOLE.as_bytes()).expect("a detector");
    let geometry = geometry(&geom);
    // By hand: 20.25 - 0.6 * 2.5 - 0.8 * 1.5 = 17.55 px, -3 + 0.8 * 2.5 - 0.6 * 1.5 = -1.9 px.
    let point = geometry
        .point(&[], [5.5, 2.5])
        .expect("in the second panel");
    let expected = [17.55e-4, -1.9e-4, 0.11 - 2.5e-7];
    for axis in 0..3 {
        assert!((point[axis] - expected[axis]).abs() < 1e-15, "{point:?}");
    }
    assert_eq!(geometry.panels[1].size, [4, 10], "both ends count");
}

#[test]
fn faults_are_told_with_their_lines_and_the_rest_is_shown() {
    let text = WHOLE
        .replace("q1/corner_y = -3", "q1/corner_z = -3")
        .replace("q0/ss = -y", "q0/ss = -w");
    let geom = Geom::parse(text.as_bytes()).expect("a detector");
    let said: Vec<String> = geom.problems.iter().map(ToString::to_string).collect();
    assert_eq!(geom.problems[0].line, 13, "{said:?}");
    assert_eq!(geom.problems[1].line, 20, "{said:?}");
    assert!(said[1].contains("corner_z"), "{said:?}");
    assert!(said[2].contains("\"q1\" has no corner"), "{said:?}");
    assert_eq!(geometry(&geom).panels.len(), 2, "the others are shown");
}

#[test]
fn a_missing_panel_is_named() {
    let text = WHOLE.replace("group_all = q0,q1,m2", "group_all = q0,q9");
    let geom = Geom::parse(text.as_bytes()).expect("a detector");
    assert!(geom.problems[0].text.contains("q9"), "{:?}", geom.problems);
}

#[test]
fn a_distance_in_the_data_is_in_millimetres() {
    let text = WHOLE.replace("clen = 100 mm", "clen = /LCLS/encoder");
    let geom = Geom::parse(text.as_bytes()).expect("a detector");
    assert!(geom.geometry(&BTreeMap::new(), "").is_err(), "no distance");
    let numbers = BTreeMap::from([("/LCLS/encoder".to_owned(), 250.0)]);
    let geometry = geom.geometry(&numbers, "").expect("a geometry");
    assert!((geometry.panels[0].corner_m[2] - 0.25).abs() < 1e-15);
    assert_eq!(geometry.wavelength_m, None, "no energy in the data");
}

#[test]
fn electrons_have_the_wavelength_of_de_broglie() {
    // 200 kV: 2.507934 pm (Williams and Carter, table 1.2).
    let wavelength = electron_wavelength(200e3).expect("electrons");
    assert!((wavelength - 2.507_934e-12).abs() < 1e-17, "{wavelength}");
}

#[test]
fn bytes_that_are_no_geometry_are_refused() {
    assert!(Geom::parse(b"").is_err());
    assert!(Geom::parse(&[0xff, 0x00, b'=', b'/', b'=']).is_err());
    assert!(Geom::parse(b"p/min_fs = 0\n").is_err(), "no place");
}

#[test]
fn panels_that_cannot_be_where_they_are_said_to_be_are_told_and_left_out() {
    for (wrong, why) in [
        ("q1/corner_x = 1e300", "too large"),
        ("q1/fs = x\nq1/ss = -2x", "along one line"),
        ("q1/min_ss = 3\nq1/max_ss = 2", "ends before it begins"),
    ] {
        let geom = Geom::parse(format!("{WHOLE}{wrong}\n").as_bytes()).expect("a detector");
        let said = &geom.problems;
        assert!(
            said.len() == 1 && said[0].text.contains(why),
            "{wrong}: {said:?}"
        );
        assert_eq!(geometry(&geom).panels.len(), 2, "the others are shown");
    }
    let geom = Geom::parse(format!("{WHOLE}q1/min_ss = 3\n").as_bytes()).expect("a detector");
    assert_eq!(geom.problems.len(), 1, "{:?}", geom.problems);
    let said = &geom.problems[0].text;
    assert!(said.contains("\"q0\" and \"q1\""), "{said}");
}

#[test]
fn only_what_is_absent_is_said_to_be() {
    let text = WHOLE.replace("q0/max_ss = 3\n", "");
    let geom = Geom::parse(text.as_bytes()).expect("a detector");
    assert_eq!(geom.problems[0].text, "the panel \"q0\" has no max_ss");
}

#[test]
fn a_direction_that_is_none_says_which_one_counts() {
    let geom = Geom::parse(format!("{WHOLE}m2/fs = banana\n").as_bytes()).expect("a detector");
    let said = &geom.problems[0].text;
    assert!(said.contains("+1x +0y +0z is taken"), "{said}");
}

#[test]
fn half_of_a_bad_region_is_told_and_not_applied() {
    let text = format!("{WHOLE}bad_half/min_fs = 1\nbad_half/max_fs = zzz\n");
    let geom = Geom::parse(text.as_bytes()).expect("a detector");
    let said: Vec<String> = geom.problems.iter().map(ToString::to_string).collect();
    assert!(said[1].contains("\"bad_half\" has no max_fs"), "{said:?}");
    let whole = Geom::parse(WHOLE.as_bytes()).expect("a detector");
    let pixels = |geom: &Geom| geom.bad_pixels(&[3, 8, 10], &BTreeMap::new());
    assert_eq!(pixels(&geom), pixels(&whole), "no pixel more is bad");
    let text = format!("{WHOLE}bad_half/min_x = -1e6\n");
    let geom = Geom::parse(text.as_bytes()).expect("a detector");
    assert!(geom.problems[0].text.contains("without an end"), "told");
    assert_ne!(
        pixels(&geom),
        pixels(&whole),
        "and applied in the laboratory"
    );
}
