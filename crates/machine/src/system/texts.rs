//! Files that a system has before anything is installed. Programs expect them, or would ask for
//! users and rights that a machine does not have.

/// In every ground: the machine is called `machine`, and downloads and unpacks as its only user.
pub(crate) const ALWAYS: &[(&str, &str)] = &[
    ("etc/hosts", "127.0.0.1 localhost\n::1 localhost\n127.0.1.1 machine\n"),
    ("etc/hostname", "machine\n"),
    ("etc/nsswitch.conf", "passwd: files\ngroup: files\nshadow: files\nhosts: files dns\n"),
    ("etc/resolv.conf", "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n"),
    ("etc/host.conf", "multi on\n"),
    ("etc/gitconfig", "[safe]\n\tdirectory = *\n"),
    (
        "etc/apt/apt.conf.d/90legwork",
        "APT::Sandbox::User \"root\";\nDpkg::Use-Pty \"0\";\nAPT::Color \"0\";\n\
         APT::Get::Assume-Yes \"1\";\nAcquire::Languages \"none\";\n\
         APT::Update::Error-Mode \"any\";\nBinary::apt::APT::Keep-Downloaded-Packages \"0\";\n\
         APT::Keep-Downloaded-Packages \"0\";\n",
    ),
    // A power cut costs a task at most; waiting for the disk after each file costs it minutes.
    ("etc/dpkg/dpkg.cfg.d/90legwork", "force-unsafe-io\nforce-confdef\nforce-confold\n"),
];

/// Where packages lie below and belong to somebody else. `dpkg` gives each file that it replaces a
/// second name first, which only the file's owner may: apt has this make it the user's own before.
pub(crate) const OWN_REPLACED: [(&str, &str, u32); 2] = [
    ("usr/libexec/legwork-own", include_str!("own.pl"), 0o755),
    (
        "rest/etc/apt/apt.conf.d/91legwork",
        "DPkg::Pre-Install-Pkgs { \"/usr/libexec/legwork-own\"; };\n",
        0o644,
    ),
];

/// In a ground on the host's system, instead of the host's own. The users are those that Debian
/// gives to every system; the packages that are installed later name them.
pub(crate) const ON_HOST: &[(&str, &str)] = &[
    (
        "etc/passwd",
        "root:x:0:0:root:/home:/bin/sh\ndaemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin\n\
         bin:x:2:2:bin:/bin:/usr/sbin/nologin\nsys:x:3:3:sys:/dev:/usr/sbin/nologin\n\
         sync:x:4:65534:sync:/bin:/bin/sync\ngames:x:5:60:games:/usr/games:/usr/sbin/nologin\n\
         man:x:6:12:man:/var/cache/man:/usr/sbin/nologin\n\
         lp:x:7:7:lp:/var/spool/lpd:/usr/sbin/nologin\n\
         mail:x:8:8:mail:/var/mail:/usr/sbin/nologin\n\
         news:x:9:9:news:/var/spool/news:/usr/sbin/nologin\n\
         uucp:x:10:10:uucp:/var/spool/uucp:/usr/sbin/nologin\n\
         proxy:x:13:13:proxy:/bin:/usr/sbin/nologin\n\
         www-data:x:33:33:www-data:/var/www:/usr/sbin/nologin\n\
         backup:x:34:34:backup:/var/backups:/usr/sbin/nologin\n\
         list:x:38:38:list:/var/list:/usr/sbin/nologin\n\
         _apt:x:42:65534::/nonexistent:/usr/sbin/nologin\n\
         nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n",
    ),
    (
        "etc/group",
        "root:x:0:\ndaemon:x:1:\nbin:x:2:\nsys:x:3:\nadm:x:4:\ntty:x:5:\ndisk:x:6:\nlp:x:7:\n\
         mail:x:8:\nnews:x:9:\nuucp:x:10:\nman:x:12:\nproxy:x:13:\nkmem:x:15:\ndialout:x:20:\n\
         fax:x:21:\nvoice:x:22:\ncdrom:x:24:\nfloppy:x:25:\ntape:x:26:\nsudo:x:27:\naudio:x:29:\n\
         dip:x:30:\nwww-data:x:33:\nbackup:x:34:\noperator:x:37:\nlist:x:38:\nsrc:x:40:\n\
         shadow:x:42:\nutmp:x:43:\nvideo:x:44:\nsasl:x:45:\nplugdev:x:46:\nstaff:x:50:\n\
         games:x:60:\nusers:x:100:\nssl-cert:x:101:\nmessagebus:x:102:\ncrontab:x:103:\n\
         nogroup:x:65534:\n",
    ),
    ("etc/shadow", "root:*:19000:0:99999:7:::\n"),
    ("etc/gshadow", "root:*::\n"),
    ("etc/shells", "/bin/sh\n/bin/bash\n"),
];

/// Locks of the list of installed packages. Only their owner may open those of the system below.
pub(crate) const LOCKS: &[(&str, &str)] =
    &[("lock", ""), ("lock-frontend", ""), ("triggers/Lock", "")];

/// What the host's `/etc` holds that installed programs need and that is nobody's secret.
pub(crate) const OF_HOST: &[&str] = &[
    "ImageMagick-6",
    "ImageMagick-7",
    "R/Makeconf",
    "R/ldpaths",
    "R/repositories",
    "adduser.conf",
    "alternatives",
    "apt/keyrings",
    "apt/trusted.gpg.d",
    "ca-certificates",
    "ca-certificates.conf",
    "chromium.d",
    "debconf.conf",
    "debian_version",
    "deluser.conf",
    "fonts",
    "ghostscript",
    "groff",
    "gtk-3.0",
    "inputrc",
    "java-11-openjdk",
    "java-17-openjdk",
    "java-21-openjdk",
    "java-25-openjdk",
    "ld.so.cache",
    "ld.so.conf",
    "ld.so.conf.d",
    "libreoffice",
    "locale.alias",
    "locale.gen",
    "localtime",
    "login.defs",
    "magic",
    "manpath.config",
    "mime.types",
    "nanorc",
    "pam.conf",
    "pam.d",
    "papersize",
    "perl",
    "pki/ca-trust/extracted",
    "profile",
    "protocols",
    "python3",
    "security",
    "selinux",
    "services",
    "skel",
    "ssl/certs",
    "ssl/openssl.cnf",
    "terminfo",
    "texmf",
    "timezone",
    "vim",
    "xdg",
];

pub(crate) const LINKS: &[(&str, &str)] = &[
    ("etc/mtab", "/proc/self/mounts"),
    ("etc/os-release", "../usr/lib/os-release"),
    ("var/run", "/run"),
    ("var/lock", "/run/lock"),
];

/// Of an image that belongs to somebody else: what only its owner may open, and nobody needs.
pub(crate) const OF_OWNER: &[(&str, &str)] = &[
    ("etc/.pwd.lock", ""),
    ("etc/shadow", "root:*:19000:0:99999:7:::\n"),
    ("etc/gshadow", "root:*::\n"),
    ("etc/passwd-", ""),
    ("etc/group-", ""),
    ("etc/shadow-", ""),
    ("etc/gshadow-", ""),
    ("var/cache/apt/archives/lock", ""),
    ("var/cache/debconf/passwords.dat", ""),
    ("var/lib/apt/lists/lock", ""),
];

/// Programs to start servers ask this one first. There is nobody to start them for.
pub(crate) const NO_SERVERS: (&str, &str) = ("usr/sbin/policy-rc.d", "#!/bin/sh\nexit 101\n");

/// Folders of the rest that programs take for granted.
pub(crate) const FOLDERS: &[&str] = &[
    "etc/apt/apt.conf.d",
    "etc/apt/preferences.d",
    "etc/apt/sources.list.d",
    "etc/dpkg/dpkg.cfg.d",
    "home",
    "opt",
    "srv",
    "var/backups",
    "var/cache/apt/archives/partial",
    "var/cache/debconf",
    "var/cache/ldconfig",
    "var/lib/apt/lists/partial",
    "var/lib/dpkg/info",
    "var/lib/dpkg/triggers",
    "var/lib/dpkg/updates",
    "var/lib/misc",
    "var/lib/pam",
    "var/lib/systemd",
    "var/log/apt",
    "var/mail",
    "var/spool",
    "var/tmp",
];
