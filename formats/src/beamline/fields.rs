//! What a header says about the experiment, in the words of `NXdetector` and `NXbeam`.

/// A number of a header with the name and the unit that NeXus gives it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Field {
    /// As in `incident_wavelength`.
    pub(crate) name: &'static str,
    /// In `units`.
    pub(crate) value: f64,
    /// As in `m`.
    pub(crate) units: &'static str,
}

/// Fields in the order in which they were found.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Fields(pub(crate) Vec<Field>);

impl Fields {
    /// Adds a number, where there is one and it says something: instruments write
    /// 0 for a distance or a wavelength that they do not know.
    pub(crate) fn positive(&mut self, name: &'static str, value: Option<f64>, units: &'static str) {
        self.finite(name, value.filter(|&value| value > 0.0), units);
    }

    /// Adds a number that may be zero or negative, where there is one.
    pub(crate) fn finite(&mut self, name: &'static str, value: Option<f64>, units: &'static str) {
        let known = self.0.iter().any(|field| field.name == name);
        if let Some(value) = value.filter(|value| value.is_finite() && !known) {
            self.0.push(Field { name, value, units });
        }
    }

    /// The value of a field.
    #[cfg(test)]
    pub(crate) fn get(&self, name: &str) -> Option<f64> {
        let found = self.0.iter().find(|field| field.name == name);
        found.map(|field| field.value)
    }
}
