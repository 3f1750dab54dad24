//! Colours, sizes and type of the window: every colour that a view draws comes from here.
