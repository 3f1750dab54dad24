//! Widgets: the small parts that every view and panel is built from.
//!
//! Plain functions that take a [`Ui`](egui::Ui) and return a [`Response`](egui::Response), and a few
//! structs where there are many options. Each has an accessible name, works from the keyboard, and
//! shows a focus ring. Call `fonts::install` and `Theme::apply` first.

mod buttons;
mod cards;
mod chip;
mod choice;
mod colour_map;
mod fields;
mod fold;
mod frame_slider;
mod heading;
mod histogram;
mod key_value;
mod notice;
mod paint;
mod pane_title;
mod path;
mod segmented;
mod status;
mod table;
mod tree;

pub use buttons::{
    FilterChipResponse, button, filter_chip, key_hint, primary_button, quiet_button, text_button,
};
pub use cards::{CardAction, ErrorCard, empty_state};
pub use chip::{Corner, chip, chip_readout, scale_bar};
pub use choice::choice_row;
pub use colour_map::{ColourMap, colour_bar, colour_map_line, colour_map_picker};
pub use fields::{search_box, search_button, secret_field, text_field};
pub use fold::{Folds, folding_heading, folding_heading_with};
pub use frame_slider::{AtEnd, FrameSlider, Playback};
pub use heading::{section_heading, section_heading_with};
pub use histogram::Histogram;
pub use key_value::{key_value, key_value_tone};
pub use notice::{NoticeResponse, notice};
pub use paint::focus_ring;
pub use pane_title::PaneTitle;
pub use path::{breadcrumbs, location_path};
pub use segmented::segmented;
pub use status::{progress, progress_bar, source_row, status_dot};
pub use table::{Column, ColumnWidth, Sort, table_header, table_row};
pub use tree::{Branch, TreeRow, TreeRowResponse};
