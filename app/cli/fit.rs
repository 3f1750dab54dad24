//! `hutch fit`: peaks in one line of numbers.

use hutch_analysis::curve::{Curve, Fit, Measured, Model, Summary, fit_peaks};
use hutch_formats::nexus;
use hutch_model::{Axis, AxisKind, Dataset, Error, ErrorKind, Result, Signal, Slab, read_slab};
use serde_json::{Value as Json, json};

use super::context::{Context, OpenAddress};
use super::convert::describe;
use super::out::{Out, note};
use super::values;
use crate::open::{open_file, subject};

const TRIED: &str = "fit peaks";
/// Points of a line that are read.
const POINTS_MAX: u64 = 1 << 24;

/// What `hutch fit` takes.
#[derive(Debug, clap::Args)]
pub(super) struct Options {
    /// One line of numbers: URL, URL::PATH or URL::PATH[SLICE].
    pub(super) url: String,
    /// The shape of the peaks: gauss, lorentz or pseudo-voigt.
    #[arg(long, value_name = "NAME", default_value = "gauss", value_parser = model)]
    model: Model,
    /// How many peaks there are.
    #[arg(long, value_name = "N", default_value_t = 1)]
    peaks: usize,
    /// From one place of the axis to another: "a:b"; the whole line by default.
    #[arg(long, value_name = "A:B", value_parser = range, allow_hyphen_values = true)]
    range: Option<[f64; 2]>,
    /// The dataset that holds the places of the points; what the file says by default.
    #[arg(long, value_name = "PATH")]
    x: Option<String>,
}

fn model(text: &str) -> Result<Model, String> {
    let names = || Model::ALL.map(Model::name).join(", ");
    Model::of(text).ok_or_else(|| format!("there are {}", names()))
}

fn range(text: &str) -> Result<[f64; 2], String> {
    let ends = text
        .split_once(':')
        .and_then(|(low, high)| Some([low.trim().parse().ok()?, high.trim().parse().ok()?]));
    ends.filter(|[low, high]: &[f64; 2]| low < high)
        .ok_or_else(|| "it is not \"a:b\" with a below b".to_owned())
}

/// Runs the command.
///
/// # Errors
/// Those of reading; [`ErrorKind::Usage`] for more than one line of numbers, and for what
/// cannot be fitted.
pub(super) fn run(context: &Context, options: &Options) -> Result<()> {
    let open = context.open(&options.url)?;
    let (signal, part, dimension) = line(context, options, &open)?;
    let reading = Reading {
        context,
        part: &part,
        dimension,
    };
    let mut curve = reading.curve(&open, &signal, options.x.as_deref())?;
    if let Some([low, high]) = options.range {
        curve = curve.between(low, high);
    }
    let fit = fit_peaks(&curve, options.model, options.peaks)?;
    for (index, peak) in fit.peaks.iter().enumerate() {
        if let Some(why) = fit.doubt(peak) {
            let number = index + 1;
            note(format!("peak {number} {why}: its numbers mean nothing"));
        }
    }
    if fit.repaired > 0 {
        note(format!(
            "{} points have no error above zero; they count with the smallest of the others",
            fit.repaired
        ));
    }
    let mut out = Out::new();
    if context.wants_json {
        out.line(json_of(&signal, options, &fit, &curve).to_string())?;
    } else {
        out.line("peak,centre,centre_sigma,fwhm,fwhm_sigma,height,height_sigma,area,area_sigma,eta,eta_sigma")?;
        for (index, peak) in fit.peaks.iter().enumerate() {
            let numbers = [peak.centre, peak.fwhm, peak.height, peak.area, peak.eta];
            let numbers = numbers.map(|number| format!("{},{}", number.value, number.sigma));
            out.line(format!("{},{}", index + 1, numbers.join(",")))?;
        }
    }
    out.finish()
}

/// The signal, the part of it that is one line, and the dimension that its points lie along.
fn line(context: &Context, options: &Options, open: &OpenAddress) -> Result<(Signal, Slab, usize)> {
    let described = describe::part(context, open).and_then(|(signal, (part, dropped))| {
        let signal = of_scan(context, open, signal)?;
        let dimension = one_dimension(&part, &dropped)?;
        Ok((signal, part, dimension))
    });
    match described {
        Err(error) if error.kind == ErrorKind::Usage && open.address.slice.0.is_empty() => {
            // A scan has a detector and counters: what the window plots of it is a line.
            let plotted = plotted(context, options);
            plotted.map_or(Err(error), |signal| {
                let part = Slab::whole(&signal.data.info().shape);
                Ok((signal, part, 0))
            })
        }
        other => other,
    }
}

/// What the window plots of an address, where that is a line of numbers.
fn plotted(context: &Context, options: &Options) -> Option<Signal> {
    let address = context.address(&options.url).ok()?;
    let subject = context.pools.wait(async {
        let (address, source, _) = context.source(address).await?;
        let file = open_file(source, &context.cancel).await?;
        subject(&file, address.path.as_deref(), &context.cancel).await
    });
    let signal = subject.ok()?.signal?;
    let is_line = |shape: &[u64]| matches!(shape, &[count] if count > 1 && count <= POINTS_MAX);
    is_line(&signal.data.info().shape).then_some(signal)
}

/// The signal with the motor that its scan moved, where it is of one.
fn of_scan(context: &Context, open: &OpenAddress, signal: Signal) -> Result<Signal> {
    let path = signal.data.origin().path.clone();
    let whole = signal.clone();
    let described = nexus::describe_scan(
        open.container.as_ref(),
        &path,
        Some(signal),
        &context.cancel,
    );
    Ok(context.pools.wait(described)?.unwrap_or(whole))
}

/// The one dimension that the points lie along.
fn one_dimension(part: &Slab, dropped: &[bool]) -> Result<usize> {
    let kept = || (0..part.count.len()).filter(|at| dropped.get(*at) != Some(&true));
    let long: Vec<usize> = kept().filter(|at| part.count[*at] > 1).collect();
    match long.as_slice() {
        &[one] if part.count[one] <= POINTS_MAX => Ok(one),
        [_] => Err(refused("the line has too many points; name a part of it")),
        [] => Err(refused("there is no line of numbers")),
        _ => Err(refused("name one line of numbers, as in URL::PATH[3, :]")),
    }
}

fn refused(why: &str) -> Error {
    Error::new(ErrorKind::Usage, TRIED, why)
}

/// Reads what lies along one dimension of a part.
struct Reading<'a> {
    context: &'a Context,
    part: &'a Slab,
    dimension: usize,
}

impl Reading<'_> {
    fn curve(&self, open: &OpenAddress, signal: &Signal, x: Option<&str>) -> Result<Curve> {
        let shape = &signal.data.info().shape;
        let read = |dataset: &dyn Dataset| self.read(dataset, self.part);
        let mut y = read(signal.data.as_ref())?;
        for y in &mut y {
            *y = signal.scaling.apply(*y);
        }
        let same = |of: &Option<std::sync::Arc<dyn Dataset>>| {
            of.clone().filter(|of| of.info().shape == *shape)
        };
        let mut sigma = same(&signal.errors)
            .map(|of| read(of.as_ref()))
            .transpose()?;
        for sigma in sigma.iter_mut().flatten() {
            *sigma = (*sigma * signal.scaling.factor).abs();
        }
        if let Some(weights) = same(&signal.weights) {
            let weights = read(weights.as_ref())?;
            for (at, weight) in weights.iter().enumerate() {
                y[at] /= weight;
                if let Some(sigma) = &mut sigma {
                    sigma[at] = (sigma[at] / weight).abs();
                }
            }
        }
        if let Some(mask) = same(&signal.mask) {
            for (y, bad) in y.iter_mut().zip(read(mask.as_ref())?) {
                if bad != 0.0 {
                    *y = f64::NAN;
                }
            }
        }
        let x = match (x, signal.axis(self.dimension)) {
            (Some(path), _) => self.named(open, path)?,
            (None, Some(axis)) => self.axis(axis)?,
            (None, None) => None,
        };
        let first = self.part.start[self.dimension] as f64;
        let step = self.part.step[self.dimension] as f64;
        let index = |at: usize| first + at as f64 * step;
        Ok(Curve {
            x: x.unwrap_or_else(|| (0..y.len()).map(index).collect()),
            y,
            sigma,
        })
    }

    fn read(&self, dataset: &dyn Dataset, slab: &Slab) -> Result<Vec<f64>> {
        let cancel = &self.context.cancel;
        let read = self.context.pools.wait(read_slab(dataset, slab, cancel));
        Ok(read?.samples.to_f64())
    }

    /// The part along the dimension of a dataset that has only that one.
    fn along(&self, skipped: u64, more: u64) -> Slab {
        Slab {
            start: vec![self.part.start[self.dimension].saturating_add(skipped)],
            count: vec![self.part.count[self.dimension] + more],
            step: vec![self.part.step[self.dimension]],
        }
    }

    fn named(&self, open: &OpenAddress, path: &str) -> Result<Option<Vec<f64>>> {
        let dataset = open.container.dataset(path, &self.context.cancel);
        let dataset = self.context.pools.wait(dataset)?;
        self.read(dataset.as_ref(), &self.along(0, 0)).map(Some)
    }

    /// The places along an axis; `None` where it has none that are numbers.
    fn axis(&self, axis: &Axis) -> Result<Option<Vec<f64>>> {
        let Some(values) = axis.values.as_ref() else {
            return Ok(None);
        };
        let is_edges = axis.kind == AxisKind::Edges && self.part.step[self.dimension] == 1;
        let slab = self.along(axis.skipped, u64::from(is_edges));
        let info = values.info();
        if !info.element.is_numeric() || !slab.fits(&info.shape) {
            return Ok(None);
        }
        let mut places = self.read(values.as_ref(), &slab)?;
        for place in &mut places {
            *place = axis.scaling.apply(*place);
        }
        if is_edges {
            let middle = |ends: &[f64]| f64::midpoint(ends[0], ends[1]);
            places = places.windows(2).map(middle).collect();
        }
        Ok(Some(places))
    }
}

fn json_of(signal: &Signal, options: &Options, fit: &Fit, curve: &Curve) -> Json {
    let measured =
        |of: Measured| json!({"value": values::real(of.value), "sigma": values::real(of.sigma)});
    let peaks: Vec<Json> = fit
        .peaks
        .iter()
        .map(|peak| {
            json!({
                "centre": measured(peak.centre),
                "fwhm": measured(peak.fwhm),
                "height": measured(peak.height),
                "area": measured(peak.area),
                "eta": measured(peak.eta),
                "doubt": fit.doubt(peak),
            })
        })
        .collect();
    let raw = Summary::of(curve).map(|of| {
        json!({
            "max": of.largest.map(values::real),
            "min": of.smallest.map(values::real),
            "mean": values::real(of.mean),
            "centre_of_mass": values::real(of.centre_of_mass),
            "fwhm": values::real(of.fwhm),
            "fwhm_centre": values::real(of.fwhm_centre),
            "area": values::real(of.area),
        })
    });
    json!({
        "schema": "hutch.fit/1",
        "path": signal.data.origin().to_string(),
        "model": fit.model.name(),
        "range": options.range.map(|ends| ends.map(values::real)),
        "peaks": peaks,
        "background": {
            "reference": values::real(fit.reference),
            "constant": measured(fit.constant),
            "slope": measured(fit.slope),
        },
        "points": fit.point_count,
        "degrees_of_freedom": fit.freedom,
        "chi_squared": values::real(fit.chi_squared),
        "has_errors": fit.has_errors,
        "points_without_error": fit.repaired,
        "curve": raw,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_has_two_ends() {
        assert_eq!(range("-1.5:2"), Ok([-1.5, 2.0]));
        for text in ["", "3", "2:1", "a:b", "1:nan"] {
            assert!(range(text).is_err(), "\"{text}\" is refused");
        }
    }
}
