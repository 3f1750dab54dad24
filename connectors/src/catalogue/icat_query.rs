//! Questions to ICAT, in JPQL.
//!
//! Only `:user` can be bound; every other value is a literal and is escaped
//! here. Source: ICAT server 6.2, "Searching for an Object".

/// My investigations, newest first.
pub(super) fn mine(offset: u64, count: u64) -> String {
    format!(
        "SELECT DISTINCT i FROM Investigation i JOIN i.investigationUsers iu \
         WHERE iu.user.name = :user ORDER BY i.startDate DESC, i.id DESC \
         LIMIT {offset},{count} INCLUDE i.type, i.investigationInstruments.instrument"
    )
}

/// How many investigations are mine.
pub(super) const COUNT_MINE: &str = "SELECT COUNT(DISTINCT i) FROM Investigation i \
     JOIN i.investigationUsers iu WHERE iu.user.name = :user";

/// Every investigation that may be seen, newest first.
pub(super) fn visible(offset: u64, count: u64) -> String {
    format!(
        "SELECT i FROM Investigation i ORDER BY i.startDate DESC, i.id DESC \
         LIMIT {offset},{count} INCLUDE i.type, i.investigationInstruments.instrument"
    )
}

/// How many investigations may be seen.
pub(super) const COUNT_VISIBLE: &str = "SELECT COUNT(i) FROM Investigation i";

/// Datasets of an investigation after one of them.
pub(super) fn datasets(investigation: u64, after: u64, count: u64, parameters: bool) -> String {
    let include = if parameters {
        "ds.type, ds.sample, ds.parameters.type"
    } else {
        "ds.type, ds.sample"
    };
    format!(
        "SELECT ds FROM Dataset ds WHERE ds.investigation.id = {investigation} \
         AND ds.id > {after} ORDER BY ds.id LIMIT 0,{count} INCLUDE {include}"
    )
}

/// How many datasets an investigation has.
pub(super) fn count_datasets(investigation: u64) -> String {
    format!("SELECT COUNT(ds) FROM Dataset ds WHERE ds.investigation.id = {investigation}")
}

/// Files of a dataset after one of them, as rows of plain values: one row
/// counts as one entity there.
pub(super) fn datafiles(dataset: u64, after: u64, count: u64) -> String {
    format!(
        "SELECT df.id, df.name, df.location, df.fileSize, df.datafileModTime FROM Datafile df \
         WHERE df.dataset.id = {dataset} AND df.id > {after} ORDER BY df.id LIMIT 0,{count}"
    )
}

/// How many files a dataset has.
pub(super) fn count_datafiles(dataset: u64) -> String {
    format!("SELECT COUNT(df) FROM Datafile df WHERE df.dataset.id = {dataset}")
}

/// Investigations by their identifiers.
pub(super) fn by_ids(ids: &[u64]) -> String {
    let list: Vec<String> = ids.iter().map(u64::to_string).collect();
    format!(
        "SELECT i FROM Investigation i WHERE i.id IN ({}) \
         INCLUDE i.type, i.investigationInstruments.instrument",
        list.join(", ")
    )
}

/// Investigations whose title or keyword holds every word.
pub(super) fn like(words: &str, offset: u64, count: u64) -> String {
    let conditions: Vec<String> = words
        .split_whitespace()
        .map(|word| {
            let pattern = like_pattern(word);
            format!(
                "(LOWER(i.title) LIKE {pattern} OR LOWER(i.name) LIKE {pattern} \
                 OR LOWER(k.name) LIKE {pattern})"
            )
        })
        .collect();
    format!(
        "SELECT DISTINCT i FROM Investigation i LEFT JOIN i.keywords k WHERE {} \
         ORDER BY i.startDate DESC, i.id DESC LIMIT {offset},{count} \
         INCLUDE i.type, i.investigationInstruments.instrument",
        conditions.join(" AND ")
    )
}

/// A pattern that finds a word as it is written, in any case.
fn like_pattern(word: &str) -> String {
    let lower = word.to_lowercase();
    if lower.contains(['%', '_', '!']) {
        let escaped = lower
            .replace('!', "!!")
            .replace('%', "!%")
            .replace('_', "!_");
        return format!("{} ESCAPE '!'", literal(&format!("%{escaped}%")));
    }
    literal(&format!("%{lower}%"))
}

/// A text as JPQL writes it.
fn literal(text: &str) -> String {
    let plain: String = text.chars().filter(|letter| !letter.is_control()).collect();
    format!("'{}'", plain.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_and_wildcards_stay_what_they_are() {
        assert_eq!(
            like_pattern("O'Brien"),
            "'%o''brien%'",
            "a quote is doubled"
        );
        assert_eq!(like_pattern("50%"), "'%50!%%' ESCAPE '!'", "a percent sign");
        assert_eq!(
            literal("a\0b\n'; --"),
            "'ab''; --'",
            "no way out of the text"
        );
    }

    #[test]
    fn every_word_must_be_found() {
        let query = like("Lysozyme scan", 0, 50);
        assert!(
            query.contains("'%lysozyme%'") && query.contains(" AND "),
            "{query}"
        );
    }
}
