use hutch_model::{Cancel, Chunk, Dataset, FoundRow};

use super::order::{Order, natural, order};
use super::*;

/// A run of a few rows.
#[derive(Debug)]
struct Few {
    rows: Vec<FoundRow>,
    texts: Vec<&'static str>,
    header: Vec<String>,
}

impl SerialRun for Few {
    fn rows(&self) -> &[FoundRow] {
        &self.rows
    }

    fn text(&self, number: u32) -> &str {
        self.texts.get(number as usize).copied().unwrap_or("")
    }

    fn text_count(&self) -> u32 {
        u32::try_from(self.texts.len()).unwrap()
    }

    fn counts(&self) -> hutch_model::FoundCounts {
        hutch_model::FoundCounts::default()
    }

    fn header(&self) -> &[String] {
        &self.header
    }

    fn problems(&self) -> Vec<String> {
        Vec::new()
    }

    fn bytes(&self) -> Arc<dyn Dataset> {
        panic!("the table reads no bytes")
    }

    fn geometry(&self) -> Option<std::ops::Range<u64>> {
        None
    }

    fn chunk(&self, _bytes: &[u8]) -> Chunk {
        Chunk::default()
    }
}

/// Frame 0 without a crystal, frame 1 with two, frame 2 a hit that was not indexed.
fn few() -> Few {
    let frame = |start, event, peaks, is_hit| FoundRow {
        start,
        filename: 1,
        event,
        indexed_by: 5,
        peak_count: peaks,
        is_hit,
        ..FoundRow::EMPTY
    };
    let crystal = |number, limit, a| FoundRow {
        crystal: number,
        indexed_by: 6,
        resolution_limit: limit,
        cell: [a, 7.9, 3.8, 90.0, 90.0, 120.0],
        reflection_count: 100 * (number + 1),
        ..frame(10, 3, 41, true)
    };
    Few {
        rows: vec![
            frame(0, 2, 7, false),
            crystal(0, 4.0, 7.9),
            crystal(1, 5.0, 7.7),
            frame(20, 4, 100, true),
        ],
        texts: vec![
            "",
            "/data/Lyso_01.cxi",
            "//9",
            "//12",
            "//100",
            "none",
            "xgandalf",
        ],
        header: Vec::new(),
    }
}

fn ordered(filter: &str, sort: Option<(&str, bool)>) -> Order {
    let asked = Asked {
        filter: Filter::parse(filter).expect("a filter"),
        sort: sort.map(|(name, ascending)| (named(name).expect("a column").0, ascending)),
    };
    order(&few(), &asked, &Progress::new(), &Cancel::new()).expect("not cancelled")
}

fn shown(filter: &str) -> Vec<u32> {
    ordered(filter, None).rows.to_vec()
}

#[test]
fn words_of_a_filter_must_all_hold() {
    assert_eq!(shown(""), [0, 1, 2, 3]);
    assert_eq!(shown("hit"), [1, 2, 3]);
    assert_eq!(shown("miss"), [0]);
    assert_eq!(shown("hit unindexed"), [3]);
    assert_eq!(shown("hit and not indexed"), [3]);
    assert_eq!(shown("peaks > 40"), [1, 2, 3]);
    assert_eq!(shown("peaks>40 peaks<=41"), [1, 2]);
    assert_eq!(shown("hit = yes peaks = 100"), [3]);
    assert_eq!(shown("event ~ //1"), [1, 2, 3], "//12 and //100");
    assert_eq!(shown("event = //12"), [1, 2]);
    assert_eq!(shown("not event = //12"), [0, 3]);
    assert_eq!(shown("lyso_01"), [0, 1, 2, 3], "in any case of letters");
    assert_eq!(shown("\"xgandalf\""), [1, 2]);
    assert_eq!(shown("file ~ lyso indexed_by = xgandalf"), [1, 2]);
}

#[test]
fn a_resolution_is_that_of_the_crystal_in_angstrom() {
    // 4 and 5 per nm are 2.5 and 2 Å.
    assert_eq!(shown("resolution < 2.5"), [2]);
    assert_eq!(shown("resolution <= 2.5"), [1, 2]);
    assert_eq!(
        shown("not resolution < 2.5"),
        [0, 1, 3],
        "no value is not less"
    );
    assert_eq!(shown("a < 78"), [2], "the edges are in Å");
}

#[test]
fn a_filter_that_makes_no_sense_says_why() {
    for (text, word) in [
        ("peaks >", "compared"),
        ("> 3", "column"),
        ("brightness > 3", "brightness"),
        ("peaks > many", "no number"),
    ] {
        let why = Filter::parse(text).expect_err(text);
        assert!(why.contains(word), "{text}: {why}");
    }
}

#[test]
fn rows_without_a_value_come_last_in_either_order() {
    let by = |ascending| ordered("", Some(("resolution", ascending))).rows.to_vec();
    assert_eq!(by(true), [2, 1, 0, 3]);
    assert_eq!(by(false), [1, 2, 0, 3]);
    assert_eq!(
        ordered("", Some(("indexed_by", true))).rows.to_vec(),
        [1, 2, 0, 3]
    );
    assert_eq!(
        ordered("", Some(("event", false))).rows.to_vec(),
        [3, 1, 2, 0]
    );
    assert_eq!(
        ordered("", Some(("peaks", false))).rows.to_vec(),
        [3, 1, 2, 0]
    );
}

#[test]
fn events_are_counted_as_people_count() {
    let mut events = ["//12", "//9", "//100", "a//007", "a//8", "//"];
    events.sort_by(|one, other| natural(one, other));
    assert_eq!(events, ["//", "//9", "//12", "//100", "a//007", "a//8"]);
}

#[test]
fn each_frame_counts_as_one_hit_and_each_crystal_by_itself() {
    let all = ordered("", None);
    assert_eq!((all.hits, all.crystals), (2, 2), "frame 1 has two crystals");
    let edges: Vec<(&str, u64)> = all
        .cells
        .iter()
        .map(|of| (of.name, of.counts.iter().sum()))
        .collect();
    assert_eq!(edges[0], ("a Å", 2), "both crystals");
    assert_eq!(edges.len(), 6);
    assert!((all.cells[5].median - 120.0).abs() < 1e-9, "gamma");
    assert!(
        ordered("miss", None).cells.is_empty(),
        "no crystal, no cells"
    );
}

#[test]
fn a_question_that_nobody_asks_any_more_ends() {
    let cancel = Cancel::new();
    cancel.cancel();
    assert!(order(&few(), &Asked::default(), &Progress::new(), &cancel).is_err());
}

#[test]
fn copied_rows_begin_with_the_names_of_the_columns() {
    let text = copied(&few(), &[1], &Cancel::new()).expect("not cancelled");
    let lines: Vec<Vec<&str>> = text
        .lines()
        .map(|line| line.split('\t').collect())
        .collect();
    assert_eq!(lines.len(), 2);
    let cell = |title: &str| {
        let at = lines[0].iter().position(|of| *of == title);
        lines[1][at.expect("a column")]
    };
    assert_eq!(cell("File"), "/data/Lyso_01.cxi");
    assert_eq!(cell("Peaks"), "41");
    assert_eq!(cell("a Å"), "79.00");
    assert_eq!(cell("To Å"), "2.50");
    assert_eq!(cell("Radius nm⁻¹"), "", "not said");
}
