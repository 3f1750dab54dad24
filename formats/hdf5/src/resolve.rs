//! Paths: following names and links to an object.

use crate::blocks::Blocks;
use crate::error::Error;
use crate::file::File;
use crate::group;
use crate::link::LinkTarget;
use crate::step::Parse;

/// Where a path leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resolved {
    /// To an object of this file, by address.
    Object(u64),
    /// Into another file, which the caller opens if its policy allows.
    External {
        /// The name of the file as stored in the link.
        file: String,
        /// The path in that file, from its root, with the rest of the path that was asked for.
        path: String,
    },
}

/// Names that a path may have, after links were put in; longer ones are a circle.
const NAME_COUNT_MAX: usize = 4096;

/// Follows `path` from the group at `from`.
pub(crate) fn resolve(file: &File, blocks: &Blocks, from: u64, path: &str) -> Parse<Resolved> {
    let mut at = if path.starts_with('/') {
        file.root
    } else {
        from
    };
    let mut names: Vec<String> = names_of(path);
    let mut walked = String::new();
    let mut links_left = file.limits.link_depth;
    while let Some(name) = names.pop() {
        walked.push('/');
        walked.push_str(&name);
        let Some(target) = group::lookup(file, blocks, at, &name)? else {
            return Err(Error::NotFound { path: walked }.into());
        };
        match target {
            LinkTarget::Hard(address) => at = address,
            LinkTarget::Soft(to) => {
                let Some(left) = links_left
                    .checked_sub(1)
                    .filter(|_| names.len() < NAME_COUNT_MAX)
                else {
                    return Err(Error::LinkCycle {
                        path: path.to_owned(),
                    }
                    .into());
                };
                links_left = left;
                if to.starts_with('/') {
                    at = file.root;
                    walked.clear();
                } else {
                    walked.truncate(walked.len() - name.len() - 1);
                }
                names.extend(names_of(&to));
            }
            LinkTarget::External(link) => {
                let rest: Vec<String> = names_of(&link.path)
                    .into_iter()
                    .rev()
                    .chain(names.into_iter().rev())
                    .collect();
                return Ok(Resolved::External {
                    file: link.file,
                    path: format!("/{}", rest.join("/")),
                });
            }
            LinkTarget::Unknown(kind) => {
                return Err(Error::unsupported(
                    format!("the link \"{walked}\" of kind {kind}"),
                    at,
                )
                .into());
            }
        }
    }
    Ok(Resolved::Object(at))
}

/// The names of a path, last first.
fn names_of(path: &str) -> Vec<String> {
    path.split('/')
        .filter(|name| !name.is_empty() && *name != ".")
        .rev()
        .map(str::to_owned)
        .collect()
}
