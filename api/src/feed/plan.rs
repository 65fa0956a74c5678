//! Which pieces of which partitions make the next page. Pure.
//!
//! Invariant: no partition starves. The room of a page is shared by the partitions that are behind, those with little
//! left take it all, and where there is not room for each, the one that is furthest behind comes first.

use super::Cursor;

/// A piece of one partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    pub partition: u16,
    pub after: u64,
    pub up_to: u64,
    /// Room of the page for it.
    pub events: u32,
}

/// The shares of a page of at most `limit` events between the cursor and the ends, in the order of partitions.
#[must_use]
pub fn shares(cursor: &Cursor, ends: &[u64], limit: u32) -> Vec<Share> {
    let places = (0..).zip(cursor.positions()).zip(ends);
    let mut behind: Vec<_> = places
        .filter(|((_, after), end)| end > after)
        .map(|((partition, after), end)| Share { partition, after: *after, up_to: *end, events: 0 })
        .collect();
    behind.sort_by_key(|share| share.up_to - share.after);
    let (mut room, count) = (limit, behind.len());
    for (n, share) in behind.iter_mut().enumerate() {
        let left = u32::try_from(count - n).unwrap_or(u32::MAX);
        let lag = u32::try_from(share.up_to - share.after).unwrap_or(u32::MAX);
        share.events = lag.min(room / left);
        room -= share.events;
    }
    behind.retain(|share| share.events > 0);
    behind.sort_by_key(|share| share.partition);
    behind
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rooms(positions: &[u64], ends: &[u64], limit: u32) -> Vec<(u16, u32)> {
        let shares = shares(&Cursor::at(positions.to_vec()), ends, limit);
        shares.into_iter().map(|share| (share.partition, share.events)).collect()
    }

    #[test]
    fn room_is_shared_and_little_is_taken_whole() {
        assert_eq!(rooms(&[0, 0, 0], &[100, 3, 100], 11), [(0, 4), (1, 3), (2, 4)]);
        assert_eq!(rooms(&[5, 7], &[5, 7], 11), []);
        assert_eq!(rooms(&[9, 0], &[5, 1], 11), [(1, 1)], "a place ahead is not behind");
        assert_eq!(rooms(&[0, 0, 0], &[10, 20, 5], 1), [(1, 1)], "the furthest behind");
    }

    proptest! {
        #[test]
        fn pages_reach_every_position_once(lags in prop::collection::vec(0_u64..60, 1..7), limit in 1_u32..40) {
            let mut cursor = Cursor::start(lags.len());
            let total: u64 = lags.iter().sum();
            for _ in 0..=total {
                let shares = shares(&cursor, &lags, limit);
                let sum: u64 = shares.iter().map(|share| u64::from(share.events)).sum();
                let left: u64 = total - cursor.positions().iter().sum::<u64>();
                prop_assert_eq!(sum, left.min(u64::from(limit)), "a page is as full as it can be");
                for share in shares {
                    prop_assert_eq!(share.after, cursor.position(share.partition));
                    cursor.move_to(share.partition, share.after + u64::from(share.events));
                }
            }
            prop_assert_eq!(cursor.positions(), &lags[..]);
        }
    }
}
