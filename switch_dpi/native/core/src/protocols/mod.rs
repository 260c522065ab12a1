//! The native protocols, one file each, in folders by what they are for. The build script lists them: a new file is a new
//! protocol, and its module is `protocols::NAME` in whichever folder it lies.

#[cfg(test)]
mod examples;

include!(concat!(env!("OUT_DIR"), "/protocols.rs"));
