//! Requests that cannot be meant: parts without samples, folders that are not there, words that are no commands.

use std::fs;

use crate::hutch::{Hutch, data, refused, said};

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

#[test]
fn a_folder_is_watched_for_data_and_must_be_there() {
    let hutch = Hutch::new();
    fs::create_dir(hutch.path("run")).unwrap();
    fs::copy(data("stats/stats.h5"), hutch.path("run/a.h5")).unwrap();
    fs::write(hutch.path("run/make.py"), "print()\n").unwrap();
    let run = hutch.run(&["watch", "run", "--count", "1"]);
    let line = String::from_utf8_lossy(&run.stdout).into_owned();
    assert!(line.trim_end().ends_with("/a.h5"), "{line}{}", said(&run));
    let words = refused(&hutch, &["watch", "nope"], 7);
    assert!(words.contains("there is no such folder"), "{words}");
    let words = refused(&hutch, &["watch", "run/a.h5"], 2);
    assert!(words.contains("this is a file"), "{words}");
}

#[test]
fn words_of_refusals_name_what_works_instead() {
    let hutch = Hutch::new();
    let [maps, stream, frames] = ["maps/maps.h5", "serial/quad.stream", "serial/run00.cxi"]
        .map(|name| data(name).display().to_string());
    fs::write(hutch.path("make.py"), "print()\n").unwrap();
    for (arguments, code, words) in [
        (&["nonsense"][..], 2, "hutch --help"),
        (&["stat", "x.h5"], 2, "did you mean \"stats\"?"),
        (&["info", "nothing.h5"], 7, "`hutch ls` lists what is there"),
        (
            &["integrate", &frames, "--poni", "make.py"],
            9,
            "the file that is meant",
        ),
        (&["render", &maps, "-o", "a.png"], 2, "--view map"),
        (
            &["integrate", &stream],
            2,
            "no frames; give the file of the frames",
        ),
        (
            &["roi", &stream, "--shape", "point 0 0"],
            2,
            "no frames; give",
        ),
        (
            &["profile", &frames],
            2,
            "--around <CIRCLE>|--shape <SHAPE>",
        ),
    ] {
        let said = refused(&hutch, arguments, code);
        assert!(said.contains(words), "{arguments:?}: {said}");
    }
}
