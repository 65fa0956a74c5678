//! Two prices that could both be meant for the same usage.

use crate::price::book::Price;

/// The first earlier price, if any, that ties with the one at `place`: of the same rank, for usage of both, and with no
/// more specific price for all of that usage.
pub(super) fn tied_with(prices: &[&Price], place: usize) -> Option<usize> {
    let this = &prices[place].scope;
    (0..place).find(|earlier| {
        let other = &prices[*earlier].scope;
        if this.rank() != other.rank() {
            return false;
        }
        let Some(both) = this.meet(other) else { return false };
        let decides = |third: &&Price| third.scope.rank() > this.rank() && third.scope.covers(&both);
        !prices.iter().any(decides)
    })
}
