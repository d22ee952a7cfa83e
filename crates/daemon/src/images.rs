//! Images of systems: which there are, making one, removing one.

use crate::config::Config;
use crate::limits::{IMAGE_NEWS_MAX, IMAGE_PACKAGES_MAX};
use crate::machines::Machines;
use api::{ErrorKind, ImageBuildBody, ImageNews, ImageStream, ImageView, NamedBody, UserError};
use futures_util::StreamExt;
use machine::image::{Image, ImageContent, ImageError, ImageSpec};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

type Answer<T> = Result<T, UserError>;

/// The images of this computer. One is made at a time.
#[derive(Debug)]
pub(crate) struct Images {
    config: Arc<Config>,
    machines: Machines,
    is_making: Arc<AtomicBool>,
}

impl Images {
    pub(crate) fn new(config: Arc<Config>, machines: Machines) -> Self {
        Self { config, machines, is_making: Arc::default() }
    }

    pub(crate) fn list(&self) -> Vec<ImageView> {
        let used = self.machines.image().ok().map(|image| image.manifest.name);
        let (good, problems) = machine::image::list(&self.config.images());
        let view = |image: &Image| view(image, used.as_deref());
        let broken = |problem: machine::image::ImageProblem| ImageView {
            name: problem.name,
            made_at: 0,
            size_bytes: 0,
            suite: String::new(),
            packages: 0,
            is_used: false,
            broken: Some(problem.source.to_string()),
        };
        good.iter().map(view).chain(problems.into_iter().map(broken)).collect()
    }

    /// What happens while the image is made. That goes on when nobody listens any more.
    pub(crate) fn build(&self, body: ImageBuildBody) -> Answer<ImageStream> {
        let spec = self.spec(body)?;
        machine::image::can_build(&spec.programs).map_err(|error| told(&error))?;
        if self.is_making.swap(true, Ordering::Relaxed) {
            let what = "another image is being made just now";
            return Err(UserError::new(ErrorKind::Unavailable, "image-busy", what)
                .next("wait until it is done; `legwork machine image list` shows it then"));
        }
        let making = Making(self.is_making.clone());
        let (news, heard) = mpsc::channel(IMAGE_NEWS_MAX);
        // A thread and not a future: what makes an image waits for programs for minutes.
        let work = move || {
            let making = making;
            let stage = |text: &str| ImageNews::Stage { text: text.to_owned() };
            // Who does not listen misses stages, and not the image.
            let made = machine::image::build(&spec, &mut |text| drop(news.try_send(stage(text))));
            let last = match made {
                Ok(image) => {
                    let used = Some(image.manifest.name.as_str());
                    ImageNews::Made { image: view(&image, used) }
                }
                Err(error) => ImageNews::Failed { error: told(&error) },
            };
            drop(making);
            let _ = news.try_send(last);
        };
        let started = std::thread::Builder::new().name("image".to_owned()).spawn(work);
        started.map_err(|error| {
            let what = "the system has nothing left to make an image with";
            UserError::new(ErrorKind::Unavailable, "image-unmade", what).cause(error)
        })?;
        Ok(ReceiverStream::new(heard).boxed())
    }

    pub(crate) fn remove(&self, body: &NamedBody) -> Answer<Vec<ImageView>> {
        machine::image::remove(&self.config.images(), &body.name).map_err(|error| told(&error))?;
        // Those of other images stay.
        let (templates, images) = (self.config.templates(), self.config.images());
        machine::forget_templates(&templates, &images).map_err(|error| {
            let what = "what was kept of the image could not all be removed";
            UserError::new(ErrorKind::Unavailable, "image-unmade", what).cause(error)
        })?;
        Ok(self.list())
    }

    fn spec(&self, body: ImageBuildBody) -> Answer<ImageSpec> {
        let ImageBuildBody { name, office, rust, small, packages } = body;
        let is_package = |name: &String| {
            let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
            let fits = |byte: u8| is_plain(byte) || b"+-.".contains(&byte);
            name.bytes().next().is_some_and(is_plain) && name.bytes().all(fits) && name.len() < 100
        };
        if packages.len() > IMAGE_PACKAGES_MAX || !packages.iter().all(is_package) {
            let what = "a package's name is not as it has to be, or there are too many";
            return Err(UserError::new(ErrorKind::User, "image-package", what)
                .next("name packages as `apt search WORD` does, such as `--package graphviz`"));
        }
        let content = ImageContent { standard: !small, rust, office, more: packages };
        let (images, programs) = (self.config.images(), self.config.image_programs.clone());
        Ok(ImageSpec { images, name, content, programs })
    }
}

/// An image is being made for as long as this is there.
struct Making(Arc<AtomicBool>);

impl Drop for Making {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Relaxed);
    }
}

fn view(image: &Image, used: Option<&str>) -> ImageView {
    let manifest = &image.manifest;
    ImageView {
        name: manifest.name.clone(),
        made_at: manifest.made_at_seconds.saturating_mul(1000),
        size_bytes: image.size_bytes(),
        suite: manifest.suite.clone(),
        packages: manifest.packages.len() as u64,
        is_used: used == Some(manifest.name.as_str()),
        broken: None,
    }
}

fn told(error: &ImageError) -> UserError {
    let (kind, code, what) = match error {
        ImageError::Name { .. } => (ErrorKind::User, "image-name", error.to_string()),
        ImageError::Missing { .. } => (ErrorKind::User, "image-unknown", error.to_string()),
        ImageError::ProgramMissing { .. }
        | ImageError::Architecture
        | ImageError::Distribution
        | ImageError::NoIds
        | ImageError::Room { .. }
        | ImageError::Folder { .. }
        | ImageError::Build { .. }
        | ImageError::Stuck { .. }
        | ImageError::Kernel { .. }
        | ImageError::Unpack { .. } => {
            let what = "the image could not be made".to_owned();
            let told = UserError::new(ErrorKind::Unavailable, "image-unmade", what);
            return told.cause(error).next(error.next());
        }
    };
    UserError::new(kind, code, what).next(error.next())
}
