//! Settings: flags and environment first, then the file, then defaults. An unknown one is an error.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use clap::Args as _;
use names::{Account, Region, Scope};
use serde::Deserialize;

use crate::cli::UpFlags;

/// What "acknowledged" survives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum DurabilitySetting {
    /// `kill -9`
    Crash,
    /// A power cut
    Power,
    /// Nothing: memory only
    None,
}

/// Whether every request needs a valid signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum AuthSetting {
    /// Unknown keys act as the root user of an account
    Open,
    /// Only known keys with right signatures
    Enforce,
}

/// Which network functions have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum NetworkSetting {
    /// This machine's
    Host,
    /// One for each environment, from which only the cloud can be reached
    None,
}

/// Everything that `up` needs to know.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) address: SocketAddr,
    pub(crate) data: PathBuf,
    pub(crate) durability: DurabilitySetting,
    pub(crate) auth: AuthSetting,
    pub(crate) scope: Scope,
    pub(crate) log: String,
    /// Settings of services: `sqs.queue-name-rest-seconds`, and the number.
    pub(crate) of_services: BTreeMap<String, u32>,
    /// The URL of a mail server.
    pub(crate) smtp: Option<String>,
    /// Below it, folders may be functions.
    pub(crate) hot_reload: Option<PathBuf>,
    /// Interpreters that were installed for functions, a folder each.
    pub(crate) runtimes: Option<PathBuf>,
    pub(crate) function_network: NetworkSetting,
    pub(crate) tls_files: Option<(PathBuf, PathBuf)>,
}

/// The configuration file: the flags' names with underscores.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    port: Option<u16>,
    listen: Option<IpAddr>,
    data: Option<PathBuf>,
    durability: Option<DurabilitySetting>,
    auth: Option<AuthSetting>,
    account: Option<String>,
    region: Option<String>,
    log: Option<String>,
    smtp: Option<String>,
    hot_reload: Option<PathBuf>,
    runtimes: Option<PathBuf>,
    function_network: Option<NetworkSetting>,
    #[serde(default)]
    set: BTreeMap<String, u32>,
    tls_certificate: Option<PathBuf>,
    tls_key: Option<PathBuf>,
}

impl Settings {
    /// Brings flags, file and defaults together.
    pub(crate) fn gather(flags: UpFlags) -> Result<Self> {
        let mut file = flags.config.as_deref().map(File::read).transpose()?.unwrap_or_default();
        for set in &flags.set {
            let (name, value) = set.split_once('=').with_context(|| format!("{set:?} has no value"))?;
            file.set.insert(name.to_owned(), value.parse().with_context(|| format!("the value of {set:?}"))?);
        }
        let listen = flags.listen.or(file.listen).unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST));
        let port = flags.port.or(file.port).unwrap_or(4566);
        let auth = flags.auth.or(file.auth).unwrap_or(AuthSetting::Open);
        if !listen.is_loopback() && auth == AuthSetting::Open {
            bail!("on {listen}, which others can reach, only `--auth enforce` is allowed");
        }
        let account = flags.account.or(file.account).unwrap_or_else(|| Account::ZERO.to_string());
        let region = flags.region.or(file.region).unwrap_or_else(|| "us-east-1".to_owned());
        let tls_files = match (flags.tls_certificate.or(file.tls_certificate), flags.tls_key.or(file.tls_key))
        {
            (Some(certificate), Some(key)) => Some((certificate, key)),
            (None, None) => None,
            _ => bail!("tls_certificate and tls_key belong together"),
        };
        let durability = flags.durability.or(file.durability).unwrap_or(DurabilitySetting::Crash);
        if !listen.is_loopback() && durability == DurabilitySetting::None && tls_files.is_none() {
            bail!("on {listen}, without a data folder, TLS needs `--tls-certificate` and `--tls-key`");
        }
        let hot_reload = flags.hot_reload.or(file.hot_reload);
        if let Some(folder) = hot_reload.as_deref().filter(|folder| !folder.is_dir()) {
            bail!("hot_reload: {} is no folder", folder.display());
        }
        Ok(Settings {
            address: SocketAddr::new(listen, port),
            data: data_folder(flags.data.or(file.data))?,
            durability,
            auth,
            scope: Scope::new(
                account.parse::<Account>().with_context(|| format!("account {account:?}"))?,
                region.parse::<Region>().with_context(|| format!("region {region:?}"))?,
            ),
            of_services: file.set,
            log: flags.log.or(file.log).unwrap_or_else(|| "info".to_owned()),
            smtp: flags.smtp.or(file.smtp),
            hot_reload,
            runtimes: runtimes_folder(flags.runtimes.or(file.runtimes)),
            function_network: flags
                .function_network
                .or(file.function_network)
                .unwrap_or(NetworkSetting::Host),
            tls_files,
        })
    }
}

impl File {
    fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
        toml::from_str(&text).with_context(|| path.display().to_string())
    }
}

/// Refuses variables that look like settings and are none: a mistyped one must not go unnoticed any more than a mistyped flag.
pub(crate) fn check_environment(mut names: impl Iterator<Item = String>) -> Result<()> {
    let command = UpFlags::augment_args(clap::Command::new("up"));
    let known: Vec<_> = command.get_arguments().filter_map(clap::Arg::get_env).collect();
    let is_unknown =
        |name: &String| name.starts_with("CLOUDLET_") && known.iter().all(|known| *known != name.as_str());
    match names.find(is_unknown) {
        Some(name) => bail!("the environment variable {name} is no setting"),
        None => Ok(()),
    }
}

/// The folder that was named, or the default one.
pub(crate) fn data_folder(named: Option<PathBuf>) -> Result<PathBuf> {
    if let Some(named) = named {
        return Ok(named);
    }
    if let Some(folder) = std::env::var_os("XDG_DATA_HOME").filter(|value| !value.is_empty()) {
        return Ok(PathBuf::from(folder).join("cloudlet"));
    }
    match std::env::home_dir() {
        Some(home) => Ok(home.join(".local/share/cloudlet")),
        None => bail!("there is no home folder; say `--data DIR`"),
    }
}

/// The folder of runtimes that was named, or the default one, which is the user's and not a cloud's. There is none without a home.
pub(crate) fn runtimes_folder(named: Option<PathBuf>) -> Option<PathBuf> {
    named.or_else(|| data_folder(None).ok().map(|data| data.join("runtimes")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gather_with(text: &str, flags: UpFlags) -> Result<Settings> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("cloudlet.toml");
        std::fs::write(&path, text)?;
        Settings::gather(UpFlags { config: Some(path), data: Some("/d".into()), ..flags })
    }

    #[test]
    fn flags_go_before_the_file_and_the_file_before_defaults() {
        let flags = UpFlags { port: Some(1), ..UpFlags::default() };
        let settings =
            gather_with("port = 2\nregion = \"eu-west-1\"\ndurability = \"power\"", flags).unwrap();
        assert_eq!(settings.address.port(), 1);
        assert_eq!(settings.scope.region.as_str(), "eu-west-1");
        assert_eq!(settings.durability, DurabilitySetting::Power);
        assert_eq!(settings.scope.account, Account::ZERO);
    }

    #[test]
    fn settings_of_services_are_numbers() {
        let gather = |set: &[&str]| {
            let set = set.iter().map(|text| (*text).to_owned()).collect();
            gather_with("[set]\n\"sqs.a\" = 1\n\"sqs.b\" = 2", UpFlags { set, ..UpFlags::default() })
        };
        let settings = gather(&["sqs.b=3", "sns.c=4"]).unwrap().of_services;
        let expected = [("sns.c", 4), ("sqs.a", 1), ("sqs.b", 3)];
        assert_eq!(settings, expected.map(|(name, value)| (name.to_owned(), value)).into());
        assert!(gather(&["sqs.b"]).is_err() && gather(&["sqs.b=x"]).is_err());
        assert!(gather(&["sqs.b=-1"]).is_err());
    }

    #[test]
    fn an_unknown_setting_is_an_error() {
        let error = gather_with("prot = 2", UpFlags::default()).unwrap_err();
        assert!(format!("{error:#}").contains("unknown field `prot`"), "{error:#}");
    }

    #[test]
    fn variables_are_known_by_the_flags() {
        let check = |name: &str| check_environment([name.to_owned()].into_iter());
        for name in ["CLOUDLET_PORT", "CLOUDLET_TLS_KEY", "CLOUDLET_CONFIG", "PATH", "CLOUDLETS"] {
            assert!(check(name).is_ok(), "{name}");
        }
        assert!(check("CLOUDLET_PROT").is_err());
    }

    #[test]
    fn others_are_only_listened_to_with_tls() {
        let text = "listen = \"0.0.0.0\"\nauth = \"enforce\"\ndurability = \"none\"";
        let error = gather_with(text, UpFlags::default()).unwrap_err();
        assert!(error.to_string().contains("--tls-certificate"), "{error}");
        let files = UpFlags {
            tls_certificate: Some("c.pem".into()),
            tls_key: Some("k.pem".into()),
            ..UpFlags::default()
        };
        assert!(gather_with(text, files).is_ok());
    }

    #[test]
    fn open_authentication_stays_on_loopback() {
        let error = gather_with("listen = \"0.0.0.0\"", UpFlags::default()).unwrap_err();
        assert!(error.to_string().contains("--auth enforce"), "{error}");
        assert!(gather_with("listen = \"0.0.0.0\"\nauth = \"enforce\"", UpFlags::default()).is_ok());
    }

    #[test]
    fn names_are_checked() {
        assert!(gather_with("account = \"12\"", UpFlags::default()).is_err());
        assert!(gather_with("region = \"not a region\"", UpFlags::default()).is_err());
        assert!(gather_with("tls_key = \"k.pem\"", UpFlags::default()).is_err());
    }
}
