//! Application identifiers (RFC 6759): 8 bits classification engine, 24 bits selector.

/// An App-ID as it stands on the wire and in `ct_mark`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AppId(pub u32);

/// The classification engine of this registry (RFC 6759 §4.1: 20, proprietary layer 7).
pub const ENGINE_L7: u32 = 20;
/// Selectors below are protocols.
pub const FIRST_APPLICATION: u32 = 10_000;
/// 24 bits.
pub const MAX_SELECTOR: u32 = 0x00ff_ffff;

impl AppId {
    /// Not classified yet.
    pub const NONE: AppId = AppId(0);
    /// Inspected without a result.
    pub const UNKNOWN: AppId = AppId::ours(0);

    /// A selector of this registry.
    #[must_use]
    pub const fn ours(selector: u32) -> Self {
        Self(ENGINE_L7 << 24 | selector & MAX_SELECTOR)
    }
}
