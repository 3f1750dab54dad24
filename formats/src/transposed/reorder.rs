//! Samples in another order of their axes.

use bytemuck::Pod;
use hutch_model::{Error, ErrorKind, Result, Samples};

/// Rows and columns of a tile that is turned at once, so that both sides stay in the cache.
const TILE: usize = 32;

/// An axis that is walked along, in elements.
#[derive(Clone, Copy, Debug)]
struct Walked {
    size: usize,
    /// How far apart neighbours are in what is read.
    from: usize,
    /// ... and in what is written.
    to: usize,
}

/// How elements go from one order to the other.
#[derive(Debug)]
struct Plan {
    /// Axes that go along slower than a tile or a run.
    slow: Vec<Walked>,
    /// Elements that stay together.
    run: usize,
    /// The fastest axis of what is read and of what is written, where these are two.
    tile: Option<[Walked; 2]>,
    count: usize,
}

impl Plan {
    /// `None` where so many elements do not fill the shape.
    fn of(count: usize, shape: &[u64], order: &[usize]) -> Option<Self> {
        let sizes: Option<Vec<usize>> = shape
            .iter()
            .map(|&size| usize::try_from(size).ok())
            .collect();
        let sizes = sizes?;
        let mut walked = vec![
            Walked {
                size: 1,
                from: 1,
                to: 1
            };
            sizes.len()
        ];
        let mut from: usize = 1;
        for (axis, &size) in sizes.iter().enumerate().rev() {
            walked[axis].size = size;
            walked[axis].from = from;
            from = from.checked_mul(size)?;
        }
        if from != count {
            return None;
        }
        let mut to = 1;
        for &axis in order.iter().rev() {
            walked.get_mut(axis)?.to = to;
            to = usize::checked_mul(to, sizes[axis])?;
        }
        // Slowest of what is written first; axes of one element are none.
        let mut slow: Vec<Walked> = order
            .iter()
            .filter_map(|&axis| walked.get(axis).copied())
            .filter(|axis| axis.size != 1)
            .collect();
        let mut run = 1;
        while let Some(last) = slow
            .last()
            .filter(|last| last.from == run && last.to == run)
        {
            run *= last.size;
            slow.pop();
        }
        let mut tile = None;
        // Runs of several elements are copied one by one, in the order that they are written.
        if run == 1
            && let Some(written) = slow.pop()
        {
            let read = slow.iter().position(|axis| axis.from == 1);
            tile = read.map(|read| [slow.remove(read), written]);
            if tile.is_none() {
                slow.push(written);
            }
        }
        Some(Self {
            slow,
            run,
            tile,
            count,
        })
    }

    /// Says for each run of elements where it is read and where it is written.
    fn each(&self, mut copy: impl FnMut(usize, usize)) {
        if self.count == 0 {
            return;
        }
        match &self.tile {
            None => each_of(&self.slow, [0, 0], &mut copy),
            Some(tile) => each_of(&self.slow, [0, 0], &mut |from, to| {
                each_of_tiles(tile, [from, to], &mut copy);
            }),
        }
    }
}

fn each_of(axes: &[Walked], [from, to]: [usize; 2], visit: &mut dyn FnMut(usize, usize)) {
    match axes.split_first() {
        None => visit(from, to),
        Some((axis, rest)) => {
            for index in 0..axis.size {
                let at = [from + index * axis.from, to + index * axis.to];
                each_of(rest, at, visit);
            }
        }
    }
}

fn each_of_tiles(
    [read, written]: &[Walked; 2],
    [from, to]: [usize; 2],
    copy: &mut impl FnMut(usize, usize),
) {
    for first_read in (0..read.size).step_by(TILE) {
        for first_written in (0..written.size).step_by(TILE) {
            for row in first_read..read.size.min(first_read + TILE) {
                for column in first_written..written.size.min(first_written + TILE) {
                    copy(
                        from + row * read.from + column * written.from,
                        to + row * read.to + column * written.to,
                    );
                }
            }
        }
    }
}

/// Writes samples of a shape into others, in another order of the axes.
///
/// # Errors
/// [`ErrorKind::Internal`] where the samples do not fill the shape, [`ErrorKind::Limit`] where there is no memory.
pub(super) fn samples(
    stored: &Samples,
    (shape, order): (&[u64], &[usize]),
    turned: &mut Samples,
) -> Result<()> {
    let fail = || {
        let why = format!("{} samples do not fill {shape:?}", stored.len());
        Error::new(ErrorKind::Internal, "change the order of axes", why)
    };
    match stored {
        Samples::Text(texts) => {
            *turned = Samples::Text(values(texts, (shape, order)).ok_or_else(fail)?);
        }
        Samples::Values(any) => {
            *turned = Samples::Values(values(any, (shape, order)).ok_or_else(fail)?);
        }
        numbers => {
            let plan = Plan::of(numbers.len(), shape, order).ok_or_else(fail)?;
            turned.fit(&numbers.element(), numbers.len())?;
            let size = numbers.element().size_bytes().unwrap_or(1);
            bytes(&plan, size, numbers.bytes(), turned.bytes_mut()).ok_or_else(fail)?;
        }
    }
    Ok(())
}

/// Anything of a shape in another order of its axes; `None` where it does not fill the shape.
pub(super) fn values<T: Clone>(stored: &[T], (shape, order): (&[u64], &[usize])) -> Option<Vec<T>> {
    let plan = Plan::of(stored.len(), shape, order)?;
    let mut sources = vec![0; stored.len()];
    plan.each(|from, to| {
        for step in 0..plan.run {
            sources[to + step] = from + step;
        }
    });
    sources
        .into_iter()
        .map(|from| stored.get(from).cloned())
        .collect()
}

fn bytes(plan: &Plan, size: usize, from: &[u8], to: &mut [u8]) -> Option<()> {
    fn elements<T: Pod>(plan: &Plan, from: &[u8], to: &mut [u8]) -> Option<()> {
        let from: &[T] = bytemuck::try_cast_slice(from).ok()?;
        let to: &mut [T] = bytemuck::try_cast_slice_mut(to).ok()?;
        if from.len() != plan.count || to.len() != plan.count {
            return None;
        }
        if plan.run == 1 {
            plan.each(|read, written| to[written] = from[read]);
        } else {
            plan.each(|read, written| {
                to[written..written + plan.run].copy_from_slice(&from[read..read + plan.run]);
            });
        }
        Some(())
    }
    match size {
        1 => elements::<u8>(plan, from, to),
        2 => elements::<[u8; 2]>(plan, from, to),
        4 => elements::<[u8; 4]>(plan, from, to),
        8 => elements::<[u8; 8]>(plan, from, to),
        16 => elements::<[u8; 16]>(plan, from, to),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same one element at a time, by the definition of a transposition.
    fn plainly(stored: &[u32], shape: &[u64], order: &[usize]) -> Vec<u32> {
        let rank = shape.len();
        let turned: Vec<u64> = order.iter().map(|&axis| shape[axis]).collect();
        let mut found = Vec::new();
        for number in 0..stored.len() as u64 {
            let mut rest = number;
            let mut index = vec![0; rank];
            for place in (0..rank).rev() {
                index[order[place]] = rest % turned[place];
                rest /= turned[place];
            }
            let at = index
                .iter()
                .zip(shape)
                .fold(0, |at, (index, size)| at * size + index);
            found.push(stored[usize::try_from(at).unwrap()]);
        }
        found
    }

    fn orders(rank: usize) -> Vec<Vec<usize>> {
        if rank == 0 {
            return vec![Vec::new()];
        }
        let shorter = orders(rank - 1);
        let longer = shorter.iter().flat_map(|order| {
            (0..rank).map(move |place| {
                let mut order = order.clone();
                order.insert(place, rank - 1);
                order
            })
        });
        longer.collect()
    }

    #[test]
    fn every_order_of_every_shape_is_that_of_the_definition() {
        for shape in [
            &[][..],
            &[5],
            &[3, 4],
            &[1, 7],
            &[70, 41],
            &[2, 3, 4],
            &[4, 1, 5],
            &[0, 3, 2],
            &[2, 35, 33],
            &[2, 3, 1, 5],
        ] {
            let count = shape.iter().product::<u64>();
            let stored: Vec<u32> = (0..u32::try_from(count).unwrap()).collect();
            for order in orders(shape.len()) {
                let mut turned = Samples::U8(Vec::new());
                let from = Samples::U32(stored.clone());
                samples(&from, (shape, &order), &mut turned).unwrap();
                let expected = plainly(&stored, shape, &order);
                assert_eq!(
                    turned,
                    Samples::U32(expected.clone()),
                    "{shape:?} {order:?}"
                );
                let gathered = values(&stored, (shape, &order));
                assert_eq!(gathered, Some(expected), "{shape:?} {order:?}");
            }
        }
    }

    #[test]
    fn samples_of_every_size_and_texts_are_turned() {
        let complex = Samples::Complex128((0..6).map(|real| [f64::from(real), 0.5]).collect());
        let mut turned = Samples::U8(Vec::new());
        samples(&complex, (&[2, 3], &[1, 0]), &mut turned).unwrap();
        let expected = [0.0_f64, 3.0].map(|real| real.hypot(0.5));
        assert_eq!(turned.to_f64()[..2], expected, "of both rows");
        let texts = Samples::Text(["a", "b", "c", "d"].map(str::to_owned).to_vec());
        samples(&texts, (&[2, 2], &[1, 0]), &mut turned).unwrap();
        assert_eq!(
            turned,
            Samples::Text(["a", "c", "b", "d"].map(str::to_owned).to_vec())
        );
        let error = samples(&texts, (&[2, 3], &[1, 0]), &mut turned).unwrap_err();
        assert!(error.why.contains("do not fill"), "{error}");
    }
}
