#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| assert_eq!(appsteer_harness::parsers::signatures(data), Ok(())));
