//! Rotations and moves of points in the laboratory.

use hutch_model::Panel;

/// A vector `[x, y, z]`.
pub(crate) type Vector = [f64; 3];

/// `rotation · point + shift`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Affine {
    /// Rows.
    pub(crate) rotation: [Vector; 3],
    pub(crate) shift: Vector,
}

impl Affine {
    pub(crate) const IDENTITY: Self = Self {
        rotation: [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
        shift: [0.0; 3],
    };

    /// A rotation about an axis through the origin, right-handed, in radians; `None` for an axis
    /// without a direction.
    ///
    /// Source: Rodrigues' formula.
    pub(crate) fn turn(axis: Vector, angle: f64) -> Option<Self> {
        let [x, y, z] = unit(axis)?;
        let (sine, cosine) = angle.sin_cos();
        let rest = 1.0 - cosine;
        let rotation = [
            [
                cosine + x * x * rest,
                x * y * rest - z * sine,
                x * z * rest + y * sine,
            ],
            [
                y * x * rest + z * sine,
                cosine + y * y * rest,
                y * z * rest - x * sine,
            ],
            [
                z * x * rest - y * sine,
                z * y * rest + x * sine,
                cosine + z * z * rest,
            ],
        ];
        angle.is_finite().then_some(Self {
            rotation,
            shift: [0.0; 3],
        })
    }

    pub(crate) fn point(&self, point: Vector) -> Vector {
        let turned = self.direction(point);
        std::array::from_fn(|axis| turned[axis] + self.shift[axis])
    }

    pub(crate) fn direction(&self, vector: Vector) -> Vector {
        self.rotation
            .map(|row| row.iter().zip(vector).map(|(one, other)| one * other).sum())
    }

    /// The map that does `first`, then this.
    pub(crate) fn after(&self, first: &Self) -> Self {
        let columns: [Vector; 3] =
            std::array::from_fn(|column| self.direction(first.rotation.map(|row| row[column])));
        Self {
            rotation: std::array::from_fn(|row| columns.map(|column| column[row])),
            shift: self.point(first.shift),
        }
    }

    pub(crate) fn is_turned(&self) -> bool {
        self.rotation != Self::IDENTITY.rotation
    }
}

/// The vector of length one in this direction.
pub(crate) fn unit(vector: Vector) -> Option<Vector> {
    let length = vector.iter().map(|part| part * part).sum::<f64>().sqrt();
    (length.is_finite() && length > 0.0).then(|| vector.map(|part| part / length))
}

pub(crate) fn scaled(vector: Vector, factor: f64) -> Vector {
    vector.map(|part| part * factor)
}

pub(crate) fn sum(one: Vector, other: Vector) -> Vector {
    std::array::from_fn(|axis| one[axis] + other[axis])
}

/// The panel, unless one of its numbers is none.
pub(crate) fn checked(panel: Panel) -> Option<Panel> {
    let is_finite = [panel.corner_m, panel.slow_m, panel.fast_m]
        .as_flattened()
        .iter()
        .all(|part| part.is_finite());
    is_finite.then_some(panel)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::FRAC_PI_2;

    #[test]
    fn a_quarter_turn_about_z_takes_x_to_y() {
        let turn = Affine::turn([0.0, 0.0, 2.0], FRAC_PI_2).expect("an axis");
        let [x, y, z] = turn.point([1.0, 0.0, 0.5]);
        assert!(x.abs() < 1e-15 && (y - 1.0).abs() < 1e-15 && (z - 0.5).abs() < 1e-15);
        assert_eq!(Affine::turn([0.0; 3], 1.0), None, "no direction");
    }

    #[test]
    fn one_map_after_another_is_their_composition() {
        let mut first = Affine::turn([1.0, 2.0, 3.0], 0.4).expect("an axis");
        first.shift = [1.0, -2.0, 0.5];
        let mut second = Affine::turn([0.0, 1.0, -1.0], 1.4).expect("an axis");
        second.shift = [0.0, 4.0, 0.25];
        let point = [0.3, -0.7, 2.0];
        let both = second.after(&first).point(point);
        let expected = second.point(first.point(point));
        for axis in 0..3 {
            assert!((both[axis] - expected[axis]).abs() < 1e-14);
        }
    }
}
