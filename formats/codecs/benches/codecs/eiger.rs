//! A frame as an Eiger 4M takes it.

const ROWS: usize = 2162;
const COLUMNS: usize = 2068;

/// The bytes of `[y, x]` of unsigned elements of 2 or 4 bytes.
pub(crate) fn frame(element_size: usize) -> Vec<u8> {
    let mut random = Random(1);
    let mut counts: Vec<u32> = (0..ROWS * COLUMNS)
        .map(|index| {
            let (y, x) = ((index / COLUMNS) as f64, (index % COLUMNS) as f64);
            random.poisson(mean((y - 1100.0).hypot(x - 1030.0)))
        })
        .collect();
    for _ in 0..40 {
        let (y, x) = (
            10 + random.below(ROWS - 20),
            10 + random.below(COLUMNS - 20),
        );
        let height = 20 + random.below(780) as u32;
        for row in y - 2..y + 3 {
            for column in x - 2..x + 3 {
                counts[row * COLUMNS + column] += height;
            }
        }
    }
    for (index, count) in counts.iter_mut().enumerate() {
        if is_gap(index / COLUMNS, index % COLUMNS) {
            *count = u32::MAX;
        }
    }
    let bytes = |count: &u32| count.to_le_bytes().into_iter().take(element_size);
    counts.iter().flat_map(bytes).collect()
}

/// Counts expected at a distance from the centre, in pixels.
fn mean(radius: f64) -> f64 {
    let ring = |at: f64, width: f64| (-((radius - at) / width).powi(2)).exp();
    8.0 * (-radius / 350.0).exp() + 0.15 + 3.0 * ring(500.0, 12.0) + 1.5 * ring(800.0, 15.0)
}

fn is_gap(y: usize, x: usize) -> bool {
    matches!(y, 512..550 | 1062..1100 | 1612..1650) || matches!(x, 1028..1040)
}

/// A linear congruential generator.
struct Random(u64);

impl Random {
    fn uniform(&mut self) -> f64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.uniform() * limit as f64) as usize
    }

    /// By multiplying uniform numbers, which is quick for small means.
    fn poisson(&mut self, mean: f64) -> u32 {
        let limit = (-mean).exp();
        let (mut count, mut product) = (0, self.uniform());
        while product > limit {
            product *= self.uniform();
            count += 1;
        }
        count
    }
}
