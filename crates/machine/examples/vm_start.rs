//! Measures a VM: from the request until its guest has answered, a command in it, and the same of
//! one that waited for the request. Prints medians as JSON.
//!
//! Arguments: the folder of an image, the guest program, a folder for templates, and how often
//! (default 20). The first start, which may make the template, is not counted.

#![expect(clippy::disallowed_methods, reason = "a measurement reads the clock")]
#![expect(clippy::print_stdout, reason = "its output is what it is for")]

use machine::{Hardware, JailShare, Speed, Vm, VmPrograms, VmSpare, VmSpec};
use std::error::Error;
use std::time::Instant;
use wire::{Exec, Limits, Request};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let mut next = || arguments.next().ok_or("an argument is missing");
    let (image, guest, templates) = (next()?, next()?, next()?);
    let count = arguments.next().map_or(Ok(20), |text| text.parse())?;
    let dir = tempfile::tempdir_in("/var/tmp")?;
    for name in ["task", "work"] {
        std::fs::create_dir(dir.path().join(name))?;
    }
    std::fs::write(dir.path().join("work/a.txt"), "first\n")?;
    let share = JailShare { name: "work".into(), host: dir.path().join("work"), writable: true };
    let spec = VmSpec {
        dir: dir.path().join("task"),
        guest: guest.into(),
        image: image.into(),
        templates: templates.into(),
        shares: vec![share],
        limits: Limits {
            processes_max: machine::VM_PROCESSES,
            memory_bytes_max: 2 << 30,
            file_bytes_max: 1 << 30,
            open_files_max: 1024,
            output_bytes_max: 1 << 20,
        },
        hardware: Hardware { memory_bytes: 512 << 20, processors: 1, speed: Speed::Emulated },
        programs: VmPrograms {
            bwrap: "/usr/bin/bwrap".into(),
            qemu: "/usr/bin/qemu-system-x86_64".into(),
            mke2fs: "/usr/sbin/mke2fs".into(),
        },
        doors: None,
        environment: Vec::new(),
        files: Vec::new(),
    };
    let names = ["restore_ms", "first_command_ms", "third_command_ms", "stop_ms"];
    let spares = ["spare_ready_ms", "spare_first_command_ms", "", "spare_stop_ms"];
    let mut times: [Vec<f64>; 8] = Default::default();
    let mut made = 0.0;
    for round in 0..=count {
        // The folder of a task that begins.
        machine::clear(&spec.dir)?;
        std::fs::create_dir(&spec.dir)?;
        let begin = Instant::now();
        let life = lived(Vm::start(&spec).await?, begin).await?;
        let spare = VmSpare::start(&spec, dir.path()).await?;
        let begin = Instant::now();
        let vm = spare.try_hand_over(&spec).await.ok_or("a spare was not fit")?;
        let waited = lived(vm, begin).await?;
        if round == 0 {
            made = life[0];
            continue;
        }
        for (kept, time) in times.iter_mut().zip(life.into_iter().chain(waited)) {
            kept.push(time);
        }
    }
    let mut told = serde_json::json!({ "first_start_ms": made, "rounds": count });
    for (name, mut values) in names.into_iter().chain(spares).zip(times) {
        values.sort_by(f64::total_cmp);
        if !name.is_empty() {
            told[name] = values[values.len() / 2].into();
        }
    }
    println!("{told}");
    machine::clear(&spec.dir)?;
    Ok(())
}

/// Milliseconds until it stood, of its first command, of its third, and of its end.
async fn lived(vm: Vm, begin: Instant) -> Result<[f64; 4], Box<dyn Error>> {
    let ms = |since: Instant| since.elapsed().as_secs_f64() * 1000.0;
    let mut times = [ms(begin), 0.0, 0.0, 0.0];
    for at in [1, 2, 2] {
        let begin = Instant::now();
        let argv = ["/bin/sh", "-c", "true"].map(String::from).into();
        let exec = Exec::new(argv, "/folders/work", 60_000);
        vm.call(Request::Exec(exec), |_| {}).await?;
        times[at] = ms(begin);
    }
    let begin = Instant::now();
    vm.stop().await?;
    times[3] = ms(begin);
    Ok(times)
}
