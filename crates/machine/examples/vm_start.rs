//! Measures a VM: from the request until its guest has answered, and a command in it. Prints JSON.
//!
//! Arguments: the folder of an image, the guest program, a folder for templates, and how often
//! (default 20). The first start, which may make the template, is not counted.

#![expect(clippy::disallowed_methods, reason = "a measurement reads the clock")]
#![expect(clippy::print_stdout, reason = "its output is what it is for")]

use machine::{Hardware, JailShare, Speed, Vm, VmPrograms, VmSpec};
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
            processes_max: 1000,
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
    let (mut starts, mut firsts, mut commands, mut stops) = (vec![], vec![], vec![], vec![]);
    for round in 0..=count {
        let begin = Instant::now();
        let vm = Vm::start(&spec).await?;
        let started = begin.elapsed();
        let mut times = Vec::new();
        for _ in 0..3 {
            let begin = Instant::now();
            let argv = ["/bin/sh", "-c", "true"].map(String::from).into();
            let exec = Exec::new(argv, "/folders/work", 60_000);
            vm.call(Request::Exec(exec), |_| {}).await?;
            times.push(begin.elapsed());
        }
        let begin = Instant::now();
        vm.stop().await?;
        if round > 0 {
            starts.push(started);
            firsts.push(times[0]);
            commands.push(times[2]);
            stops.push(begin.elapsed());
        } else {
            println!("first start: {started:?}");
        }
    }
    let names = ["start", "first command", "third command", "stop"];
    for (name, mut times) in names.into_iter().zip([starts, firsts, commands, stops]) {
        times.sort();
        println!(
            "{name}: n {}, median {:?}, min {:?}",
            times.len(),
            times[times.len() / 2],
            times[0]
        );
    }
    machine::clear(&spec.dir)?;
    Ok(())
}
