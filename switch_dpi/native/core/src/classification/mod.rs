//! What a flow is: which protocols it may still be, what it is held for before its first payload, and the work until its verdict.

pub mod candidates;
pub mod guess;
pub mod inspection;
