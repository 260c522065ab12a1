//! Where packets come from: capture files and Linux packet rings.
