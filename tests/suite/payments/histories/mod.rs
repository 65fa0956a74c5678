//! Whole histories of payments: bought, paid late or never, refunded in parts, disputed, won and lost; told out of order,
//! more than once, or not at all; on servers that are killed in between, with a Stripe that fails. Whatever happens, the
//! credits end as the money says.

mod check;
mod story;
mod town;

use crate::support;
use story::{Dice, Op, story};
use town::Town;

/// Histories that go on together.
const TOGETHER: u32 = 16;
/// Histories of a run; `make soak` asks for more than it needs: thousands are enough, and take an hour.
const DEFAULT: u32 = 32;
const MAX: u32 = 4_000;

#[tokio::test(flavor = "multi_thread")]
async fn credits_end_as_the_money_says() {
    let rounds = support::cases(DEFAULT, MAX).div_ceil(TOGETHER);
    for round in 0..rounds {
        // Every other round nothing is lost, and nothing is reconciled: webhooks alone have to do.
        let is_lossy = round % 2 == 0;
        play(u64::from(round), is_lossy).await;
    }
}

async fn play(round: u64, is_lossy: bool) {
    let town = Town::open(round, is_lossy).await;
    let stories: Vec<Vec<Op>> = (0..TOGETHER).map(|n| story(&mut Dice::new(round * 1_000 + u64::from(n)))).collect();
    let killing = town.kill_now_and_then();
    for step in 0..stories.iter().map(Vec::len).max().unwrap_or_default() {
        let doing = stories.iter().enumerate().filter_map(|(n, story)| Some(town.act(n, step, story.get(step)?)));
        futures::future::join_all(doing).await;
        town.tell(step).await;
    }
    killing.abort();
    town.calm().await;
    town.check(stories.len()).await;
}
