//! Work that goes on when nobody waits for it any more: a charge whose caller has gone, a cancellation.

use std::future::Future;

use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Counts what is under way. Cheap to clone; clones count together.
#[derive(Clone, Debug)]
pub(crate) struct Tasks(watch::Sender<usize>);

impl Default for Tasks {
    fn default() -> Self {
        Self(watch::Sender::new(0))
    }
}

/// One task, counted until it is dropped.
struct Counted(watch::Sender<usize>);

impl Counted {
    fn new(tasks: &Tasks) -> Self {
        tasks.0.send_modify(|count| *count += 1);
        Self(tasks.0.clone())
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}

impl Tasks {
    pub(crate) fn spawn<T: Send + 'static>(
        &self,
        on: &Handle,
        work: impl Future<Output = T> + Send + 'static,
    ) -> JoinHandle<T> {
        let counted = Counted::new(self);
        on.spawn(async move {
            let done = work.await;
            drop(counted);
            done
        })
    }

    /// Waits until nothing is under way.
    pub(crate) async fn ended(&self) {
        let mut count = self.0.subscribe();
        count.wait_for(|count| *count == 0).await.expect("the sender is here");
    }
}
