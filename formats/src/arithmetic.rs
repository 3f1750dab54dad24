//! One dataset from two: their difference or their ratio, element by element.

use std::sync::Arc;

use hutch_model::{
    Block, BlockState, BoxFuture, COMPUTED, Cancel, Dataset, DatasetInfo, ElementType, EncodedPart,
    EncodedSlab, Error, ErrorKind, Origin, ReadCost, Result, Samples, Slab, SourceFile,
};

use crate::join::join_all;
use crate::transposed::path_and_order;

/// What is done with an element of each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operation {
    /// The first minus the second.
    Difference,
    /// The first through the second; NaN where the second is zero.
    Ratio,
    /// Both times each other.
    Product,
    /// The root of the sum of both squared, as independent errors add up.
    Quadrature,
}

impl Operation {
    /// Its sign, between the names of two datasets.
    pub const fn sign(self) -> char {
        match self {
            Self::Difference => '\u{2212}',
            Self::Ratio => '\u{f7}',
            Self::Product => '\u{d7}',
            Self::Quadrature => '\u{2295}',
        }
    }

    fn apply(self, first: f64, second: f64) -> f64 {
        match self {
            Self::Difference => first - second,
            Self::Ratio if second == 0.0 => f64::NAN,
            Self::Ratio => first / second,
            Self::Product => first * second,
            Self::Quadrature => first.hypot(second),
        }
    }
}

/// A frame or a line of a stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// How many of the fastest axes it has: two for a frame, one for a line.
    pub rank: usize,
    /// Which one it is, counted over all other axes.
    pub index: u64,
}

impl std::fmt::Display for Part {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let word = if self.rank == 1 { "line" } else { "frame" };
        write!(f, " {word} {}", self.index)
    }
}

/// Values and, where they are known, their standard deviations.
#[derive(Clone, Debug)]
pub struct Measured {
    /// The values.
    pub values: Arc<dyn Dataset>,
    /// Their standard deviations, of the same shape.
    pub errors: Option<Arc<dyn Dataset>>,
}

/// The standard deviations of a difference or a ratio, to first order and as if both were independent; `None` where
/// neither has any. Values without any count as exact.
///
/// # Errors
/// Those of [`Arithmetic::new`].
pub fn errors_of(
    one: &Measured,
    (other, part): (&Measured, Option<Part>),
    operation: Operation,
) -> Result<Option<Arc<dyn Dataset>>> {
    let with = |first: &Arc<dyn Dataset>, second: &Arc<dyn Dataset>, operation| {
        let made = Arithmetic::of(Arc::clone(first), (Arc::clone(second), part), operation)?;
        Ok::<Arc<dyn Dataset>, Error>(Arc::new(made))
    };
    let whole = |first: Arc<dyn Dataset>, second: Arc<dyn Dataset>, operation| {
        let made = Arithmetic::new(first, second, operation)?;
        Ok::<Arc<dyn Dataset>, Error>(Arc::new(made))
    };
    let is_ratio = operation == Operation::Ratio;
    // What the errors of each add: as they are, or relative to the second.
    let first = match &one.errors {
        Some(errors) if is_ratio => Some(with(errors, &other.values, Operation::Ratio)?),
        known => known.clone(),
    };
    let second = match &other.errors {
        Some(errors) if is_ratio => {
            let ratio = with(&one.values, &other.values, Operation::Ratio)?;
            let (errors, values) = (Arc::clone(errors), Arc::clone(&other.values));
            let relative = whole(errors, values, Operation::Ratio)?;
            Some(with(&ratio, &relative, Operation::Product)?)
        }
        known => known.clone(),
    };
    let is_first_alone = other.errors.is_none();
    match (first, second) {
        (first, _) if is_first_alone => Ok(first),
        // One frame with errors does not say those of a stack.
        (None, second) => {
            let shape = &one.values.info().shape;
            Ok(second.filter(|errors| errors.info().shape == *shape))
        }
        (Some(first), Some(second)) if is_ratio => {
            whole(first, second, Operation::Quadrature).map(Some)
        }
        (Some(first), Some(second)) => with(&first, &second, Operation::Quadrature).map(Some),
        (Some(_), None) => Ok(None),
    }
}

/// Two datasets as one; computed in binary64 while it is decoded, piece by piece as the two are read.
///
/// Samples that stand for no value (NaN, sentinels of detectors) and ratios to zero are NaN.
#[derive(Debug)]
pub struct Arithmetic {
    first: Arc<dyn Dataset>,
    second: Arc<dyn Dataset>,
    /// The part of the second that goes with every such part of the first.
    second_part: Option<Part>,
    operation: Operation,
    info: DatasetInfo,
    origin: Origin,
}

impl Arithmetic {
    /// Puts two datasets together. The second has the shape of the first, or that of its fastest axes:
    /// one frame goes with every frame of a stack.
    ///
    /// # Errors
    /// [`ErrorKind::Shape`] where the shapes do not go together, [`ErrorKind::Unsupported`] for
    /// elements that are no real numbers.
    pub fn new(
        first: Arc<dyn Dataset>,
        second: Arc<dyn Dataset>,
        operation: Operation,
    ) -> Result<Self> {
        Self::of(first, (second, None), operation)
    }

    /// Puts a dataset together with one frame or one line of another, which goes with each of the first.
    ///
    /// # Errors
    /// Those of [`Arithmetic::new`], for the part instead of the shape.
    pub fn with_part(
        first: Arc<dyn Dataset>,
        (second, part): (Arc<dyn Dataset>, Part),
        operation: Operation,
    ) -> Result<Self> {
        Self::of(first, (second, Some(part)), operation)
    }

    fn of(
        first: Arc<dyn Dataset>,
        (second, second_part): (Arc<dyn Dataset>, Option<Part>),
        operation: Operation,
    ) -> Result<Self> {
        let (one, other) = (first.info(), second.info());
        let tried = || {
            format!(
                "compare \"{}\" with \"{}\"",
                first.origin(),
                second.origin()
            )
        };
        let compared = match second_part {
            Some(part) => &other.shape[other.shape.len().saturating_sub(part.rank)..],
            None => &other.shape,
        };
        if compared.is_empty() || !one.shape.ends_with(compared) {
            let why = format!(
                "their shapes are {:?} and {:?}; they must be alike, or the second that of one frame",
                one.shape, other.shape
            );
            return Err(Error::new(ErrorKind::Shape, tried(), why));
        }
        for info in [one, other] {
            let is_complex = matches!(
                info.element,
                ElementType::Complex64 | ElementType::Complex128
            );
            if !info.element.is_numeric() || is_complex {
                let why = format!("{} is no real number", info.element);
                return Err(Error::new(ErrorKind::Unsupported, tried(), why));
            }
        }
        let count = one
            .shape
            .iter()
            .try_fold(8_u64, |bytes, &axis| bytes.checked_mul(axis));
        let info = DatasetInfo {
            element: ElementType::F64,
            stored: format!("{} {} {}", one.stored, operation.sign(), other.stored),
            filters: Vec::new(),
            layout: COMPUTED.to_owned(),
            size_bytes: count,
            ..one.clone()
        };
        // The path says both, so that nothing of it passes for a dataset of the file.
        let path = format!(
            "{} {} {}{}",
            path_and_order(first.as_ref()),
            operation.sign(),
            second.origin().at(&path_and_order(second.as_ref())),
            second_part.map_or_else(String::new, |part| part.to_string())
        );
        let origin = first.origin().at(&path);
        Ok(Self {
            first,
            second,
            second_part,
            operation,
            info,
            origin,
        })
    }

    /// The part of the second that goes with a part of the first.
    fn second_slab(&self, slab: &Slab) -> Slab {
        let shape = &self.second.info().shape;
        if let Some(Part { rank, index }) = self.second_part {
            let mut one = Slab::part(shape, rank, index);
            for back in 1..=shape.len().min(slab.start.len()).min(rank) {
                let (to, from) = (shape.len() - back, slab.start.len() - back);
                one.start[to] = slab.start[from];
                one.count[to] = slab.count[from];
                one.step[to] = slab.step[from];
            }
            return one;
        }
        let extra = slab.start.len() - shape.len();
        Slab {
            start: slab.start[extra..].to_vec(),
            count: slab.count[extra..].to_vec(),
            step: slab.step[extra..].to_vec(),
        }
    }
}

impl Dataset for Arithmetic {
    fn info(&self) -> &DatasetInfo {
        &self.info
    }

    fn origin(&self) -> &Origin {
        &self.origin
    }

    fn fetch<'a>(
        &'a self,
        slab: &'a Slab,
        cancel: &'a Cancel,
    ) -> BoxFuture<'a, Result<EncodedSlab>> {
        Box::pin(async move {
            let second_slab = self.second_slab(slab);
            let both = join_all(vec![
                self.first.fetch(slab, cancel),
                self.second.fetch(&second_slab, cancel),
            ])
            .await;
            let sources = [&self.first, &self.second];
            let part = |(source, fetched): (&Arc<dyn Dataset>, Result<EncodedSlab>)| {
                let encoded = fetched?;
                Ok(EncodedPart {
                    place: Slab::whole(&slab.count),
                    state: BlockState::Present,
                    source: Some((Arc::clone(source), encoded)),
                })
            };
            let parts: Result<Vec<_>> = sources.into_iter().zip(both).map(part).collect();
            Ok(EncodedSlab::of_parts(slab.clone(), parts?))
        })
    }

    fn decode(&self, encoded: &EncodedSlab) -> Result<Block> {
        let mut blocks = Vec::new();
        for (source, part) in encoded.parts.iter().filter_map(|part| part.source.as_ref()) {
            blocks.push(source.decode(part)?);
        }
        let [first, second] = blocks.as_slice() else {
            return Err(Error::new(
                ErrorKind::Internal,
                format!("compute \"{}\"", self.origin),
                "it was not fetched from two datasets",
            ));
        };
        let mut values = valid(&first.samples);
        let others = valid(&second.samples);
        if others.is_empty() || !values.len().is_multiple_of(others.len()) {
            return Err(Error::new(
                ErrorKind::Shape,
                format!("compute \"{}\"", self.origin),
                "the two datasets gave different numbers of samples",
            ));
        }
        for run in values.chunks_exact_mut(others.len()) {
            for (value, other) in run.iter_mut().zip(&others) {
                *value = self.operation.apply(*value, *other);
            }
        }
        Ok(Block {
            shape: first.shape.clone(),
            samples: Samples::F64(values),
            state: worst(&first.state, &second.state),
        })
    }

    fn sources<'a>(&'a self, cancel: &'a Cancel) -> BoxFuture<'a, Result<Vec<SourceFile>>> {
        Box::pin(async move {
            let mut sources = self.first.sources(cancel).await?;
            sources.extend(self.second.sources(cancel).await?);
            Ok(sources)
        })
    }

    fn cost<'a>(&'a self, slab: &'a Slab, cancel: &'a Cancel) -> BoxFuture<'a, Result<ReadCost>> {
        Box::pin(async move {
            let mut cost = self.first.cost(slab, cancel).await?;
            cost += self.second.cost(&self.second_slab(slab), cancel).await?;
            Ok(cost)
        })
    }
}

/// Samples as numbers, NaN where they stand for no value.
pub(crate) fn valid(samples: &Samples) -> Vec<f64> {
    let mut values = samples.to_f64();
    for sentinel in samples.sentinels() {
        // Sentinels are of 32-bit types, which binary64 holds exactly; half is nearer than any other.
        let sentinel = *sentinel as f64;
        values
            .iter_mut()
            .filter(|value| (**value - sentinel).abs() < 0.5)
            .for_each(|value| *value = f64::NAN);
    }
    values
}

fn worst(one: &BlockState, other: &BlockState) -> BlockState {
    let rank = |state: &BlockState| match state {
        BlockState::Present => 0,
        BlockState::Fill => 1,
        BlockState::Torn => 2,
        BlockState::Missing(_) => 3,
    };
    if rank(one) >= rank(other) { one } else { other }.clone()
}
