//! Recipes in the words of the programs that run them.
//!
//! There is one file for each program. Hutch itself is here; nabu, httomo and
//! tomopy-cli are not yet: their parameters change between versions, and a
//! translation counts only once the program itself has accepted it.

pub mod hutch;

/// What a program is asked to do; the caller makes a job of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Translation {
    /// The program and its arguments.
    pub argv: Vec<String>,
    /// Small files that are laid into the working folder first: name and text.
    pub files: Vec<(String, String)>,
    /// The files that it will leave, as paths there.
    pub results: Vec<String>,
}
