//! Which part of a data file an event is, as `//12` or `run_3//7`.
//!
//! Source: `crystfel_geometry(5)` and the description of streams: what stands before `//` takes the places of `%` in
//! the path of the data, the numbers behind it those of the dimensions that are `%`.

use std::collections::BTreeSet;

use super::{Dimension, Geom, GeomPanel};

/// The dataset of an event, and the numbers of its frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventPlace {
    /// The path of the dataset.
    pub path: String,
    /// What the dimensions that are `%` are set to, in their order.
    pub numbers: Vec<u64>,
}

impl Geom {
    /// The dataset of an event, for the panel of a name; for the first one where there is no such panel.
    ///
    /// # Errors
    /// What is missing, in words.
    pub fn place_of(&self, panel: &str, event: &str) -> Result<EventPlace, String> {
        let panel = self.panel_named(panel).ok_or("the geometry has no panel")?;
        let (words, numbers) = event.split_once("//").unwrap_or((event, ""));
        let mut words = words.split('/').filter(|word| !word.is_empty());
        let mut parts = Vec::new();
        for part in panel.data.split('/') {
            parts.push(match part {
                "%" => words.next().ok_or_else(|| {
                    format!("the event \"{event}\" has no name for \"{}\"", panel.data)
                })?,
                part => part,
            });
        }
        let numbers = numbers
            .split('/')
            .filter(|number| !number.is_empty())
            .map(|number| {
                number
                    .parse()
                    .map_err(|_why| format!("\"{number}\" is no number of a frame"))
            });
        Ok(EventPlace {
            path: parts.join("/"),
            numbers: numbers.collect::<Result<_, _>>()?,
        })
    }

    /// How frames of the dataset at a path lie in it, whose shape is that of the stored dataset.
    ///
    /// # Errors
    /// Why the dataset is none of this detector, in words.
    pub fn planes(&self, panel: &str, shape: &[u64]) -> Result<Planes, String> {
        let panel = self.panel_named(panel).ok_or("the geometry has no panel")?;
        let [slow @ .., Dimension::Slow, Dimension::Fast] = panel.dimensions.as_slice() else {
            return Err("panels whose last axes are not ss and fs cannot be shown".to_owned());
        };
        let Some([above @ .., _, _]) = shape.get(..) else {
            return Err("the data are no images".to_owned());
        };
        if above.len() != slow.len() {
            return Err(format!(
                "the data have {} axes, and the geometry says {}",
                shape.len(),
                panel.dimensions.len()
            ));
        }
        let others = self.panels.iter().filter(|other| {
            other.data == panel.data && other.dimensions.len() == panel.dimensions.len()
        });
        let slower = |panel: &GeomPanel| {
            panel
                .dimensions
                .get(..slow.len())
                .map(<[Dimension]>::to_vec)
        };
        let mut planes: Vec<Vec<Dimension>> = vec![slow.to_vec()];
        let mut seen = BTreeSet::from([fixed(slow)]);
        for other in others.filter_map(slower) {
            if seen.insert(fixed(&other)) {
                planes.push(other);
            }
        }
        Ok(Planes {
            planes,
            above: above.to_vec(),
        })
    }

    fn panel_named(&self, name: &str) -> Option<&GeomPanel> {
        let named = self.panels.iter().find(|panel| panel.name == name);
        named.or_else(|| self.panels.first())
    }
}

fn fixed(dimensions: &[Dimension]) -> Vec<Option<u64>> {
    let index = |dimension: &Dimension| match dimension {
        Dimension::Index(index) => Some(*index),
        _ => None,
    };
    dimensions.iter().map(index).collect()
}

/// Which images of a dataset an event has: one, or one for each module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planes {
    /// The axes above the image; those of the panel that was asked for first.
    planes: Vec<Vec<Dimension>>,
    above: Vec<u64>,
}

impl Planes {
    /// The images of a frame with the numbers of an event, counted over all axes but the last two; those outside of
    /// the data are left out.
    pub fn images(&self, numbers: &[u64]) -> Vec<u64> {
        let image = |plane: &Vec<Dimension>| {
            let mut numbers = numbers.iter();
            plane
                .iter()
                .zip(&self.above)
                .try_fold(0u64, |image, (dimension, size)| {
                    let index = match dimension {
                        Dimension::Index(index) => *index,
                        // An event without a number is the only one.
                        _ => numbers.next().copied().unwrap_or(0),
                    };
                    let is_inside = index < *size;
                    is_inside.then_some(image.checked_mul(*size)?.checked_add(index)?)
                })
        };
        self.planes.iter().filter_map(image).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn geom(lines: &str) -> Geom {
        let head = "clen = 0.1\nres = 10000\nphoton_energy = 9000\nmin_fs = 0\nmax_fs = 9\nmin_ss = 0\nmax_ss = 9\n\
                    corner_x = 0\ncorner_y = 0\n";
        Geom::parse(format!("{head}{lines}").as_bytes()).expect("a geometry")
    }

    #[test]
    fn the_words_of_an_event_are_parts_of_the_path_and_its_numbers_frames() {
        let geom = geom("data = /entry/%/data\ndim0 = %\ndim1 = ss\ndim2 = fs\np0/coffset = 0\n");
        let place = geom.place_of("p0", "run_3//7").expect("a place");
        assert_eq!(
            (place.path.as_str(), place.numbers.as_slice()),
            ("/entry/run_3/data", &[7][..])
        );
        assert!(geom.place_of("p0", "//7").is_err(), "no word for the path");
        assert!(geom.place_of("p0", "a//x").is_err(), "no number");
        let planes = geom.planes("p0", &[9, 10, 10]).expect("a stack");
        assert_eq!(planes.images(&[7]), [7]);
        assert!(planes.images(&[9]).is_empty(), "there are nine");
        assert!(geom.planes("p0", &[10, 10]).is_err(), "an axis is missing");
    }

    #[test]
    fn a_frame_of_modules_has_an_image_for_each() {
        let geom = geom(
            "data = /d\ndim0 = %\ndim2 = ss\ndim3 = fs\nm0/dim1 = 0\nm0b/dim1 = 0\nm2/dim1 = 2\n",
        );
        let planes = geom.planes("m2", &[5, 4, 10, 10]).expect("modules");
        assert_eq!(
            planes.images(&[3]),
            [14, 12],
            "the one asked for first, each once"
        );
    }

    #[test]
    fn a_file_of_one_image_needs_no_number() {
        let geom = geom("data = /d\np0/coffset = 0\n");
        let place = geom.place_of("", "").expect("a place");
        assert!(place.numbers.is_empty());
        assert_eq!(
            geom.planes("p0", &[10, 10]).expect("an image").images(&[]),
            [0]
        );
    }
}
