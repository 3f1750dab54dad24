//! Regions followed through a stack: a curve of each, frame by frame.

mod series;

use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};

use hutch_analysis::region::{Region, Shape};
use hutch_model::{Block, Dataset, Error, Slab, Value, ViewState};

pub(super) use self::series::Reduce;
use self::series::{Part, Plan, Series};
use super::ground::Ground;
use crate::plot_strip::{PlotStrip, StripPlot};
use crate::{Priority, Residence, Resident, Task, numbers};

/// The name of the plot.
pub(super) const PLOT: &str = "Regions over the stack";
/// Frames that are asked for at once.
const AT_ONCE: u64 = 12;
/// Pixels that are asked for at once, of more than one frame.
const PIXELS_AT_ONCE: u64 = 1 << 26;
/// How often a plot of what is done so far is made.
const PLOT_EVERY: Duration = Duration::from_millis(400);

/// What the curves are of.
pub(super) struct Stack<'a> {
    pub(super) data: &'a Arc<dyn Dataset>,
    /// The pixels of the regions in a frame that knows the mask.
    pub(super) like: &'a Ground,
    /// The frame that is shown.
    pub(super) frame: u64,
    /// The unit of the values, or what they are where they have none.
    pub(super) values: &'a str,
}

/// The curves of all regions.
#[derive(Default)]
pub(super) struct StackCurves {
    pub(super) is_on: bool,
    pub(super) reduce: Reduce,
    /// Why there are no curves.
    pub(super) problem: Option<String>,
    run: Option<Reading>,
    generation: u64,
}

/// What the curves are of: a dataset, told from others but not from what it was before it grew.
#[derive(PartialEq)]
struct Of {
    url: String,
    path: String,
    order: Option<Vec<usize>>,
    size: Option<(u64, u64)>,
}

impl Of {
    fn data(data: &dyn Dataset) -> Self {
        let origin = data.origin();
        Self {
            url: origin.url.clone(),
            path: origin.path.clone(),
            order: data.transposed().map(|(_, order)| order.to_vec()),
            size: data.info().frame_size(),
        }
    }
}

/// A reading of the rows that some shapes cover.
struct Reading {
    of: Of,
    shapes: Vec<Shape>,
    /// The first pixel `[x, y]` of what is read of each frame, and how many in a row.
    first: [u64; 2],
    width: u64,
    /// Rows that some shape covers, from that pixel on.
    rows: Range<u64>,
    /// Until the plan knows the mask.
    like: Option<Ground>,
    next: u64,
    count: u64,
    is_stopped: bool,
    failed: Option<Arc<Error>>,
    plan: Option<Arc<Plan>>,
    /// What is known so far; away while the pool adds to it.
    series: Option<Series>,
    task: Option<Task<Part>>,
    plot: Option<Arc<StripPlot>>,
    /// What the newest plot shows, and how much of it.
    plotted: Option<(Reduce, u64)>,
    plotted_at: Option<Instant>,
}

impl StackCurves {
    /// Whether there are curves of regions over a stack.
    pub(super) fn is_wanted(&self, regions: &[Region], data: &dyn Dataset) -> bool {
        let info = data.info();
        let is_stack = info.frame_count() > 1 && info.shape.len() > 2;
        self.is_on && !regions.is_empty() && is_stack
    }

    /// Forgets what was read.
    pub(super) fn end(&mut self, strip: &mut PlotStrip) {
        self.run = None;
        strip.remove(PLOT);
    }

    /// Takes what is ready, goes on, and shows it in the strip. While a shape is `held` nothing
    /// begins anew.
    pub(super) fn step(
        &mut self,
        resident: &mut dyn Resident,
        strip: &mut PlotStrip,
        regions: &[Region],
        stack: &Stack<'_>,
        is_held: bool,
    ) {
        let of = Of::data(stack.data.as_ref());
        let is_same = self.run.as_ref().is_some_and(|run| {
            let pairs = run.shapes.iter().zip(regions);
            run.of == of
                && run.shapes.len() == regions.len()
                && pairs
                    .into_iter()
                    .all(|(shape, region)| *shape == region.shape)
        });
        let is_other = self.run.as_ref().is_some_and(|run| run.of != of);
        if is_other || (!is_same && !is_held) {
            self.run = Some(Reading::new(of, regions, stack.like));
        }
        let Some(run) = &mut self.run else { return };
        run.count = stack.data.info().frame_count();
        run.take();
        run.go_on(
            resident,
            stack,
            (self.reduce, regions),
            &mut self.generation,
        );
        if let Some(plot) = &run.plot {
            strip.put(PLOT, Arc::clone(plot));
            strip.mark(PLOT, Some((stack.frame + 1) as f64));
            let (text, share) = run.words();
            strip.note(PLOT, &text, share);
        }
    }

    /// Leaves it at what is read.
    pub(super) fn stop(&mut self) {
        if let Some(run) = &mut self.run {
            run.is_stopped = true;
        }
    }

    pub(super) fn write(&self, state: &mut ViewState) {
        if self.is_on {
            state.set("regions over the stack", Value::Bool(true));
        }
        if self.reduce != Reduce::default() {
            state.set("stack value", self.reduce.name().into());
        }
    }

    pub(super) fn read(&mut self, state: &ViewState) {
        self.is_on = state.flag("regions over the stack", false);
        let name = state.text("stack value", "");
        self.reduce = Reduce::named(name).unwrap_or_default();
    }
}

impl Reading {
    fn new(of: Of, regions: &[Region], like: &Ground) -> Self {
        let [width, height] = like.frame.size;
        let height = height as usize;
        // Only the rows that some shape covers are read.
        let rows = regions
            .iter()
            .map(|region| like.shape(&region.shape).rows(height))
            .filter(|rows| !rows.is_empty())
            .reduce(|one, other| one.start.min(other.start)..one.end.max(other.end))
            .unwrap_or(0..height.min(1));
        Self {
            of,
            shapes: regions.iter().map(|region| region.shape.clone()).collect(),
            first: like.first,
            width: u64::from(width),
            rows: rows.start as u64..rows.end as u64,
            like: Some(like.clone()),
            next: 0,
            count: 0,
            is_stopped: false,
            failed: None,
            plan: None,
            series: Some(Series::default()),
            task: None,
            plot: None,
            plotted: None,
            plotted_at: None,
        }
    }

    fn take(&mut self) {
        match self.task.as_mut().and_then(Task::poll) {
            Some(Ok(part)) => {
                self.task = None;
                self.series = Some(part.series);
                self.plan = Some(part.plan);
                self.like = None;
                if let Some(plot) = part.plot {
                    self.plot = Some(Arc::new(plot));
                    self.plotted_at = Some(Instant::now());
                }
            }
            Some(Err(error)) => {
                self.task = None;
                self.failed = Some(Arc::new(error));
            }
            None => {}
        }
    }

    fn is_read(&self) -> bool {
        self.next >= self.count || self.is_stopped || self.failed.is_some()
    }

    fn go_on(
        &mut self,
        resident: &mut dyn Resident,
        stack: &Stack<'_>,
        (reduce, regions): (Reduce, &[Region]),
        generation: &mut u64,
    ) {
        let blocks = self.blocks(resident, stack.data);
        let is_plotted = self.plotted == Some((reduce, self.next));
        if self.task.is_some() || (blocks.is_empty() && (is_plotted || self.next == 0)) {
            return;
        }
        let Some(series) = self.series.take() else {
            return;
        };
        self.next += blocks.len() as u64;
        let is_due = self.is_read() || self.plotted_at.is_none_or(|at| at.elapsed() >= PLOT_EVERY);
        if is_due {
            self.plotted = Some((reduce, self.next));
        }
        let wish = series::Wish {
            plan: self.plan.clone(),
            shapes: self.shapes.clone(),
            rows: self.rows.clone(),
            width: self.width,
            like: self.like.clone(),
            plot: is_due.then(|| series::Curves {
                reduce,
                regions: regions.to_vec(),
                values: stack.values.to_owned(),
                source: stack.data.origin().to_string(),
            }),
        };
        *generation += 1;
        self.task = Some(Task::start(
            resident,
            Priority::Background,
            "regions over the stack",
            *generation,
            move |cancel| series::add(series, wish, &blocks, cancel),
        ));
    }

    /// The next frames that are here, asking for those behind them.
    fn blocks(&mut self, resident: &mut dyn Resident, data: &Arc<dyn Dataset>) -> Vec<Arc<Block>> {
        let mut here = Vec::new();
        if self.is_read() {
            return here;
        }
        let mut is_unbroken = self.task.is_none();
        let shape = &data.info().shape;
        let pixels = self.width.saturating_mul(self.rows.end - self.rows.start);
        let at_once = (PIXELS_AT_ONCE / pixels.max(1)).clamp(1, AT_ONCE);
        for frame in self.next..self.next.saturating_add(at_once).min(self.count) {
            let slab = self.rows_of(shape, frame);
            match resident.block(data, &slab, Priority::Prefetch) {
                Residence::Here(block) if is_unbroken => here.push(block),
                Residence::Failed(error) if is_unbroken => {
                    self.failed = Some(error);
                    break;
                }
                _ => is_unbroken = false,
            }
        }
        here
    }

    fn rows_of(&self, shape: &[u64], frame: u64) -> Slab {
        let mut slab = Slab::frame(shape, frame);
        if let Some(axis) = shape.len().checked_sub(2) {
            slab.start[axis] = self.first[1] + self.rows.start;
            slab.count[axis] = self.rows.end - self.rows.start;
            slab.start[axis + 1] = self.first[0];
            slab.count[axis + 1] = self.width;
        }
        slab
    }

    /// How far it is, and why it ended early.
    fn words(&self) -> (String, Option<f32>) {
        let done = numbers::count(self.next);
        let all = numbers::count(self.count);
        if let Some(error) = &self.failed {
            return (format!("{done} of {all} frames: {error}"), None);
        }
        if self.next >= self.count {
            return ("click a frame to go there".to_owned(), None);
        }
        if self.is_stopped {
            return (format!("stopped at {done} of {all} frames"), None);
        }
        #[expect(clippy::cast_possible_truncation, reason = "a share on the screen")]
        let share = (self.next as f64 / self.count.max(1) as f64) as f32;
        (format!("{done} of {all} frames"), Some(share))
    }
}
