//! The daemon's life: open the ledger, take up what was under way, listen, end well.

use crate::config::{Config, Surroundings};
use crate::desk::FrontDesk;
use crate::limits::{LAST_ANSWERS, POLICY_EVERY, SHUT_TIMEOUT};
use crate::office::Office;
use crate::push::Push;
use crate::store::{Store, StoreError};
use crate::words;
use api::{ErrorKind, Phones, Place, UserError, Window};
use ledger::Ledger;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;
use tokio::net::UnixListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::Notify;

/// Serves this person's tasks at `place` until asked to end.
pub async fn serve(place: Place) -> Result<(), UserError> {
    place.make_folders()?;
    let config = Arc::new(Config::load(place.clone(), &Surroundings::of_this_process())?);
    // The ledger's lock makes this daemon the only one, so an old socket is nobody's.
    let ledger = Ledger::open(&place.state.join("ledger"))
        .map_err(|error| words::store(&StoreError::Ledger(error)))?;
    let office = Office::new(Store::new(Arc::new(ledger)), config);
    let (state, config) = (place.state.clone(), office.config());
    let swept = move || crate::sweeping::interrupted(&state, &config);
    let _ = tokio::task::spawn_blocking(swept).await;
    let listener = listen(&place.socket())?;
    let ending = Arc::new(Notify::new());
    let now = tokio::time::Instant::now();
    let permitting = office.clone();
    let permit = Box::new(move || crate::settings::phone_permitted(&permitting.config()));
    let phones = Phones::open(place.state.join("phones.json"), now, permit);
    phones.shut_out_after(office.config().phone_idle_days);
    let push = Push::open(office.clone(), phones.clone());
    let desk = FrontDesk::new(office.clone(), ending.clone(), phones.clone(), push.clone());
    let desk = Arc::new(desk);
    office.take_up().await.map_err(|error| words::store(&error))?;
    office.make_spare();
    tracing::info!(socket = %place.socket().display(), "the daemon serves");
    let end = asked_to_end(ending)?;
    let port = office.config().window_port;
    let served = async {
        match Window::open(place.state.join("window.json"), port).await {
            Ok(window) => api::serve_all(listener, window, phones.clone(), desk).await,
            // Tasks and the command line do without.
            Err(error) => {
                tracing::error!(%error, "no browser can be listened to");
                api::serve(listener, desk).await
            }
        }
    };
    tokio::pin!(served);
    let mut telling = tokio::task::JoinSet::new();
    telling.spawn(crate::notify::tell(office.clone()));
    telling.spawn(crate::push::tell(push));
    let config = office.config();
    telling.spawn(async move {
        let swept = tokio::task::spawn_blocking(move || crate::sweeping::outdated(&config));
        let _ = swept.await;
    });
    let wish = crate::settings::phone(&office.config());
    let reached = phones.clone();
    let office_of_phones = office.clone();
    telling.spawn(async move {
        reached.want(wish).await;
        loop {
            tokio::time::sleep(POLICY_EVERY).await;
            let config = office_of_phones.config();
            if config.phone.is_some() {
                reached.want(crate::settings::phone(&config)).await;
            }
        }
    });
    let result = tokio::select! {
        served = &mut served => served,
        // Answers that are on their way still go out.
        () = end => tokio::time::timeout(LAST_ANSWERS, &mut served).await.unwrap_or(Ok(())),
    };
    let _ = tokio::time::timeout(SHUT_TIMEOUT, office.shut()).await;
    let _ = std::fs::remove_file(place.socket());
    result.map_err(|error| {
        UserError::new(ErrorKind::Unavailable, "serve-failed", "the daemon cannot serve")
            .cause(error)
    })
}

fn listen(socket: &Path) -> Result<UnixListener, UserError> {
    let failed = |error: std::io::Error| {
        let what = format!("the daemon cannot listen at {}", socket.display());
        UserError::new(ErrorKind::Unavailable, "serve-failed", what).cause(error)
    };
    match std::fs::remove_file(socket) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(failed(error)),
        Ok(()) | Err(_) => (),
    }
    let listener = UnixListener::bind(socket).map_err(failed)?;
    // Its folder is open to this user only; the mode says the same once more.
    let mode = std::fs::Permissions::from_mode(0o600);
    std::fs::set_permissions(socket, mode).map_err(failed)?;
    Ok(listener)
}

/// Ends when a client asks for it, or the system does.
fn asked_to_end(ending: Arc<Notify>) -> Result<impl Future<Output = ()>, UserError> {
    let failed = |error: std::io::Error| {
        let what = "the daemon cannot hear signals";
        UserError::new(ErrorKind::Unavailable, "serve-failed", what).cause(error)
    };
    let mut terminate = signal(SignalKind::terminate()).map_err(failed)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
    Ok(async move {
        tokio::select! {
            () = ending.notified() => (),
            _ = terminate.recv() => (),
            _ = interrupt.recv() => (),
        }
    })
}
