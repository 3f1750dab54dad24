//! The two type faces of the window and how egui finds them.
