//! The shared words of Hutch and the traits at its seams.
