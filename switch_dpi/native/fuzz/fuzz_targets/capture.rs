#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| assert_eq!(appsteer_harness::parsers::capture(data), Ok(())));
