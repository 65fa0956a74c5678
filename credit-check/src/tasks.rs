//! What is under way: requests in work, and charges and cancellations whose callers have gone.

use tokio::sync::watch;

/// Counts. Cheap to clone; clones count together.
#[derive(Clone, Debug)]
pub(crate) struct Tasks(watch::Sender<usize>);

/// One, until it is dropped.
#[derive(Debug)]
pub(crate) struct Counted(watch::Sender<usize>);

impl Default for Tasks {
    fn default() -> Self {
        Self(watch::Sender::new(0))
    }
}

impl Tasks {
    pub(crate) fn begin(&self) -> Counted {
        self.0.send_modify(|count| *count += 1);
        Counted(self.0.clone())
    }

    /// Waits until nothing is under way.
    pub(crate) async fn ended(&self) {
        let mut count = self.0.subscribe();
        count.wait_for(|count| *count == 0).await.expect("the sender is here");
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}
