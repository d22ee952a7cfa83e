//! Ten thousand lives, and the proof that a life can fail.

use sim::{Flaw, run, run_flawed};

/// Seeds of one test run; each is independent of the others.
const SEEDS: u64 = 10_000;

#[test]
fn every_life_keeps_the_invariants() {
    let mut rests = std::collections::BTreeMap::new();
    let mut helpers = 0;
    for seed in 0..SEEDS {
        match run(seed) {
            Ok(life) => {
                helpers += life.helpers as u64;
                *rests.entry(format!("{:?}", life.rest)).or_insert(0) += 1;
            }
            Err(why) => panic!("{why}\nreplay it with: cargo xtask sim --seed {seed}"),
        }
    }
    assert!(helpers > SEEDS / 10, "only {helpers} helpers lived");
    // A world in which one way to end never happens tests less than it seems to.
    for rest in ["Done", "Answered", "NeedsYou", "Failed", "Stopped", "Refused"] {
        let lives = rests.get(&format!("Some({rest})")).copied().unwrap_or(0);
        assert!(lives > SEEDS / 200, "only {lives} lives ended as {rest}: {rests:?}");
    }
}

#[test]
fn the_same_seed_is_the_same_life() {
    for seed in 0..200 {
        assert_eq!(run(seed), run(seed), "seed {seed}");
    }
}

#[test]
fn each_flaw_is_noticed() {
    let flaws = [
        Flaw::ForgetsRestart,
        Flaw::ActsBeforeAppend,
        Flaw::AppliesUnstored,
        Flaw::AcknowledgesEarly,
        Flaw::ForgetsHelpers,
        Flaw::DecidesOnOldState,
        Flaw::AsksBeforeAppend,
        Flaw::ForgetsBackground,
    ];
    for flaw in flaws {
        let noticed = (0..500).filter(|&seed| run_flawed(seed, flaw).is_err()).count();
        assert!(noticed > 5, "{flaw:?} was noticed in {noticed} of 500 lives");
    }
}
