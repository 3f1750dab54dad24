//! Several ranges in one reply. Source: RFC 9110 section 14.6.
//!
//! Parts are found by the length in their `Content-Range`, never by searching
//! for the boundary: some servers have a constant one, which data may hold.

use bytes::Bytes;
use hutch_model::ByteRange;

use super::content_range::ContentRange;

/// Room for what stands before each part.
pub(super) const MOST_HEAD_BYTES: u64 = 1024;

/// Whether a body of this type holds several parts.
pub(super) fn is_multipart(content_type: &str) -> bool {
    let kind = content_type.trim_start().to_ascii_lowercase();
    kind.starts_with("multipart/byteranges")
}

/// The bytes of each range; `None` unless there is one part for each, in any
/// order, of a file of this size.
pub(super) fn parts(body: &Bytes, ranges: &[ByteRange], size: u64) -> Option<Vec<Bytes>> {
    let mut found: Vec<Option<Bytes>> = vec![None; ranges.len()];
    let mut at = 0;
    let mut expected = 0;
    while let Some((part, begin)) = head(body, at) {
        if part.total.is_some_and(|total| total != size) {
            return None;
        }
        let range = ByteRange::new(part.start, part.end);
        let end = begin.checked_add(usize::try_from(range.len()).ok()?)?;
        if end > body.len() {
            return None;
        }
        // Servers answer in the order that was asked; others are searched for.
        let index = if ranges.get(expected) == Some(&range) {
            expected
        } else {
            ranges.iter().position(|asked| *asked == range)?
        };
        *found.get_mut(index)? = Some(body.slice(begin..end));
        expected = index + 1;
        at = end;
    }
    found.into_iter().collect()
}

/// The range of the part whose head begins somewhere after `at`, and where its
/// bytes begin.
fn head(body: &[u8], at: usize) -> Option<(ContentRange, usize)> {
    let limit = usize::try_from(MOST_HEAD_BYTES).ok()?;
    let window = body.get(at..body.len().min(at.checked_add(limit)?))?;
    let text_end = window.windows(4).enumerate().find_map(|(place, four)| {
        // A blank line before the first boundary is no end of a head.
        let is_end = four == b"\r\n\r\n" && contains_range(&window[..place]);
        is_end.then_some(place)
    })?;
    let text = std::str::from_utf8(&window[..text_end]).ok()?;
    let value = text.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.trim()
            .eq_ignore_ascii_case("content-range")
            .then_some(value)
    })?;
    Some((ContentRange::parse(value)?, at + text_end + 4))
}

fn contains_range(text: &[u8]) -> bool {
    let name = b"content-range";
    text.windows(name.len())
        .any(|window| window.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(parts: &[(u64, u64, &[u8])], size: u64) -> Bytes {
        let mut body = Vec::new();
        for (start, end, bytes) in parts {
            let last = end - 1;
            let head = format!(
                "\r\n--123456\r\nContent-type: text/plain\r\nContent-range: bytes {start}-{last}/{size}\r\n\r\n"
            );
            body.extend_from_slice(head.as_bytes());
            body.extend_from_slice(bytes);
        }
        body.extend_from_slice(b"\r\n--123456--\r\n");
        body.into()
    }

    #[test]
    fn data_that_looks_like_a_boundary_is_data() {
        let tricky = b"\r\n--123456\r\nContent-range: bytes 0-0/99\r\n\r\n";
        let length = tricky.len() as u64;
        let ranges = [ByteRange::new(5, 5 + length), ByteRange::new(90, 93)];
        let sent = body(&[(5, 5 + length, tricky), (90, 93, b"abc")], 1000);
        let got = parts(&sent, &ranges, 1000).unwrap();
        assert_eq!(got, [&tricky[..], b"abc"], "by length");
    }

    #[test]
    fn parts_in_another_order_find_their_place() {
        let ranges = [ByteRange::new(0, 2), ByteRange::new(5, 7)];
        let sent = body(&[(5, 7, b"cd"), (0, 2, b"ab")], 10);
        assert_eq!(
            parts(&sent, &ranges, 10).unwrap(),
            [&b"ab"[..], b"cd"],
            "sorted"
        );
    }

    #[test]
    fn what_does_not_add_up_is_refused() {
        let ranges = [ByteRange::new(0, 2), ByteRange::new(5, 7)];
        let good = body(&[(0, 2, b"ab"), (5, 7, b"cd")], 10);
        assert!(parts(&good, &ranges, 10).is_some(), "the whole answer");
        assert!(parts(&good, &ranges, 11).is_none(), "of another file");
        assert!(
            parts(&good.slice(..good.len() - 20), &ranges, 10).is_none(),
            "cut"
        );
        let joined = body(&[(0, 7, b"ab...cd")], 10);
        assert!(
            parts(&joined, &ranges, 10).is_none(),
            "joined by the server"
        );
        let fewer = body(&[(0, 2, b"ab")], 10);
        assert!(parts(&fewer, &ranges, 10).is_none(), "one is missing");
        assert!(parts(&Bytes::new(), &ranges, 10).is_none(), "nothing came");
    }
}
