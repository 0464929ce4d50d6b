//! The clock, and randomness from the operating system.

use jiff::Timestamp;

/// Now, to the second: certificates and signed attributes know nothing finer.
pub fn now() -> Timestamp {
    let now = Timestamp::now();
    Timestamp::from_second(now.as_second()).unwrap_or(now)
}

/// The operating system's random number generator.
pub fn rng() -> rand_core::UnwrapErr<getrandom::SysRng> {
    rand_core::UnwrapErr(getrandom::SysRng)
}

#[cfg(test)]
mod tests {
    #[test]
    fn now_has_no_fraction() {
        let now = super::now();
        assert_eq!(now.subsec_nanosecond(), 0);
        assert!(now.as_second() > 1_700_000_000);
    }
}
