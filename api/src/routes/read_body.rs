//! A request's body in memory, within bounds: of its own size, and of all bodies together.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use futures::StreamExt;
use http::header::CONTENT_LENGTH;
use http::{HeaderMap, StatusCode};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::limits::{BODY_BYTES_DRAINED_MAX, BODY_BYTES_MAX};
use crate::problem::Problem;

/// When to come back after the bodies in memory were too many: a request is done in far less.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// A whole body, and its room among all bodies for as long as it lives.
pub struct HeldBody {
    pub bytes: Bytes,
    room: Option<OwnedSemaphorePermit>,
}

impl HeldBody {
    /// Takes room byte by byte as they come, so that a slow client holds only what it has sent.
    ///
    /// # Errors
    /// The body is too large or cut off, or the bodies in memory are too many.
    pub async fn read(rooms: &Arc<Semaphore>, headers: &HeaderMap, body: Body) -> Result<Self, Problem> {
        let announced = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
        if announced.is_some_and(|length| length > BODY_BYTES_DRAINED_MAX) {
            return Err(too_large());
        }
        let mut held = Self { bytes: Bytes::new(), room: None };
        let mut chunks = body.into_data_stream();
        let Some(first) = chunks.next().await else { return Ok(held) };
        let first = first.map_err(|_| cut_off())?;
        held.make_room(rooms, first.len())?;
        if announced == Some(first.len()) && first.len() <= BODY_BYTES_MAX {
            held.bytes = first;
            return Ok(held);
        }
        let mut length = first.len();
        let mut whole = BytesMut::from(first);
        while let Some(chunk) = chunks.next().await {
            let chunk = chunk.map_err(|_| cut_off())?;
            length = length.saturating_add(chunk.len());
            if length > BODY_BYTES_DRAINED_MAX {
                break;
            }
            if length <= BODY_BYTES_MAX {
                held.make_room(rooms, chunk.len())?;
                whole.extend_from_slice(&chunk);
            }
        }
        if length > BODY_BYTES_MAX {
            return Err(too_large());
        }
        held.bytes = whole.freeze();
        Ok(held)
    }

    fn make_room(&mut self, rooms: &Arc<Semaphore>, bytes: usize) -> Result<(), Problem> {
        let bytes = u32::try_from(bytes).map_err(|_| too_large())?;
        let more = Arc::clone(rooms).try_acquire_many_owned(bytes).map_err(|_| too_many())?;
        match &mut self.room {
            Some(room) => room.merge(more),
            None => self.room = Some(more),
        }
        Ok(())
    }
}

fn too_large() -> Problem {
    let detail = format!("the body is larger than {BODY_BYTES_MAX} bytes; send less, or several batches");
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", "Body too large", detail)
        .with("maximum_bytes", BODY_BYTES_MAX)
}

fn cut_off() -> Problem {
    Problem::malformed("body_cut_off", "Body cut off", "the body ended before it was complete")
}

fn too_many() -> Problem {
    Problem::unavailable("overloaded", "this server holds too many bodies; nothing was done", RETRY_AFTER)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn read(rooms: &Arc<Semaphore>, bytes: usize) -> Result<HeldBody, Problem> {
        HeldBody::read(rooms, &HeaderMap::new(), Body::from(vec![b' '; bytes])).await
    }

    #[tokio::test]
    async fn bodies_together_have_a_bound_and_give_their_room_back() {
        let rooms = Arc::new(Semaphore::new(100));
        let first = read(&rooms, 60).await.expect("there is room");
        assert_eq!(first.bytes.len(), 60);
        let refused = read(&rooms, 60).await.err().expect("there is no room for two");
        assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE);
        drop(first);
        assert!(read(&rooms, 60).await.is_ok());
        assert_eq!(rooms.available_permits(), 100);
    }

    #[tokio::test]
    async fn a_chunked_body_takes_room_for_all_its_chunks() {
        let rooms = Arc::new(Semaphore::new(100));
        let chunks = || futures::stream::iter([0, 1].map(|_| Ok::<_, std::io::Error>(Bytes::from_static(&[b' '; 40]))));
        let body = HeldBody::read(&rooms, &HeaderMap::new(), Body::from_stream(chunks())).await;
        let body = body.expect("there is room");
        assert_eq!((body.bytes.len(), rooms.available_permits()), (80, 20));
        assert!(HeldBody::read(&rooms, &HeaderMap::new(), Body::from_stream(chunks())).await.is_err());
        assert_eq!(rooms.available_permits(), 20, "a body that was refused keeps nothing");
    }
}
