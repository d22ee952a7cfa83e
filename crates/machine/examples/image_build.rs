//! Makes an image and says what it took. Arguments: the folder of images, a name, and any of
//! `standard`, `rust`, `office`, `unpack`.

#![expect(clippy::disallowed_methods, reason = "a measurement reads the clock")]
#![expect(clippy::print_stdout, reason = "its output is what it is for")]

use machine::image::{ImageContent, ImagePrograms, ImageSpec, build, unpacked};
use std::error::Error;
use std::time::Instant;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let images = arguments.next().ok_or("the folder of images is missing")?.into();
    let name = arguments.next().ok_or("the name is missing")?;
    let words: Vec<String> = arguments.collect();
    let has = |word: &str| words.iter().any(|given| given == word);
    let content = ImageContent {
        standard: has("standard"),
        rust: has("rust"),
        office: has("office"),
        more: Vec::new(),
    };
    let programs = ImagePrograms {
        mmdebstrap: "/usr/bin/mmdebstrap".into(),
        mkfs_erofs: "/usr/bin/mkfs.erofs".into(),
        apt_config: "/usr/bin/apt-config".into(),
    };
    let begin = Instant::now();
    let image = build(&ImageSpec { images, name, content, programs }, &mut |stage| {
        println!("{:6.1} s  {stage}", begin.elapsed().as_secs_f64());
    })?;
    let manifest = &image.manifest;
    println!("{:6.1} s  done: {} bytes", begin.elapsed().as_secs_f64(), image.size_bytes());
    println!("kernel {}, {} packages", manifest.kernel, manifest.packages.len());
    for (name, file) in &manifest.files {
        println!("{:>12} {name}", file.size_bytes);
    }
    if has("unpack") {
        let begin = Instant::now();
        let folder = unpacked(&image, "/usr/bin/fsck.erofs".as_ref())?;
        println!("unpacked to {} in {:?}", folder.display(), begin.elapsed());
    }
    Ok(())
}
