//! From the headers of a request to a caller, without a query a request.
//!
//! Invariant: a revoked key stops working within [`KEY_CACHE_TTL`](crate::limits::KEY_CACHE_TTL) of the last look-up that
//! found it valid, on every node that the database answers
//! ([`KEY_CACHE_UNANSWERED`](crate::limits::KEY_CACHE_UNANSWERED) on others: those whose last look-up of any known
//! secret was in vain), and so do the tokens and sessions that came of it. A pass ends at its time at once.

use std::sync::Arc;

use http::{HeaderMap, Method};
use store::keys::{ApiKey, Hash, hash};
use store::log::LogError;
use store::passes::{BrowserToken, Session};

use crate::auth::believed::Believed;
use crate::auth::presented::{Presented, presented, unauthorized};
use crate::auth::turns::{Line, Turns};
use crate::auth::{AdminKey, Caller, Keys, Role, Scope};
use crate::problem::Problem;
use crate::problems::of_log;

/// Checks keys, tokens and sessions.
#[derive(Clone)]
pub struct Authenticator {
    keys: Keys,
    admin: Option<(AdminKey, Arc<Caller>)>,
    known_keys: Believed<KnownKey>,
    known_tokens: Believed<KnownToken>,
    known_sessions: Believed<Session>,
}

#[derive(Clone)]
struct KnownKey {
    caller: Arc<Caller>,
    is_revoked: bool,
}

#[derive(Clone)]
struct KnownToken {
    caller: Arc<Caller>,
    token: Arc<BrowserToken>,
}

impl Authenticator {
    #[must_use]
    pub fn new(keys: Keys, admin: Option<AdminKey>) -> Self {
        let admin = admin.map(|key| {
            let (actor, role) = ("key:bootstrap".into(), Role::Key(key.hash()));
            (key, Arc::new(Caller { actor, scope: Scope::Admin, organization: None, role }))
        });
        let turns = Arc::new(Turns::new());
        let (known_keys, known_tokens) = (Believed::new(&turns), Believed::new(&turns));
        let known_sessions = Believed::new(&turns);
        Self { keys, admin, known_keys, known_tokens, known_sessions }
    }

    #[must_use]
    pub fn keys(&self) -> &Keys {
        &self.keys
    }

    /// # Errors
    /// 401 with the reason, 403 for a session of another site's page, or 503 when the keys cannot be read.
    pub async fn caller(&self, method: &Method, headers: &HeaderMap) -> Result<Arc<Caller>, Problem> {
        match presented(method, headers)? {
            Presented::Key(secret) => self.of_key(hash(secret)).await,
            Presented::BrowserToken(secret) => self.of_token(hash(secret)).await,
            Presented::Session(secret) => self.of_session(hash(secret)).await,
        }
    }

    /// The caller whose key has this hash.
    ///
    /// # Errors
    /// As [`Self::caller`].
    pub async fn of_key(&self, hash: Hash) -> Result<Arc<Caller>, Problem> {
        if let Some((admin, caller)) = &self.admin
            && admin.has_hash(&hash)
        {
            return Ok(Arc::clone(caller));
        }
        let keys = self.keys.clone();
        let found = self.known_keys.get(hash, move |line| async move { look_up_key(&keys, line, hash).await }).await;
        let known = found.map_err(|failed| of_log(failed.error()))?;
        let known = known.ok_or_else(|| unauthorized("key_unknown", "the API key is not known here"))?;
        if known.is_revoked {
            return Err(unauthorized("key_revoked", "the API key was revoked; ask an administrator for another"));
        }
        Ok(known.caller)
    }

    async fn of_token(&self, hash: Hash) -> Result<Arc<Caller>, Problem> {
        let keys = self.keys.clone();
        let found =
            self.known_tokens.get(hash, move |line| async move { look_up_token(&keys, line, hash).await }).await;
        let known = found.map_err(|failed| of_log(failed.error()))?;
        let known = known.ok_or_else(|| unauthorized("token_unknown", "the browser token is not known here"))?;
        if known.token.is_revoked {
            return Err(unauthorized("token_revoked", "the browser token was revoked; get another"));
        }
        if known.token.expires_at <= self.keys.clock().now() {
            return Err(unauthorized("token_expired", "the browser token has expired; get another"));
        }
        self.of_key(known.token.key).await?;
        Ok(known.caller)
    }

    async fn of_session(&self, hash: Hash) -> Result<Arc<Caller>, Problem> {
        let keys = self.keys.clone();
        let look_up = move |line| async move { keys.find_session(line, &hash).await };
        let found = self.known_sessions.get(hash, look_up).await;
        let session = found.map_err(|failed| of_log(failed.error()))?;
        let now = self.keys.clock().now();
        let session = session.filter(|session| session.expires_at > now);
        let session = session.ok_or_else(|| unauthorized("session_expired", "the session has ended; sign in again"))?;
        self.of_key(session.key).await
    }

    /// Ends a session, on this node at once.
    ///
    /// # Errors
    /// The database is unavailable.
    pub async fn sign_out(&self, secret: &str) -> Result<(), LogError> {
        let hash = hash(secret);
        self.keys.delete_session(&hash).await?;
        self.known_sessions.forget(&hash);
        Ok(())
    }
}

async fn look_up_key(keys: &Keys, line: Line, hash: Hash) -> Result<Option<KnownKey>, LogError> {
    let of = |key: ApiKey| {
        let actor = format!("key:{}", key.id).into();
        let (scope, role) = (key.scope.into(), Role::Key(hash));
        let caller = Arc::new(Caller { actor, scope, organization: key.organization, role });
        KnownKey { caller, is_revoked: key.revoked_at.is_some() }
    };
    Ok(keys.find(line, &hash).await?.map(of))
}

async fn look_up_token(keys: &Keys, line: Line, hash: Hash) -> Result<Option<KnownToken>, LogError> {
    let of = |token: BrowserToken| {
        let who = token.subject.as_ref().map_or_else(|| token.id.to_string(), Clone::clone);
        let organization = Some(token.organization.clone());
        let actor = format!("token:{who}").into();
        let caller = Arc::new(Caller { actor, scope: Scope::Read, organization, role: Role::Page });
        KnownToken { caller, token: Arc::new(token) }
    };
    Ok(keys.find_browser_token(line, &hash).await?.map(of))
}
