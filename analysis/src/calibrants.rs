//! Substances whose lattice spacings are known well enough to calibrate a detector with.
//!
//! Sources: silver behenate, Huang et al., J. Appl. Cryst. 26 (1993) 180, whose d(001) of 58.38 angstrom is that
//! of Blanton et al., Powder Diffr. 10 (1995) 91; the others, NIST certificates of standard reference materials
//! 660c (`LaB6`), 674b (`CeO2`), 640e (Si) and 676a (`Al2O3`, corundum). Which reflections there are:
//! International Tables for Crystallography A, reflection conditions of Pm-3m, Fm-3m, Fd-3m and R-3c.

/// One angstrom in metres.
const ANGSTROM_M: f64 = 1e-10;
/// Spacings that lie closer than this share of themselves are one ring.
const SAME_SHARE: f64 = 1e-9;

/// How the lattice planes of a calibrant are spaced; lengths in angstrom.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Lattice {
    /// Layers: orders of one spacing.
    Layers(f64),
    /// Cubic with edge a.
    Cubic(f64, Centring),
    /// R-3c on hexagonal axes a and c.
    Corundum(f64, f64),
}

/// Which reflections a cubic lattice has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Centring {
    Primitive,
    Faces,
    Diamond,
}

/// A substance with known lattice spacings.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Calibrant {
    /// Its name, as in `LaB6`.
    pub name: &'static str,
    /// Other names that people give it.
    pub aliases: &'static [&'static str],
    /// Where its lattice constants come from.
    pub source: &'static str,
    lattice: Lattice,
}

/// All calibrants that are known.
pub static CALIBRANTS: &[Calibrant] = &[
    Calibrant {
        name: "AgBehenate",
        aliases: &["AgBh", "AgBeh", "silver behenate"],
        source: "Blanton et al., Powder Diffr. 10 (1995) 91",
        lattice: Lattice::Layers(58.38),
    },
    Calibrant {
        name: "LaB6",
        aliases: &["LaB6_SRM660c", "SRM660c"],
        source: "NIST SRM 660c",
        lattice: Lattice::Cubic(4.156_826, Centring::Primitive),
    },
    Calibrant {
        name: "CeO2",
        aliases: &["SRM674b", "ceria"],
        source: "NIST SRM 674b",
        lattice: Lattice::Cubic(5.411_651, Centring::Faces),
    },
    Calibrant {
        name: "Si",
        aliases: &["Si_SRM640e", "SRM640e", "silicon"],
        source: "NIST SRM 640e",
        lattice: Lattice::Cubic(5.431_179, Centring::Diamond),
    },
    Calibrant {
        name: "Al2O3",
        aliases: &["corundum", "alpha_Al2O3", "SRM676a", "alumina"],
        source: "NIST SRM 676a (2015)",
        lattice: Lattice::Corundum(4.759_355, 12.992_31),
    },
];

impl Calibrant {
    /// The calibrant of a name, without regard to case.
    pub fn named(name: &str) -> Option<&'static Self> {
        let is_it = |known: &&str| known.eq_ignore_ascii_case(name.trim());
        CALIBRANTS
            .iter()
            .find(|calibrant| is_it(&calibrant.name) || calibrant.aliases.iter().any(is_it))
    }

    /// Its lattice spacings in metres, largest first and each once, down to `smallest_m`
    /// and `limit` of them at most.
    ///
    /// Empty where `smallest_m` is not a positive number.
    pub fn spacings_m(&self, smallest_m: f64, limit: usize) -> Vec<f64> {
        let smallest = smallest_m / ANGSTROM_M;
        if !smallest.is_finite() || smallest <= 0.0 {
            return Vec::new();
        }
        let mut spacings = self.lattice.spacings(smallest, limit);
        spacings.retain(|spacing| *spacing >= smallest);
        spacings.sort_by(|one, other| other.total_cmp(one));
        spacings.dedup_by(|next, kept| (*kept - *next) < SAME_SHARE * *kept);
        spacings.truncate(limit);
        spacings
            .iter()
            .map(|spacing| spacing * ANGSTROM_M)
            .collect()
    }
}

impl Lattice {
    /// Spacings in angstrom in no order; at least the `limit` largest ones down to `smallest`.
    fn spacings(self, smallest: f64, limit: usize) -> Vec<f64> {
        // Every whole index up to `limit` gives a spacing of its own along one axis at least,
        // six times as many where only each sixth (00l) is there.
        let most = |longest: f64| {
            let by_limit = i64::try_from(limit).unwrap_or(i64::MAX).min(INDEX_LIMIT);
            #[expect(clippy::cast_possible_truncation, reason = "cut by the limit before")]
            let by_spacing = (longest / smallest).min(INDEX_LIMIT as f64) as i64;
            by_spacing.min(by_limit.saturating_mul(6)).min(INDEX_LIMIT)
        };
        match self {
            Self::Layers(first) => {
                let order = |order: usize| first / order as f64;
                (1..=limit)
                    .map(order)
                    .take_while(|d| *d >= smallest)
                    .collect()
            }
            Self::Cubic(a, centring) => cubic(a, centring, most(a)),
            Self::Corundum(a, c) => corundum(a, c, most(a), most(c)),
        }
    }
}

/// Indices beyond this are not asked for: rings of such orders cannot be told apart.
const INDEX_LIMIT: i64 = 60;

fn cubic(a: f64, centring: Centring, most: i64) -> Vec<f64> {
    let mut spacings = Vec::new();
    // The order of h, k and l makes no difference to the spacing.
    for h in 1..=most {
        for k in 0..=h {
            for l in 0..=k {
                let is_even = [h, k, l].map(|index| index % 2 == 0);
                let is_unmixed = is_even[0] == is_even[1] && is_even[1] == is_even[2];
                let is_there = match centring {
                    Centring::Primitive => true,
                    Centring::Faces => is_unmixed,
                    Centring::Diamond => is_unmixed && (!is_even[0] || (h + k + l) % 4 == 0),
                };
                if is_there {
                    spacings.push(a / ((h * h + k * k + l * l) as f64).sqrt());
                }
            }
        }
    }
    spacings
}

/// Source: International Tables A, R-3c on hexagonal axes, obverse setting:
/// hkl -h + k + l = 3n, h0l also l = 2n.
fn corundum(a: f64, c: f64, most_hk: i64, most_l: i64) -> Vec<f64> {
    let mut spacings = Vec::new();
    for h in 0..=most_hk {
        for k in -most_hk..=most_hk {
            for l in 0..=most_l {
                let is_obverse = (k + l - h).rem_euclid(3) == 0;
                // The glide planes: one of h, k and i = -h - k is zero.
                let on_glide = h == 0 || k == 0 || h + k == 0;
                if !is_obverse || (on_glide && l % 2 != 0) || (h, k, l) == (0, 0, 0) {
                    continue;
                }
                let basal = 4.0 / 3.0 * (h * h + h * k + k * k) as f64 / (a * a);
                spacings.push((basal + (l * l) as f64 / (c * c)).sqrt().recip());
            }
        }
    }
    spacings
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first spacings in angstrom, as pyFAI 2026.9 lists them for the same certificates.
    const EXPECTED: &[(&str, &[f64])] = &[
        (
            "AgBh",
            &[58.38, 29.19, 19.46, 14.595, 11.676, 9.73, 8.34, 7.2975],
        ),
        (
            "LaB6",
            &[
                4.156_826,
                2.939_319_85,
                2.399_944_61,
                2.078_413,
                1.858_989_1,
                1.697_017_11,
                1.469_659_93,
                1.385_608_67,
            ],
        ),
        (
            "ceo2",
            &[
                3.124_418_16,
                2.705_825_5,
                1.913_307_56,
                1.631_674_17,
                1.562_209_08,
                1.352_912_75,
                1.241_517_89,
                1.210_081_95,
            ],
        ),
        (
            "Si",
            &[
                3.135_692_66,
                1.920_211_75,
                1.637_562_08,
                1.357_794_75,
                1.245_997_92,
                1.108_634_77,
                1.045_230_89,
                0.960_105_88,
            ],
        ),
        (
            "corundum",
            &[
                3.480_294_42,
                2.551_139_26,
                2.379_677_5,
                2.165_385,
                2.085_567_84,
                1.964_379_74,
                1.740_147_21,
                1.601_570_98,
            ],
        ),
    ];

    #[test]
    fn spacings_are_those_that_pyfai_lists() {
        for (name, expected) in EXPECTED {
            let calibrant = Calibrant::named(name).expect("a known calibrant");
            let spacings = calibrant.spacings_m(0.9e-10, expected.len());
            assert_eq!(spacings.len(), expected.len(), "{name}: {spacings:?}");
            for (found, expected) in spacings.iter().zip(*expected) {
                // pyFAI writes the edge of CeO2 with a digit less.
                let share = (found * 1e10 / expected - 1.0).abs();
                assert!(share < 3e-7, "{name}: {found} is not {expected} angstrom");
            }
        }
    }

    #[test]
    fn spacings_fall_and_end_at_the_smallest() {
        for calibrant in CALIBRANTS {
            let spacings = calibrant.spacings_m(0.8e-10, 1000);
            assert!(spacings.len() > 10, "{}", calibrant.name);
            assert!(
                spacings.is_sorted_by(|one, next| one > next),
                "{}",
                calibrant.name
            );
            assert!(spacings.iter().all(|spacing| *spacing >= 0.8e-10));
        }
    }

    #[test]
    fn no_ring_is_asked_for_with_a_spacing_that_is_no_length() {
        for wrong in [0.0, -1e-10, f64::NAN] {
            assert!(CALIBRANTS[1].spacings_m(wrong, 10).is_empty(), "{wrong}");
        }
        assert_eq!(Calibrant::named("unobtainium"), None);
    }
}
