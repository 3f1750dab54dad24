//! Statistics of frames and stacks, exact where the samples are whole numbers, and frames that become one.

mod cells;
mod counts;
mod frames;
mod number;
mod percentiles;
mod statistics;

pub use cells::largest_of_cells;
pub use frames::{Frame, FrameReducer, Reduction};
pub use number::Number;
pub use percentiles::Percentiles;
pub use statistics::{Statistics, frame_statistics, part_statistics, stack_statistics};

/// What counts as a sample.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options<'a> {
    /// True where a pixel is masked, for one frame; frames of a stack share it.
    pub mask: Option<&'a [bool]>,
    /// Stored values that mean "no data", as 2^32 - 1 on many detectors.
    pub sentinels: &'a [i128],
    /// Samples from this value on are counted as saturated; they count as
    /// samples as well.
    pub saturation: Option<i128>,
}

impl Options<'_> {
    /// Whether a sample counts.
    pub(crate) fn counts(&self, index: usize, value: Number) -> bool {
        if let Some(mask) = self.mask
            && !mask.is_empty()
            && mask[index % mask.len()]
        {
            return false;
        }
        match value {
            Number::Int(value) => !self.sentinels.contains(&value),
            Number::Real(value) => !value.is_nan(),
        }
    }
}

#[cfg(test)]
mod tests {
    use hutch_model::Samples;

    use super::*;

    #[test]
    fn sums_of_64_bit_integers_are_exact() {
        let samples = Samples::U64(vec![u64::MAX, u64::MAX, 1]);
        let found = frame_statistics(&samples, &Options::default()).unwrap();
        assert_eq!(
            found.sum.to_string(),
            "36893488147419103231",
            "2 (2^64 - 1) + 1, every digit"
        );
        assert_eq!(found.max, Number::Int(u64::MAX.into()), "the largest");
    }

    #[test]
    fn what_does_not_count_is_masked() {
        let mask = [false, true, false, false];
        let options = Options {
            mask: Some(&mask),
            sentinels: &[u32::MAX.into()],
            saturation: Some(1000),
        };
        let samples = Samples::U32(vec![10, 99, u32::MAX, 1000]);
        let found = frame_statistics(&samples, &options).unwrap();
        assert_eq!(
            (found.count, found.masked, found.saturated),
            (2, 2, 1),
            "counts"
        );
        assert_eq!(found.sum, Number::Int(1010), "the sum of what counts");
        let samples = Samples::F32(vec![1.0, f32::NAN, 3.0]);
        let found = frame_statistics(&samples, &Options::default()).unwrap();
        assert!(
            (found.sigma - 1.0).abs() < 1e-12 && found.masked == 1,
            "{found:?}"
        );
    }

    #[test]
    fn statistics_of_two_halves_merge_to_those_of_the_whole() {
        let options = Options::default();
        let values: Vec<f64> = (0..1000)
            .map(|index| 1e9 + f64::from(index * index % 97))
            .collect();
        let whole = frame_statistics(&Samples::F64(values.clone()), &options).unwrap();
        let (a, b) = values.split_at(300);
        let merged = frame_statistics(&Samples::F64(a.to_vec()), &options)
            .unwrap()
            .merge(&frame_statistics(&Samples::F64(b.to_vec()), &options).unwrap());
        assert_eq!(merged.count, whole.count, "the count");
        assert!(
            (merged.sigma - whole.sigma).abs() < 1e-6,
            "{merged:?}, not {whole:?}"
        );
        assert!(
            (merged.mean - whole.mean).abs() < 1e-6,
            "{merged:?}, not {whole:?}"
        );
        assert_eq!(
            Statistics::default().merge(&whole),
            whole,
            "nothing changes nothing"
        );
    }

    #[test]
    fn percentiles_are_those_of_numpy() {
        let mut percentiles = Percentiles::new();
        let options = Options::default();
        percentiles
            .add(&Samples::U16(vec![1, 2, 3, 4]), &options)
            .unwrap();
        assert_eq!(
            percentiles.value(50.0),
            Some(2.5),
            "the median lies between"
        );
        assert_eq!(percentiles.value(0.0), Some(1.0), "the smallest");
        assert_eq!(percentiles.value(100.0), Some(4.0), "the largest");
        let mut negative = Percentiles::new();
        negative
            .add(&Samples::F32(vec![-2.0, 5.0, -1.0]), &options)
            .unwrap();
        assert_eq!(
            negative.value(50.0),
            Some(-1.0),
            "order of negative numbers"
        );
        assert!(negative.is_exact(), "few values are kept exactly");
        assert_eq!(
            Percentiles::new().value(50.0),
            None,
            "nothing has no median"
        );
    }

    /// What a run of samples gives, sample by sample, in binary64.
    fn plain(values: &[f64]) -> (f64, f64) {
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        (mean, (squares / values.len() as f64).sqrt())
    }

    #[test]
    fn blocks_lanes_and_masks_give_what_one_by_one_gives() {
        let stored: Vec<i32> = (0..10_007)
            .map(|index| (index * 7919 % 4001) - 2000)
            .collect();
        let mask: Vec<bool> = (0..5003).map(|index| index % 3 == 0).collect();
        let options = Options {
            mask: Some(&mask),
            sentinels: &[-1, -2],
            saturation: Some(1990),
        };
        let counting: Vec<f64> = stored
            .iter()
            .enumerate()
            .filter(|&(index, value)| index % 5003 % 3 != 0 && !matches!(value, -1 | -2))
            .map(|(_, &value)| f64::from(value))
            .collect();
        let found = frame_statistics(&Samples::I32(stored.clone()), &options).unwrap();
        let (mean, sigma) = plain(&counting);
        assert_eq!(found.count, counting.len() as u64, "what counts");
        assert_eq!(found.masked, 10_007 - found.count, "what does not");
        assert!(
            (found.mean - mean).abs() < 1e-9 && (found.sigma - sigma).abs() < 1e-9,
            "{found:?}"
        );
        let saturated = counting.iter().filter(|&&value| value >= 1990.0).count() as u64;
        assert_eq!(found.saturated, saturated, "at or above saturation");
        let mut percentiles = Percentiles::new();
        percentiles.add(&Samples::I32(stored), &options).unwrap();
        let mut sorted = counting;
        sorted.sort_by(f64::total_cmp);
        assert_eq!(percentiles.value(0.0), sorted.first().copied(), "the least");
        assert_eq!(
            percentiles.value(100.0),
            sorted.last().copied(),
            "the greatest"
        );
    }

    #[test]
    fn percentiles_of_too_many_values_say_so_and_stay_near() {
        let values: Vec<f32> = (0..1_500_000u32)
            .map(|index| 1.0 + index as f32 / 1.5e6)
            .collect();
        let (first, second) = values.split_at(700_000);
        let mut whole = Percentiles::new();
        for half in [first, second] {
            let mut part = Percentiles::new();
            part.add(&Samples::F32(half.to_vec()), &Options::default())
                .unwrap();
            assert!(part.is_exact(), "few enough");
            whole.merge(&part);
        }
        assert!(!whole.is_exact(), "too many values");
        let median = whole.value(50.0).unwrap();
        assert!((median - 1.5).abs() < 1e-3, "{median}, near 1.5");
    }

    #[test]
    fn values_beyond_16_bits_and_negative_ones_keep_their_order() {
        let mut percentiles = Percentiles::new();
        let values = vec![-40_000i64, 7, 1 << 40, -3, 70_000];
        percentiles
            .add(&Samples::I64(values), &Options::default())
            .unwrap();
        let found = percentiles.values(&[0.0, 25.0, 50.0, 75.0, 100.0]);
        let expected = [-40_000.0, -3.0, 7.0, 70_000.0, 1_099_511_627_776.0];
        assert_eq!(found, expected.map(Some), "in their order");
    }

    #[test]
    fn a_run_is_reduced_without_a_copy() {
        let samples = Samples::Complex64((0..10u8).map(|value| [f32::from(value), 0.0]).collect());
        let found = part_statistics(&samples, 2..5, &Options::default()).unwrap();
        assert_eq!(
            (found.count, found.sum),
            (3, Number::Real(9.0)),
            "2 + 3 + 4"
        );
        assert!(
            part_statistics(&samples, 5..11, &Options::default()).is_err(),
            "behind the end"
        );
    }
}
