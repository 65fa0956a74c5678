//! Cards. What happens to a payment is decided by the card, as with Stripe's own test cards.

use serde_json::{Value, json};

/// A test card, by what it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TestCard {
    Succeeds,
    Declined,
    InsufficientFunds,
    Expired,
    Lost,
    /// Can be saved, and is declined from then on.
    DeclinedLater,
    /// Asks the customer to confirm each payment; without the customer it is declined.
    AuthenticationRequired,
    /// Pays, and is disputed at once.
    Disputed,
    /// Pays by bank debit: the money arrives, or does not, days later.
    BankDebit,
}

/// Why a payment was declined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decline {
    pub code: &'static str,
    pub decline_code: Option<&'static str>,
    pub advice_code: Option<&'static str>,
    pub message: &'static str,
}

impl TestCard {
    pub const ALL: [Self; 9] = [
        Self::Succeeds,
        Self::Declined,
        Self::InsufficientFunds,
        Self::Expired,
        Self::Lost,
        Self::DeclinedLater,
        Self::AuthenticationRequired,
        Self::Disputed,
        Self::BankDebit,
    ];

    /// The id by which the API knows it before it is saved.
    #[must_use]
    pub const fn token(self) -> &'static str {
        match self {
            Self::Succeeds => "pm_card_visa",
            Self::Declined => "pm_card_visa_chargeDeclined",
            Self::InsufficientFunds => "pm_card_visa_chargeDeclinedInsufficientFunds",
            Self::Expired => "pm_card_chargeDeclinedExpiredCard",
            Self::Lost => "pm_card_visa_chargeDeclinedLostCard",
            Self::DeclinedLater => "pm_card_chargeCustomerFail",
            Self::AuthenticationRequired => "pm_card_authenticationRequired",
            Self::Disputed => "pm_card_createDispute",
            Self::BankDebit => "pm_usBankAccount",
        }
    }

    #[must_use]
    pub const fn number(self) -> &'static str {
        match self {
            Self::Succeeds => "4242 4242 4242 4242",
            Self::Declined => "4000 0000 0000 0002",
            Self::InsufficientFunds => "4000 0000 0000 9995",
            Self::Expired => "4000 0000 0000 0069",
            Self::Lost => "4000 0000 0000 9987",
            Self::DeclinedLater => "4000 0000 0000 0341",
            Self::AuthenticationRequired => "4000 0027 6000 3184",
            Self::Disputed => "4000 0000 0000 0259",
            Self::BankDebit => "0001 2345 6789",
        }
    }

    /// For the page on which a person picks one.
    #[must_use]
    pub const fn says(self) -> &'static str {
        match self {
            Self::Succeeds => "pays",
            Self::Declined => "is declined",
            Self::InsufficientFunds => "has insufficient funds",
            Self::Expired => "has expired",
            Self::Lost => "was reported lost",
            Self::DeclinedLater => "pays here, is declined once it is saved",
            Self::AuthenticationRequired => "asks the customer to confirm (3-D Secure)",
            Self::Disputed => "pays, then the holder disputes it",
            Self::BankDebit => "bank debit: the money arrives later",
        }
    }

    #[must_use]
    pub fn of_token(token: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|card| card.token() == token)
    }

    /// Why it does not pay when the customer is there.
    #[must_use]
    pub const fn declines(self) -> Option<Decline> {
        let (code, decline_code, advice_code, message) = match self {
            Self::Declined => {
                ("card_declined", Some("generic_decline"), Some("try_again_later"), "Your card was declined.")
            }
            Self::InsufficientFunds => (
                "card_declined",
                Some("insufficient_funds"),
                Some("try_again_later"),
                "Your card has insufficient funds.",
            ),
            Self::Expired => ("expired_card", Some("expired_card"), Some("do_not_try_again"), "Your card has expired."),
            Self::Lost => ("card_declined", Some("lost_card"), Some("do_not_try_again"), "Your card was declined."),
            Self::Succeeds | Self::DeclinedLater | Self::AuthenticationRequired | Self::Disputed | Self::BankDebit => {
                return None;
            }
        };
        Some(Decline { code, decline_code, advice_code, message })
    }

    /// Why it does not pay when it was saved and nobody is there.
    #[must_use]
    pub const fn declines_off_session(self) -> Option<Decline> {
        match self {
            Self::AuthenticationRequired => Some(Decline {
                code: "authentication_required",
                decline_code: Some("authentication_required"),
                advice_code: None,
                message: "Your card was declined. This transaction requires authentication.",
            }),
            Self::DeclinedLater => Self::Declined.declines(),
            Self::Succeeds
            | Self::Declined
            | Self::InsufficientFunds
            | Self::Expired
            | Self::Lost
            | Self::Disputed
            | Self::BankDebit => self.declines(),
        }
    }

    fn last_four(self) -> String {
        self.number().chars().filter(char::is_ascii_digit).collect::<String>().split_off(if self == Self::BankDebit {
            8
        } else {
            12
        })
    }
}

/// A saved card.
#[derive(Clone, Debug)]
pub struct Card {
    pub id: String,
    pub created: i64,
    pub customer: Option<String>,
    pub card: TestCard,
}

impl Card {
    #[must_use]
    pub fn show(&self) -> Value {
        json!({
            "id": self.id, "object": "payment_method", "allow_redisplay": "always",
            "billing_details": {"address": null, "email": null, "name": null, "phone": null, "tax_id": null},
            "card": {
                "brand": "visa",
                "checks": {"address_line1_check": null, "address_postal_code_check": null, "cvc_check": "pass"},
                "country": "US", "display_brand": "visa", "exp_month": 12, "exp_year": 2034,
                "fingerprint": format!("simulated{}", self.card.last_four()), "funding": "credit",
                "generated_from": null, "last4": self.card.last_four(),
                "networks": {"available": ["visa"], "preferred": null},
                "regulated_status": "unregulated", "three_d_secure_usage": {"supported": true}, "wallet": null
            },
            "created": self.created, "customer": self.customer, "livemode": false, "metadata": {}, "type": "card"
        })
    }
}
