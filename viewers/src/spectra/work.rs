//! What a stack of spectra reads and computes: places, sums, spectra.

use std::sync::Arc;

use hutch_model::Dataset;

use super::SpectraView;
use super::slot::{Around, Key};
use crate::slow_axes::line_slab;
use crate::{Priority, Residence, Resident, Task};

impl SpectraView {
    /// Asks for the places of the points and of the channels.
    pub(super) fn lay_out(&mut self, resident: &mut dyn Resident) {
        if let Some(answer) = self.ground_task.as_mut().and_then(Task::poll) {
            self.ground_task = None;
            match answer {
                Ok(ground) => self.ground = Some(Arc::new(ground)),
                Err(error) => self.failed = Some(Arc::new(error)),
            }
        }
        if (self.energies.is_none() || self.has_old_energies)
            && let Some(axis) = self.channel_axis()
            && let Some(values) = axis.line()
            && let Some(slab) = line_slab(&values.info().shape, &axis.spans, &[])
            && axis.skipped == 0
        {
            let values = Arc::clone(values);
            if let Residence::Here(block) = resident.block(&values, &slab, Priority::Visible) {
                self.energies = Some(block);
                self.has_old_energies = false;
            }
        }
        let (Some(sides), Some(stack)) = (&self.sides, &self.stack) else {
            return;
        };
        if self.ground.is_some() || self.ground_task.is_some() {
            return;
        }
        let mut blocks = Vec::new();
        for (dataset, slab) in sides.slabs() {
            match resident.block(&dataset, &slab, Priority::Visible) {
                Residence::Here(block) => blocks.push(block),
                Residence::Waiting(wait) => self.waits = Some(wait),
                Residence::Failed(error) => self.failed = Some(error),
            }
        }
        if blocks.len() < sides.slabs().len() {
            return;
        }
        let (sides, count) = (sides.clone(), stack.place_count());
        let count = usize::try_from(count).unwrap_or(0);
        let work = move |_: &hutch_model::Cancel| sides.ground(&blocks, count);
        self.ground_task = Some(Task::start(
            resident,
            Priority::Visible,
            "lay out a map",
            0,
            work,
        ));
    }

    /// Goes on with what is wanted: the maps, the spectrum, and that without a sample.
    pub(super) fn compute(&mut self, resident: &mut dyn Resident) {
        let data: Option<Arc<dyn Dataset>> = self.subject.data().cloned();
        let (Some(stack), Some(ground), Some(data)) =
            (self.stack.clone(), self.ground.clone(), data)
        else {
            return;
        };
        let around = Around {
            stack: &stack,
            ground: &ground,
            data: &data,
        };
        let choice = self.choice.clone();
        if let Some(region) = choice.reference.filter(|_| choice.is_density) {
            let key = Key::Spectrum {
                region,
                is_mean: true,
            };
            self.reference.want(resident, around, &key);
        }
        let key = Key::Spectrum {
            region: choice.region,
            is_mean: choice.is_mean || choice.is_density,
        };
        self.spectrum.want(resident, around, &key);
        // Without the light that comes in there is no density yet.
        if choice.is_density && (self.reference_values().is_none() || !self.reference.is_done()) {
            return;
        }
        let bands = if choice.is_rgb { 3 } else { 1 };
        for (index, band) in choice.bands.iter().take(bands).enumerate() {
            let reference = self.reference_values().filter(|_| choice.is_density);
            let sum = reference.map(|values| {
                let inside = values.get(band[0]..=band[1].min(values.len().saturating_sub(1)));
                inside.unwrap_or_default().iter().sum::<f64>().to_bits()
            });
            let key = Key::Map {
                band: *band,
                is_net: choice.is_net && !choice.is_density,
                reference: sum,
            };
            self.maps[index].want(resident, around, &key);
        }
    }

    pub(super) fn reference_values(&self) -> Option<&Arc<Vec<f64>>> {
        self.choice.reference?;
        self.reference.spectrum()
    }

    pub(super) fn settle_range(&mut self, resident: &mut dyn Resident) {
        if let Some(frame) = self.maps[0].map()
            && !self.display.follow(frame)
            && let Some(range) = self.passes.range(resident, frame, &self.display, None)
        {
            self.display.take_percentiles(range);
        }
    }
}
