//! Ids. An organization's id is the caller's own; all others derive from the command that makes them, so that a
//! replay is equal to the letter (CORRECTNESS C22).

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::{Builder, Uuid};

/// What one row of the log is about, for lookups of one entity: a grant, purchase, consumption, reservation or recharge.
pub type EntityId = Uuid;

/// The account that holds credits: 1-64 bytes of `[A-Za-z0-9._:-]`, beginning with a letter or digit, case-sensitive.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OrganizationId(Arc<str>);

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an organization id is 1 to 64 letters, digits or . _ : - and begins with a letter or digit")]
pub struct InvalidOrganizationId;

impl OrganizationId {
    /// The longest id in bytes: a UUID with a prefix fits with room to spare, and index entries stay small.
    pub const MAX_BYTES: usize = 64;

    /// # Errors
    /// [`InvalidOrganizationId`] when the text is not of the form above.
    pub fn try_new(text: &str) -> Result<Self, InvalidOrganizationId> {
        let first_is_alphanumeric = text.bytes().next().is_some_and(|b| b.is_ascii_alphanumeric());
        let rest_is_allowed = text.bytes().all(|b| b.is_ascii_alphanumeric() || b"._:-".contains(&b));
        if text.len() <= Self::MAX_BYTES && first_is_alphanumeric && rest_is_allowed {
            Ok(Self(text.into()))
        } else {
            Err(InvalidOrganizationId)
        }
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The partition that this organization belongs to for ever: the first four bytes of the id's SHA-256, big-endian,
    /// modulo the number of partitions (DESIGN section 5). `store.append` computes the same in SQL.
    #[must_use]
    pub fn partition(&self, partitions: u16) -> u16 {
        let digest = Sha256::digest(self.0.as_bytes());
        let head = u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]]);
        u16::try_from(head % u32::from(partitions.max(1))).expect("a remainder is below its divisor")
    }
}

impl fmt::Display for OrganizationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Who chose an idempotency key. Keys of different namespaces never meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyNamespace {
    /// A caller of the API.
    Client,
    /// A process manager of ours: a webhook, the sweeper, a recharge.
    Internal,
    /// A web page with a browser token: its customer must not use up the keys that a service will spend with.
    Page,
}

/// An idempotency key: 1-255 visible ASCII characters, unique per organization and namespace, for ever.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IdempotencyKey {
    namespace: KeyNamespace,
    text: Arc<str>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an idempotency key is 1 to 255 visible ASCII characters")]
pub struct InvalidIdempotencyKey;

impl IdempotencyKey {
    /// The longest key in bytes, as for every reference (CORRECTNESS C23).
    pub const MAX_BYTES: usize = 255;

    /// # Errors
    /// [`InvalidIdempotencyKey`] when the text is empty, too long, or has a character that is not visible ASCII.
    pub fn try_new(namespace: KeyNamespace, text: &str) -> Result<Self, InvalidIdempotencyKey> {
        let visible = text.bytes().all(|b| b.is_ascii_graphic());
        if text.is_empty() || text.len() > Self::MAX_BYTES || !visible {
            return Err(InvalidIdempotencyKey);
        }
        Ok(Self { namespace, text: text.into() })
    }

    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    #[must_use]
    pub fn namespace(&self) -> KeyNamespace {
        self.namespace
    }

    /// As stored on an event: the namespace's letter, a colon, the text.
    #[must_use]
    pub fn stored(&self) -> String {
        let letter = match self.namespace {
            KeyNamespace::Client => 'c',
            KeyNamespace::Internal => 'i',
            KeyNamespace::Page => 'p',
        };
        format!("{letter}:{}", self.text)
    }
}

/// One command; the ids that it makes derive from it by ordinal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CommandId(Uuid);

impl CommandId {
    /// The id of the command with this key: the same key in another organization is another command.
    #[must_use]
    pub fn of_key(organization: &OrganizationId, key: &IdempotencyKey) -> Self {
        Self(derive(&[b"command", organization.as_str().as_bytes(), key.stored().as_bytes()]))
    }

    /// The id of a command without a key; the caller brings a UUIDv7.
    #[must_use]
    pub const fn without_key(uuid: Uuid) -> Self {
        Self(uuid)
    }

    #[must_use]
    pub const fn uuid(self) -> Uuid {
        self.0
    }

    /// The `ordinal`-th id that this command makes for an entity.
    #[must_use]
    pub fn entity(self, ordinal: u32) -> EntityId {
        derive(&[b"entity", self.0.as_bytes(), &ordinal.to_be_bytes()])
    }

    /// The id of this command's event at `index`.
    #[must_use]
    pub fn event(self, index: u32) -> Uuid {
        derive(&[b"event", self.0.as_bytes(), &index.to_be_bytes()])
    }
}

/// UUIDv8 of the SHA-256 of length-prefixed parts.
fn derive(parts: &[&[u8]]) -> Uuid {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(u64::try_from(part.len()).expect("a length fits 64 bits").to_be_bytes());
        hasher.update(part);
    }
    let digest = hasher.finalize();
    let mut bytes = [0_u8; 16];
    bytes.copy_from_slice(&digest[..16]);
    Builder::from_custom_bytes(bytes).into_uuid()
}

macro_rules! entity_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(EntityId);

        impl $name {
            #[must_use]
            pub const fn new(id: EntityId) -> Self {
                Self(id)
            }

            #[must_use]
            pub const fn entity(self) -> EntityId {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

entity_id!(
    /// One lot of credits. The lot of a purchase has the purchase's id.
    GrantId
);
entity_id!(
    /// Credits spent. A confirmed reservation's consumption has the reservation's id.
    ConsumptionId
);
entity_id!(
    /// Credits held for work in progress.
    ReservationId
);
entity_id!(
    /// One payment; derived from its payment reference, which is how a reference is used only once.
    PurchaseId
);
entity_id!(
    /// One request of auto-recharge.
    RechargeId
);

impl PurchaseId {
    /// The purchase that this payment reference names in this organization.
    #[must_use]
    pub fn of_reference(organization: &OrganizationId, payment_reference: &str) -> Self {
        Self(derive(&[b"payment", organization.as_str().as_bytes(), payment_reference.as_bytes()]))
    }

    /// The lot that the purchase creates.
    #[must_use]
    pub const fn grant(self) -> GrantId {
        GrantId(self.0)
    }
}

impl ReservationId {
    /// The consumption that confirming this reservation makes.
    #[must_use]
    pub const fn consumption(self) -> ConsumptionId {
        ConsumptionId(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn organization_ids_are_checked() {
        for good in ["a", "7", "acme.eu:prod_1-x", "0198c1f8-0000-7000-8000-000000000000", &"x".repeat(64)] {
            assert!(OrganizationId::try_new(good).is_ok(), "{good}");
        }
        for bad in ["", "-a", ".a", "a b", "a/b", "ä", "a\0", &"x".repeat(65)] {
            assert_eq!(OrganizationId::try_new(bad), Err(InvalidOrganizationId), "{bad}");
        }
    }

    #[test]
    fn keys_are_visible_ascii() {
        assert!(IdempotencyKey::try_new(KeyNamespace::Client, "order-1/~").is_ok());
        for bad in ["", "a b", "é", "a\n", &"k".repeat(256)] {
            assert_eq!(IdempotencyKey::try_new(KeyNamespace::Client, bad), Err(InvalidIdempotencyKey));
        }
    }

    #[test]
    fn partitions_are_the_published_function() {
        let acme = OrganizationId::try_new("acme").expect("valid");
        // printf acme | sha256sum begins with 822b33ad.
        assert_eq!(acme.partition(4), u16::try_from(0x822b_33ad_u32 % 4).expect("small"));
        assert_eq!(acme.partition(1), 0);
    }
}
