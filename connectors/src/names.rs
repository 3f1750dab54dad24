//! Names that a server gives, made safe for every local disk and every screen.

use std::fmt::Write as _;

/// The longest name that every file system takes, in bytes.
const LONGEST_BYTES: usize = 255;

/// A name that any file system takes and that shows what it is, or `None` for
/// one that is no name of a file at all: empty, `.`, `..`, or holding NUL.
///
/// Whatever is odd is written as `%XX` of its UTF-8 bytes, so that two names
/// never become one and the server's name can be told from it. Give it one
/// component, percent-decoded once. Odd are separators, drive colons and the
/// other characters that Windows forbids, control characters, invisible and
/// direction-changing characters, a trailing dot or space, and the device
/// names of Windows. Names that are too long keep their ending and get a
/// checksum.
pub fn local_name(name: &str) -> Option<String> {
    if name.is_empty() || name == "." || name == ".." || name.contains('\0') {
        return None;
    }
    let mut safe = String::with_capacity(name.len());
    for (at, letter) in name.char_indices() {
        let looks_encoded = letter == '%'
            && name
                .as_bytes()
                .get(at + 1..at + 3)
                .is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit));
        if looks_encoded || is_odd(letter) {
            encode(letter, &mut safe);
        } else {
            safe.push(letter);
        }
    }
    if let Some(last) = safe.chars().last().filter(|last| matches!(last, '.' | ' ')) {
        safe.pop();
        encode(last, &mut safe);
    }
    if is_device(&safe) {
        let first = safe.remove(0);
        let mut encoded = String::new();
        encode(first, &mut encoded);
        safe.insert_str(0, &encoded);
    }
    if safe.len() > LONGEST_BYTES {
        safe = shorten(&safe);
    }
    Some(safe)
}

fn encode(letter: char, into: &mut String) {
    let mut buffer = [0; 4];
    for byte in letter.encode_utf8(&mut buffer).bytes() {
        // Writing to a string cannot fail.
        if write!(into, "%{byte:02X}").is_err() {
            return;
        }
    }
}

fn is_odd(letter: char) -> bool {
    letter.is_control()
        || matches!(
            letter,
            '/' | '\\' | ':' | '<' | '>' | '"' | '|' | '?' | '*'
            // Zero width, direction, line and paragraph, and the byte order mark.
            | '\u{200B}'..='\u{200F}'
            | '\u{2028}'..='\u{202E}'
            | '\u{2060}'..='\u{2069}'
            | '\u{FEFF}'
            | '\u{FFFD}'
        )
}

/// The device names of Windows, with any extension.
/// Source: Microsoft, "Naming Files, Paths, and Namespaces".
fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or(name).trim_end();
    let stem = stem.to_ascii_uppercase();
    if matches!(
        stem.as_str(),
        "CON" | "PRN" | "AUX" | "NUL" | "CONIN$" | "CONOUT$"
    ) {
        return true;
    }
    let Some(number) = stem
        .strip_prefix("COM")
        .or_else(|| stem.strip_prefix("LPT"))
    else {
        return false;
    };
    let mut digits = number.chars();
    matches!(
        (digits.next(), digits.next()),
        (Some('0'..='9' | '¹' | '²' | '³'), None)
    )
}

/// Keeps the beginning and the ending, with a checksum between them.
fn shorten(name: &str) -> String {
    let sum = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |sum, byte| {
        (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let ending = name
        .rfind('.')
        .map_or("", |dot| &name[dot..])
        .chars()
        .take(16)
        .collect::<String>();
    let mut kept = String::new();
    for letter in name.chars() {
        if kept.len() + letter.len_utf8() + 17 + ending.len() > LONGEST_BYTES {
            break;
        }
        kept.push(letter);
    }
    format!("{kept}~{sum:016x}{ending}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_table_of_names() {
        let table: &[(&str, Option<&str>)] = &[
            ("scan_0001.h5", Some("scan_0001.h5")),
            ("a b+ü#.txt", Some("a b+ü#.txt")),
            (".hidden", Some(".hidden")),
            ("試料", Some("試料")),
            ("", None),
            (".", None),
            ("..", None),
            ("a\0b", None),
            ("...", Some("..%2E")),
            ("../../etc/passwd", Some("..%2F..%2Fetc%2Fpasswd")),
            ("/etc/passwd", Some("%2Fetc%2Fpasswd")),
            ("C:\\x", Some("C%3A%5Cx")),
            ("\\\\?\\unc", Some("%5C%5C%3F%5Cunc")),
            ("x.txt:stream", Some("x.txt%3Astream")),
            ("CON", Some("%43ON")),
            ("nul.h5", Some("%6Eul.h5")),
            ("COM1.txt", Some("%43OM1.txt")),
            ("LPT¹", Some("%4CPT¹")),
            ("CONSOLE", Some("CONSOLE")),
            ("COM10", Some("COM10")),
            ("name.", Some("name%2E")),
            ("name ", Some("name%20")),
            ("a\u{1b}[31m", Some("a%1B[31m")),
            ("a\nb", Some("a%0Ab")),
            ("a\u{202e}5h.exe", Some("a%E2%80%AE5h.exe")),
            ("a\u{85}b", Some("a%C2%85b")),
            ("100%", Some("100%")),
            ("%2e%2e", Some("%252e%252e")),
            ("<>\"|?*", Some("%3C%3E%22%7C%3F%2A")),
        ];
        for (name, expected) in table {
            assert_eq!(local_name(name).as_deref(), *expected, "{name:?}");
        }
    }

    #[test]
    fn a_long_name_keeps_its_ending_and_stays_its_own() {
        let one = local_name(&format!("{}1.h5", "ü".repeat(300))).unwrap();
        let other = local_name(&format!("{}2.h5", "ü".repeat(300))).unwrap();
        assert!(
            one.len() <= LONGEST_BYTES && one.rsplit('.').next() == Some("h5"),
            "got {one}"
        );
        assert_ne!(one, other, "two names stay two");
    }

    #[test]
    fn what_is_safe_once_is_safe_again() {
        for name in ["..%2F", "%43ON", "a%3Ab", "plain"] {
            let again = local_name(name).unwrap();
            assert!(!again.contains('/'), "{again}");
        }
    }
}
