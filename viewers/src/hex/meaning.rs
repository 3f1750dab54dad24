//! What the bytes at the cursor would mean as numbers.

/// The order that bytes of a number are taken in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Order {
    /// The least significant byte first.
    #[default]
    Little,
    /// The most significant byte first.
    Big,
}

impl Order {
    pub(super) const ALL: [(Self, &'static str); 2] =
        [(Self::Little, "little-endian"), (Self::Big, "big-endian")];
}

/// Each type of numbers with what the bytes mean in it, as far as there are enough of them.
pub(super) fn meanings(bytes: &[u8], order: Order) -> Vec<(&'static str, String)> {
    /// One line for each type.
    macro_rules! lines {
        ($($kind:ty, $name:literal);*) => {
            [$(bytes.first_chunk().map(|bytes| {
                let value = match order {
                    Order::Little => <$kind>::from_le_bytes(*bytes),
                    Order::Big => <$kind>::from_be_bytes(*bytes),
                };
                ($name, format!("{value:?}"))
            })),*]
        };
    }
    let lines = lines!(
        u8, "uint8"; i8, "int8"; u16, "uint16"; i16, "int16"; u32, "uint32"; i32, "int32";
        u64, "uint64"; i64, "int64"; f32, "float32"; f64, "float64"
    );
    lines.into_iter().flatten().collect()
}

/// Reads an offset: `4096`, or `0x1000` with the digits of a hexadecimal number.
pub(super) fn offset(text: &str) -> Option<u64> {
    let text: String = text
        .chars()
        .filter(|letter| !letter.is_whitespace() && *letter != '_')
        .collect();
    match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) => u64::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_mean_numbers_of_both_orders() {
        let bytes = 1.5_f32.to_le_bytes();
        let found = meanings(&bytes, Order::Little);
        assert!(found.contains(&("float32", "1.5".to_owned())), "{found:?}");
        assert!(
            found.contains(&("uint32", "1069547520".to_owned())),
            "{found:?}"
        );
        assert!(
            found.iter().all(|(name, _)| *name != "uint64"),
            "four bytes are not eight"
        );
        let found = meanings(&[0xff, 0xfe], Order::Big);
        assert!(found.contains(&("int16", "-2".to_owned())), "{found:?}");
        assert!(meanings(&[], Order::Big).is_empty());
    }

    #[test]
    fn offsets_are_read_in_both_ways_of_writing() {
        assert_eq!(offset(" 0x1F "), Some(31));
        assert_eq!(offset("4 096"), Some(4096));
        assert_eq!(offset("-1"), None);
        assert_eq!(offset("0xffffffffffffffffff"), None, "beyond 64 bits");
    }
}
