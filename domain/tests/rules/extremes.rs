//! No input panics, replays are equal to the letter, and every prefix of a stream loads.

use chrono::TimeDelta;
use domain::commands::*;
use domain::*;
use proptest::prelude::*;

use crate::properties::{cases, ops};
use crate::support::*;
use crate::table::table;
use crate::walk::Walk;

fn extreme() -> impl Strategy<Value = i64> {
    const MAX: i64 = 1_000_000_000_000_000;
    let edges = [i64::MIN, i64::MIN + 1, -MAX - 1, -MAX, -1, 0, 1, MAX - 1, MAX, MAX + 1, 1 << 60, i64::MAX];
    prop_oneof![3 => proptest::sample::select(edges.to_vec()), 1 => any::<i64>(), 2 => 1..1_000i64]
}

fn instants() -> impl Strategy<Value = Timestamp> {
    let edges = vec![
        Timestamp::MIN_UTC,
        Timestamp::MAX_UTC,
        Timestamp::UNIX_EPOCH,
        time::end_of_time(),
        start() + TimeDelta::seconds(30),
        start() + TimeDelta::nanoseconds(1),
    ];
    proptest::sample::select(edges)
}

fn expiries() -> impl Strategy<Value = Expiry> {
    prop_oneof![Just(Expiry::Never), instants().prop_map(Expiry::At), any::<u32>().prop_map(Expiry::In)]
}

fn rows() -> impl Strategy<Value = String> {
    let n = extreme;
    let u = || proptest::sample::select(vec![0u32, 1, 60, 36_500, 2_592_000, u32::MAX]);
    prop_oneof![
        n().prop_map(|a| format!("consume c {a}")),
        (n(), u(), n()).prop_map(|(a, life, max)| format!("reserve r {a} life={life} over=overdraft max={max}")),
        n().prop_map(|a| format!("reserve r {a} over=take")),
        n().prop_map(|a| format!("confirm r {a}")),
        n().prop_map(|a| format!("refund c {a}")),
        n().prop_map(|a| format!("adjust {a}")),
        (n(), n()).prop_map(|(a, b)| format!("settings limit={a} low={b}")),
        (n(), 0..4).prop_map(|(a, p)| format!("revoke p{p} {a}")),
        (0..4).prop_map(|p| format!("reinstate p{p}")),
        (n(), n(), n(), u()).prop_map(|(a, b, c, d)| format!("policy below={a} package={b} price={c} days={d}")),
        (n(), n(), n(), u()).prop_map(|(a, b, c, d)| format!("policy package={a} amount={b} month={c} cooldown={d}")),
        (1..4, 0..9).prop_map(|(r, p)| format!("charged {r} ch{p}")),
        (1..4).prop_map(|r| format!("failed {r} declined")),
        (0..100_000i64).prop_map(|s| format!("tick {s}")),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(400), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn rule_7_no_row_panics(rows in proptest::collection::vec(rows(), 1..40)) {
        let mut t = table("grant g 1000000000000000 \n buy p0 1000000000000000 \n settings limit=1000000000000000\n");
        for row in rows {
            t.try_row(&row);
        }
    }

    #[test]
    fn rule_7_no_grant_panics(amount in extreme(), priority in any::<u16>(), at in instants(), expiry in expiries(),
                              bought in extreme()) {
        let mut world = World::new();
        let grant = Grant { amount: credits(amount), priority, effective_at: Some(at), expiry, ..a_grant(1) };
        let _ = world.run(&Command::Grant(grant));
        let _ = world.run(&purchase(bought, "p", expiry));
        world.tick(1_000_000);
        world.settle();
    }

    #[test]
    fn c22_replaying_the_same_commands_gives_the_same_events_to_the_letter(ops in proptest::collection::vec(ops(), 1..30)) {
        let walk = || {
            let mut walk = Walk::new();
            ops.iter().for_each(|op| walk.step(op).unwrap());
            serde_json::to_string(&walk.world.log).unwrap()
        };
        prop_assert_eq!(walk(), walk());
    }

    #[test]
    fn c11_every_prefix_loads_and_its_snapshot_goes_on(ops in proptest::collection::vec(ops(), 1..20)) {
        let mut walk = Walk::new();
        ops.iter().for_each(|op| walk.step(op).unwrap());
        let log = &walk.world.log;
        let mut state = Organization::default();
        for (n, event) in log.iter().enumerate() {
            let snapshot = serde_json::to_string(&state).unwrap();
            let mut loaded: Organization = serde_json::from_str(&snapshot).unwrap();
            log[n..].iter().for_each(|event| evolve(&mut loaded, event));
            prop_assert_eq!(&loaded, &walk.world.state, "from the snapshot at {}", n);
            evolve(&mut state, event);
        }
    }
}
