//! Widgets: the small parts that every view and panel is built from.
