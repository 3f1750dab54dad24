//! Requests that cannot be meant: parts without samples, folders that are not there, words that are no commands.

use crate::hutch::{Hutch, data, refused};

#[test]
fn a_part_that_holds_nothing_is_refused() {
    let hutch = Hutch::new();
    let file = data("stats/stats.h5").display().to_string();
    for part in ["[99:]", "[5:2]", "[:, 3:3]"] {
        let address = format!("{file}::/uint16/data{part}");
        for arguments in [
            &["stats", &address][..],
            &["cat", &address],
            &["convert", &address, "-o", "none.npy"],
            &["roi", &address, "--shape", "point 0 0"],
        ] {
            let words = refused(&hutch, arguments, 2);
            assert!(words.contains("the part holds nothing; axis "), "{words}");
        }
    }
    assert!(!hutch.path("none.npy").exists(), "no empty file");
}
