//! Where the paths of forges say whose things they are about.
//!
//! Only places whose addresses have stood for years, and only what belongs to one account alone:
//! a search, or a list of everybody's, is not under it.

use super::super::host::Name;
use super::super::rule::PathPrefix;

/// Hosts, and their paths with `{}` for the account.
const FORGES: &[(&str, &[&str])] = &[
    ("github.com", &["/{}"]),
    ("api.github.com", &["/repos/{}", "/orgs/{}", "/users/{}"]),
    ("raw.githubusercontent.com", &["/{}"]),
    ("codeload.github.com", &["/{}"]),
    ("gist.github.com", &["/{}"]),
    ("gitlab.com", &["/{}"]),
    ("codeberg.org", &["/{}", "/api/v1/repos/{}", "/api/v1/orgs/{}", "/api/v1/users/{}"]),
    ("bitbucket.org", &["/{}"]),
    ("api.bitbucket.org", &["/2.0/repositories/{}"]),
    ("git.sr.ht", &["/~{}"]),
];

/// The paths of an account. `None`: the host is not known; `Some(None)`: the name is none.
pub(super) fn paths(host: &Name, account: &str) -> Option<Option<Vec<PathPrefix>>> {
    let (_, forms) = FORGES.iter().find(|(known, _)| *known == host.as_str())?;
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    let fits = (1..=64).contains(&account.len()) && account.bytes().all(is_plain);
    let path = |form: &&str| PathPrefix::parse(&form.replace("{}", account));
    Some(fits.then(|| forms.iter().map(path).collect()).flatten())
}
