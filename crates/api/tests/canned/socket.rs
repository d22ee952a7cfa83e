//! The canned desk at a socket, as clients of the command line meet it.

use crate::canned::Canned;
use std::path::PathBuf;
use std::sync::Arc;

impl Canned {
    /// Serves at `socket` until asked to end. Returns when it listens.
    pub(crate) fn serve(self: Arc<Self>, socket: PathBuf) -> std::thread::JoinHandle<()> {
        let (ready, listens) = std::sync::mpsc::channel();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime can be built").block_on(async move {
                let listener = tokio::net::UnixListener::bind(&socket).expect("the socket is free");
                ready.send(()).expect("the test waits");
                let served = api::serve(listener, self.clone());
                tokio::select! {
                    served = served => served.expect("the socket stays"),
                    () = self.shut.notified() => (),
                }
                // What is being answered still goes out.
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
                std::fs::remove_file(&socket).expect("the socket is ours");
            });
        });
        listens.recv().expect("the desk listens");
        thread
    }
}
