//! Views: one file for each kind.

pub mod fonts;
pub mod icons;
pub mod numbers;
pub mod theme;
pub mod widgets;
