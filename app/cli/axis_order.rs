//! The order of the axes of a dataset, as a person writes it: `2,0,1`.

use std::str::FromStr;

use hutch_formats::transposed::{in_order, picture_order};
use hutch_model::{Error, ErrorKind, Result, Signal};

/// All axes of a dataset, slowest first, or the two of a picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct AxisOrder(pub(super) Vec<usize>);

impl FromStr for AxisOrder {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        let axes = text.split(',').map(|axis| axis.trim().parse().ok());
        let axes: Option<Vec<usize>> = axes.collect();
        axes.map(Self)
            .ok_or_else(|| "expected axes by their numbers from 0, as 2,0,1".to_owned())
    }
}

impl AxisOrder {
    /// The order of so many axes: all of them, or two of them behind the others.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] where it names one twice, or one that is not there.
    fn of(&self, signal: &Signal) -> Result<Vec<usize>> {
        let rank = signal.data.info().shape.len();
        match *self.0.as_slice() {
            [y, x] if rank > 2 => picture_order(rank, [y, x]).ok_or_else(|| {
                let tried = format!("show two axes of \"{}\"", signal.data.origin());
                let why = format!("{y} and {x} are not two of its {rank} axes, counted from 0");
                Error::new(ErrorKind::Usage, tried, why)
            }),
            ref all => Ok(all.to_vec()),
        }
    }

    /// A signal with its axes in this order.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] where it is no order of its axes.
    pub(super) fn apply(&self, signal: &Signal) -> Result<Signal> {
        in_order(signal, &self.of(signal)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_is_a_list_of_axes() {
        assert_eq!("2, 0,1".parse(), Ok(AxisOrder(vec![2, 0, 1])));
        for wrong in ["", "1,", "y,x", "-1,0"] {
            assert!(wrong.parse::<AxisOrder>().is_err(), "{wrong}");
        }
    }
}
