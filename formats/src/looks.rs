//! What a file that cannot be opened looks like, in words.

/// Says what the first bytes of a file look like.
pub fn like(head: &[u8], name: &str) -> String {
    if head.is_empty() {
        return "the file is empty".to_owned();
    }
    if head.iter().all(|&byte| byte == 0) {
        return "the file begins with zeros only, as one whose copy is not complete".to_owned();
    }
    if let Some(what) = by_signature(head) {
        return format!("it looks like {what}, which is not opened yet");
    }
    let text = String::from_utf8_lossy(head).to_lowercase();
    let text = text.trim_start();
    if text.starts_with("<!doctype html") || text.starts_with("<html") {
        return "it is a web page, maybe one that asks to sign in, instead of the file".to_owned();
    }
    if text.starts_with("<?xml") {
        return "it is XML, maybe an error message of the server instead of the file".to_owned();
    }
    if text.starts_with("version https://git-lfs") {
        return "it is a Git LFS pointer instead of the file".to_owned();
    }
    if let Some(format) = crate::registry::promised(name) {
        return format!("by its name it is {format}, but it has no {format} signature");
    }
    let is_text = head
        .iter()
        .all(|&byte| byte >= 0x20 || matches!(byte, b'\n' | b'\r' | b'\t'));
    if is_text {
        "it looks like plain text".to_owned()
    } else {
        "its format is not known".to_owned()
    }
}

fn by_signature(head: &[u8]) -> Option<&'static str> {
    const SIGNATURES: &[(&[u8], &str)] = &[
        (b"\x89HDF\r\n\x1a\n", "a damaged HDF5 file"),
        (b"###CBF", "a CBF image"),
        (b"\x89PNG", "a PNG image"),
        (b"\xff\xd8\xff", "a JPEG image"),
        (b"\x0e\x03\x13\x01", "an HDF4 file"),
        (b"CDF\x01", "a netCDF file"),
        (b"CDF\x02", "a netCDF file"),
        (b"BZh", "a file compressed with bzip2"),
        (b"\x1f\x8b", "a file compressed with gzip"),
        (b"\x28\xb5\x2f\xfd", "a file compressed with zstd"),
        (b"PK\x03\x04", "a ZIP archive"),
        (b"%PDF", "a PDF document"),
        (b"CrystFEL stream", "a CrystFEL stream"),
        (b"{\nHEADER_BYTES", "an SMV image"),
        (b"{", "an EDF image or JSON"),
        (b"MATLAB 5.0", "an old MATLAB file"),
    ];
    SIGNATURES
        .iter()
        .find(|(signature, _)| head.starts_with(signature))
        .map(|(_, what)| *what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_page_is_told_from_data() {
        let said = like(b"<!DOCTYPE html><html>", "scan.nxs");
        assert!(said.contains("sign in"), "got: {said}");
        let said = like(b"BZhrest", "image.edf");
        assert!(said.contains("bzip2"), "got: {said}");
        let said = like(&[0; 64], "scan.h5");
        assert!(said.contains("zeros"), "got: {said}");
    }
}
