//! A plan file from anyone: reading it must not panic, and a plan that was read must come back
//! the same from its canonical form.

#![no_main]

use libfuzzer_sys::fuzz_target;
use whywait_plan::Plan;

fuzz_target!(|text: &str| {
    let Ok(plan) = Plan::parse("fuzz", text) else { return };
    let canonical = plan.to_toml();
    let again = Plan::parse("canonical", &canonical).expect("a canonical plan can be read");
    assert_eq!(canonical, again.to_toml());
    assert_eq!(plan.disk_bytes(), again.disk_bytes());
    assert_eq!(plan.declared(), again.declared());
    assert_eq!(plan.traits(), again.traits());
});
