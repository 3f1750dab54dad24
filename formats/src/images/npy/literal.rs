//! The header of an array: a Python dictionary with three entries.

/// What a header says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Header {
    /// The type of an element; the text of the list for records.
    pub(super) descr: String,
    /// Whether the first axis runs fastest.
    pub(super) is_fortran_order: bool,
    /// Size of each axis.
    pub(super) shape: Vec<u64>,
}

/// Reads `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }`.
///
/// # Errors
/// What is missing or makes no sense.
pub(super) fn parse(text: &str) -> Result<Header, String> {
    let mut reader = Reader { rest: text };
    reader.expect('{')?;
    let (mut descr, mut order, mut shape) = (None, None, None);
    while !reader.take('}') {
        let key = reader.string()?;
        reader.expect(':')?;
        match key {
            "descr" => descr = Some(reader.descr()?),
            "fortran_order" => order = Some(reader.boolean()?),
            "shape" => shape = Some(reader.tuple()?),
            _ => return Err(format!("the entry \"{key}\" is not known")),
        }
        if !reader.take(',') {
            reader.expect('}')?;
            break;
        }
    }
    let missing = |name: &str| format!("the entry \"{name}\" is missing");
    Ok(Header {
        descr: descr.ok_or_else(|| missing("descr"))?,
        is_fortran_order: order.ok_or_else(|| missing("fortran_order"))?,
        shape: shape.ok_or_else(|| missing("shape"))?,
    })
}

struct Reader<'a> {
    rest: &'a str,
}

impl<'a> Reader<'a> {
    fn skip_space(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn take(&mut self, wanted: char) -> bool {
        self.skip_space();
        match self.rest.strip_prefix(wanted) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn expect(&mut self, wanted: char) -> Result<(), String> {
        if self.take(wanted) {
            return Ok(());
        }
        let found: String = self.rest.chars().take(16).collect();
        Err(format!("expected \"{wanted}\", got \"{found}\""))
    }

    fn string(&mut self) -> Result<&'a str, String> {
        self.skip_space();
        let Some(quote @ ('\'' | '"')) = self.rest.chars().next() else {
            return Err("expected a text in quotes".to_owned());
        };
        let inside = &self.rest[1..];
        let end = inside
            .find(quote)
            .ok_or_else(|| "a text never ends".to_owned())?;
        self.rest = &inside[end + 1..];
        Ok(&inside[..end])
    }

    /// A text, or the text of a list, which describes a record.
    fn descr(&mut self) -> Result<String, String> {
        self.skip_space();
        if !self.rest.starts_with(['[', '(']) {
            return self.string().map(str::to_owned);
        }
        let mut depth = 0usize;
        for (at, letter) in self.rest.char_indices() {
            match letter {
                '[' | '(' => depth += 1,
                ']' | ')' => depth = depth.saturating_sub(1),
                _ => {}
            }
            if depth == 0 {
                let (list, rest) = self.rest.split_at(at + 1);
                self.rest = rest;
                return Ok(list.to_owned());
            }
        }
        Err("a list never ends".to_owned())
    }

    fn boolean(&mut self) -> Result<bool, String> {
        self.skip_space();
        for (word, value) in [("True", true), ("False", false)] {
            if let Some(rest) = self.rest.strip_prefix(word) {
                self.rest = rest;
                return Ok(value);
            }
        }
        Err("expected True or False".to_owned())
    }

    fn tuple(&mut self) -> Result<Vec<u64>, String> {
        self.expect('(')?;
        let mut sizes = Vec::new();
        while !self.take(')') {
            self.skip_space();
            let end = self
                .rest
                .find(|letter: char| !letter.is_ascii_digit())
                .unwrap_or(self.rest.len());
            let (digits, rest) = self.rest.split_at(end);
            let size = digits.parse().map_err(|error| {
                format!("the size \"{digits}\" of an axis is no number: {error}")
            })?;
            sizes.push(size);
            // Python 2 wrote long integers as `3L`.
            self.rest = rest.strip_prefix('L').unwrap_or(rest);
            if !self.take(',') {
                self.expect(')')?;
                break;
            }
        }
        Ok(sizes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_reads_as_python_reads_it() {
        let header = parse("{'descr': '>u2', 'fortran_order': True, 'shape': (3L, 4), }   \n");
        let expected = Header {
            descr: ">u2".to_owned(),
            is_fortran_order: true,
            shape: vec![3, 4],
        };
        assert_eq!(header, Ok(expected), "three entries");
        let scalar = parse("{\"descr\":\"<f8\",\"fortran_order\":False,\"shape\":()}");
        assert_eq!(scalar.map(|header| header.shape), Ok(vec![]), "no axes");
    }

    #[test]
    fn a_record_is_kept_as_its_own_words() {
        let header = parse(
            "{'descr': [('x', '<f4'), ('y', '<i2', (2,))], 'fortran_order': False, 'shape': (2,)}",
        );
        let descr = header.map(|header| header.descr);
        assert_eq!(
            descr.as_deref(),
            Ok("[('x', '<f4'), ('y', '<i2', (2,))]"),
            "the list"
        );
    }

    #[test]
    fn nonsense_is_told_in_words() {
        for text in [
            "",
            "{",
            "{'shape': (",
            "{'shape': (-1,)}",
            "{'descr': [",
            "{}",
            "{'a': 1}",
        ] {
            assert!(parse(text).is_err(), "{text} is no header");
        }
        let code = parse("{'descr': __import__('os'), 'shape': (1,)}");
        assert!(code.is_err(), "code is never evaluated");
    }
}
