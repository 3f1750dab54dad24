//! Energies of fluorescence lines and absorption edges of the elements.
//!
//! Source: `lines.csv`, which `make_lines.py` writes by xraylib (T. Schoonjans et al.
//! 2011, Spectrochim. Acta B 66, 776).

/// A fluorescence line or an absorption edge.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ElementLine {
    /// The symbol of the element.
    pub element: &'static str,
    /// Which line or edge: `Kα`, `Lβ`, `K edge`.
    pub name: &'static str,
    /// Its energy.
    pub energy_ev: f64,
    /// Whether it is an absorption edge.
    pub is_edge: bool,
}

const TABLE: &str = include_str!("lines.csv");
/// The columns of the table; the first four are lines.
const NAMES: [&str; 6] = ["Kα", "Kβ", "Lα", "Lβ", "K edge", "L3 edge"];
const LINE_COUNT: usize = 4;

/// All lines and edges, the elements in the order of their numbers.
pub fn all() -> impl Iterator<Item = ElementLine> {
    TABLE.lines().skip(1).flat_map(|row| {
        let mut parts = row.split(',');
        let element = parts.next().unwrap_or_default();
        let found = parts.zip(NAMES).enumerate();
        found.filter_map(move |(column, (energy, name))| {
            Some(ElementLine {
                element,
                name,
                energy_ev: energy.parse().ok()?,
                is_edge: column >= LINE_COUNT,
            })
        })
    })
}

/// The lines and edges of an element, by its symbol in any case.
pub fn of_element(symbol: &str) -> impl Iterator<Item = ElementLine> {
    let symbol = symbol.trim().to_owned();
    all().filter(move |line| line.element.eq_ignore_ascii_case(&symbol))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn iron_and_lead_have_the_energies_of_the_x_ray_data_booklet() {
        // A. C. Thompson et al., X-ray Data Booklet, tables 1-1 and 1-2.
        for (element, name, energy_ev) in [
            ("Fe", "Kα", 6403.84),
            ("Fe", "Kβ", 7057.98),
            ("Fe", "K edge", 7112.0),
            ("pb", "Lα", 10551.5),
            ("Pb", "Lβ", 12613.7),
        ] {
            let found = of_element(element).find(|line| line.name == name).unwrap();
            assert!((found.energy_ev - energy_ev).abs() < 2.0, "{found:?}");
            assert_eq!(found.is_edge, name.contains("edge"), "{found:?}");
        }
        assert_eq!(of_element("Xx").count(), 0, "no such element");
        assert_eq!(
            of_element("C").filter(|line| !line.is_edge).count(),
            1,
            "one line"
        );
    }
}
