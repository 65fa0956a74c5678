//! Who makes which call, and what each organization is given.

use sha2::{Digest as _, Sha256};

use super::tariff::Tariff;
use super::trace::ModelCall;

/// What a reservation holds beyond the prompt: room for an answer of usual length.
pub const RESERVED_FOR_ANSWER: i64 = 500;

/// One organization's calls, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    pub organization: String,
    pub grant: i64,
    pub calls: Vec<ModelCall>,
}

/// Call i goes to organization i modulo their number. Each is granted the budget, or what all its calls need.
///
/// Organizations are named after the trace, the budget and the tariff: the same demonstration again replays the same commands,
/// another one gets organizations of its own.
#[must_use]
pub fn accounts(calls: Vec<ModelCall>, organizations: usize, budget: Option<i64>, tariff: &Tariff) -> Vec<Account> {
    let name = name(&calls, organizations, budget, tariff);
    let used = organizations.min(calls.len());
    let mut accounts: Vec<Account> = (0..used)
        .map(|number| Account { organization: format!("trace-{name}-{number:02}"), grant: 0, calls: Vec::new() })
        .collect();
    for (number, call) in calls.into_iter().enumerate() {
        accounts[number % organizations].calls.push(call);
    }
    for account in &mut accounts {
        let needed: i64 = account.calls.iter().map(ModelCall::cost).sum();
        // The last reservation holds more than its call may cost.
        account.grant = budget.unwrap_or(tariff.cover(needed + RESERVED_FOR_ANSWER));
    }
    accounts
}

fn name(calls: &[ModelCall], organizations: usize, budget: Option<i64>, tariff: &Tariff) -> String {
    let mut hash = Sha256::new();
    hash.update(format!("{organizations} {budget:?}\n"));
    if let Tariff::Model(model) = tariff {
        hash.update(format!("{model}\n"));
    }
    for call in calls {
        hash.update(format!("{},{},{}\n", call.called_at, call.context_tokens, call.generated_tokens));
    }
    hex::encode(&hash.finalize()[..4])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calls(count: u32) -> Vec<ModelCall> {
        (0..count).map(|n| ModelCall { called_at: String::new(), context_tokens: n, generated_tokens: 1 }).collect()
    }

    #[test]
    fn calls_go_round_and_grants_cover_them() {
        let accounts = accounts(calls(5), 2, None, &Tariff::Tokens);
        let given: Vec<(Vec<u32>, i64)> = accounts
            .iter()
            .map(|account| (account.calls.iter().map(|call| call.context_tokens).collect(), account.grant))
            .collect();
        assert_eq!(given, [(vec![0, 2, 4], 9 + RESERVED_FOR_ANSWER), (vec![1, 3], 6 + RESERVED_FOR_ANSWER)]);
    }

    #[test]
    fn another_trace_or_budget_has_other_organizations() {
        let first = |count, budget| accounts(calls(count), 50, budget, &Tariff::Tokens)[0].organization.clone();
        assert_eq!(first(5, None), first(5, None));
        assert_ne!(first(5, None), first(6, None));
        assert_ne!(first(5, None), first(5, Some(10)));
        assert_eq!(accounts(calls(5), 50, None, &Tariff::Tokens).len(), 5);
    }
}
