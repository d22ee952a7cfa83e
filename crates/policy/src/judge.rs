//! The judgement of one change.

use crate::place::{self, RESERVED_PREFIX, Removal};
use crate::reason::{Reason, Verdict};

/// What a change does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    Created,
    Modified,
    /// Same content under another name.
    Moved,
    Deleted,
    /// Only the permissions.
    Mode,
}

/// What lies at the changed path after the work, or lay there if it was deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What<'a> {
    File,
    Folder,
    /// A symbolic link, with its text.
    Link(&'a [u8]),
    Pipe,
    Socket,
    Device,
}

/// What is known of one change.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// Absolute path of the shared folder on the host; it may itself be such a place.
    pub folder: &'a [u8],
    /// Path within the folder.
    pub path: &'a [u8],
    pub work: Work,
    pub what: What<'a>,
    /// Permission bits that the task left (07777).
    pub mode: u32,
    /// Permission bits before the work; `None` for something new.
    pub base_mode: Option<u32>,
}

const EXECUTABLE: u32 = 0o111;
const WRITABLE_BY_ALL: u32 = 0o002;

/// Decides whether the change may be applied with the others, needs a tick, or never applies.
pub fn judge(facts: &Facts<'_>) -> Verdict {
    let removed = facts.work == Work::Deleted;
    if !removed {
        if let Some(reason) = unfit(facts.what) {
            return Verdict::Refuse(reason);
        }
        if is_reserved(facts.path) {
            return Verdict::Refuse(Reason::ReservedName);
        }
    }
    // A folder by itself holds nothing that runs; what is put into it is judged by itself.
    if facts.what != What::Folder
        && let Some((reason, removal)) = place::find(facts.folder, facts.path)
        && (!removed || removal == Removal::Watched)
    {
        return Verdict::Tick(reason);
    }
    if removed {
        return Verdict::Fine;
    }
    match facts.what {
        What::File => program(facts),
        What::Folder if gains(facts, WRITABLE_BY_ALL) && facts.work == Work::Mode => {
            Verdict::Tick(Reason::WritableByAll)
        }
        What::Link(target) if leaves(facts.path, target) => Verdict::Tick(Reason::LinkOutside),
        What::Folder | What::Link(_) | What::Pipe | What::Socket | What::Device => Verdict::Fine,
    }
}

fn unfit(what: What<'_>) -> Option<Reason> {
    match what {
        What::Pipe => Some(Reason::Pipe),
        What::Socket => Some(Reason::Socket),
        What::Device => Some(Reason::DevicePlace),
        What::File | What::Folder | What::Link(_) => None,
    }
}

fn is_reserved(path: &[u8]) -> bool {
    path.split(|&byte| byte == b'/')
        .any(|name| place::plain(name).starts_with(RESERVED_PREFIX.as_bytes()))
}

fn program(facts: &Facts<'_>) -> Verdict {
    if facts.mode & EXECUTABLE != 0 && facts.base_mode.unwrap_or(0) & EXECUTABLE == 0 {
        return Verdict::Tick(Reason::NewProgram);
    }
    if facts.mode & EXECUTABLE != 0 && facts.work == Work::Modified {
        return Verdict::Tick(Reason::ChangedProgram);
    }
    if facts.work == Work::Mode && gains(facts, WRITABLE_BY_ALL) {
        return Verdict::Tick(Reason::WritableByAll);
    }
    Verdict::Fine
}

fn gains(facts: &Facts<'_>, bits: u32) -> bool {
    facts.mode & bits & !facts.base_mode.unwrap_or(0) != 0
}

/// Whether a link at `path` with this text points out of the folder, by its text alone. Links on
/// the way are not followed: each of them is judged by itself.
fn leaves(path: &[u8], target: &[u8]) -> bool {
    if target.starts_with(b"/") {
        return true;
    }
    let mut depth = path.split(|&byte| byte == b'/').count() - 1;
    for name in target.split(|&byte| byte == b'/') {
        match name {
            b"" | b"." => {}
            b".." if depth == 0 => return true,
            b".." => depth -= 1,
            _ => depth += 1,
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str) -> Facts<'_> {
        Facts {
            folder: b"/home/ann/Documents",
            path: path.as_bytes(),
            work: Work::Created,
            what: What::File,
            mode: 0o644,
            base_mode: None,
        }
    }

    #[test]
    fn files_that_run_later_need_a_tick() {
        let cases = [
            (".git/hooks/pre-commit", Reason::GitHook),
            ("deep/er/.GIT/Hooks/x", Reason::GitHook),
            (".husky/pre-push", Reason::GitHook),
            (".git/config", Reason::GitSettings),
            (".git/config.worktree", Reason::GitSettings),
            (".git/modules/a/hooks/x", Reason::GitSettings),
            (".git", Reason::GitSettings),
            ("sub/.gitmodules", Reason::GitSettings),
            (".gitattributes", Reason::GitSettings),
            (".envrc", Reason::ShellStart),
            (".bashrc", Reason::ShellStart),
            ("mise.toml", Reason::ShellStart),
            (".Rprofile", Reason::ProgramStart),
            ("src/.gdbinit", Reason::ProgramStart),
            ("paper/.latexmkrc", Reason::ProgramStart),
            (".jj/repo/config.toml", Reason::ProgramStart),
            ("vendor/thing/HEAD", Reason::GitSettings),
            ("thing.git/config", Reason::GitSettings),
            (".BASH_profile", Reason::ShellStart),
            (".profile", Reason::ShellStart),
            (".zshrc", Reason::ShellStart),
            (".ssh/authorized_keys", Reason::Ssh),
            (".vscode/tasks.json", Reason::EditorSettings),
            (".idea/runConfigurations/a.xml", Reason::EditorSettings),
            (".devcontainer/devcontainer.json", Reason::EditorSettings),
            (".mcp.json", Reason::AgentSettings),
            (".claude/settings.json", Reason::AgentSettings),
            ("CLAUDE.md", Reason::AgentSettings),
            ("GEMINI.md", Reason::AgentSettings),
            (".github/copilot-instructions.md", Reason::AgentSettings),
            (".clinerules", Reason::AgentSettings),
            (".clinerules/a.md", Reason::AgentSettings),
            (".roo/rules/a.md", Reason::AgentSettings),
            ("opencode.jsonc", Reason::AgentSettings),
            (".legwork/memory.md", Reason::AgentSettings),
            (".codex/config.toml", Reason::AgentSettings),
            (".npmrc", Reason::PackageSettings),
            (".pypirc", Reason::PackageSettings),
            ("Makefile", Reason::BuildScript),
            ("a/justfile", Reason::BuildScript),
            ("build.rs", Reason::BuildScript),
            ("web/package.json", Reason::BuildScript),
            ("web/vite.config.ts", Reason::BuildScript),
            ("web/eslint.config.mjs", Reason::BuildScript),
            ("gulpfile.js", Reason::BuildScript),
            ("src/App.csproj", Reason::BuildScript),
            ("Directory.Build.props", Reason::BuildScript),
            (".circleci/config.yml", Reason::BuildScript),
            (".forgejo/workflows/a.yml", Reason::BuildScript),
            (".config/autostart/x", Reason::Autostart),
            ("x.service", Reason::Autostart),
            ("Click me.DESKTOP", Reason::Launcher),
            ("report.xlsm", Reason::Macros),
        ];
        for (path, reason) in cases {
            assert_eq!(judge(&file(path)), Verdict::Tick(reason), "{path}");
        }
    }

    #[test]
    fn a_name_in_disguise_is_the_name_that_a_filesystem_sees() {
        let cases = [
            (".s\u{17f}h/authorized_keys", Reason::Ssh),
            (".git::$INDEX_ALLOCATION/hooks/x", Reason::GitHook),
            (".git./hooks/x", Reason::GitHook),
            ("git~1/hooks/x", Reason::GitHook),
            (".g\u{200c}it/hooks/x", Reason::GitHook),
            ("ma\u{fe0f}ke\u{fb01}le", Reason::BuildScript),
            (".\u{2060}git/hooks/x", Reason::GitHook),
            (".\u{e0067}git/hooks/x", Reason::GitHook),
            (".git\u{3164}/config", Reason::GitSettings),
            (".gnupg/gpg.conf", Reason::Ssh),
            (".ba\u{17f}hrc", Reason::ShellStart),
            ("\u{fb02}ake.nix", Reason::BuildScript),
            ("autorun.inf\u{ad}", Reason::Launcher),
        ];
        for (path, reason) in cases {
            assert_eq!(judge(&file(path)), Verdict::Tick(reason), "{path}");
        }
    }

    #[test]
    fn ordinary_files_need_none() {
        for path in [
            "Expenses.xlsx",
            "notes.md",
            "2026/a b.pdf",
            "gitignore",
            ".gitignore",
            "profile",
            "package.json.bak",
            "my.git/readme",
            "sshd.txt",
            "Makefiles are fun.txt/x",
            "a:b.txt",
            "config",
            "thing/config",
            ".git/HEAD",
            ".git/logs/HEAD",
            "head.txt",
            "vite.md",
            "Stra\u{df}e.txt",
        ] {
            assert_eq!(judge(&file(path)), Verdict::Fine, "{path}");
        }
    }

    #[test]
    fn the_shared_folder_can_be_such_a_place() {
        let inside = |folder, path| judge(&Facts { folder, ..file(path) });
        assert_eq!(inside(b"/home/ann/.ssh", "config"), Verdict::Tick(Reason::Ssh));
        assert_eq!(inside(b"/p/.git", "hooks/update"), Verdict::Tick(Reason::GitHook));
        assert_eq!(inside(b"/p/.git/hooks", "update"), Verdict::Tick(Reason::GitHook));
        assert_eq!(inside(b"/p/Makefile", "notes.txt"), Verdict::Fine);
    }

    #[test]
    fn removals_ask_only_where_a_guard_goes() {
        let gone = |path| judge(&Facts { work: Work::Deleted, ..file(path) });
        assert_eq!(gone("Makefile"), Verdict::Fine);
        assert_eq!(gone("photo.jpg"), Verdict::Fine);
        assert_eq!(gone("thing/HEAD"), Verdict::Fine);
        assert_eq!(gone(".git/hooks/pre-commit"), Verdict::Tick(Reason::GitHook));
    }

    #[test]
    fn permission_to_run_is_judged_against_before() {
        let with = |work, base_mode, mode| judge(&Facts { work, base_mode, mode, ..file("tool") });
        assert_eq!(with(Work::Created, None, 0o755), Verdict::Tick(Reason::NewProgram));
        assert_eq!(with(Work::Mode, Some(0o644), 0o744), Verdict::Tick(Reason::NewProgram));
        assert_eq!(with(Work::Modified, Some(0o755), 0o755), Verdict::Tick(Reason::ChangedProgram));
        assert_eq!(with(Work::Moved, Some(0o755), 0o755), Verdict::Fine);
        assert_eq!(with(Work::Mode, Some(0o755), 0o644), Verdict::Fine);
        assert_eq!(with(Work::Mode, Some(0o644), 0o666), Verdict::Tick(Reason::WritableByAll));
    }

    #[test]
    fn links_are_judged_by_where_they_point() {
        let link = |path, target: &'static str| {
            judge(&Facts { what: What::Link(target.as_bytes()), ..file(path) })
        };
        let outside = Verdict::Tick(Reason::LinkOutside);
        assert_eq!(link("a/b", "../c"), Verdict::Fine);
        assert_eq!(link("a/b", "c/../../d"), Verdict::Fine);
        assert_eq!(link("a", "/etc/passwd"), outside);
        assert_eq!(link("a", "../c"), outside);
        assert_eq!(link("a/b", "../../c"), outside);
        assert_eq!(link("a/b", "x/../../../c"), outside);
    }

    #[test]
    fn what_holds_no_content_is_refused() {
        let what = |what| judge(&Facts { what, ..file("x") });
        assert_eq!(what(What::Pipe), Verdict::Refuse(Reason::Pipe));
        assert_eq!(what(What::Socket), Verdict::Refuse(Reason::Socket));
        assert_eq!(what(What::Device), Verdict::Refuse(Reason::DevicePlace));
        assert_eq!(judge(&file("a/.legwork-7-1")), Verdict::Refuse(Reason::ReservedName));
    }
}
