//! Icons: one atlas of alpha masks, tinted by the theme.
