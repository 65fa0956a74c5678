//! The engine's conformance suite, for any log: `engine_suite!` makes one test of each case. Behind the feature
//! `testing`, so that a harness with a real PostgreSQL can run it too.
//!
//! Invariant: every case makes its own organizations, so all may share one database.

mod clock;
mod faulty;
pub mod suite;
pub mod world;

pub use clock::ManualClock;
pub use faulty::{Failpoint, FaultyLog, POISON};
pub use world::World;

/// One `#[tokio::test]` a case of the suite; `$log` is an async function that answers an `Arc<dyn Log>`.
#[macro_export]
macro_rules! engine_suite {
    ($log:path) => {
        $crate::engine_suite! { $log;
            append::c01_a_refused_value_fails_its_command_only
            append::c04_a_lost_answer_is_read_back
            append::c04_a_lost_append_is_not_mistaken_for_another_nodes_of_the_same_key
            append::c04_a_lost_append_that_did_nothing_is_made_again
            append::c05_a_command_that_keeps_losing_takes_a_turn
            append::c05_two_nodes_on_one_organization_neither_overspend_nor_starve
            queue::c07_a_full_queue_is_answered_at_once_and_moves_nothing
            queue::c07_one_organization_holds_a_part_of_the_queue_only
            queue::c07_a_failed_flush_fails_what_was_built_on_it_and_nothing_else
            queue::c07_a_slot_under_way_is_neither_evicted_nor_reloaded
            queue::c07_the_cache_is_bounded
            queue::c07_a_dropped_future_loses_nothing
            queue::c07_shutdown_drains
            keys::c08_refunds_under_way_count
            keys::c08_history_of_a_state_that_was_given_up_is_not_looked_up
            keys::c09_the_same_key_twice_at_once_has_one_effect
            keys::c09_a_key_belongs_to_one_request
            keys::c09_a_key_of_another_node_replays_instead_of_a_refusal
            confirm::c09_a_refusal_on_a_state_that_another_node_moved_is_decided_again
            confirm::c09_a_refusal_waits_for_the_flush_it_depends_on
            confirm::c09_a_refusal_on_a_state_that_was_given_up_is_decided_again
            confirm::c09_refusals_share_one_read
            confirm::c09_a_strong_read_shows_what_is_durable_only
            confirm::c09_a_strong_read_sees_other_nodes
            confirm::c09_own_traffic_does_not_unsettle_refusals
            conformance::c10_cqrs_framework_writes_the_same_stream
            conformance::c10_a_context_without_commit_leaves_nothing_and_costs_no_reload
            conformance::c10_the_lock_is_free_before_the_commit_is_durable
            snapshots::c11_snapshots_are_due_by_events_and_bytes
            time::c03_settlement_is_its_own_command_and_kept_when_the_command_is_refused
            time::c03_settlement_comes_in_pieces
            time::c12_time_never_runs_back_in_a_stream
            time::c12_a_command_is_decided_at_the_time_it_was_settled_to
            time::c12_a_node_with_a_wrong_clock_takes_no_commands
            time::c12_a_node_with_a_wrong_clock_sweeps_nothing
            time::c12_a_clock_that_is_set_between_two_looks_decides_nothing
            time::c12_a_clock_that_is_set_between_two_looks_sweeps_nothing
            time::c12_a_strong_read_by_a_clock_that_was_set_shows_nothing
            time::c12_a_strong_read_waits_for_the_first_look_at_the_clocks
            time::c13_idle_organizations_are_settled
            time::c13_a_sweep_corrects_due_times_together_and_leaves_connections_to_commands
            time::c13_an_organization_that_is_busy_for_long_delays_no_other_sweep
            time::c13_a_due_time_corrected_by_another_node_is_told_again
            time::c13_a_due_time_behind_one_that_was_raised_is_told
            time::c13_a_due_time_is_told_however_long_its_command_waits
            sweep::c13_a_sweeper_with_a_place_waits_for_no_organization
            sweep::c13_an_organization_that_cannot_be_loaded_delays_no_other
            past::c29_a_balance_in_the_past_is_what_was_seen_then
            past::c29_every_boundary_between_events_agrees_with_a_naive_fold
            batch::c24_commands_of_one_organization_in_listed_order
            batch::c24_a_batch_survives_a_conflict_in_order
            tail::c28_the_tail_answers_what_the_log_does
            tail::c28_the_tail_begins_anew_behind_another_nodes_events
            batch::c25_nothing_is_cached_before_the_first_event
        }
    };
    ($log:path; $($module:ident::$case:ident)*) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                $crate::testing::suite::$module::$case($log().await).await;
            }
        )*
    };
}

#[cfg(test)]
mod on_memory {
    use std::sync::Arc;

    use super::ManualClock;
    use crate::MemoryLog;
    use crate::log::Log;

    /// More than one partition, as in every installation.
    async fn log() -> Arc<dyn Log> {
        Arc::new(MemoryLog::new(4, Arc::new(ManualClock::new())))
    }

    crate::engine_suite!(log);
}
