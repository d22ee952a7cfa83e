//! The table of places whose files the host runs or obeys, and how a path is matched against it.
//!
//! Names are compared as a case-insensitive filesystem would: case folded, the invisible letters
//! that HFS+, APFS and ext4 ignore removed, NTFS stream suffixes and trailing dots and spaces cut
//! (the disguises that git's own `.git` check knows; git `fsck`, 2026-07).

use crate::reason::Reason;

/// No change may create a file whose name begins so: apply uses such names for its own files.
pub const RESERVED_PREFIX: &str = ".legwork-";

/// Whether a removal needs a tick as well: taking a guard away is as good as rewriting it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Removal {
    Watched,
    Free,
}

/// One watched place. `path` is matched at any depth: consecutive names, the last one being the
/// file itself or, with a trailing `/`, a folder that the file is anywhere below. A name may begin
/// or end with `*`.
struct Place {
    path: &'static str,
    reason: Reason,
    removal: Removal,
}

const fn guard(path: &'static str, reason: Reason) -> Place {
    Place { path, reason, removal: Removal::Watched }
}

const fn run(path: &'static str, reason: Reason) -> Place {
    Place { path, reason, removal: Removal::Free }
}

const PLACES: &[Place] = &[
    guard(".git/hooks/", Reason::GitHook),
    guard("hooks/pre-*", Reason::GitHook),
    guard("hooks/post-*", Reason::GitHook),
    guard(".husky/", Reason::GitHook),
    guard(".githooks/", Reason::GitHook),
    guard("lefthook.yml", Reason::GitHook),
    guard(".pre-commit-config.yaml", Reason::GitHook),
    guard(".git/modules/", Reason::GitSettings),
    guard(".git/worktrees/", Reason::GitSettings),
    guard(".git/info/", Reason::GitSettings),
    guard(".git/config*", Reason::GitSettings),
    guard(".git", Reason::GitSettings),
    guard(".gitmodules", Reason::GitSettings),
    guard(".gitattributes", Reason::GitSettings),
    guard(".gitconfig", Reason::GitSettings),
    guard(".config/git/", Reason::GitSettings),
    guard(".hg/hgrc", Reason::GitSettings),
    guard(".hgrc", Reason::GitSettings),
    guard("*.git/config*", Reason::GitSettings),
    guard(".envrc", Reason::ShellStart),
    guard(".bash*", Reason::ShellStart),
    guard(".profile", Reason::ShellStart),
    guard(".zsh*", Reason::ShellStart),
    guard(".zprofile", Reason::ShellStart),
    guard(".zlogin", Reason::ShellStart),
    guard(".zlogout", Reason::ShellStart),
    guard(".kshrc", Reason::ShellStart),
    guard(".cshrc", Reason::ShellStart),
    guard(".tcshrc", Reason::ShellStart),
    guard(".login", Reason::ShellStart),
    guard(".inputrc", Reason::ShellStart),
    guard(".config/fish/", Reason::ShellStart),
    guard(".config/environment.d/", Reason::ShellStart),
    guard(".pam_environment", Reason::ShellStart),
    guard(".xprofile", Reason::Autostart),
    guard(".xinitrc", Reason::Autostart),
    guard(".xsession*", Reason::Autostart),
    guard(".mise.toml", Reason::ShellStart),
    guard("mise.toml", Reason::ShellStart),
    guard("mise.local.toml", Reason::ShellStart),
    guard(".mise.local.toml", Reason::ShellStart),
    guard(".config/mise/", Reason::ShellStart),
    guard(".tool-versions", Reason::ShellStart),
    guard(".rprofile", Reason::ProgramStart),
    guard(".renviron", Reason::ProgramStart),
    guard(".gdbinit", Reason::ProgramStart),
    guard(".lldbinit", Reason::ProgramStart),
    guard(".pdbrc", Reason::ProgramStart),
    guard(".tmux.conf", Reason::ProgramStart),
    guard(".config/tmux/", Reason::ProgramStart),
    guard(".irbrc", Reason::ProgramStart),
    guard(".pryrc", Reason::ProgramStart),
    guard(".latexmkrc", Reason::ProgramStart),
    guard("latexmkrc", Reason::ProgramStart),
    guard(".jj/repo/config.toml", Reason::ProgramStart),
    guard(".jjconfig.toml", Reason::ProgramStart),
    guard(".config/jj/", Reason::ProgramStart),
    guard(".ssh/", Reason::Ssh),
    guard(".gnupg/", Reason::Ssh),
    guard(".netrc", Reason::Ssh),
    guard(".vscode/", Reason::EditorSettings),
    guard("*.code-workspace", Reason::EditorSettings),
    guard(".idea/", Reason::EditorSettings),
    guard(".fleet/", Reason::EditorSettings),
    guard(".zed/", Reason::EditorSettings),
    guard(".devcontainer/", Reason::EditorSettings),
    guard(".devcontainer.json", Reason::EditorSettings),
    guard(".vim/", Reason::EditorSettings),
    guard(".vimrc", Reason::EditorSettings),
    guard(".exrc", Reason::EditorSettings),
    guard(".nvim.lua", Reason::EditorSettings),
    guard(".config/nvim/", Reason::EditorSettings),
    guard(".emacs", Reason::EditorSettings),
    guard(".emacs.d/", Reason::EditorSettings),
    guard(".dir-locals.el", Reason::EditorSettings),
    guard(".mcp.json", Reason::AgentSettings),
    guard(".claude/", Reason::AgentSettings),
    guard(".claude.json", Reason::AgentSettings),
    guard("claude.md", Reason::AgentSettings),
    guard("agents.md", Reason::AgentSettings),
    guard(".agents/", Reason::AgentSettings),
    guard(".codex/", Reason::AgentSettings),
    guard(".gemini/", Reason::AgentSettings),
    guard(".cursor/", Reason::AgentSettings),
    guard(".cursorrules", Reason::AgentSettings),
    guard(".windsurf/", Reason::AgentSettings),
    guard(".windsurfrules", Reason::AgentSettings),
    guard("gemini.md", Reason::AgentSettings),
    guard(".github/copilot-instructions.md", Reason::AgentSettings),
    guard(".github/instructions/", Reason::AgentSettings),
    guard(".clinerules", Reason::AgentSettings),
    guard(".clinerules/", Reason::AgentSettings),
    guard(".roo/", Reason::AgentSettings),
    guard(".roomodes", Reason::AgentSettings),
    guard("opencode.json*", Reason::AgentSettings),
    guard(".opencode/", Reason::AgentSettings),
    guard(".continue/", Reason::AgentSettings),
    guard(".aider*", Reason::AgentSettings),
    guard(".config/legwork/", Reason::AgentSettings),
    guard(".legwork/", Reason::AgentSettings),
    guard(".npmrc", Reason::PackageSettings),
    guard(".yarnrc*", Reason::PackageSettings),
    guard(".pnpmfile.cjs", Reason::PackageSettings),
    guard(".pypirc", Reason::PackageSettings),
    guard("pip.conf", Reason::PackageSettings),
    guard(".config/pip/", Reason::PackageSettings),
    guard(".gemrc", Reason::PackageSettings),
    guard(".cargo/", Reason::PackageSettings),
    guard(".m2/settings.xml", Reason::PackageSettings),
    guard(".docker/config.json", Reason::PackageSettings),
    guard(".config/autostart/", Reason::Autostart),
    guard(".config/systemd/", Reason::Autostart),
    guard(".config/plasma-workspace/", Reason::Autostart),
    guard("cron.d/", Reason::Autostart),
    guard("crontab", Reason::Autostart),
    run("*.service", Reason::Autostart),
    run("*.timer", Reason::Autostart),
    run("*.socket", Reason::Autostart),
    run("*.desktop", Reason::Launcher),
    run("*.appimage", Reason::Launcher),
    run("*.lnk", Reason::Launcher),
    run("*.url", Reason::Launcher),
    run("autorun.inf", Reason::Launcher),
    run(".local/bin/", Reason::SearchPath),
    run("bin/*", Reason::SearchPath),
    run("sitecustomize.py", Reason::SearchPath),
    run("*.pth", Reason::SearchPath),
    run("makefile*", Reason::BuildScript),
    run("gnumakefile", Reason::BuildScript),
    run("*.mk", Reason::BuildScript),
    run("justfile", Reason::BuildScript),
    run(".justfile", Reason::BuildScript),
    run("taskfile.y*", Reason::BuildScript),
    run("rakefile", Reason::BuildScript),
    run("gemfile", Reason::BuildScript),
    run("build.rs", Reason::BuildScript),
    run("cargo.toml", Reason::BuildScript),
    run("rust-toolchain*", Reason::BuildScript),
    run("package.json", Reason::BuildScript),
    run("gulpfile.*", Reason::BuildScript),
    run("gruntfile.*", Reason::BuildScript),
    run("vite.config.*", Reason::BuildScript),
    run("vitest.config.*", Reason::BuildScript),
    run("webpack.config.*", Reason::BuildScript),
    run("rollup.config.*", Reason::BuildScript),
    run("babel.config.*", Reason::BuildScript),
    run("jest.config.*", Reason::BuildScript),
    // Editors run these too, as soon as a file beside them is opened.
    run("eslint.config.*", Reason::BuildScript),
    run(".eslintrc*", Reason::BuildScript),
    run("meson.build", Reason::BuildScript),
    run(".bazelrc", Reason::BuildScript),
    run("directory.build.*", Reason::BuildScript),
    run("*.csproj", Reason::BuildScript),
    run("*.fsproj", Reason::BuildScript),
    run("*.vbproj", Reason::BuildScript),
    run("*.gradle", Reason::BuildScript),
    run("*.gradle.kts", Reason::BuildScript),
    run("gradlew*", Reason::BuildScript),
    run("pom.xml", Reason::BuildScript),
    run("setup.py", Reason::BuildScript),
    run("setup.cfg", Reason::BuildScript),
    run("pyproject.toml", Reason::BuildScript),
    run("conftest.py", Reason::BuildScript),
    run("noxfile.py", Reason::BuildScript),
    run("tox.ini", Reason::BuildScript),
    run("cmakelists.txt", Reason::BuildScript),
    run("configure", Reason::BuildScript),
    run("dockerfile*", Reason::BuildScript),
    run("docker-compose*", Reason::BuildScript),
    run("compose.y*", Reason::BuildScript),
    run("vagrantfile", Reason::BuildScript),
    run(".github/workflows/", Reason::BuildScript),
    run(".gitlab-ci.yml", Reason::BuildScript),
    run(".forgejo/workflows/", Reason::BuildScript),
    run(".gitea/workflows/", Reason::BuildScript),
    run(".circleci/", Reason::BuildScript),
    run("azure-pipelines.yml", Reason::BuildScript),
    run("jenkinsfile", Reason::BuildScript),
    run("flake.nix", Reason::BuildScript),
    run("shell.nix", Reason::BuildScript),
    run("*.docm", Reason::Macros),
    run("*.dotm", Reason::Macros),
    run("*.xlsm", Reason::Macros),
    run("*.xltm", Reason::Macros),
    run("*.xlam", Reason::Macros),
    run("*.pptm", Reason::Macros),
];

/// The watched place that the absolute `folder` plus the relative `path` lies in, if any.
pub(crate) fn find(folder: &[u8], path: &[u8]) -> Option<(Reason, Removal)> {
    let full: Vec<Vec<u8>> = folder
        .split(|&byte| byte == b'/')
        .chain(path.split(|&byte| byte == b'/'))
        .filter(|name| !name.is_empty())
        .map(plain)
        .collect();
    let own = path.split(|&byte| byte == b'/').filter(|name| !name.is_empty()).count();
    if makes_repository(&full) {
        return Some((Reason::GitSettings, Removal::Free));
    }
    PLACES
        .iter()
        .find(|place| matches(place.path, &full, own))
        .map(|place| (place.reason, place.removal))
}

/// Whether this is the file without which git takes no folder for a bare repository, whose
/// `config` it would obey. Within `.git` it only says what is checked out.
fn makes_repository(full: &[Vec<u8>]) -> bool {
    full.last().is_some_and(|name| name == b"head") && !full.iter().any(|name| name == b".git")
}

/// Whether `place` is met by `full`, whose last `own` names are the changed path. A match may begin
/// in the folder's own path, but must reach into the changed one.
fn matches(place: &str, full: &[Vec<u8>], own: usize) -> bool {
    let below = place.ends_with('/');
    let place = place.trim_end_matches('/');
    let names = || place.split('/').map(str::as_bytes);
    let count = names().count();
    // A single file name is matched in the changed path only; a folder may be the share itself.
    let first = if below || count > 1 { 0 } else { full.len() - own };
    let fits =
        |start: usize| names().zip(&full[start..]).all(|(pattern, name)| glob(pattern, name));
    match full.len().checked_sub(count) {
        Some(last) if below => (first..=last).any(fits),
        Some(last) => last >= first && fits(last),
        None => false,
    }
}

fn glob(pattern: &[u8], name: &[u8]) -> bool {
    match pattern {
        [b'*', tail @ ..] => name.ends_with(tail),
        [head @ .., b'*'] => name.starts_with(head),
        exact => name == exact,
    }
}

/// The name as a filesystem that folds case and ignores decoration would see it.
pub(crate) fn plain(name: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(name.len());
    for chunk in name.utf8_chunks() {
        for letter in chunk.valid().chars().filter(|letter| !is_ignored(*letter)) {
            match folded(letter) {
                Some(letters) => text.extend_from_slice(letters.as_bytes()),
                None => {
                    let letter = letter.to_ascii_lowercase();
                    text.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
                }
            }
        }
        text.extend_from_slice(chunk.invalid());
    }
    if let Some(colon) = text.iter().position(|&byte| byte == b':').filter(|&at| at > 0) {
        text.truncate(colon);
    }
    while text.len() > 1 && matches!(text.last(), Some(b'.' | b' ')) {
        text.pop();
    }
    if text == b"git~1" { b".git".to_vec() } else { text }
}

/// What letters outside ASCII become that case folding makes ASCII letters of (Unicode 17,
/// CaseFolding.txt, statuses C and F).
fn folded(letter: char) -> Option<&'static str> {
    Some(match letter {
        '\u{212a}' => "k",
        '\u{17f}' => "s",
        '\u{df}' | '\u{1e9e}' => "ss",
        '\u{fb00}' => "ff",
        '\u{fb01}' => "fi",
        '\u{fb02}' => "fl",
        '\u{fb03}' => "ffi",
        '\u{fb04}' => "ffl",
        '\u{fb05}' | '\u{fb06}' => "st",
        _ => return None,
    })
}

/// Letters that file systems leave out when they compare names: Default_Ignorable_Code_Point of
/// Unicode 17, which holds those of HFS+ too.
pub(crate) fn is_ignored(letter: char) -> bool {
    matches!(
        u32::from(letter),
        0xad | 0x34f
            | 0x61c
            | 0x115f..=0x1160
            | 0x17b4..=0x17b5
            | 0x180b..=0x180f
            | 0x200b..=0x200f
            | 0x202a..=0x202e
            | 0x2060..=0x206f
            | 0x3164
            | 0xfe00..=0xfe0f
            | 0xfeff
            | 0xffa0
            | 0xfff0..=0xfff8
            | 0x1bca0..=0x1bca3
            | 0x1d173..=0x1d17a
            | 0xe0000..=0xe0fff
    )
}
