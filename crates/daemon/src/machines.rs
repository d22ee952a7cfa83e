//! Which kind of machine a task gets, and how it is started. Never a weaker one than it had or was
//! asked for.

use crate::config::Config;
use crate::spares::Spares;
use crate::words;
use machine::image::Image;
use machine::{Hardware, JailSpec, Machine, Speed, VmPrograms, VmReport, VmSpec};
use std::path::PathBuf;
use std::sync::Arc;
use task::{Isolation, MachineWish, Task};

/// The machines of this computer.
#[derive(Debug, Clone)]
pub(crate) struct Machines {
    config: Arc<Config>,
    spares: Arc<Spares>,
}

/// A machine that runs.
#[derive(Debug)]
pub(crate) struct Made {
    pub(crate) machine: Arc<dyn Machine>,
    pub(crate) isolation: Isolation,
}

/// What a task's next machine has to be. What it had once it keeps.
pub(crate) fn wanted(task: &Task) -> MachineWish {
    match (task.machine_wish(), task.bases().is_empty(), task.isolation()) {
        (MachineWish::Auto, false, Isolation::Jail) => MachineWish::Jail,
        (MachineWish::Auto, false, Isolation::Vm | Isolation::VmEmulated) => MachineWish::Vm,
        (wish, _, _) => wish,
    }
}

impl Machines {
    pub(crate) fn new(config: Arc<Config>, spares: Arc<Spares>) -> Self {
        Self { config, spares }
    }

    /// Starts a machine. The error says in words why there is none, and what to do.
    pub(crate) async fn start(&self, spec: &JailSpec, wanted: MachineWish) -> Result<Made, String> {
        match wanted {
            MachineWish::Jail => self.jail(spec).await,
            MachineWish::Vm => self.vm(spec).await,
            MachineWish::Auto => {
                if !self.has_quick_vm(spec).await {
                    return self.jail(spec).await;
                }
                match self.vm(spec).await {
                    Ok(made) => Ok(made),
                    Err(why) => {
                        tracing::warn!(why, "no virtual machine for a task that may do without");
                        self.jail(spec).await
                    }
                }
            }
        }
    }

    async fn jail(&self, spec: &JailSpec) -> Result<Made, String> {
        let jail = self.spares.start(spec).await.map_err(|error| words::start(&error))?;
        Ok(Made { machine: Arc::new(jail), isolation: Isolation::Jail })
    }

    async fn vm(&self, spec: &JailSpec) -> Result<Made, String> {
        let image = self.image()?;
        let mut spec = self.vm_spec(spec, &image);
        let report = machine::probe_vm(&spec).await;
        if !report.ok {
            return Err(told(&report));
        }
        spec.hardware = self.hardware(report.speed);
        let vm = self.spares.start_vm(&spec).await.map_err(|error| words::start(&error))?;
        let isolation = match report.speed {
            Speed::Hardware => Isolation::Vm,
            Speed::Emulated => Isolation::VmEmulated,
        };
        Ok(Made { machine: Arc::new(vm), isolation })
    }

    /// Whether a virtual machine starts here without a long wait.
    async fn has_quick_vm(&self, spec: &JailSpec) -> bool {
        let Ok(image) = self.image() else { return false };
        let report = machine::probe_vm(&self.vm_spec(spec, &image)).await;
        report.ok && report.speed == Speed::Hardware
    }

    /// The image that was named, else the one that was made last.
    pub(crate) fn image(&self) -> Result<Image, String> {
        const NEXT: &str = "make one with `legwork machine image build`, which takes some minutes \
                            and no attention";
        let (mut good, problems) = machine::image::list(&self.config.images());
        if let Some(name) = &self.config.machine_image {
            let found = good.into_iter().find(|image| image.manifest.name == *name);
            return found.ok_or_else(|| {
                format!(
                    "there is no image named {name}, which the configuration asks for \
                     (machine.image); {NEXT} --name {name}"
                )
            });
        }
        good.sort_by_key(|image| image.manifest.made_at_seconds);
        good.pop().ok_or_else(|| match problems.first() {
            Some(broken) => format!(
                "the image {} cannot be used: {}; {NEXT}",
                words::one_line(&broken.name),
                broken.source
            ),
            None => format!(
                "a virtual machine starts from an image of a system, and there is none yet; {NEXT}"
            ),
        })
    }

    /// What trying has shown of virtual machines here. The error: there is nothing to try with.
    pub(crate) async fn report(&self, guest: PathBuf) -> Result<VmReport, String> {
        let image = self.image()?;
        let spec = JailSpec { guest, ..self.bare() };
        Ok(machine::probe_vm(&self.vm_spec(&spec, &image)).await)
    }

    fn hardware(&self, speed: Speed) -> Hardware {
        // A second processor of an emulated machine is one more thread that waits for the first.
        let usual = if speed == Speed::Hardware { 2 } else { 1 };
        let processors = self.config.vm_processors.unwrap_or(usual);
        Hardware { memory_bytes: self.config.vm_memory_bytes, processors, speed }
    }

    fn vm_spec(&self, spec: &JailSpec, image: &Image) -> VmSpec {
        VmSpec {
            dir: spec.dir.clone(),
            guest: spec.guest.clone(),
            image: image.folder().to_owned(),
            templates: self.config.templates(),
            shares: spec.shares.clone(),
            limits: spec.limits,
            hardware: self.hardware(Speed::Emulated),
            programs: VmPrograms {
                bwrap: spec.bwrap.clone(),
                qemu: self.config.qemu.clone(),
                mke2fs: self.config.mke2fs.clone(),
            },
            doors: spec.doors.clone(),
            environment: spec.environment.clone(),
            files: spec.files.clone(),
        }
    }

    /// A machine of nothing, to put something into.
    pub(crate) fn bare(&self) -> JailSpec {
        JailSpec {
            dir: PathBuf::new(),
            guest: PathBuf::new(),
            shares: Vec::new(),
            limits: self.config.machine_limits,
            bwrap: self.config.bwrap.clone(),
            doors: None,
            environment: Vec::new(),
            root: machine::system::Root::Host,
            system: machine::system::System::ReadOnly,
            programs: self.config.machine_programs.clone(),
            files: Vec::new(),
        }
    }
}

/// A report that is no good, as one text with the way out.
fn told(report: &VmReport) -> String {
    if report.next.is_empty() {
        return report.why.clone();
    }
    format!("{}; {}", report.why, report.next)
}
