//! What the engine tells: its events, a flow's record for keeps, and the numbers that applications are exported by.

pub mod app_id;
pub mod event;
pub mod json;
pub mod record;
