//! How often each value was seen.

/// Values that are counted in a table: those of 16 bits.
const TABLE: usize = 1 << 16;
/// Tables that are used in turn, since adding twice to one place waits.
const TABLES: usize = 2;

/// Counts of keys that sort as their values do.
#[derive(Clone, Debug, Default)]
pub(super) struct Counts {
    /// Counts of the keys from `base` on; empty until there is one.
    table: Vec<u64>,
    base: u64,
    /// Open addressing; a count of 0 is a free place. The length is a power of 2.
    places: Vec<(u64, u64)>,
    used: usize,
    dropped_bits: u32,
}

impl Counts {
    /// Different values beyond those of the table that are kept apart.
    pub(super) const LIMIT: usize = 1 << 20;

    /// No counts yet; keys from `base` on are the most frequent.
    pub(super) fn from(base: u64) -> Self {
        Self {
            base,
            ..Self::default()
        }
    }

    pub(super) const fn is_exact(&self) -> bool {
        self.dropped_bits == 0
    }

    /// Counts keys.
    pub(super) fn add_all(&mut self, keys: impl Iterator<Item = u64>) {
        if self.table.is_empty() {
            self.table = vec![0; TABLE * TABLES];
        }
        let mut turn = 0;
        for key in keys {
            let index = key.wrapping_sub(self.base);
            turn = TABLE - turn;
            match usize::try_from(index).ok().filter(|&index| index < TABLE) {
                Some(index) => self.table[index + turn] += 1,
                None => self.add(key, 1),
            }
        }
    }

    /// Counts keys without a table, as of real numbers.
    pub(super) fn add_sparse(&mut self, keys: impl Iterator<Item = u64>) {
        for key in keys {
            self.add(key, 1);
        }
    }

    /// Counts a key so many times more.
    fn add(&mut self, key: u64, count: u64) {
        let key = key >> self.dropped_bits << self.dropped_bits;
        if self.used * 2 >= self.places.len() {
            self.grow();
        }
        let mask = self.places.len() - 1;
        let mut at = slot(key) & mask;
        loop {
            let place = &mut self.places[at];
            if place.1 == 0 {
                *place = (key, count);
                self.used += 1;
                break;
            }
            if place.0 == key {
                place.1 += count;
                return;
            }
            at = (at + 1) & mask;
        }
        if self.used > Self::LIMIT {
            // Far below the limit, so that it is not met again at once, and the
            // places stay in the processor's cache.
            while self.used > Self::LIMIT / 8 {
                self.drop_bits(self.dropped_bits + 3);
            }
        }
    }

    fn grow(&mut self) {
        let size = (self.places.len() * 2).max(1 << 10);
        let old = std::mem::replace(&mut self.places, vec![(0, 0); size]);
        self.used = 0;
        for (key, count) in old.into_iter().filter(|place| place.1 > 0) {
            self.add(key, count);
        }
    }

    fn drop_bits(&mut self, bits: u32) {
        if bits <= self.dropped_bits {
            return;
        }
        self.dropped_bits = bits.min(63);
        let mut kept: Vec<(u64, u64)> = std::mem::take(&mut self.places);
        kept.retain(|place| place.1 > 0);
        for place in &mut kept {
            place.0 = place.0 >> self.dropped_bits << self.dropped_bits;
        }
        kept.sort_unstable();
        kept.dedup_by(|next, first| {
            let is_same = next.0 == first.0;
            first.1 += if is_same { next.1 } else { 0 };
            is_same
        });
        self.places = vec![(0, 0); (kept.len() * 4).next_power_of_two().max(1 << 10)];
        self.used = 0;
        for (key, count) in kept {
            self.add(key, count);
        }
    }

    /// Adds the counts of another one with the same base.
    pub(super) fn merge(&mut self, other: &Self) {
        if self.table.is_empty() {
            self.base = other.base;
            self.table.clone_from(&other.table);
        } else {
            for (count, more) in self.table.iter_mut().zip(&other.table) {
                *count += more;
            }
        }
        self.drop_bits(other.dropped_bits);
        for &(key, count) in other.places.iter().filter(|place| place.1 > 0) {
            self.add(key, count);
        }
    }

    /// All keys in their order, with their counts.
    pub(super) fn sorted(&self) -> Vec<(u64, u64)> {
        let mut all: Vec<(u64, u64)> = self
            .places
            .iter()
            .filter(|place| place.1 > 0)
            .copied()
            .collect();
        let (first, second) = self.table.split_at(self.table.len() / 2);
        let both = first
            .iter()
            .zip(second)
            .map(|(first, second)| first + second);
        all.extend((self.base..).zip(both).filter(|place| place.1 > 0));
        all.sort_unstable();
        all
    }
}

/// Where a key is sought first. Source: Knuth, The Art of Computer Programming 3, section 6.4.
fn slot(key: u64) -> usize {
    let mixed = key.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    usize::try_from(mixed >> 32).unwrap_or(0)
}
