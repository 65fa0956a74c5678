//! What callers read: pure functions of recorded events and states.
//!
//! Invariant: a command's answer is made of its own durable events and nothing else, so a replay is equal to the letter.

mod adjustment;
mod auto_recharge;
mod balance;
mod checkout;
mod command;
mod consumption;
mod estimate;
mod event;
mod grant;
pub mod lists;
mod noted;
mod notification;
mod package;
mod parts;
mod price_book;
mod purchase;
mod receipt;
mod recurring;
mod reservation;
mod settings;
#[cfg(test)]
mod testing;

pub use adjustment::AdjustmentAnswer;
pub use auto_recharge::{AutoRechargeAnswer, AutoRechargeResumption, AutoRechargeState};
pub use balance::{BalanceAnswer, SettingsView};
pub use checkout::CheckoutAnswer;
pub use command::{Answer, outcome};
pub use consumption::{ConsumptionAnswer, ConsumptionRefundAnswer};
pub use estimate::{EstimateAnswer, Standing};
pub use event::{EventView, EventsPage, FeedPage};
pub use grant::{GrantAnswer, GrantVoidAnswer};
pub use noted::{NotedAnswer, first_outcome_of, noted};
pub use notification::{DeliveryView, NotificationEndpointView, ResentView};
pub use package::PackageView;
pub use price_book::{PriceBookVersion, PriceBookView};
pub use purchase::{PurchaseAnswer, PurchaseReinstatementAnswer, PurchaseRevocationAnswer};
pub use receipt::{ConsumptionReceipt, GrantReceipt, PurchaseReceipt, ReservationReceipt};
pub use recurring::{RecurringGrantAnswer, RecurringGrantState};
pub use reservation::{ReservationAnswer, ReservationEndAnswer};
pub use settings::SettingsAnswer;
