//! JPEG files that Pillow wrote, against what libjpeg-turbo decodes from them.
#![allow(clippy::allow_attributes, clippy::unwrap_used, reason = "test code")]

use hutch_codecs::{CodecError, FilterSpec, JpegShape, Scratch, decode_into, decode_jpeg, id};

const GREY: &[u8] = include_bytes!("data/grey.jpg");
const COLOUR: &[u8] = include_bytes!("data/colour.jpg");

/// Decoders may round differently: ITU-T T.83 allows one count, the change of colours another two.
fn largest_difference(found: &[u8], expected: &[u8]) -> u8 {
    let pairs = found.iter().zip(expected);
    pairs.map(|(a, b)| a.abs_diff(*b)).max().unwrap()
}

#[test]
fn a_grey_image_differs_by_rounding_only() {
    let expected = include_bytes!("data/grey.raw");
    let mut out = vec![0; expected.len()];
    let shape = decode_jpeg(GREY, &mut out).unwrap();
    let expected_shape = JpegShape {
        width: 57,
        height: 41,
        channels: 1,
    };
    assert_eq!(shape, expected_shape, "as it was written");
    let difference = largest_difference(&out, expected);
    assert!(difference <= 1, "differs by {difference}");
}

#[test]
fn a_colour_image_differs_by_rounding_only() {
    let expected = include_bytes!("data/colour.raw");
    let mut out = vec![0; expected.len()];
    let shape = decode_jpeg(COLOUR, &mut out).unwrap();
    assert_eq!(shape.channels, 3, "red, green, blue");
    let difference = largest_difference(&out, expected);
    assert!(difference <= 3, "differs by {difference}");
}

#[test]
fn an_image_larger_than_the_output_is_refused() {
    let done = decode_jpeg(GREY, &mut [0; 100]);
    let expected = CodecError::Size {
        found: 57 * 41,
        expected: 100,
    };
    assert_eq!(done, Err(expected), "before anything is decoded");
}

#[test]
fn the_jpeg_filter_decodes_a_chunk() {
    let filter = FilterSpec {
        id: id::JPEG,
        name: String::new(),
        optional: false,
        client_data: vec![95, 57, 41, 0],
    };
    let mut out = vec![0; 57 * 41];
    decode_into(&[filter], 0, GREY, 1, &mut out, &mut Scratch::default()).unwrap();
    let difference = largest_difference(&out, include_bytes!("data/grey.raw"));
    assert!(difference <= 1, "differs by {difference}");
}
