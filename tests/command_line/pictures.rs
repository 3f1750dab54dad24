//! Pictures without a window: `hutch render`.

use crate::hutch::{Hutch, said, sample};

#[test]
fn a_picture_of_a_frame_has_the_size_that_was_asked_for() {
    let hutch = Hutch::new();
    let address = format!("{}::/gzip_shuffle", sample("chunked_latest.h5"));
    let json = hutch.json(&[
        "render",
        &address,
        "--frame",
        "2",
        "--norm",
        "sqrt",
        "--colormap",
        "viridis",
        "--size",
        "64x48",
        "-o",
        "frame.png",
        "--json",
    ]);
    assert_eq!(json["schema"], "hutch.render/1", "the schema");
    assert_eq!(json["size"], serde_json::json!([64, 48]), "the size");
    let picture = image::open(hutch.path("frame.png")).unwrap();
    assert_eq!(
        (picture.width(), picture.height()),
        (64, 48),
        "of the file, too"
    );
}

#[test]
fn without_any_adapter_images_are_drawn_and_volumes_are_refused() {
    let hutch = Hutch::new();
    let address = format!("{}::/gzip_shuffle", sample("chunked_latest.h5"));
    let without = |arguments: &[&str]| {
        let mut command = hutch.command(arguments);
        command
            .env("WGPU_BACKEND", "vulkan")
            .env("VK_ICD_FILENAMES", "/nonexistent")
            .env("VK_DRIVER_FILES", "/nonexistent");
        command.output().unwrap()
    };
    let image = without(&["render", &address, "-o", "a.png"]);
    assert!(
        image.status.success(),
        "the processor draws: {}",
        said(&image)
    );
    assert!(
        said(&image).contains("the processor draws"),
        "{}",
        said(&image)
    );
    let volume = without(&["render", &address, "--view", "volume", "-o", "b.png"]);
    assert_eq!(volume.status.code(), Some(9), "{}", said(&volume));
    assert!(
        said(&volume).contains("adapter"),
        "what is missing: {}",
        said(&volume)
    );
    assert!(!hutch.path("b.png").exists(), "no picture is left");
}
