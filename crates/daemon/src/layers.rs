//! Layers: what a task installed, kept by a name for later ones.

use crate::office::Office;
use crate::words;
use api::{ErrorKind, LayerView, NamedBody, UserError};
use machine::system::{BrokenLayer, Layer, LayerError, Root};
use task::TaskId;

type Answer<T> = Result<T, UserError>;

pub(crate) fn list(office: &Office) -> Answer<Vec<LayerView>> {
    let (good, broken) = found(office)?;
    let broken = broken.into_iter().map(|it| LayerView {
        name: it.name,
        below: vec![],
        size_bytes: 0,
        files: 0,
        unusable: Some(it.why.to_string()),
    });
    Ok(good.into_iter().map(view).chain(broken).collect())
}

/// Each named layer with all that it was made on, the first on top.
pub(crate) fn with_all_below(office: &Office, named: &[String]) -> Answer<Vec<String>> {
    if named.is_empty() {
        return Ok(vec![]);
    }
    let (good, _) = found(office)?;
    let mut all: Vec<String> = vec![];
    for name in named {
        let Some(layer) = good.iter().find(|layer| layer.name == *name) else {
            return Err(told(&LayerError::Missing { name: name.clone() }));
        };
        if !layer.fits {
            return Err(told(&LayerError::GroundChanged));
        }
        for part in std::iter::once(name).chain(&layer.below) {
            // What several are made on lies below all of them.
            all.retain(|known| known != part);
            all.push(part.clone());
        }
    }
    Ok(all)
}

pub(crate) fn remove(office: &Office, body: &NamedBody) -> Answer<Vec<LayerView>> {
    if let Some(task) = office.user_of_layer(&body.name) {
        let what = format!("the layer {} is in use", words::one_line(&body.name));
        return Err(UserError::new(ErrorKind::User, "layer-used", what)
            .cause(format!("task {task} works with it"))
            .next(format!("wait until that task ends, or stop it with `legwork stop {task}`")));
    }
    machine::system::remove(&office.config().systems(), &body.name).map_err(|it| told(&it))?;
    list(office)
}

/// Keeps what a task that has ended installed.
pub(crate) async fn keep(office: &Office, id: &TaskId, body: &NamedBody) -> Answer<LayerView> {
    let live = office.fetch(id).await?;
    let (is_resting, isolation) =
        live.shared().read(|driver, _| (driver.task().is_resting(), driver.task().isolation()));
    if !is_resting {
        let what = format!("task {id} is still under way");
        return Err(UserError::new(ErrorKind::User, "layer-early", what)
            .cause("what it installs is kept once it has ended")
            .next(format!("wait for it with `legwork watch {id}`")));
    }
    if isolation != task::Isolation::Jail {
        let what = format!("what task {id} installed is gone");
        return Err(UserError::new(ErrorKind::User, "layer-gone", what)
            .cause("what is installed in a virtual machine ends with it")
            .next("install it in a task with `--machine jail`, and keep it from that one"));
    }
    let (dir, store, name) = (office.task_dir(id), office.config().systems(), body.name.clone());
    let kept = tokio::task::spawn_blocking(move || machine::system::keep(&dir, &name, &store));
    match kept.await {
        Ok(Ok(layer)) => Ok(view(layer)),
        Ok(Err(error)) => Err(told(&error)),
        Err(error) => {
            let what = "the layer could not be kept";
            Err(UserError::new(ErrorKind::Bug, "layer-unkept", what).cause(error))
        }
    }
}

fn found(office: &Office) -> Answer<(Vec<Layer>, Vec<BrokenLayer>)> {
    machine::system::layers(&office.config().systems(), &Root::Host).map_err(|it| told(&it))
}

fn view(layer: Layer) -> LayerView {
    let old = "the programs of this computer that it was made on have changed since";
    LayerView {
        unusable: (!layer.fits).then(|| old.to_owned()),
        name: layer.name,
        below: layer.below,
        size_bytes: layer.bytes,
        files: layer.files,
    }
}

fn told(error: &LayerError) -> UserError {
    let (kind, code) = match error {
        LayerError::Missing { .. } => (ErrorKind::User, "layer-unknown"),
        LayerError::NothingToKeep => (ErrorKind::User, "layer-empty"),
        LayerError::Needed { .. } => (ErrorKind::User, "layer-used"),
        LayerError::Name { .. }
        | LayerError::Exists { .. }
        | LayerError::TooMany { .. }
        | LayerError::TooLarge { .. }
        | LayerError::GroundChanged => (ErrorKind::User, "layer-unfit"),
        LayerError::OtherDisk | LayerError::Damaged | LayerError::Store { .. } => {
            (ErrorKind::Unavailable, "layer-unkept")
        }
    };
    UserError::new(kind, code, error.to_string()).next(match error {
        LayerError::Missing { .. } => "see which there are: `legwork machine layers`".to_owned(),
        LayerError::Needed { above } => {
            format!("remove that one first: `legwork machine layers --remove {above}`")
        }
        other => other.next(),
    })
}
