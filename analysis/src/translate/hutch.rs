//! A recipe for Hutch itself: `hutch reconstruct RECIPE.toml`.

use hutch_model::{Error, ErrorKind, Result};

use super::Translation;
use crate::recipe::Recipe;

/// The name of the recipe in the working folder.
pub const RECIPE_NAME: &str = "recipe.toml";

/// The recipe with its paths as they are called there, and the command that
/// runs it.
///
/// `path_there` maps a path here to the same place there. The output of an
/// empty path is `reconstruction.h5` in the working folder.
///
/// # Errors
/// [`ErrorKind::NotFound`] when a path has no name there.
pub fn translate(
    recipe: &Recipe,
    path_there: &dyn Fn(&str) -> Option<String>,
) -> Result<Translation> {
    let there = |path: &str| {
        path_there(path).ok_or_else(|| {
            Error::new(
                ErrorKind::NotFound,
                "send a recipe to a cluster",
                format!("this path is not known there: \"{path}\""),
            )
        })
    };
    let mut mapped = recipe.clone();
    mapped.source.url = there(&recipe.source.url)?;
    mapped.output.path = if recipe.output.path.is_empty() {
        "reconstruction.h5".to_owned()
    } else {
        there(&recipe.output.path)?
    };
    let argv = ["hutch", "reconstruct", RECIPE_NAME];
    Ok(Translation {
        argv: argv.map(str::to_owned).to_vec(),
        files: vec![(RECIPE_NAME.to_owned(), mapped.to_toml()?)],
        results: vec![mapped.output.path],
    })
}
