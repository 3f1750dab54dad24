//! The tomography and volume views on a phantom in memory, drawn without a window.
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "small numbers of a phantom; helpers of tests may fail, and say why they skip"
)]

use std::collections::HashMap;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use egui_kittest::wgpu::{WgpuTestRenderer, create_render_state, default_wgpu_setup};
use hutch_analysis::phantom::{Detector, Phantom};
use hutch_analysis::recipe::{Recipe, RotationAxis};
use hutch_model::{
    Block, BlockState, BoxFuture, Cancel, Dataset, DatasetInfo, EncodedSlab, FrameSet, Node,
    NodeKind, Origin, Result, Samples, Scan, Slab, Validator, Value,
};
use hutch_render::{AdapterWish, Gpu};
use hutch_viewers::theme::{Theme, Tokens, panel_frame};
use hutch_viewers::{
    Action, Fit, FramePixels, GpuPass, Pixels, Place, PreparedFrame, Priority, Residence, Resident,
    Subject, TimelineAction, View, ViewContext, ViewKind as _, layers, prepare_frame, tomography,
    volume,
};

const AXIS: f64 = 66.5;

/// An array in memory.
#[derive(Debug)]
struct Memory {
    info: DatasetInfo,
    origin: Origin,
    samples: Samples,
}

impl Memory {
    fn dataset(shape: Vec<u64>, samples: Samples, path: &str) -> Arc<dyn Dataset> {
        assert_eq!(
            shape.iter().product::<u64>(),
            samples.len() as u64,
            "samples fill the shape"
        );
        Arc::new(Self {
            info: DatasetInfo {
                shape,
                element: samples.element(),
                stored: String::new(),
                chunk_shape: None,
                filters: Vec::new(),
                layout: "contiguous".to_owned(),
                size_bytes: None,
                unreadable: None,
            },
            origin: Origin {
                url: "memory:scan.nxs".to_owned(),
                validator: Validator::Fixed,
                path: path.to_owned(),
            },
            samples,
        })
    }
}

impl Dataset for Memory {
    fn info(&self) -> &DatasetInfo {
        &self.info
    }

    fn origin(&self) -> &Origin {
        &self.origin
    }

    fn fetch<'a>(&'a self, slab: &'a Slab, _: &'a Cancel) -> BoxFuture<'a, Result<EncodedSlab>> {
        let slab = slab.clone();
        Box::pin(async move {
            Ok(EncodedSlab {
                slab,
                pieces: Vec::new(),
                parts: Vec::new(),
                read_bytes: 0,
            })
        })
    }

    fn decode(&self, encoded: &EncodedSlab) -> Result<Block> {
        let slab = &encoded.slab;
        assert!(
            slab.fits(&self.info.shape),
            "{slab:?} lies in {:?}",
            self.info.shape
        );
        let mut indices = vec![0usize];
        for axis in 0..self.info.shape.len() {
            let size = self.info.shape[axis] as usize;
            let places =
                (0..slab.count[axis]).map(|step| slab.start[axis] + step * slab.step[axis]);
            let places: Vec<usize> = places.map(|place| place as usize).collect();
            indices = indices
                .iter()
                .flat_map(|index| places.iter().map(move |place| index * size + place))
                .collect();
        }
        let samples = match &self.samples {
            Samples::U16(all) => Samples::U16(indices.iter().map(|index| all[*index]).collect()),
            Samples::F32(all) => Samples::F32(indices.iter().map(|index| all[*index]).collect()),
            other => panic!("no {} in these tests", other.element()),
        };
        Ok(Block {
            shape: slab.count.clone(),
            samples,
            state: BlockState::Present,
        })
    }
}

/// Everything is here at once, and work is done where it is asked for.
#[derive(Default)]
struct AllHere {
    blocks: HashMap<(String, Slab), Arc<Block>>,
    frames: HashMap<(String, Slab), Arc<PreparedFrame>>,
    failures: Vec<String>,
}

fn read(dataset: &Arc<dyn Dataset>, slab: &Slab) -> Result<Block> {
    let cancel = Cancel::new();
    let mut future = dataset.fetch(slab, &cancel);
    match future
        .as_mut()
        .poll(&mut Context::from_waker(Waker::noop()))
    {
        Poll::Ready(encoded) => dataset.decode(&encoded?),
        Poll::Pending => panic!("memory never waits"),
    }
}

impl Resident for AllHere {
    fn block(&mut self, dataset: &Arc<dyn Dataset>, slab: &Slab, _: Priority) -> Residence<Block> {
        let key = (dataset.origin().path.clone(), slab.clone());
        let block = self
            .blocks
            .entry(key)
            .or_insert_with(|| Arc::new(read(dataset, slab).expect("memory can be read")));
        Residence::Here(Arc::clone(block))
    }

    fn frame(
        &mut self,
        dataset: &Arc<dyn Dataset>,
        _: &Pixels,
        slab: &Slab,
        _: Priority,
    ) -> Residence<PreparedFrame> {
        let key = (dataset.origin().path.clone(), slab.clone());
        let frame = self.frames.entry(key).or_insert_with(|| {
            let block = read(dataset, slab).expect("memory can be read");
            Arc::new(prepare_frame(block, &FramePixels::default()).expect("a frame"))
        });
        Residence::Here(Arc::clone(frame))
    }

    fn retry(&mut self, _: &Origin) {}

    fn run(
        &mut self,
        _: Priority,
        label: &str,
        _: Cancel,
        work: Box<dyn FnOnce() -> Result<()> + Send>,
    ) {
        if let Err(error) = work() {
            self.failures.push(format!("{label}: {error}"));
        }
    }
}

/// Counts of a phantom that is thinner above: darks, flats, projections, flats.
fn scan(angles: usize, height: usize, width: usize, has_flats: bool) -> Scan {
    let angles_rad: Vec<f64> = (0..angles)
        .map(|index| index as f64 * std::f64::consts::PI / angles as f64)
        .collect();
    let axis = AXIS * width as f64 / 128.0;
    let flat = |x: usize| 30_000.0 + 8_000.0 * ((x * 7 % 13) as f64 / 13.0);
    let (darks, flats) = if has_flats { (2, 3) } else { (0, 0) };
    let frames = darks + flats + angles;
    let mut counts = vec![0u16; frames * height * width];
    for y in 0..height {
        let part = 0.35 + 0.6 * (y as f64 / height.max(2) as f64);
        let mut phantom = Phantom::shepp_logan((width as f64 * part) as usize);
        for ellipse in &mut phantom.ellipses {
            ellipse.value *= 2.4 / width as f64;
        }
        let sinogram = phantom.sinogram(width, &angles_rad, axis, Detector::Area);
        for x in 0..width {
            for frame in 0..frames {
                let value = if frame < darks {
                    100.0
                } else if frame < darks + flats {
                    flat(x)
                } else {
                    let depth = f64::from(sinogram[(frame - darks - flats) * width + x]);
                    100.0 + (flat(x) - 100.0) * (-depth).exp()
                };
                counts[(frame * height + y) * width + x] = value.round() as u16;
            }
        }
    }
    let shape = vec![frames as u64, height as u64, width as u64];
    let dataset = Memory::dataset(
        shape,
        Samples::U16(counts),
        "entry/instrument/detector/data",
    );
    let set = |first: usize, count: usize| FrameSet {
        dataset: Arc::clone(&dataset),
        frames: (first as u64..(first + count) as u64).collect(),
    };
    Scan {
        layout: "NXtomo",
        projections: set(darks + flats, angles),
        flats: set(darks, flats),
        darks: set(0, darks),
        angles_rad,
        frame_size: (height as u64, width as u64),
        pixel_size_m: Some(1.28e-6),
        rotation_axis_px: None,
        title: "phantom".to_owned(),
        remarks: Vec::new(),
    }
}

fn subject_of(scan: Scan) -> Subject {
    let origin = scan.projections.dataset.origin().clone();
    Subject {
        node: Node {
            path: origin.path.clone(),
            kind: NodeKind::Group,
            attributes: Vec::new(),
            problems: Vec::new(),
        },
        origin,
        container: None,
        dataset: None,
        signal: None,
        scan: Some(Arc::new(scan)),
        choice: None,
        note: None,
        way: "local disk".to_owned(),
    }
}

struct App {
    view: Box<dyn View>,
    resident: AllHere,
    gpu: Gpu,
    state: egui_wgpu::RenderState,
    actions: Vec<Action>,
    sites: Vec<String>,
}

impl App {
    fn ui(&mut self, ui: &mut egui::Ui) {
        let tokens = Tokens::of(ui);
        let mut context = ViewContext {
            resident: &mut self.resident,
            gpu: Some(GpuPass {
                gpu: &self.gpu,
                state: &self.state,
            }),
            tokens,
            is_active: true,
            compute_sites: &self.sites,
            actions: &mut self.actions,
        };
        let frame = panel_frame().fill(Tokens::of(ui).panel);
        egui::Panel::right("inspector")
            .exact_size(280.0)
            .frame(frame)
            .show(ui, |ui| {
                ui.spacing_mut().item_spacing.y = 0.0;
                egui::ScrollArea::vertical().show(ui, |ui| {
                    self.view.inspector_ui(ui, &mut context);
                });
            });
        egui::CentralPanel::no_frame().show(ui, |ui| self.view.ui(ui, &mut context));
    }
}

/// A window on a view; `None`, with a word, where there is no software driver.
fn window(view: Box<dyn View>, theme: Theme, size: [f32; 2]) -> Option<Harness<'static, App>> {
    if let Err(error) = Gpu::headless(AdapterWish::OnlySoftware) {
        eprintln!("SKIP lavapipe: {error}");
        return None;
    }
    let options = egui_wgpu::RendererOptions::PREDICTABLE;
    let state = create_render_state(default_wgpu_setup(), options);
    let info = state.adapter.get_info();
    let gpu = Gpu::adopt(state.device.clone(), state.queue.clone(), info, 0);
    layers::install(&state, &gpu);
    let app = App {
        view,
        resident: AllHere::default(),
        gpu,
        state: state.clone(),
        actions: Vec::new(),
        sites: vec!["Maxwell".to_owned()],
    };
    let mut harness = Harness::builder()
        .with_size(size)
        .with_context_setup(move |ctx| {
            hutch_viewers::fonts::install(ctx);
            theme.apply(ctx);
        })
        .renderer(WgpuTestRenderer::from_render_state(state))
        .build_ui_state(|ui, app: &mut App| app.ui(ui), app);
    harness.run_steps(20);
    Some(harness)
}

fn tomography_window(scan: Scan, theme: Theme, size: [f32; 2]) -> Option<Harness<'static, App>> {
    let subject = subject_of(scan);
    assert_eq!(
        tomography::KIND.fits(&subject),
        Fit::Primary,
        "a scan is for this view"
    );
    window(tomography::KIND.open(subject), theme, size)
}

fn axis_of(view: &dyn View) -> f64 {
    view.state().number("rotation axis", f64::NAN)
}

/// Pictures for people go where the environment says.
fn keep(harness: &mut Harness<'_, App>, name: &str) -> image::RgbaImage {
    let picture = harness.render().expect("a picture");
    if let Some(folder) = std::env::var_os("HUTCH_PICTURES") {
        let path = std::path::Path::new(&folder).join(format!("{name}.png"));
        picture.save(path).expect("the picture is kept");
    }
    picture
}

/// Part of the pixels of the slice pane that are not its background.
fn drawn(picture: &image::RgbaImage, [left, top, right, bottom]: [u32; 4]) -> f64 {
    let mut count = 0u32;
    for y in top..bottom {
        for x in left..right {
            let [r, g, b, _] = picture.get_pixel(x, y).0;
            count += u32::from(r.abs_diff(16) > 12 || g.abs_diff(19) > 12 || b.abs_diff(23) > 12);
        }
    }
    f64::from(count) / f64::from((right - left) * (bottom - top))
}

#[test]
fn opening_a_scan_finds_the_axis_and_shows_a_slice() {
    let Some(mut harness) =
        tomography_window(scan(90, 48, 128, true), Theme::dark(), [1180.0, 760.0])
    else {
        return;
    };
    harness.run_steps(30);
    let picture = keep(&mut harness, "tomography-dark");
    let app = harness.state();
    assert_eq!(
        app.resident.failures,
        Vec::<String>::new(),
        "nothing failed"
    );
    let axis = axis_of(&*app.view);
    assert!(
        (axis - AXIS).abs() < 0.6,
        "the axis is at {AXIS}, found {axis}"
    );
    assert!(
        drawn(&picture, [480, 40, 890, 360]) > 0.2,
        "the slice is drawn"
    );
    assert!(
        drawn(&picture, [480, 420, 890, 740]) > 0.02,
        "the volume is drawn"
    );
    let timeline = app.view.timeline().expect("angles");
    assert_eq!(
        (timeline.count, timeline.current),
        (90, 0),
        "as many as projections"
    );
    assert_eq!(timeline.label, "rotation_angle 0.00°", "the first angle");
}

#[test]
fn the_light_theme_shows_the_same() {
    let Some(mut harness) =
        tomography_window(scan(90, 48, 128, true), Theme::light(), [1180.0, 760.0])
    else {
        return;
    };
    harness.run_steps(30);
    keep(&mut harness, "tomography-light");
    let titles: Vec<_> = harness.get_all_by_label("Volume").collect();
    titles[0].click();
    drop(titles);
    harness.run_steps(4);
    assert_eq!(
        harness.state().view.state().text("active pane", ""),
        "Volume",
        "a click activates"
    );
    keep(&mut harness, "tomography-volume");
}

#[test]
fn moving_the_axis_changes_the_slice_and_the_state() {
    let mut scan = scan(60, 16, 128, true);
    scan.rotation_axis_px = Some(AXIS);
    let Some(mut harness) = tomography_window(scan, Theme::dark(), [1180.0, 760.0]) else {
        return;
    };
    let before = keep(&mut harness, "axis-before");
    for _ in 0..24 {
        harness.key_press(egui::Key::CloseBracket);
        harness.run_steps(1);
    }
    harness.run_steps(6);
    let axis = axis_of(&*harness.state().view);
    assert!(
        (axis - AXIS - 6.0).abs() < 1e-9,
        "24 steps of 0.25 px, now {axis}"
    );
    let after = keep(&mut harness, "axis-after");
    assert_ne!(before, after, "another axis makes another slice");
    harness.key_press(egui::Key::ArrowDown);
    harness.run_steps(3);
    assert!(
        (harness.state().view.state().number("row", 0.0) - 9.0).abs() < 0.1,
        "one row down"
    );
}

#[test]
fn a_line_can_be_dragged() {
    let mut scan = scan(60, 16, 128, true);
    scan.rotation_axis_px = Some(AXIS);
    let Some(mut harness) = tomography_window(scan, Theme::dark(), [1180.0, 760.0]) else {
        return;
    };
    // The longest line is the one over the sinogram.
    let longest = harness
        .get_all_by_label("Rotation axis")
        .map(|node| node.rect())
        .max_by(|one, other| one.height().total_cmp(&other.height()));
    let start = longest.expect("a line").center() + egui::vec2(0.0, 30.0);
    harness.drag_at(start);
    harness.run_steps(2);
    harness.hover_at(start + egui::vec2(20.0, 0.0));
    harness.run_steps(2);
    harness.drop_at(start + egui::vec2(20.0, 0.0));
    harness.run_steps(6);
    let axis = axis_of(&*harness.state().view);
    assert!(axis > AXIS + 2.0, "the axis follows the pointer: {axis}");
}

#[test]
fn a_state_is_restored() {
    let mut scan = scan(30, 16, 64, true);
    scan.rotation_axis_px = Some(30.0);
    let subject = subject_of(scan);
    let mut first = tomography::KIND.open(subject.clone());
    first.on_timeline(TimelineAction::Show(7));
    let mut state = first.state();
    state.set("row", Value::Integer(3));
    state.set("rotation axis", Value::Float(33.25));
    state.set("filter", "hann".into());
    state.set("slice view norm", "log".into());
    state.set("volume view mode", "maximum".into());
    let mut second = tomography::KIND.open(subject);
    second.set_state(&state);
    assert_eq!(second.state(), state, "what was set is what is told");
    assert_eq!(
        second.timeline().expect("angles").current,
        7,
        "the projection too"
    );
}

#[test]
fn a_recipe_is_handed_over_with_what_is_shown() {
    let mut scan = scan(30, 16, 64, true);
    scan.rotation_axis_px = Some(31.5);
    let Some(mut harness) = tomography_window(scan, Theme::dark(), [1180.0, 1100.0]) else {
        return;
    };
    harness.get_by_label("Reconstruct on Maxwell").click();
    harness.run_steps(2);
    let actions = &harness.state().actions;
    let [Action::Reconstruct { recipe, place }] = actions.as_slice() else {
        panic!("one recipe, got {actions:?}");
    };
    assert_eq!(*place, Place::Site("Maxwell".to_owned()), "on the site");
    let (recipe, warnings) = Recipe::from_toml(recipe).expect("a recipe");
    assert_eq!(warnings, Vec::<String>::new(), "without unknown keys");
    assert_eq!(
        recipe.rotation_axis,
        RotationAxis::Px(31.5),
        "the axis that is shown"
    );
    assert_eq!(recipe.source.url, "memory:scan.nxs", "the file");
}

#[test]
fn odd_scans_are_shown_as_far_as_they_go() {
    let no_frames = Scan {
        angles_rad: Vec::new(),
        ..scan(2, 4, 8, true)
    };
    let flat_row = scan(5, 1, 16, true);
    let scans = [
        ("one projection", scan(1, 12, 24, true)),
        ("no flats", scan(20, 12, 24, false)),
        ("two rows", scan(20, 2, 64, true)),
        ("one row", flat_row),
        ("one pixel", scan(3, 1, 1, true)),
        ("nothing", no_frames),
    ];
    for (name, scan) in scans {
        for size in [[900.0, 640.0], [620.0, 300.0], [420.0, 420.0]] {
            let Some(mut harness) = tomography_window(scan.clone(), Theme::dark(), size) else {
                return;
            };
            harness.run_steps(10);
            harness.key_press(egui::Key::ArrowUp);
            harness.key_press(egui::Key::OpenBracket);
            harness.run_steps(3);
            keep(&mut harness, &format!("odd {name} {}", size[0]));
        }
    }
}

#[test]
fn a_reconstruction_is_a_volume_and_is_refined() {
    let edge = 64u64;
    let slice = Phantom::shepp_logan(64).rasterise(64, 1);
    let samples: Vec<f32> = (0..edge).flat_map(|_| slice.iter().copied()).collect();
    let path = "entry/reconstruction/results/data";
    let dataset = Memory::dataset(vec![edge; 3], Samples::F32(samples), path);
    let subject = Subject {
        node: Node {
            path: path.to_owned(),
            kind: NodeKind::Dataset(dataset.info().clone()),
            attributes: Vec::new(),
            problems: Vec::new(),
        },
        origin: dataset.origin().clone(),
        container: None,
        dataset: Some(dataset),
        signal: None,
        scan: None,
        choice: None,
        note: None,
        way: "local disk".to_owned(),
    };
    assert_eq!(
        volume::KIND.fits(&subject),
        Fit::Primary,
        "a reconstruction"
    );
    let state = volume::KIND.open(subject.clone()).state();
    let Some(mut harness) = window(volume::KIND.open(subject), Theme::dark(), [900.0, 640.0])
    else {
        return;
    };
    harness.run_steps(30);
    let picture = keep(&mut harness, "volume");
    assert!(
        drawn(&picture, [100, 100, 520, 540]) > 0.1,
        "the volume is drawn"
    );
    assert!(
        harness.state().view.title().detail.contains("level 2 of 2"),
        "refined to the end"
    );
    let mut other = state.clone();
    other.set("mode", "maximum".into());
    harness.state_mut().view.set_state(&other);
    assert_eq!(harness.state().view.state(), other, "the state is restored");
}

#[test]
fn scans_and_tables_are_no_volumes() {
    let scan = scan(20, 12, 24, true);
    let dataset = Arc::clone(&scan.projections.dataset);
    let mut subject = subject_of(scan);
    subject.dataset = Some(dataset);
    assert_eq!(
        volume::KIND.fits(&subject),
        Fit::No,
        "angles are no third dimension"
    );
    subject.scan = None;
    assert_eq!(
        volume::KIND.fits(&subject),
        Fit::Possible,
        "any stack may be looked at"
    );
    subject.dataset = Some(Memory::dataset(
        vec![4, 4],
        Samples::U16(vec![0; 16]),
        "table",
    ));
    assert_eq!(volume::KIND.fits(&subject), Fit::No, "a table is flat");
}
