//! The program: the window, the command line, jobs and residency.
